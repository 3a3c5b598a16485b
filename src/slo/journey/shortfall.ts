import { quadrature } from './attribution.ts'
import { type Columns, inRoom, takeColumn } from './columns.ts'
import { type JourneyPlan, leavesOfPlan, sharedInPlan } from './plan.ts'
import { descend, workOut } from './work.ts'

/**
 * What a journey serves in each of some minutes, `1 - shortfall`; not a number where nothing is known of it. A leaf in
 * several places works or fails once: the value with it working and with it failing, each by its share.
 */
export function servedOf(plan: JourneyPlan, columns: Columns): Float64Array {
  const shared = sharedInPlan(plan)
  if (shared.length === 0) return workOut(plan, columns).values
  const { count } = columns
  const sum = takeColumn(count).fill(0, 0, count)
  eachWay(shared, columns, ({ fixed, share }) =>
    inRoom(() => {
      const { values } = workOut(plan, fixed)
      for (let i = 0; i < count; i++)
        if ((share[i] ?? 0) > 0) addAt(sum, i, (share[i] ?? 0) * (values[i] ?? 0))
    }),
  )
  return sum
}

/**
 * Adds to the shares of each part of the minutes, by number of leaf, what each caused of the shortfall over them: its
 * Shapley value, as `attributionOf` has it.
 */
export function addCaused(
  plan: JourneyPlan,
  columns: Columns,
  into: {
    readonly parts: readonly { readonly from: number; readonly to: number }[]
    readonly shares: readonly Float64Array[]
  },
): void {
  const { count, values } = columns
  const leaves = leavesOfPlan(plan)
  for (const { at, weight } of quadrature(Math.ceil(mostFailing(leaves, columns) / 2)))
    inRoom(() => {
      const leant: Float64Array[] = []
      for (const leaf of leaves) {
        const own = takeColumn(count)
        const value = values[leaf] ?? own
        for (let i = 0; i < count; i++) own[i] = 1 - at * (1 - (value[i] ?? Number.NaN))
        leant[leaf] = own
      }
      const gradient = gradientOf(plan, { ...columns, values: leant }, leaves)
      for (const [part, stretch] of into.parts.entries())
        for (const leaf of leaves) {
          const sum = lostIn(stretch, values[leaf], gradient[leaf])
          const shares = into.shares[part]
          if (shares) addAt(shares, leaf, weight * sum)
        }
    })
}

function lostIn(
  { from, to }: { readonly from: number; readonly to: number },
  values: Float64Array | undefined,
  gradient: Float64Array | undefined,
): number {
  let sum = 0
  for (let i = from; values && gradient && i < to; i++) {
    const value = values[i] ?? Number.NaN
    if (value < 1) sum += (1 - value) * (gradient[i] ?? 0)
  }
  return sum
}

/** The most leaves that failed in the same minute. */
function mostFailing(leaves: readonly number[], { count, values }: Columns): number {
  const failing = new Uint16Array(count)
  for (const leaf of leaves) {
    const own = values[leaf]
    for (let i = 0; own && i < count; i++) if ((own[i] ?? 1) < 1) failing[i] = (failing[i] ?? 0) + 1
  }
  return failing.reduce((most, each) => Math.max(most, each), 0)
}

function gradientOf(
  plan: JourneyPlan,
  columns: Columns,
  leaves: readonly number[],
): readonly (Float64Array | undefined)[] {
  const { count } = columns
  const gradient = emptyOf(leaves, count)
  const shared = sharedInPlan(plan)
  if (shared.length === 0) {
    descend(workOut(plan, columns), takeColumn(count).fill(1, 0, count), { count, gradient })
    return gradient
  }
  eachWay(shared, columns, (way) =>
    inRoom(() => {
      const own = emptyOf(leaves, count)
      const worked = workOut(plan, way.fixed)
      descend(worked, takeColumn(count).fill(1, 0, count), { count, gradient: own })
      for (const leaf of leaves) {
        const [all, one] = [gradient[leaf], own[leaf]]
        // Where a leaf is tried both ways, what it moves is the difference between the two.
        const works = way.works.get(leaf)
        for (let i = 0; all && one && i < count; i++) {
          if (works === undefined) addAt(all, i, (way.share[i] ?? 0) * (one[i] ?? 0))
          else addAt(all, i, (works ? 1 : -1) * othersShare(way, leaf, columns, i) * (worked.values[i] || 0))
        }
      }
    }),
  )
  return gradient
}

const emptyOf = (leaves: readonly number[], count: number): readonly (Float64Array | undefined)[] => {
  const columns: (Float64Array | undefined)[] = []
  for (const leaf of leaves) columns[leaf] = takeColumn(count).fill(0, 0, count)
  return columns
}

/** One way in which the leaves that stand in several places may work and fail. */
interface Way {
  readonly works: ReadonlyMap<number, boolean>
  /** The columns with these leaves working or failing. */
  readonly fixed: Columns
  /** How likely it is. */
  readonly share: Float64Array
}

function eachWay(shared: readonly number[], columns: Columns, look: (way: Way) => void): void {
  const { count } = columns
  for (let choice = 0; choice < 2 ** shared.length; choice++)
    inRoom(() => {
      const works = new Map(shared.map((leaf, i) => [leaf, ((choice >> i) & 1) === 1]))
      const values = [...columns.values]
      const share = takeColumn(count).fill(1, 0, count)
      for (const [leaf, isUp] of works) {
        const column = takeColumn(count)
        for (let i = 0; i < count; i++) {
          const value = columns.values[leaf]?.[i] ?? Number.NaN
          column[i] = Number.isNaN(value) ? value : isUp ? 1 : 0
          share[i] = (share[i] ?? 0) * shareOf(value, isUp)
        }
        values[leaf] = column
      }
      look({ works, fixed: { ...columns, values }, share })
    })
}

/** How likely a leaf works, or fails; of one that is out only the first is looked at. */
const shareOf = (value: number, works: boolean): number =>
  Number.isNaN(value) ? (works ? 1 : 0) : works ? value : 1 - value

function othersShare({ works }: Way, leaf: number, { values }: Columns, minute: number): number {
  let share = 1
  for (const [other, isUp] of works)
    if (other !== leaf) share *= shareOf(values[other]?.[minute] ?? Number.NaN, isUp)
  return share
}

function addAt(column: Float64Array, i: number, more: number): void {
  column[i] = (column[i] ?? 0) + more
}
