import { type PerMillion, type Ratio, ratio, type Seconds, seconds, type UnixSeconds } from '../base/index.ts'
import type { BurnPolicy, BurnRule, Rational } from './definition.ts'
import type { BurnVerdict, BurnWindow, Counts } from './evaluation.ts'
import { lowerBurnRate, surelyExceeds } from './statistics.ts'

/** A burn rate of one: spending exactly at the even pace. */
export const EVEN: Rational = { num: 1, den: 1 }

/**
 * How fast the budget is being spent: 1 spends exactly all of it over the window of the objective. Undefined when
 * there were no events, which is not the same as a rate of zero. For showing; `burnsAtLeast` is what compares.
 */
export function burnRate(counts: Counts, allowed: PerMillion): number | undefined {
  const total = counts.good + counts.bad
  if (total === 0) return undefined
  if (counts.bad === 0) return 0
  return (counts.bad * 1e6) / (total * allowed)
}

/**
 * Whether the burn rate is at least the factor: bad × 10^6 × den ≥ total × allowed × num, in whole numbers, because
 * `bad / total / (1 - target)` misses rates that lie exactly on a factor. Never without a bad event.
 */
export function burnsAtLeast(counts: Counts, allowed: PerMillion, factor: Rational): boolean {
  return compareBurn(counts.bad, counts.good + counts.bad, allowed, factor) >= 0
}

/** Whether the burn rate is above the factor: exactly on it is not above. */
export function burnsAbove(counts: Counts, allowed: PerMillion, factor: Rational): boolean {
  return compareBurn(counts.bad, counts.good + counts.bad, allowed, factor) > 0
}

/** The sign of rate - factor; -1 when nothing is bad. Products beyond 2^53 are compared as big integers. */
export function compareBurn(bad: number, total: number, allowed: PerMillion, factor: Rational): -1 | 0 | 1 {
  if (bad <= 0) return -1
  const spent = bad * 1e6 * factor.den
  const even = total * allowed * factor.num
  if (Math.max(spent, even) <= Number.MAX_SAFE_INTEGER) return spent > even ? 1 : spent < even ? -1 : 0
  const left = BigInt(bad) * 1_000_000n * BigInt(factor.den)
  const right = BigInt(total) * BigInt(allowed) * BigInt(factor.num)
  return left > right ? 1 : left < right ? -1 : 0
}

/**
 * The least number of bad events more, arriving now on top of what both windows hold, that makes the rule fire: 0
 * when it would fire as it is, undefined when no number does, because the factor asks for more than everything bad.
 */
export function badUntilFiring(
  windows: { readonly long: Counts; readonly short: Counts },
  terms: { readonly allowed: PerMillion; readonly factor: Rational; readonly minBadEvents: number },
): number | undefined {
  const long = badUntilOver(windows.long, terms.allowed, terms.factor)
  const short = badUntilOver(windows.short, terms.allowed, terms.factor)
  if (long === undefined || short === undefined) return undefined
  return Math.max(long, short, terms.minBadEvents - windows.long.bad)
}

// (bad + x) × 10^6 × den ≥ (total + x) × allowed × num, solved for the least whole x.
function badUntilOver({ good, bad }: Counts, allowed: PerMillion, factor: Rational): number | undefined {
  const weight = 1e6 * factor.den
  const even = allowed * factor.num
  const spent = bad * weight
  const due = (good + bad) * even
  if (Math.max(spent, due) > Number.MAX_SAFE_INTEGER)
    return badUntilOverBig({ good, bad }, BigInt(weight), BigInt(even))
  const lacking = due - spent
  const gain = weight - even
  if (lacking <= 0 && bad > 0) return 0
  if (gain < 0 || (gain === 0 && lacking > 0)) return undefined
  return lacking <= 0 ? 1 : divideUp(lacking, gain)
}

/** Both whole and exact: the quotient of doubles may be rounded up to a whole number, which is the result then. */
function divideUp(a: number, b: number): number {
  const quotient = Math.floor(a / b)
  return a > quotient * b ? quotient + 1 : quotient
}

function badUntilOverBig({ good, bad }: Counts, weight: bigint, even: bigint): number | undefined {
  const lacking = BigInt(good + bad) * even - BigInt(bad) * weight
  // With products that big something is lacking, or something is bad.
  if (lacking <= 0n) return 0
  const gain = weight - even
  return gain <= 0n ? undefined : Number((lacking + gain - 1n) / gain)
}

/** One side of a rule as it was measured. `blind`: nothing is known of the time and nothing was counted. */
export interface BurnMeasure {
  readonly counts: Counts
  readonly blind: boolean
}

/** What a rule is judged by besides what was counted. */
export interface BurnTerms {
  readonly allowed: PerMillion
  /** A rule fires only with at least this many bad events in its long window. */
  readonly minBadEvents: number
  /** The rate over the long window must be that high with this confidence; undefined: as measured. */
  readonly confidence: Ratio | undefined
  /** How many whole numbers one counted unit is made of: 1, or 10^9 where slices count in parts. */
  readonly scale: number
  /** Where both windows end. */
  readonly end: UnixSeconds
}

