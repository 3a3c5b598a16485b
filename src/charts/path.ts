import { px } from './drawing.ts'
import { at, type Scale } from './scale.ts'

/** The runs of neighbours that are known; a gap ends a run. Each is [first, last], both inside. */
export function runs(values: readonly (number | null)[]): [number, number][] {
  const out: [number, number][] = []
  let first = -1
  for (let i = 0; i <= values.length; i++) {
    const known = i < values.length && values[i] !== null && values[i] !== undefined
    if (known && first < 0) first = i
    if (!known && first >= 0) {
      out.push([first, i - 1])
      first = -1
    }
  }
  return out
}

/** The stretches that nobody measured, as instants. */
export function gaps(
  start: readonly number[],
  values: readonly (number | null)[],
  step: number,
): { from: number; to: number }[] {
  const known = runs(values)
  const out: { from: number; to: number }[] = []
  let next = 0
  for (const [first, last] of [...known, [start.length, start.length] as const]) {
    const from = start[next]
    const before = start[first - 1]
    if (first > next && from !== undefined && before !== undefined) out.push({ from, to: before + step })
    next = last + 1
  }
  return out
}

/** A line through the known values; it breaks where nothing is known. */
export function linePath(
  x: readonly number[],
  y: readonly (number | null)[],
  scales: { x: Scale; y: Scale },
): string {
  let d = ''
  for (const [first, last] of runs(y))
    for (let i = first; i <= last; i++)
      d += `${i === first ? 'M' : 'L'}${px(at(scales.x, x[i] ?? 0))} ${px(at(scales.y, y[i] ?? 0))}`
  return d
}

/** The area between the line and a level. */
export function areaPath(
  x: readonly number[],
  y: readonly (number | null)[],
  { level, ...scales }: { x: Scale; y: Scale; level: number },
): string {
  const floor = px(at(scales.y, level))
  let d = ''
  for (const [first, last] of runs(y)) {
    d += `M${px(at(scales.x, x[first] ?? 0))} ${floor}`
    for (let i = first; i <= last; i++) d += `L${px(at(scales.x, x[i] ?? 0))} ${px(at(scales.y, y[i] ?? 0))}`
    d += `L${px(at(scales.x, x[last] ?? 0))} ${floor}Z`
  }
  return d
}
