import { type Range, type Seconds, type UnixSeconds } from '../base/index.ts'
import type { DefinedSlo } from '../definitions/index.ts'
import type { Need, Timelines } from '../slo/index.ts'
import type { Changes, Ledger } from '../store/index.ts'
import { dataSourceOf, type IndicatorQuery, type SplitSeries } from '../traffic/index.ts'
import { COMPOSITE, compositeSeries, type SliceComposite } from './slice-composite.ts'

/** Keeps the engine's counts equal to the ledger's: reads what the engine lacks, and what was written since. */
export interface Feed {
  /** Reads all that evaluation at `now` needs. Resolves with what was written since the last time. */
  readonly refresh: (now: UnixSeconds) => Promise<Changes>
}

interface Read {
  /** Whose indicators are asked. */
  readonly slo: DefinedSlo
  readonly need: Need
  /** Set where they are counted together. */
  readonly composite?: SliceComposite
}

/** Ids of queries are unique within an SLO; the ledger is asked about many at once. */
const SEPARATOR = '\u0000'

export interface FeedOptions {
  readonly slos: readonly DefinedSlo[]
  readonly composites?: readonly SliceComposite[]
  /** Told what was written since, while the engine still counts as before. */
  readonly noticed?: (touched: Changes['touched']) => void
}

export function createFeed(
  ledger: Ledger,
  timelines: Timelines,
  { slos, composites = [], noticed = () => undefined }: FeedOptions,
): Feed {
  const asked = new Map<string, Omit<Read, 'need'>>([
    ...slos.map((slo) => [slo.slo.id, { slo }] as const),
    ...composites.map((composite) => [composite.row.id, { slo: composite.defined, composite }] as const),
  ])
  const namesOf = namesBySource(slos)
  let cursor: string | undefined
  return {
    refresh: async (now) => {
      // The cursor is taken before reading, so that what is written meanwhile is read again next time.
      const changes = await ledger.changes(cursor)
      noticed(changes.touched)
      for (const { source, from, to } of changes.touched)
        for (const name of namesOf.get(source) ?? []) timelines.touched(name, { from, to })
      const reads = timelines.needs(now).flatMap((need): Read[] => {
        const one = asked.get(need.slo)
        return one ? [{ ...one, need }] : []
      })
      for (const group of groupReads(reads)) await readGroup(ledger, timelines, group)
      cursor = changes.cursor
      return changes
    },
  }
}

/** Counts are written under their DataSource; an SLO may rest on the coverage of a question to it. */
function namesBySource(slos: readonly DefinedSlo[]): ReadonlyMap<string, ReadonlySet<string>> {
  const names = new Map<string, Set<string>>()
  for (const name of slos.flatMap(({ slo }) => slo.sources)) {
    const source = dataSourceOf(name)
    names.set(source, (names.get(source) ?? new Set()).add(name))
  }
  return names
}

interface ReadGroup {
  readonly width: Seconds
  readonly range: Range
  readonly reads: Read[]
}

/** SLOs that need the same stretch at the same width are asked about together. */
function groupReads(reads: readonly Read[]): readonly ReadGroup[] {
  const groups = new Map<string, ReadGroup>()
  for (const read of reads) {
    const { width, range } = read.need
    const key = `${width} ${range.from} ${range.to}`
    const group = groups.get(key)
    if (group) group.reads.push(read)
    else groups.set(key, { width, range, reads: [read] })
  }
  return [...groups.values()]
}

async function readGroup(
  ledger: Ledger,
  timelines: Timelines,
  { width, range, reads }: ReadGroup,
): Promise<void> {
  const queries = reads.flatMap(({ slo: defined, need }) =>
    defined.queries.map((query): IndicatorQuery => ({ ...query, id: `${need.slo}${SEPARATOR}${query.id}` })),
  )
  const found = await ledger.read(queries, { range, width })
  const composites = new Map(
    reads.flatMap(({ need, composite }) => (composite ? [[need.slo, { composite, parts: newParts() }]] : [])),
  )
  for (const { query, ...series } of found) {
    const at = query.indexOf(SEPARATOR)
    const [slo, indicator] = [query.slice(0, at), query.slice(at + 1)]
    const together = composites.get(slo)
    if (together) together.parts.push({ ...series, query: indicator })
    else timelines.load(slo, indicator, series)
  }
  for (const [id, { composite, parts }] of composites)
    for (const series of compositeSeries(composite, parts)) timelines.load(id, COMPOSITE, series)
  for (const { need } of reads) timelines.loaded(need)
}

const newParts = (): SplitSeries[] => []
