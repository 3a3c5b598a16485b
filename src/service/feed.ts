import { type Range, type Seconds, type UnixSeconds } from '../base/index.ts'
import type { DefinedSlo } from '../definitions/index.ts'
import type { Need, Timelines } from '../slo/index.ts'
import type { Changes, Ledger } from '../store/index.ts'
import { dataSourceOf, type IndicatorQuery } from '../traffic/index.ts'

/** Keeps the engine's counts equal to the ledger's: reads what the engine lacks, and what was written since. */
export interface Feed {
  /** Reads all that evaluation at `now` needs. Resolves with what was written since the last time. */
  readonly refresh: (now: UnixSeconds) => Promise<Changes>
}

interface Read {
  readonly slo: DefinedSlo
  readonly need: Need
}

/** Ids of queries are unique within an SLO; the ledger is asked about many at once. */
const SEPARATOR = '\u0000'

/** `noticed` is told what was written since, while the engine still counts as before. */
export function createFeed(
  ledger: Ledger,
  timelines: Timelines,
  slos: readonly DefinedSlo[],
  noticed: (touched: Changes['touched']) => void = () => undefined,
): Feed {
  const byId = new Map(slos.map((defined) => [defined.slo.id, defined]))
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
        const slo = byId.get(need.slo)
        return slo ? [{ slo, need }] : []
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
  const queries = reads.flatMap(({ slo: defined }) =>
    defined.queries.map(
      (query): IndicatorQuery => ({ ...query, id: `${defined.slo.id}${SEPARATOR}${query.id}` }),
    ),
  )
  const found = await ledger.read(queries, { range, width })
  for (const { query, ...series } of found) {
    const at = query.indexOf(SEPARATOR)
    timelines.load(query.slice(0, at), query.slice(at + 1), series)
  }
  for (const { need } of reads) timelines.loaded(need)
}
