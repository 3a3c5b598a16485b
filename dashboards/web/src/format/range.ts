/**
 * The stretch of time that the charts show, as it stands in the address: `from` and `to`, each `now`, `now-6h` or Unix
 * seconds. Absent: the window of the promise.
 */
export interface RangeText {
  readonly from?: string
  readonly to?: string
}

export interface Range {
  readonly from: number
  readonly to: number
}

const UNITS: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400, w: 604_800 }

export const presets = ['1h', '6h', '24h', '3d', '7d', '30d', '90d'] as const

/** The instants that the texts mean at `now`; undefined when either cannot be read or the range is empty. */
export function readRange(text: RangeText, now: number): Range | undefined {
  const from = readInstant(text.from, now)
  const to = readInstant(text.to ?? 'now', now)
  return from === undefined || to === undefined || to - from < 60 ? undefined : { from, to }
}

function readInstant(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined
  if (text === 'now') return now
  const ago = /^now-(\d{1,6})([mhdw])$/.exec(text)
  if (ago) return now - Number(ago[1]) * (UNITS[ago[2] ?? ''] ?? 0)
  return /^\d{9,11}$/.test(text) ? Number(text) : undefined
}

/** A range with fixed ends, as a link that always shows the same. */
export function frozen({ from, to }: Range): RangeText {
  return { from: String(Math.floor(from)), to: String(Math.floor(to)) }
}

/** The same length, earlier or later by half of it, never beyond now. */
export function shifted({ from, to }: Range, direction: -1 | 1, now: number): Range {
  const length = to - from
  const end = Math.min(now, to + (direction * length) / 2)
  return { from: Math.floor(end - length), to: Math.floor(end) }
}

/** Twice or half the length around the middle, at least ten minutes, never beyond now. */
export function zoomed({ from, to }: Range, direction: 'in' | 'out', now: number): Range {
  const length = Math.max(600, (to - from) * (direction === 'in' ? 0.5 : 2))
  const end = Math.min(now, (from + to) / 2 + length / 2)
  return { from: Math.floor(end - length), to: Math.floor(end) }
}
