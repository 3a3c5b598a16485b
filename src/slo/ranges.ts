import { type Range, unixSeconds } from '../base/index.ts'

/** Sets of instants as sorted, disjoint, merged half-open ranges. */
export type Ranges = readonly Range[]

const range = (from: number, to: number): Range => ({ from: unixSeconds(from), to: unixSeconds(to) })

export function addRange(set: Ranges, added: Range): Ranges {
  if (added.to <= added.from) return set
  let { from, to } = added
  const before: Range[] = []
  const after: Range[] = []
  for (const r of set) {
    if (r.to < from) before.push(r)
    else if (r.from > to) after.push(r)
    else {
      from = unixSeconds(Math.min(from, r.from))
      to = unixSeconds(Math.max(to, r.to))
    }
  }
  return [...before, range(from, to), ...after]
}

export function removeRange(set: Ranges, removed: Range): Ranges {
  if (removed.to <= removed.from) return set
  const left: Range[] = []
  for (const r of set) {
    if (r.to <= removed.from || r.from >= removed.to) {
      left.push(r)
      continue
    }
    if (r.from < removed.from) left.push(range(r.from, removed.from))
    if (r.to > removed.to) left.push(range(removed.to, r.to))
  }
  return left
}

export function unionOf(...sets: readonly Ranges[]): Ranges {
  let all: Ranges = []
  for (const set of sets) for (const r of set) all = addRange(all, r)
  return all
}

export function difference(set: Ranges, removed: Ranges): Ranges {
  return removed.reduce(removeRange, set)
}

export function intersection(set: Ranges, within: Range): Ranges {
  return set.flatMap((r) => {
    const from = Math.max(r.from, within.from)
    const to = Math.min(r.to, within.to)
    return from < to ? [range(from, to)] : []
  })
}

/** Widened so that both ends are multiples of `width`. */
export function alignOut(r: Range, width: number): Range {
  return range(Math.floor(r.from / width) * width, Math.ceil(r.to / width) * width)
}

/** Cut into pieces of at most `length` seconds, at multiples of it. */
export function piecesOf(r: Range, length: number): Ranges {
  const pieces: Range[] = []
  for (let from: number = r.from; from < r.to; ) {
    const to = Math.min(r.to, (Math.floor(from / length) + 1) * length)
    pieces.push(range(from, to))
    from = to
  }
  return pieces
}
