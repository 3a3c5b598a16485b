import type { Microseconds } from '../base/index.ts'
import { binAtEdge, type MetricQuery, type RequestQuery } from '../traffic/index.ts'
import { quote } from './engine.ts'

/**
 * What is added up over the rows of `cells` for one metric query, as SQL. Questions that differ in their threshold
 * only have one text, so that one statement can answer them for series with different thresholds.
 */
export interface Measure {
  /** How many events of one row count: an expression over the row's columns and `LIMIT_BIN`. */
  readonly shape: string
  /** What stands for `LIMIT_BIN`: the first bin that is not within the threshold. Undefined without a threshold. */
  readonly before: number | undefined
  /** The kinds of rows that can give anything. */
  readonly kinds: readonly string[]
}

/** Reasons that the slow-abort rule judges again, by how long the client had waited. */
const LEFT: readonly string[] = ['client-left-early', 'client-left-late']

/** Which events of a row count, in the words that the ledger's questions share. */
export interface RowRule {
  /** True for rows all of whose events are judged alike. */
  readonly plain: string
  /** True for rows of clients that left, judged event by event; undefined when there is no such rule. */
  readonly left: string | undefined
  /** Events of `left` rows count from this bin on; undefined when none of them counts. */
  readonly leftFrom: number | undefined
  /** Only bins before this one count; undefined: all, and events of unknown duration too. */
  readonly before: number | undefined
  readonly kinds: readonly string[]
}

/** Stands for a threshold's bin in the shape of a measure. */
const LIMIT_BIN = ':before'

/** The expression of a shape, with the threshold's bin or an expression for it. */
export function measureSql(shape: string, before: string | number | undefined): string {
  return shape.replaceAll(LIMIT_BIN, String(before ?? 0))
}

export function measureOf(query: MetricQuery): Measure {
  if (query.kind === 'external') return { shape: 'count', before: undefined, kinds: ['value'] }
  const rule = ruleOf(query)
  const plain = rule.before === undefined ? 'count' : tallied(`b < ${LIMIT_BIN}`)
  const shape =
    rule.left === undefined
      ? `if(${rule.plain}, ${plain}, 0)`
      : `multiIf(${rule.left}, ${leftEvents(rule)}, ${rule.plain}, ${plain}, 0)`
  return { shape, before: rule.before, kinds: rule.kinds }
}

/**
 * A reason that `judge` names has that outcome. A client that left is judged by `abort`: bad from that long on, else
 * ignored; where its duration is unknown, as the source judged it. All else is as the source judged it.
 */
export function ruleOf(query: RequestQuery): RowRule {
  const wanted = query.outcome === 'all' ? ['good', 'bad'] : [query.outcome]
  const judged = Object.entries(query.judge ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  const chosen = judged.filter(([, outcome]) => wanted.includes(outcome)).map(([reason]) => reason)
  const left =
    query.abort === undefined ? [] : LEFT.filter((reason) => !judged.some(([name]) => name === reason))
  const before = query.within === undefined ? undefined : edgeBin(query.within)
  const asJudged = `kind IN (${wanted.map(quote).join(', ')})`
  const others = judged.map(([reason]) => reason)
  const plain =
    others.length === 0 ? asJudged : `${asJudged} AND reason NOT IN (${others.map(quote).join(', ')})`
  const leftFrom =
    query.abort === undefined || query.abort === 'never' || !wanted.includes('bad')
      ? undefined
      : edgeBin(query.abort)
  return {
    plain: chosen.length === 0 ? `(${plain})` : `(reason IN (${chosen.map(quote).join(', ')}) OR (${plain}))`,
    left: left.length === 0 ? undefined : `reason IN (${left.map(quote).join(', ')})`,
    leftFrom,
    before,
    kinds: chosen.length === 0 && left.length === 0 ? wanted : ['good', 'bad', 'ignored'],
  }
}

function leftEvents(rule: RowRule): string {
  if (rule.leftFrom === undefined) return '0'
  if (rule.before !== undefined) return tallied(`b >= ${rule.leftFrom} AND b < ${LIMIT_BIN}`)
  return `${tallied(`b >= ${rule.leftFrom}`)} + if(kind = 'bad', toUInt64(count - least(count, arraySum(tallies))), 0)`
}

function tallied(condition: string): string {
  return `arraySum((b, n) -> if(${condition}, n, 0), bins, tallies)`
}

/** Definitions are refused before they can ask for what is no edge, so here it is a bug. */
function edgeBin(edge: Microseconds): number {
  const bin = binAtEdge(edge)
  if (bin === undefined) throw new Error(`${edge} µs is no edge of the latency layout`)
  return bin
}
