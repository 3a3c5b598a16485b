import {
  DAY,
  HOUR,
  hourOf,
  type Labels,
  labelsKey,
  later,
  type Range,
  type Seconds,
  seconds,
  type UnixSeconds,
  unixSeconds,
} from '../base/index.ts'
import type { Buckets } from '../slo/index.ts'
import type { Contribution, LatencyColumn, Ledger } from '../store/index.ts'
import {
  type CoverageSpan,
  dataSourceOf,
  type Exemplar,
  type IndicatorQuery,
  type RequestQuery,
} from '../traffic/index.ts'
import { type Blocks, type BlocksAsked, createBlocks } from './blocks.ts'
import { inputSource, knownOf } from './coverage.ts'

/**
 * The ledger for those who look at the same times over and over: what was read once is kept until it is written to
 * again. Every number is the ledger's as of the last look at its changes.
 */
export interface Past {
  /** One number a bucket of `width`, which divides a day; in whole days of UTC, consecutive, from the range's first on. */
  readonly buckets: (asked: QueryAsked & { readonly width: Seconds }) => Promise<readonly Buckets[]>
  readonly known: (asked: KnownAsked) => Promise<readonly CoverageSpan[]>
  /** Who had the events of the range, most bad first. */
  readonly breakdown: (
    asked: QueryAsked & { readonly by: readonly string[] },
  ) => Promise<readonly Contribution[]>
  readonly latency: (
    query: RequestQuery,
    asked: { readonly key: string; readonly range: Range; readonly width: Seconds },
  ) => Promise<readonly LatencyColumn[]>
  readonly exemplars: (
    query: RequestQuery,
    asked: { readonly key: string; readonly range: Range; readonly limit: number },
  ) => Promise<readonly Exemplar[]>
  readonly touched: (source: string, range: Range) => void
}

export interface QueryAsked {
  /** Names the query and what it is narrowed to. */
  readonly key: string
  /** Of one scope: it is not split here. */
  readonly query: IndicatorQuery
  readonly range: Range
}

interface KnownAsked {
  readonly source: string
  readonly inputs: readonly string[]
  readonly range: Range
}

interface Day {
  readonly good: Uint32Array | Float64Array
  readonly bad: Uint32Array | Float64Array
}

export function createPast(ledger: Ledger): Past {
  const days = createBlocks<Day>(({ good, bad }) => good.byteLength + bad.byteLength)
  const spans = createBlocks<readonly CoverageSpan[]>((list) => list.length * 120)
  const spent = createBlocks<readonly Contribution[]>((list) => list.length * 200)
  const columns = createBlocks<LatencyColumn | 'empty'>((column) =>
    column === 'empty' ? 0 : column.bins.length * 16,
  )
  const samples = createBlocks<readonly Exemplar[]>((list) => list.length * 800)
  const all = [days, spans, spent, columns, samples]

  const spentIn = async (
    asked: QueryAsked & { readonly by: readonly string[] },
    range: Range,
    width: Seconds,
  ): Promise<readonly Contribution[]> => {
    if (range.to <= range.from) return []
    const { key, query, by } = asked
    const block: BlocksAsked = { key: `${key}\n${by.join(',')}`, sources: sourcesOf(query), range, width }
    return (await spent.of(block, (run) => ledger.breakdowns(query, { range: run, width, by }))).flat()
  }

  return {
    buckets: async ({ key, query, range, width }) => {
      const whole = wholeDays(range)
      const asked = { key: `${key}\n${width}`, sources: sourcesOf(query), range: whole, width: DAY }
      const found = await days.of(asked, async (run) =>
        daysOf(await ledger.read([query], { range: run, width }), run, width),
      )
      return found.map((day, i) => ({ start: later(whole.from, i * DAY), width, ...day }))
    },
    known: async ({ source, inputs, range }) => {
      const names = [source, ...inputs.map((input) => inputSource(source, input))]
      const asked = {
        key: names.join('\n'),
        sources: [...names, dataSourceOf(source)],
        range: wholeDays(range),
        width: DAY,
      }
      const found = await spans.of(asked, async (run) =>
        cutByDay(await knownOf(ledger, { source, inputs, range: run }), run),
      )
      return found.flat()
    },
    breakdown: async (asked) => {
      const { from, to } = asked.range
      const first = unixSeconds(Math.ceil(from / DAY) * DAY)
      const last = dayOf(to)
      const pieces =
        first >= last
          ? [await byHours(asked, asked.range, spentIn)]
          : [
              await byHours(asked, { from, to: first }, spentIn),
              await spentIn(asked, { from: first, to: last }, DAY),
              await byHours(asked, { from: last, to }, spentIn),
            ]
      return addUp(pieces.flat())
    },
    ...requestsOf(ledger, { columns, samples }),
    touched: (source, range) => {
      for (const blocks of all) blocks.touched(source, range)
    },
  }
}

