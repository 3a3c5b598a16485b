import { type PerMillion, type Ratio, ratio } from '../base/index.ts'
import type { Counts } from './evaluation.ts'

/**
 * The burn rate that is exceeded with the given confidence, by what was counted: the one-sided Clopper-Pearson bound
 * on the share of bad events, divided by what is allowed. One failure among seven requests is a rate of 143 against
 * 99.9 %, and with 95 % confidence one above 7.3.
 *
 * Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
 * Biometrika 26 (1934). Exact at any number of events, where the normal and Wilson intervals are too sure of few.
 * Undefined without events.
 */
export function lowerBurnRate(counts: Counts, allowed: PerMillion, confidence: Ratio): number | undefined {
  const { bad } = counts
  const total = counts.good + bad
  if (total === 0) return undefined
  if (bad === 0) return 0
  return (lowerShare(bad, total, confidence) * 1e6) / allowed
}

/**
 * Whether the share of bad events exceeds `share` with the given confidence: whether so many bad events or more would
 * have at most the probability 1 - confidence if it did not. The same as `lowerShare` being at least `share`.
 */
export function surelyExceeds(counts: Counts, share: number, confidence: Ratio): boolean {
  if (counts.bad === 0) return false
  return regularizedBeta(share, counts.bad, counts.good + 1) <= 1 - confidence
}

/** The share p for which so many bad events or more have the probability 1 - confidence. */
export function lowerShare(bad: number, total: number, confidence: Ratio): Ratio {
  let low = 0
  let high = bad / total
  // The bound lies below the share that was seen; sixty halvings exhaust a double.
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    // P(X ≥ bad) with n = total and p = middle is the regularized incomplete beta function.
    if (regularizedBeta(middle, bad, total - bad + 1) < 1 - confidence) low = middle
    else high = middle
  }
  return ratio(low)
}

/**
 * I_x(a, b) by its continued fraction (Abramowitz and Stegun 26.5.8), evaluated by Lentz's method; the fraction
 * converges fast below the mean, and beyond it the function's symmetry is used.
 */
function regularizedBeta(x: number, a: number, b: number): number {
  if (x >= 1) return 1
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x))
  return x < (a + 1) / (a + b + 2) ? (front * fraction(x, a, b)) / a : 1 - (front * fraction(1 - x, b, a)) / b
}

function fraction(x: number, a: number, b: number): number {
  const tiny = 1e-300
  const away = (value: number): number => (Math.abs(value) < tiny ? tiny : value)
  let c = 1
  let d = 1 / away(1 - ((a + b) * x) / (a + 1))
  let result = d
  for (let m = 1; m <= 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / away(1 + even * d)
    c = away(1 + even / c)
    result *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / away(1 + odd * d)
    c = away(1 + odd / c)
    result *= d * c
    if (Math.abs(d * c - 1) < 1e-15) break
  }
  return result
}

/** ln Γ(z) for z ≥ 1 by Stirling's series (Abramowitz and Stegun 6.1.41), moved up to where it is exact enough. */
function logGamma(z: number): number {
  let shift = 0
  let at = z
  for (; at < 10; at++) shift -= Math.log(at)
  const inverse = 1 / (at * at)
  const series =
    (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))) / at
  return shift + (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series
}
