import type { Columns } from './columns.ts'
import { takeColumn } from './columns.ts'
import { type LeafMinutes, MINUTE_KNOWN, MINUTE_STATE } from './leaf.ts'

/** What the minutes of one leaf mean for any journey. */
export interface LeafLook {
  /** `FLAGS` of each minute, in whole words: four minutes are looked at together. */
  readonly flags: Uint8Array
  readonly words: Uint32Array
  /** What it serves, 0..1; not a number where a journey goes on without it. */
  readonly values: Float64Array
}

const FLAGS = {
  /** It may still be reported on. */
  waiting: 1,
  /** Somebody was let down. */
  failed: 2,
  /** Somebody came. */
  measured: 4,
  /** Nobody came. */
  idle: 8,
  /** Not known, and counts as the leaf's policy says. */
  assumed: 16,
  /** The sources reported on it. */
  known: 32,
} as const

/** Of a leaf that a plan names and nothing is said of. */
const NOTHING: LeafLook = {
  flags: new Uint8Array(),
  words: new Uint32Array(),
  values: new Float64Array(),
}

/** Journeys that rest on the same leaf look at it once. */
const LOOKS = new WeakMap<LeafMinutes, LeafLook>()

export function lookAt(leaf: LeafMinutes | undefined): LeafLook {
  if (leaf === undefined) return NOTHING
  const known = LOOKS.get(leaf)
  if (known) return known
  const look = newLook(leaf)
  LOOKS.set(leaf, look)
  return look
}

function newLook({ good, bad, known, noData }: LeafMinutes): LeafLook {
  const length = good.length
  const words = new Uint32Array(Math.ceil(length / 4))
  const flags = new Uint8Array(words.buffer)
  const values = new Float64Array(length)
  const assumed = noData === 'freeze' ? 0 : noData === 'bad' ? FLAGS.assumed | FLAGS.failed : FLAGS.assumed
  const promised = noData === 'freeze' ? Number.NaN : noData === 'good' ? 1 : 0
  for (let i = 0; i < length; i++) {
    const state = known[i]
    if (state === MINUTE_KNOWN.known) {
      const failed = bad[i] ?? 0
      const total = failed + (good[i] ?? 0)
      const came = total > 0 ? FLAGS.known | FLAGS.measured : FLAGS.known | FLAGS.idle
      flags[i] = failed > 0 ? came | FLAGS.failed : came
      values[i] = total > 0 ? (good[i] ?? 0) / total : Number.NaN
    } else {
      flags[i] = state === MINUTE_KNOWN.waiting ? FLAGS.waiting : assumed
      values[i] = promised
    }
  }
  return { flags, words, values }
}

/** Beside a state, which is a smaller number: somebody was let down by a leaf. */
const SHORT = 8
export const STATE_BITS = 7
/** Beside the flags of all leaves together. */
const EACH_KNOWN = 64

/** By these flags: one of `MINUTE_STATE`, and `SHORT`. */
const MEANINGS = Uint8Array.from({ length: 128 }, (_, flags) => meaningOf(flags))

function meaningOf(flags: number): number {
  if (flags & FLAGS.waiting) return MINUTE_STATE.waiting
  if ((flags & (FLAGS.measured | FLAGS.assumed)) === 0)
    return flags & FLAGS.idle ? MINUTE_STATE.idle : MINUTE_STATE.unknown
  return (flags & EACH_KNOWN ? MINUTE_STATE.full : MINUTE_STATE.partial) | (flags & FLAGS.failed ? SHORT : 0)
}

/** What each minute of a journey over these leaves is: one of `MINUTE_STATE`, and `SHORT` where some leaf failed. */
export function meanings(looks: readonly LeafLook[], length: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4))
  const found = new Uint8Array(words.buffer)
  const each = new Uint32Array(words.length).fill(looks.length === 0 ? 0 : 0xffffffff)
  for (const { words: own } of looks)
    for (let i = 0; i < each.length; i++) {
      const word = own[i] ?? 0
      words[i] = (words[i] ?? 0) | word
      each[i] = (each[i] ?? 0) & word
    }
  const eachKnown = new Uint8Array(each.buffer)
  for (let i = 0; i < length; i++) {
    const known = (eachKnown[i] ?? 0) & FLAGS.known ? EACH_KNOWN : 0
    found[i] = MEANINGS[(found[i] ?? 0) | known] ?? 0
  }
  return found.subarray(0, length)
}

/** The minutes of a stretch in which some leaf failed. */
export function shortMinutes(found: Uint8Array, from: number, to: number): Int32Array {
  const minutes = new Int32Array(to - from)
  let count = 0
  for (let i = from; i < to; i++) if ((found[i] ?? 0) & SHORT) minutes[count++] = i
  return minutes.subarray(0, count)
}

/** The columns of some minutes, in room that is to be given back. */
export function columnsAt(
  minutes: Int32Array,
  leaves: readonly (LeafMinutes | undefined)[],
  { named, weighing }: { readonly named: readonly number[]; readonly weighing: readonly number[] },
): Columns {
  const count = minutes.length
  const values: (Float64Array | undefined)[] = []
  const totals: (Float64Array | undefined)[] = []
  for (const leaf of named) {
    const own = lookAt(leaves[leaf]).values
    const column = takeColumn(count)
    for (let i = 0; i < count; i++) column[i] = own[minutes[i] ?? 0] ?? Number.NaN
    values[leaf] = column
  }
  for (const leaf of weighing) totals[leaf] = totalsOf(leaves[leaf], minutes)
  return { count, values, totals }
}

function totalsOf(leaf: LeafMinutes | undefined, minutes: Int32Array): Float64Array {
  const column = takeColumn(minutes.length)
  for (let i = 0; i < minutes.length; i++) {
    const minute = minutes[i] ?? 0
    const isKnown = leaf?.known[minute] === MINUTE_KNOWN.known
    column[i] = isKnown ? (leaf.good[minute] ?? 0) + (leaf.bad[minute] ?? 0) : 0
  }
  return column
}
