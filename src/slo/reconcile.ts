/**
 * What one source counted of a service, minute by minute; all sights of one call begin at the same minute and are of
 * one length. Counts of minutes that are not known mean nothing.
 */
export interface Sight {
  readonly name: string
  /** 1 for each minute that is wholly known. */
  readonly known: Uint8Array
  readonly good: Float64Array
  readonly bad: Float64Array
  /** What the source saw and did not count; undefined where it says counts only. */
  readonly ignored: Float64Array | undefined
  /** The same by cloud; empty when the source does not say which. */
  readonly clouds: readonly CloudSight[]
}

export interface CloudSight {
  readonly cloud: string
  readonly good: Float64Array
  readonly bad: Float64Array
}

/** Why two sources may disagree; `none`: they agree. Each is chosen by the evidence that its function looks for. */
export type Disagreement =
  | { readonly kind: 'none' }
  /** It knows so many minutes of those that the others know. */
  | { readonly kind: 'stale'; readonly known: number; readonly of: number }
  /** It has nothing of a cloud that has so many events there. */
  | { readonly kind: 'missing-cloud'; readonly cloud: string; readonly events: number }
  /** Its counts fit when they are taken so many minutes earlier (below zero) or later. */
  | { readonly kind: 'shifted'; readonly minutes: number }
  /** It ignored about as many as it has fewer. */
  | { readonly kind: 'ignored'; readonly events: number }
  /** Good is alike; so many more bad ones are counted by the one that counts more. */
  | { readonly kind: 'retries'; readonly events: number }
  /** Of each thousand it has so many, in every minute alike. */
  | { readonly kind: 'sampled'; readonly perMille: number }
  /** Totals agree, and so many more or fewer are bad. */
  | { readonly kind: 'judged'; readonly events: number }
  | { readonly kind: 'unexplained'; readonly events: number }

export interface Sums {
  readonly good: number
  readonly bad: number
  /** Undefined where the source says counts only. */
  readonly ignored: number | undefined
}

export interface Compared {
  readonly sight: string
  /** Minutes that both it and the reference know, and, unless it is stale, all others that are not. */
  readonly minutes: number
  readonly own: Sums
  readonly reference: Sums
  readonly disagreement: Disagreement
}

export interface Reconciled {
  /** The sight that saw most; the others are held against it. */
  readonly reference: string
  /** Minutes that all sights know but the stale ones. */
  readonly minutes: number
  /** 1 for each of them. */
  readonly common: Uint8Array
  /** One for each other sight. */
  readonly compared: readonly Compared[]
}

/**
 * How far sources may be apart. Clocks and the edges of minutes never agree to the event, so a disagreement has to be
 * beyond both the share and the number.
 */
export const RECONCILE_BOUNDS = {
  /** Of a thousand events of the larger total. */
  totalPerMille: 20,
  totalEvents: 100,
  /** Of a thousand bad events of the larger number of them. */
  badPerMille: 100,
  badEvents: 20,
  /** Of a thousand events, so many in other minutes, though totals agree. */
  minutePerMille: 100,
  /** Of a hundred minutes that the others know, fewer than so many are known. */
  stalePercent: 90,
  /** A cloud that has fewer of a thousand events is not missed. */
  cloudPerMille: 10,
} as const

/** Minutes to either side that counts are tried at. */
const SHIFTS = [1, -1, 2, -2, 3, -3, 4, -4, 5, -5] as const
/** An explanation leaves at most a fifth of the difference. */
const EXPLAINED = 5

