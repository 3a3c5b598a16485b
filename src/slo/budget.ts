import { type PerMillion, type Ratio, ratio, type Seconds, seconds } from '../base/index.ts'
import type { Budget, Counts, Exhaustion } from './evaluation.ts'

/** What a budget is worked out from. */
export interface BudgetTerms {
  readonly allowed: PerMillion
  /** The window's whole length. */
  readonly length: Seconds
  /** How much of it has gone by: the length for a rolling window, less for a calendar window that still runs. */
  readonly elapsed: Seconds
  /** How many whole numbers one counted unit is made of: 1, or 10^9 where slices count in parts. */
  readonly scale: number
}

/**
 * The budget of a window: allowed × total. While a calendar window still runs, its total is taken to go on as it
 * was so far (total × length ÷ elapsed), so that an early failure is measured against the whole window's budget.
 */
export function budgetOf(counts: Counts, terms: BudgetTerms): Budget {
  const { allowed, length, scale } = terms
  const total = counts.good + counts.bad
  const { all, left, unit } = termsOfLeft(counts, terms)
  return {
    events: all / unit / scale,
    spent: counts.bad / scale,
    left: left / unit / scale,
    leftRatio: total === 0 ? undefined : ratio(leftShare(counts, terms)),
    time: seconds(Math.floor((length * allowed) / 1e6)),
    timeLeft: total === 0 ? undefined : timeLeft(counts, terms),
  }
}

/**
 * The sign of what is left: 1 while something is, 0 when exactly all is spent, -1 when overspent; in whole numbers.
 * Without events nothing is spent of nothing: 1.
 */
export function leftSign(counts: Counts, terms: BudgetTerms): number {
  return counts.bad === 0 ? 1 : Math.sign(termsOfLeft(counts, terms).left)
}

/**
 * The budget and what is left of it, `unit` of which make one event: whole numbers, so that their difference is exact
 * and nothing is rounded before it. The time is left out where it makes no difference.
 */
function termsOfLeft(
  counts: Counts,
  { allowed, length, elapsed }: BudgetTerms,
): { readonly all: number; readonly left: number; readonly unit: number } {
  const total = counts.good + counts.bad
  const running = elapsed > 0 && elapsed !== length
  const [whole, gone] = running ? [length, elapsed] : [1, 1]
  const all = allowed * total * whole
  const unit = 1e6 * gone
  const spent = counts.bad * unit
  // Counts that are estimated have fractions, and are not exact anyway.
  const estimated = !Number.isInteger(total) || !Number.isInteger(counts.bad)
  if (estimated || Math.max(all, spent) <= Number.MAX_SAFE_INTEGER) return { all, left: all - spent, unit }
  const left = BigInt(allowed) * BigInt(total) * BigInt(whole) - BigInt(counts.bad) * BigInt(unit)
  return { all, left: Number(left), unit }
}

/** What is left ÷ the budget. Overspending a budget of nothing has no share: minus infinity. */
function leftShare(counts: Counts, terms: BudgetTerms): number {
  if (counts.bad === 0) return 1
  const { all, left } = termsOfLeft(counts, terms)
  return left / all
}

/** The part of the budget's time that is left, rounded towards less: length × allowed ÷ 10^6 - bad × elapsed ÷ total. */
function timeLeft(counts: Counts, { allowed, length, elapsed }: BudgetTerms): Seconds {
  const unit = BigInt(counts.good + counts.bad) * 1_000_000n
  const budget = BigInt(length) * BigInt(allowed) * BigInt(counts.good + counts.bad)
  const spent = BigInt(counts.bad) * BigInt(elapsed) * 1_000_000n
  return seconds(Number(floorDivide(budget - spent, unit)))
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b < 0n ? quotient - 1n : quotient
}

/**
 * What the share left would be if all that was not measured had been bad, and if it had been good; the unmeasured
 * is taken to have had the traffic of an average measured minute. Undefined when there is nothing to take it from.
 */
export function budgetInterval(
  counts: Counts,
  terms: BudgetTerms,
  minutes: { readonly measured: number; readonly unmeasured: number },
): { readonly low: Ratio; readonly high: Ratio } | undefined {
  const total = counts.good + counts.bad
  if (minutes.unmeasured === 0 || minutes.measured === 0 || total === 0) return undefined
  const hidden = (total / minutes.measured) * minutes.unmeasured
  return {
    low: ratio(leftShare({ good: counts.good, bad: counts.bad + hidden }, terms)),
    high: ratio(leftShare({ good: counts.good + hidden, bad: counts.bad }, terms)),
  }
}

/**
 * When the budget is gone at the present rate. The share left lasts share × length ÷ rate: a rate of 1 spends all of
 * it over the window, of 2 over half. `never` at or below the even pace, and when a calendar window ends first.
 */
export function exhaustionOf(
  left: { readonly share: number | undefined; readonly sign: number },
  rate: number | undefined,
  time: { readonly length: Seconds; readonly remaining: Seconds | undefined },
): Exhaustion {
  if (left.share === undefined) return { kind: 'unknown' }
  if (left.sign <= 0) return { kind: 'exhausted' }
  if (rate === undefined) return { kind: 'unknown' }
  if (rate <= 1) return { kind: 'never' }
  const lasts = Math.floor((left.share * time.length) / rate)
  if (lasts >= (time.remaining ?? Infinity)) return { kind: 'never' }
  return { kind: 'in', seconds: seconds(lasts) }
}

/**
 * A share in percent with so many decimals, rounded down: what is shown never promises more than there is. A share
 * that a double cannot hold exactly (0.29) is taken for the decimal it stands for.
 */
export function floorPercent(share: Ratio, decimals: number): string {
  const scale = 10 ** (decimals + 2)
  const nearest = Math.round(share * scale)
  const floored = nearest / scale <= share ? nearest : nearest - 1
  return (floored / 10 ** decimals).toFixed(decimals)
}
