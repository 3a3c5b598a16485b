import { type Columns, takeColumn } from './columns.ts'
import { type JourneyPlan, leavesOfPlan, MEASURED } from './plan.ts'

/** A part of a journey, worked out for many minutes. */
export interface Worked {
  readonly plan: JourneyPlan
  /** What it serves, 0..1; not a number where nothing is known of any of its leaves. */
  readonly values: Float64Array
  readonly of: readonly Worked[]
  /** Of routes: the share of the people who took each; 0 where nothing is known of it. */
  readonly shares: readonly Float64Array[]
}

const ALONE: Pick<Worked, 'of' | 'shares'> = { of: [], shares: [] }
/** Of a leaf that nothing is said of. */
const NONE = new Float64Array()

/**
 * What a journey serves in each minute: that of what is left of its tree without the leaves that are out. Of a plan in
 * which each leaf stands once; its columns are in room that is to be given back.
 */
export function workOut(plan: JourneyPlan, columns: Columns): Worked {
  switch (plan.kind) {
    case 'leaf':
      return { plan, values: columns.values[plan.leaf] ?? NONE, ...ALONE }
    case 'all':
    case 'any': {
      const of = plan.of.map((child) => workOut(child, columns))
      return { plan, values: productOf(of, columns.count, plan.kind === 'any'), of, shares: [] }
    }
    case 'at-least': {
      const of = plan.of.map((child) => workOut(child, columns))
      return { plan, values: enoughOf(of, columns.count, plan.count), of, shares: [] }
    }
    case 'routes':
      return routesOf(plan, columns)
    default:
      return plan satisfies never
  }
}

/** Of what works, or with `failing` one less that of what fails. */
function productOf(of: readonly Worked[], count: number, failing: boolean): Float64Array {
  const product = takeColumn(count).fill(Number.NaN, 0, count)
  for (const { values } of of)
    for (let i = 0; i < count; i++) {
      const value = values[i] ?? Number.NaN
      if (Number.isNaN(value)) continue
      const before = product[i] ?? 0
      product[i] = (Number.isNaN(before) ? 1 : before) * (failing ? 1 - value : value)
    }
  if (failing) for (let i = 0; i < count; i++) product[i] = 1 - (product[i] ?? 0)
  return product
}

function enoughOf(of: readonly Worked[], count: number, enough: number): Float64Array {
  const column = takeColumn(count)
  const shares = new Float64Array(of.length + 1)
  for (let i = 0; i < count; i++) {
    const known = workingAt(of, i, { shares, but: -1 })
    let sum = known === 0 ? Number.NaN : 0
    for (let k = Math.min(enough, known); k <= known; k++) sum += shares[k] ?? 0
    column[i] = sum
  }
  return column
}

/** Writes into `shares` how often exactly so many work of the parts that are known, without one of them; how many. */
function workingAt(
  of: readonly Worked[],
  minute: number,
  { shares, but }: { readonly shares: Float64Array; readonly but: number },
): number {
  let known = 0
  shares.fill(0)
  shares[0] = 1
  for (let part = 0; part < of.length; part++) {
    const value = part === but ? Number.NaN : (of[part]?.values[minute] ?? Number.NaN)
    if (Number.isNaN(value)) continue
    known++
    for (let k = known; k > 0; k--) shares[k] = (shares[k] ?? 0) * (1 - value) + (shares[k - 1] ?? 0) * value
    shares[0] = (shares[0] ?? 0) * (1 - value)
  }
  return known
}

/** Routes by their weights; where none has any, all weigh the same. */
function routesOf(plan: Extract<JourneyPlan, { kind: 'routes' }>, columns: Columns): Worked {
  const { count } = columns
  const of = plan.of.map(({ tree }) => workOut(tree, columns))
  const shares = plan.of.map(({ tree, weight }) => weightsOf(tree, weight, columns))
  const values = takeColumn(count)
  for (let i = 0; i < count; i++) {
    let sum = 0
    let served = 0
    let known = 0
    let plain = 0
    for (let route = 0; route < of.length; route++) {
      const value = of[route]?.values[i] ?? Number.NaN
      if (Number.isNaN(value)) continue
      const weight = shares[route]?.[i] ?? 0
      sum += weight
      served += weight * value
      known++
      plain += value
    }
    values[i] = known === 0 ? Number.NaN : sum > 0 ? served / sum : plain / known
    for (let route = 0; route < of.length; route++) {
      const own = shares[route]
      if (!own) continue
      const isKnown = !Number.isNaN(of[route]?.values[i] ?? Number.NaN)
      own[i] = isKnown ? (sum > 0 ? (own[i] ?? 0) / sum : 1 / known) : 0
    }
  }
  return { plan, values, of, shares }
}

function weightsOf(tree: JourneyPlan, weight: number | typeof MEASURED, columns: Columns): Float64Array {
  const { count, totals } = columns
  const column = takeColumn(count)
  if (weight !== MEASURED) return column.fill(weight, 0, count)
  column.fill(0, 0, count)
  for (const leaf of leavesOfPlan(tree)) {
    const own = totals[leaf]
    for (let i = 0; own && i < count; i++) column[i] = (column[i] ?? 0) + (own[i] ?? 0)
  }
  return column
}

/**
 * Adds to `gradient`, by number of leaf, by how much the whole rises when the leaf's value rises by one; `slope` is by how
 * much the whole moves when this part does.
 */
export function descend(
  { plan, of, shares }: Worked,
  slope: Float64Array,
  at: { readonly count: number; readonly gradient: readonly (Float64Array | undefined)[] },
): void {
  const { count } = at
  if (plan.kind === 'leaf') {
    const own = at.gradient[plan.leaf]
    for (let i = 0; own && i < count; i++) own[i] = (own[i] ?? 0) + (slope[i] ?? 0)
    return
  }
  for (const [part, child] of of.entries()) {
    const own = takeColumn(count)
    if (plan.kind === 'routes')
      for (let i = 0; i < count; i++) own[i] = (slope[i] ?? 0) * (shares[part]?.[i] ?? 0)
    else if (plan.kind === 'at-least') decisive(of, slope, { own, part, count, enough: plan.count })
    else {
      own.set(slope.subarray(0, count))
      for (const [k, other] of of.entries()) if (k !== part) multiply(own, other.values, count, plan.kind)
    }
    descend(child, own, at)
  }
}

/** How often the others leave it to this one: all else works, or nothing else does. */
function multiply(own: Float64Array, values: Float64Array, count: number, kind: 'all' | 'any'): void {
  for (let i = 0; i < count; i++) {
    const value = values[i] ?? Number.NaN
    if (!Number.isNaN(value)) own[i] = (own[i] ?? 0) * (kind === 'any' ? 1 - value : value)
  }
}

/** Or just one less than are enough work besides. */
function decisive(
  of: readonly Worked[],
  slope: Float64Array,
  {
    own,
    part,
    count,
    enough,
  }: { readonly own: Float64Array; readonly part: number; readonly count: number; readonly enough: number },
): void {
  const shares = new Float64Array(of.length + 1)
  for (let i = 0; i < count; i++) {
    const others = workingAt(of, i, { shares, but: part })
    own[i] = (slope[i] ?? 0) * (shares[Math.min(enough, others + 1) - 1] ?? 0)
  }
}