/**
 * Judges one rule: burning while the rate is at least the factor over both windows; no data when either window is
 * blind; else calm. Counts come in whole numbers and are shown divided by the scale.
 */
export function judgeRule(
  rule: BurnRule,
  measured: { readonly long: BurnMeasure; readonly short: BurnMeasure },
  terms: BurnTerms,
): BurnVerdict {
  const { allowed, scale, end, confidence } = terms
  const long = sideOf(rule.long, { measure: measured.long, factor: rule.factor }, terms)
  const short = sideOf(rule.short, { measure: measured.short, factor: rule.factor }, terms)
  const blind = measured.long.blind || measured.short.blind
  const minBadEvents = terms.minBadEvents * scale
  const enough = measured.long.counts.bad >= minBadEvents
  const isSure = (counts: Counts): boolean =>
    confidence === undefined || isSurelyOver(counts, { allowed, confidence }, rule.factor)
  const whole = badUntilFiring(
    { long: measured.long.counts, short: measured.short.counts },
    { allowed, factor: rule.factor, minBadEvents },
  )
  const until = whole === undefined ? undefined : badUntilSure(long.counts, Math.ceil(whole / scale), isSure)
  return {
    rule,
    kind: blind ? 'no-data' : long.over && short.over && enough && isSure(long.counts) ? 'burning' : 'calm',
    end,
    long,
    short,
    badUntilFiring: until,
  }
}

function sideOf(
  length: Seconds,
  asked: { readonly measure: BurnMeasure; readonly factor: Rational },
  { allowed, scale, confidence }: BurnTerms,
): BurnWindow {
  const { counts } = asked.measure
  const shown = { good: counts.good / scale, bad: counts.bad / scale }
  const surely = confidence === undefined ? undefined : lowerBurnRate(shown, allowed, confidence)
  return {
    length,
    counts: shown,
    rate: burnRate(counts, allowed),
    over: burnsAtLeast(counts, allowed, asked.factor),
    ...(surely === undefined ? {} : { surely }),
  }
}

/** Whether the rate is at least the factor with the confidence asked for. */
export function isSurelyOver(
  counts: Counts,
  terms: { readonly allowed: PerMillion; readonly confidence: Ratio },
  factor: Rational,
): boolean {
  return surelyExceeds(counts, (factor.num * terms.allowed) / (factor.den * 1e6), terms.confidence)
}

/**
 * The least number of bad events more, from `until` on, with which the long window is also surely over. More bad events
 * only make it surer: the number is found by doubling and halving. Undefined when a million are not enough.
 */
function badUntilSure(
  counts: Counts,
  until: number,
  isSure: (counts: Counts) => boolean,
): number | undefined {
  const sureWith = (more: number): boolean => isSure({ good: counts.good, bad: counts.bad + more })
  if (sureWith(until)) return until
  let step = 1
  while (!sureWith(until + step)) {
    step *= 2
    if (step > 1e6) return undefined
  }
  let low = until + Math.floor(step / 2)
  let high = until + step
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (sureWith(middle)) high = middle
    else low = middle
  }
  return high
}

/** The factor at which a share of a period's budget is spent within `long`: share × period ÷ long, in lowest terms. */
export function factorFor(share: Rational, period: Seconds, long: Seconds): Rational {
  return reduce({ num: share.num * period, den: share.den * long })
}

/** The rule for another period that spends the same share of the budget: factor × to ÷ from. */
export function scaleRule(rule: BurnRule, from: Seconds, to: Seconds): BurnRule {
  return { ...rule, factor: reduce({ num: rule.factor.num * to, den: rule.factor.den * from }) }
}

/** The policy with every rule scaled from one period to another. */
export function scalePolicy(policy: BurnPolicy, from: Seconds, to: Seconds): BurnPolicy {
  return { ...policy, rules: policy.rules.map((rule) => scaleRule(rule, from, to)) }
}

/** The share of a period's budget that is spent when a rule fires: factor × long ÷ period. */
export function spentWhenFiring(rule: BurnRule, period: Seconds): Ratio {
  return ratio((rule.factor.num * rule.long) / (rule.factor.den * period))
}

/**
 * How long events must fail at a steady share before a rule fires, when none failed before, in seconds:
 * (1 - target) ÷ share × long × factor, from the SRE workbook, chapter 5. Undefined when it never does.
 */
export function detectionSeconds(
  rule: BurnRule,
  failing: { readonly allowed: PerMillion; readonly share: Ratio },
): number | undefined {
  const time = (failing.allowed * rule.long * rule.factor.num) / (rule.factor.den * failing.share * 1e6)
  return time <= rule.long ? time : undefined
}

/** A twelfth of the long window, the SRE workbook's choice, in whole minutes and at least one. */
export function shortFor(long: Seconds): Seconds {
  return seconds(Math.max(60, Math.round(long / 12 / 60) * 60))
}

function reduce({ num, den }: Rational): Rational {
  let a = num
  let b = den
  while (b !== 0) [a, b] = [b, a % b]
  return { num: num / a, den: den / a }
}