/** Holds sights of one thing against each other; undefined for fewer than two. The same sights give the same answer. */
export function reconcile(sights: readonly Sight[]): Reconciled | undefined {
  if (sights.length < 2) return undefined
  const most = Math.max(...sights.map(({ known }) => count(known)))
  const isStale = ({ known }: Sight): boolean => count(known) * 100 < most * RECONCILE_BOUNDS.stalePercent
  const fresh = sights.filter((sight) => !isStale(sight))
  const common = fresh.map(({ known }) => known).reduce(both)
  const reference = fresh.toSorted(
    (a, b) => totalOf(sumsOf(b, common)) - totalOf(sumsOf(a, common)) || (a.name < b.name ? -1 : 1),
  )[0]
  if (!reference) return undefined
  const compared = sights
    .filter((sight) => sight !== reference)
    .map((sight): Compared => {
      const stale = isStale(sight)
      const minutes = stale ? both(common, sight.known) : common
      return {
        sight: sight.name,
        minutes: count(minutes),
        own: sumsOf(sight, minutes),
        reference: sumsOf(reference, minutes),
        disagreement: stale
          ? { kind: 'stale', known: count(sight.known), of: most }
          : explain(reference, sight, minutes),
      }
    })
  return { reference: reference.name, minutes: count(common), common, compared }
}

const count = (known: Uint8Array): number => known.reduce((n, minute) => n + minute, 0)

const both = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((minute, i) => minute & (b[i] ?? 0))

const totalOf = ({ good, bad }: Sums): number => good + bad

export function sumsOf(sight: Pick<Sight, 'good' | 'bad' | 'ignored'>, minutes: Uint8Array): Sums {
  const { good, bad, ignored } = sight
  return {
    good: sumIn(good, minutes),
    bad: sumIn(bad, minutes),
    ignored: ignored === undefined ? undefined : sumIn(ignored, minutes),
  }
}

function sumIn(counts: Float64Array, minutes: Uint8Array): number {
  return counts.reduce((n, events, i) => n + (minutes[i] === 1 ? events : 0), 0)
}

interface Pair {
  readonly reference: Sight
  readonly other: Sight
  readonly minutes: Uint8Array
  /** Of the minutes. */
  readonly more: Sums
  readonly less: Sums
}

const EXPLANATIONS: readonly ((pair: Pair) => Disagreement | undefined)[] = [
  missingCloud,
  shifted,
  ignoredOnes,
  retries,
  sampled,
  judged,
]

function explain(reference: Sight, other: Sight, minutes: Uint8Array): Disagreement {
  const pair: Pair = {
    reference,
    other,
    minutes,
    more: sumsOf(reference, minutes),
    less: sumsOf(other, minutes),
  }
  if (!totalsDiffer(pair) && !badDiffers(pair) && !minutesDiffer(pair)) return { kind: 'none' }
  for (const explanation of EXPLANATIONS) {
    const found = explanation(pair)
    if (found) return found
  }
  return { kind: 'unexplained', events: missingFrom(pair) }
}

const missingFrom = ({ more, less }: Pair): number => totalOf(more) - totalOf(less)

function beyond(difference: number, of: number, bound: { perMille: number; events: number }): boolean {
  return difference >= bound.events && difference * 1_000 > of * bound.perMille
}

function totalsDiffer(pair: Pair): boolean {
  const { totalPerMille: perMille, totalEvents: events } = RECONCILE_BOUNDS
  return beyond(missingFrom(pair), totalOf(pair.more), { perMille, events })
}

function badDiffers({ more, less }: Pair): boolean {
  const { badPerMille: perMille, badEvents: events } = RECONCILE_BOUNDS
  return beyond(Math.abs(more.bad - less.bad), Math.max(more.bad, less.bad), { perMille, events })
}

/** Twice the events that lie in another minute, by the shift of the other one. */
function apart({ reference, other, minutes }: Pair, shift: number): { events: number; of: number } {
  let events = 0
  let of = 0
  for (const [i, good] of reference.good.entries()) {
    const j = i + shift
    if (minutes[i] !== 1 || minutes[j] !== 1) continue
    const own = good + (reference.bad[i] ?? 0)
    events += Math.abs(own - (other.good[j] ?? 0) - (other.bad[j] ?? 0))
    of += own
  }
  return { events, of }
}

