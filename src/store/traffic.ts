import { type Labels, labelsKey, pickLabels } from '../base/index.ts'
import { type Outcome, OVERFLOW } from '../traffic/index.ts'
import type { Engine } from './engine.ts'
import type { LatencyGroup, LatencyGroupsAsked, TrafficAsked, TrafficGroup } from './ledger.ts'
import { cellsWhere } from './read.ts'
import type { Series, SeriesRegistry } from './series.ts'

interface Context {
  readonly engine: Engine
  readonly registry: SeriesRegistry
}

/** Series that are shown together: those of one source with the same values of the labels asked for. */
interface Group {
  readonly source: string
  readonly labels: Labels
  readonly series: Series[]
}

const COUNTED: readonly Outcome[] = ['good', 'bad']
const OUTCOMES: readonly Outcome[] = ['good', 'bad', 'ignored']

/** Every event of some series, by outcome and reason and by stretch of time. Sources are never added up. */
export async function traffic(asked: TrafficAsked, context: Context): Promise<readonly TrafficGroup[]> {
  const { range, width } = asked
  const groups = groupsOf(asked, context.registry)
  if (groups.length === 0 || range.to <= range.from) return []
  const buckets = Math.ceil((range.to - range.from) / width)
  const rows = await context.engine.query(
    `SELECT ${groupSql(groups)} AS g, toInt8(kind), toString(reason),
       sumResample(0, ${buckets}, 1)(toFloat64(count), intDiv(toUInt32(minute) - ${range.from}, ${width}))
     FROM ${cellsWhere(context.engine, { series: groups.flatMap((group) => group.series), measures: [{ kinds: OUTCOMES }] }, range)}
     GROUP BY g, kind, reason ORDER BY g, kind, reason`,
  )
  const parts = new Map<number, TrafficGroup['parts'][number][]>()
  while (!rows.done) {
    const group = rows.u32()
    const outcome = OUTCOMES[rows.u8() - 1] ?? 'ignored'
    const reason = rows.text()
    const counts = rows.f64s()
    // What a writer took back stays as a row of nothing.
    if (counts.every((count) => count === 0)) continue
    const known = parts.get(group)
    if (known) known.push({ outcome, reason, counts })
    else parts.set(group, [{ outcome, reason, counts }])
  }
  return groups.flatMap(({ source, labels }, i) => {
    const own = parts.get(i)
    return own === undefined ? [] : [{ source, labels, parts: own }]
  })
}

/** How long the events that count took, by the values of some labels: one histogram a group, over the whole range. */
export async function latencyGroups(
  asked: LatencyGroupsAsked,
  context: Context,
): Promise<readonly LatencyGroup[]> {
  const groups = groupsOf(asked, context.registry)
  if (groups.length === 0 || asked.range.to <= asked.range.from) return []
  const wanted = { series: groups.flatMap((group) => group.series), measures: [{ kinds: COUNTED }] }
  const rows = await context.engine.query(
    `SELECT g, groupArray(toUInt32(b)), groupArray(n) FROM (
       SELECT ${groupSql(groups)} AS g, b, toFloat64(sum(t)) AS n
       FROM (SELECT series, bins, tallies FROM ${cellsWhere(context.engine, wanted, asked.range)})
       ARRAY JOIN bins AS b, tallies AS t GROUP BY g, b ORDER BY g, b
     ) GROUP BY g ORDER BY g`,
  )
  const found: LatencyGroup[] = []
  while (!rows.done) {
    const group = groups[rows.u32()]
    const bins = [...rows.u32s()]
    const counts = [...rows.f64s()]
    if (group) found.push({ source: group.source, labels: group.labels, latency: { bins, counts } })
  }
  return found
}

function groupsOf(asked: LatencyGroupsAsked, registry: SeriesRegistry): readonly Group[] {
  const groups = new Map<string, Group>()
  for (const series of seriesFor(asked, registry)) {
    const labels = pickLabels(series.labels, [...asked.by, OVERFLOW])
    const key = JSON.stringify([series.source, labelsKey(labels)])
    const known = groups.get(key)
    if (known) known.series.push(series)
    else groups.set(key, { source: series.source, labels, series: [series] })
  }
  return [...groups.values()].sort(
    (a, b) => compare(a.source, b.source) || compare(labelsKey(a.labels), labelsKey(b.labels)),
  )
}

function seriesFor({ source, match }: LatencyGroupsAsked, registry: SeriesRegistry): readonly Series[] {
  if (source !== undefined && match !== undefined) return registry.matching(source, match)
  return [...registry.all()].filter(
    (series) =>
      series.family === 'requests' &&
      (source === undefined || series.source === source) &&
      (match === undefined || match.matches(series.labels)),
  )
}

/** The engine adds up by group, so that an answer is as long as what is shown and not as what is kept. */
function groupSql(groups: readonly Group[]): string {
  if (groups.length === 1) return 'toUInt32(0)'
  const pairs = groups.flatMap((group, i) => group.series.map((series) => [series.id, i] as const))
  const ids = pairs.map(([id]) => id).join(', ')
  return `transform(series, [${ids}], [${pairs.map(([, group]) => `toUInt32(${group})`).join(', ')}], toUInt32(0))`
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
