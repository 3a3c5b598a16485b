import { type Range, type UnixSeconds, unixSeconds } from '../../base/index.ts'

/** Stretches of time, sorted, apart from each other, none of them empty. */
export type Ranges = readonly Range[]

export function span(from: number, to: number): Range {
  return { from: unixSeconds(from), to: unixSeconds(to) }
}

export function addRange(ranges: Ranges, added: Range): Ranges {
  if (added.to <= added.from) return ranges
  let { from, to } = added
  const apart = ranges.filter((range) => {
    if (range.to < from || range.from > to) return true
    from = unixSeconds(Math.min(from, range.from))
    to = unixSeconds(Math.max(to, range.to))
    return false
  })
  return [...apart, { from, to }].sort((a, b) => a.from - b.from)
}

/** What of a range is in none of the others. */
export function without(range: Range, others: Ranges): Ranges {
  const left: Range[] = []
  let from: UnixSeconds = range.from
  for (const other of others) {
    if (other.to <= from || other.from >= range.to) continue
    if (other.from > from) left.push({ from, to: other.from })
    from = other.to
  }
  if (from < range.to) left.push({ from, to: range.to })
  return left
}

export function inside(range: Range, bounds: Range): Range {
  return span(Math.max(range.from, bounds.from), Math.min(range.to, bounds.to))
}

export function lengthOf(ranges: Ranges): number {
  return ranges.reduce((sum, { from, to }) => sum + Math.max(0, to - from), 0)
}

/** Parts of at most so many seconds, cut at its multiples, oldest first. */
export function partsOf(range: Range, most: number): Ranges {
  if (range.to - range.from <= most) return [range]
  const parts: Range[] = []
  for (let { from } = range; from < range.to; ) {
    const to = unixSeconds(Math.min(range.to, Math.floor(from / most) * most + most))
    parts.push({ from, to })
    from = to
  }
  return parts
}