interface RequestBlocks {
  readonly columns: Blocks<LatencyColumn | 'empty'>
  readonly samples: Blocks<readonly Exemplar[]>
}

/** What is asked of single requests and of their latency. */
function requestsOf(
  ledger: Ledger,
  { columns, samples }: RequestBlocks,
): Pick<Past, 'latency' | 'exemplars'> {
  return {
    latency: async (query, { key, range, width }) => {
      const asked = { key, sources: [query.source], range, width }
      const found = await columns.of(asked, async (run) => {
        const read = await ledger.latency(query, { range: run, width })
        const at = new Map(read.map((column) => [column.start, column]))
        const count = (run.to - run.from) / width
        return Array.from(
          { length: count },
          (_, i) => at.get(later(run.from, i * width)) ?? ('empty' as const),
        )
      })
      return found.filter((column) => column !== 'empty')
    },
    exemplars: async (query, { key, range, limit }) => {
      const width = range.to - range.from
      if (width <= 0) return []
      const asked = { key: `${key}\n${limit}`, sources: [query.source], range, width }
      const read = await samples.of(asked, async (run) => [
        await ledger.exemplars(query, { range: run, limit }),
      ])
      return read.flat()
    },
  }
}

const dayOf = (t: number): UnixSeconds => unixSeconds(Math.floor(t / DAY) * DAY)

function sourcesOf({ numerator, total }: IndicatorQuery): readonly string[] {
  return [numerator.query.source, total.source]
}

function wholeDays({ from, to }: Range): Range {
  return { from: dayOf(from), to: unixSeconds(Math.ceil(to / DAY) * DAY) }
}

/** One day a list, added up over what the ledger answered; small numbers take half the memory. */
function daysOf(
  series: readonly { readonly good: ArrayLike<number>; readonly bad: ArrayLike<number> }[],
  run: Range,
  width: Seconds,
): readonly Day[] {
  const each = DAY / width
  return Array.from({ length: (run.to - run.from) / DAY }, (_, day) => {
    const good = new Float64Array(each)
    const bad = new Float64Array(each)
    for (const one of series)
      for (let i = 0; i < each; i++) {
        good[i] = (good[i] ?? 0) + (one.good[day * each + i] ?? 0)
        bad[i] = (bad[i] ?? 0) + (one.bad[day * each + i] ?? 0)
      }
    const fits = Math.max(...good, ...bad) < 2 ** 32
    return fits ? { good: Uint32Array.from(good), bad: Uint32Array.from(bad) } : { good, bad }
  })
}

function cutByDay(spans: readonly CoverageSpan[], run: Range): readonly (readonly CoverageSpan[])[] {
  return Array.from({ length: (run.to - run.from) / DAY }, (_, day) => {
    const from = later(run.from, day * DAY)
    const to = later(from, DAY)
    return spans
      .filter((span) => span.from < to && span.to > from)
      .map((span) => ({
        ...span,
        from: unixSeconds(Math.max(span.from, from)),
        to: unixSeconds(Math.min(span.to, to)),
      }))
  })
}

type SpentIn = (
  asked: QueryAsked & { readonly by: readonly string[] },
  range: Range,
  width: Seconds,
) => Promise<readonly Contribution[]>

/** Less than a day: whole hours, and the minutes before and after them. */
async function byHours(
  asked: QueryAsked & { readonly by: readonly string[] },
  { from, to }: Range,
  spentIn: SpentIn,
): Promise<readonly Contribution[]> {
  const first = unixSeconds(Math.min(to, Math.ceil(from / HOUR) * HOUR))
  const last = unixSeconds(Math.max(first, hourOf(to)))
  const edge = async (range: Range): Promise<readonly Contribution[]> =>
    range.to <= range.from ? [] : spentIn(asked, range, seconds(range.to - range.from))
  return [
    ...(await edge({ from, to: first })),
    ...(await spentIn(asked, { from: first, to: last }, HOUR)),
    ...(await edge({ from: last, to })),
  ]
}

function addUp(pieces: readonly Contribution[]): readonly Contribution[] {
  const sums = new Map<string, { readonly labels: Labels; good: number; bad: number }>()
  for (const { labels, good, bad } of pieces) {
    const key = labelsKey(labels)
    const sum = sums.get(key) ?? { labels, good: 0, bad: 0 }
    sum.good += good
    sum.bad += bad
    sums.set(key, sum)
  }
  return [...sums]
    .sort(([k, a], [l, b]) => b.bad - a.bad || b.good - a.good || (k < l ? -1 : 1))
    .map(([, sum]) => sum)
}