function minutesDiffer(pair: Pair): boolean {
  const { minutePerMille: perMille, totalEvents: events } = RECONCILE_BOUNDS
  const { events: difference, of } = apart(pair, 0)
  return beyond(difference, of, { perMille, events })
}

/** The difference goes when a cloud is left out of which the other one has nothing, while it tells clouds apart. */
function missingCloud(pair: Pair): Disagreement | undefined {
  const { reference, other, minutes, more } = pair
  if (other.clouds.length === 0) return undefined
  const missing = missingFrom(pair)
  for (const { cloud, good, bad } of reference.clouds) {
    const events = sumIn(good, minutes) + sumIn(bad, minutes)
    const there = other.clouds.find((each) => each.cloud === cloud)
    const seen = there ? sumIn(there.good, minutes) + sumIn(there.bad, minutes) : 0
    const matters = events * 1_000 >= totalOf(more) * RECONCILE_BOUNDS.cloudPerMille
    if (seen === 0 && matters && Math.abs(missing - events) * EXPLAINED <= missing)
      return { kind: 'missing-cloud', cloud, events }
  }
  return undefined
}

/** Totals agree, and minutes do, too, when one of them is moved: at most half of what is apart is left. */
function shifted(pair: Pair): Disagreement | undefined {
  if (totalsDiffer(pair) || !minutesDiffer(pair)) return undefined
  const share = (shift: number): number => {
    const { events, of } = apart(pair, shift)
    return of === 0 ? 1 : events / of
  }
  const best = [...SHIFTS].sort((a, b) => share(a) - share(b))[0] ?? 0
  return share(best) * 2 <= share(0) ? { kind: 'shifted', minutes: best } : undefined
}

function ignoredOnes(pair: Pair): Disagreement | undefined {
  const { more, less } = pair
  const missing = missingFrom(pair)
  const events = (less.ignored ?? 0) - (more.ignored ?? 0)
  const fits = events > 0 && Math.abs(missing - events) * EXPLAINED <= missing
  return totalsDiffer(pair) && fits ? { kind: 'ignored', events } : undefined
}

/** An edge that tries again counts each try, of which all but the last were bad; what was answered well is the same. */
function retries(pair: Pair): Disagreement | undefined {
  const { more, less } = pair
  const missing = missingFrom(pair)
  const alike = Math.abs(more.good - less.good) * EXPLAINED <= missing
  return totalsDiffer(pair) && alike && more.bad > less.bad ? { kind: 'retries', events: missing } : undefined
}

/**
 * The same share of every minute. Chance moves a share of `n` events by `sqrt(p (1 - p) / n)`; three times that, or a
 * twentieth of the share, is steady.
 */
function sampled(pair: Pair): Disagreement | undefined {
  const { reference, other, minutes, more, less } = pair
  if (!totalsDiffer(pair) || totalOf(less) === 0) return undefined
  const share = totalOf(less) / totalOf(more)
  let squares = 0
  let allowed = 0
  let counted = 0
  for (const [i, known] of minutes.entries()) {
    const n = (reference.good[i] ?? 0) + (reference.bad[i] ?? 0)
    if (known !== 1 || n === 0) continue
    squares += (((other.good[i] ?? 0) + (other.bad[i] ?? 0)) / n - share) ** 2
    allowed += Math.max((share / 20) ** 2, (9 * share * (1 - share)) / n)
    counted++
  }
  const steady = counted >= STEADY_MINUTES && squares <= allowed
  return steady ? { kind: 'sampled', perMille: Math.round(share * 1_000) } : undefined
}

/** Of fewer minutes nobody can say that a share is steady. */
const STEADY_MINUTES = 5

function judged(pair: Pair): Disagreement | undefined {
  const { more, less } = pair
  return !totalsDiffer(pair) && badDiffers(pair) ? { kind: 'judged', events: less.bad - more.bad } : undefined
}
