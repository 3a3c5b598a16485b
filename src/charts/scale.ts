/** A straight line from a stretch of values to a stretch of pixels. */
export interface Scale {
  readonly from: number
  readonly to: number
  readonly start: number
  readonly end: number
}

export function at(scale: Scale, value: number): number {
  const stretch = scale.to - scale.from
  if (stretch === 0) return scale.start
  return scale.start + ((value - scale.from) / stretch) * (scale.end - scale.start)
}

/** Three to five round values within `[low, high]`, at steps of 1, 2, 2.5 or 5 times a power of ten. */
export function ticks(low: number, high: number, most = 5): number[] {
  const stretch = high - low
  if (!(stretch > 0)) return [low]
  const rough = 10 ** Math.floor(Math.log10(stretch / most))
  const step = [1, 2, 2.5, 5, 10].map((m) => m * rough).find((s) => stretch / s <= most) ?? 10 * rough
  const out: number[] = []
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++)
    out.push(Number((k * step).toPrecision(12)))
  return out
}

const TIME_STEPS = [
  60, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 432_000, 604_800,
]

/** Round instants within the range, by the wall clock `offset` seconds east of UTC. */
export function timeTicks(range: { from: number; to: number }, offset: number, most = 6): number[] {
  const step = TIME_STEPS.find((s) => (range.to - range.from) / s <= most) ?? 2_592_000
  const out: number[] = []
  for (let t = Math.ceil((range.from + offset) / step) * step - offset; t < range.to; t += step) out.push(t)
  return out
}

/** `14:00` within a day's reach, `11-20` beyond, by the wall clock `offset` seconds east of UTC. */
export function timeLabel(instant: number, { offset, step }: { offset: number; step: number }): string {
  const wall = instant + offset
  const ofDay = ((wall % 86_400) + 86_400) % 86_400
  if (step < 86_400 && ofDay !== 0) return `${two(ofDay / 3600)}:${two((ofDay % 3600) / 60)}`
  const { month, day } = civil(Math.floor(wall / 86_400))
  return `${two(month)}-${two(day)}`
}

/** Month and day of a day counted from 1970-01-01, after Hinnant, “chrono-compatible low-level date algorithms”. */
function civil(days: number): { month: number; day: number } {
  const z = days + 719_468
  const dayOfEra = z - Math.floor(z / 146_097) * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shifted = Math.floor((5 * dayOfYear + 2) / 153)
  return {
    month: shifted < 10 ? shifted + 3 : shifted - 9,
    day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1,
  }
}

function two(n: number): string {
  return String(Math.floor(n)).padStart(2, '0')
}
