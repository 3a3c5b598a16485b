import { sensitivityOf } from './availability.ts'
import { type JourneyTree, leavesOf } from './tree.ts'

/**
 * How much of a journey's shortfall each leaf caused, by number of leaf: the Shapley value of the game in which a set of
 * leaves fails as it was measured and all others work. It adds up to the shortfall, is zero for a leaf that never
 * failed, and the same for leaves that are exchangeable (Shapley, A value for n-person games, 1953).
 *
 * The journey is linear in each leaf, so the mean over all orders is an integral over how likely the others have failed
 * already: `s ∫ ∂F/∂a (1 - p·s) dp` from 0 to 1 (Owen, Multilinear extensions of games, 1972). What is integrated is a
 * polynomial of at most as many degrees as there are other leaves, so Gauss's quadrature gives it exactly but for the
 * last digits of a double.
 */
export function attributionOf(tree: JourneyTree, leaves: ArrayLike<number>): Float64Array {
  const numbers = leavesOf(tree)
  const shortfalls = numbers.map((leaf) => 1 - (leaves[leaf] ?? 0))
  const length = Math.max(0, ...numbers) + 1
  const caused = new Float64Array(length)
  const failing = shortfalls.filter((shortfall) => shortfall > 0).length
  if (failing === 0) return caused
  for (const { at, weight } of quadrature(Math.ceil(failing / 2))) {
    const leant = new Float64Array(length)
    numbers.forEach((leaf, i) => (leant[leaf] = 1 - at * (shortfalls[i] ?? 0)))
    const { gradient } = sensitivityOf(tree, leant)
    numbers.forEach((leaf, i) => {
      caused[leaf] = (caused[leaf] ?? 0) + weight * (shortfalls[i] ?? 0) * (gradient[leaf] ?? 0)
    })
  }
  return caused
}

/**
 * Splits a whole number in proportion to the shares, in whole numbers that add up to it: each gets its floor, and what is
 * left goes one by one to the largest remainders, to the first of equal ones. A share of zero gets nothing.
 */
export function apportion(total: number, shares: ArrayLike<number>): Float64Array {
  const each = Array.from(shares)
  const sum = each.reduce((a, b) => a + b, 0)
  const given = new Float64Array(each.length)
  if (sum <= 0) return given
  const exact = each.map((share) => (share / sum) * total)
  exact.forEach((part, i) => (given[i] = Math.floor(part)))
  const order = exact
    .map((part, i) => ({ i, rest: part - Math.floor(part) }))
    .filter(({ i }) => (each[i] ?? 0) > 0)
    .sort((a, b) => b.rest - a.rest || a.i - b.i)
  let left = total - given.reduce((a, b) => a + b, 0)
  for (let turn = 0; left > 0; turn++, left--) {
    const next = order[turn % order.length]
    if (next === undefined) break
    given[next.i] = (given[next.i] ?? 0) + 1
  }
  return given
}

export interface Point {
  /** 0..1. */
  readonly at: number
  readonly weight: number
}

/** Gauss and Legendre's points between 0 and 1: exact for polynomials of up to `2 * count - 1` degrees. */
export function quadrature(count: number): readonly Point[] {
  const known = POINTS.get(count)
  if (known) return known
  const points = pointsOf(count)
  POINTS.set(count, points)
  return points
}

/** The same few for every minute of a month. */
const POINTS = new Map<number, readonly Point[]>()

function pointsOf(count: number): readonly Point[] {
  return Array.from({ length: count }, (_, i): Point => {
    // Newton's method from a guess that leads to the i-th root of Legendre's polynomial.
    let x = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5))
    let slope = 1
    for (let turn = 0; turn < 100; turn++) {
      const [value, derivative] = legendre(count, x)
      slope = derivative
      const step = value / derivative
      x -= step
      if (Math.abs(step) < 1e-16) break
    }
    return { at: (x + 1) / 2, weight: 1 / ((1 - x * x) * slope * slope) }
  })
}

/** Legendre's polynomial of that degree at x, and its derivative, by Bonnet's recursion. */
function legendre(degree: number, x: number): readonly [number, number] {
  let before = 1
  let value = x
  for (let k = 2; k <= degree; k++)
    [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k]
  return [value, (degree * (x * value - before)) / (x * x - 1)]
}
