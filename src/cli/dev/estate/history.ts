import {
  HOUR,
  hourOf,
  later,
  MINUTE,
  microseconds,
  minuteAfter,
  minuteOf,
  type Range,
  unixSeconds,
} from '../../../base/index.ts'
import {
  binLower,
  type CoverageSpan,
  type Exemplar,
  type LedgerStep,
  type TrafficRow,
} from '../../../traffic/index.ts'
import { createDraws, type Draws, hexOf, mix, shareOf, uuidOf } from './draws.ts'
import { type Estate, type EstateSeries, hits, momentOf, ordinaryPerMinute } from './estate.ts'
import type { Blindness, Fault } from './faults.ts'
import { createRecorder, type Recorder } from './recorder.ts'
import { coverageNames, type ShopService } from './shop.ts'

/** No step has more rows than this. */
export const ROWS_A_STEP = 20_000

/** A step is closed at the end of an hour that leaves less room than an hour can need. */
const ROWS_KEPT_FREE = 6_000

/** Draws of a minute of a series follow one after another; its exemplars are drawn from elsewhere. */
const EXEMPLARS = 0x5eed

/**
 * What the collectors would have written had they run over the range: minute rows with latencies, coverage, and some
 * requests to look at. Only whole minutes; but of the minute in which the live traffic starts, if the range reaches so
 * far, the part before that start: writers add up, so that minute becomes whole, and is covered from both sides.
 * Steps come in order of time for each source. The same minute is the same whatever the range, so a later run fills
 * the gap since an earlier one.
 *
 * The checkpoint `history:<source>` of each step says how far the history reaches, in Unix seconds.
 */
export function* generateHistory(estate: Estate, options: { readonly range: Range }): Iterable<LedgerStep> {
  const { liveFrom } = estate
  const range: Range = {
    from: minuteAfter(options.range.from),
    to: options.range.to < liveFrom ? minuteOf(options.range.to) : minuteAfter(liveFrom),
  }
  if (range.to <= range.from) return
  const writers = [...new Set(estate.series.map((each) => each.service.source))].map((source) =>
    createWriter(estate, source),
  )
  for (let hour = hourOf(range.from); hour < range.to; hour = later(hour, HOUR)) {
    const part: Range = {
      from: hour < range.from ? range.from : hour,
      to: unixSeconds(Math.min(range.to, hour + HOUR)),
    }
    const faults = estate.faultsIn(part)
    for (const writer of writers) writer.addHour(part, faults)
    // All together, so that a history that is interrupted reaches equally far for every source.
    if (writers.some((writer) => writer.rows() > ROWS_A_STEP - ROWS_KEPT_FREE)) {
      for (const writer of writers) yield* writer.take()
    }
  }
  for (const writer of writers) yield* writer.take()
}

interface SourceWriter {
  readonly rows: () => number
  readonly addHour: (part: Range, faults: readonly Fault[]) => void
  readonly take: () => Iterable<LedgerStep>
}

function createWriter(estate: Estate, source: ShopService['source']): SourceWriter {
  const draws = createDraws()
  const lines = estate.series
    .filter((each) => each.service.source === source)
    .map((series) => ({ series, recorder: createRecorder(series) }))
  let traffic: TrafficRow[] = []
  let exemplars: Exemplar[] = []
  let coverage: Sight[] = []
  let through: number | undefined
  return {
    rows: () => traffic.length,
    addHour: (part, faults) => {
      const blind = estate.blindnessIn(part).filter((each) => each.source === source)
      coverage.push(...coverageOf(part, blind))
      through = part.to
      for (const { series, recorder } of lines) {
        const own = faults.filter((fault) => hits(fault, series))
        addSeriesHour({ estate, series, recorder, draws, part, faults: own, blind, traffic, exemplars })
      }
    },
    *take() {
      if (through === undefined) return
      const key = `history:${source}`
      const checkpoints = [{ key, value: String(through) }]
      const known = coverageNames(source).flatMap((name) => namedAs(name, joined(coverage)))
      yield { writer: key, revision: 1, traffic, coverage: known, exemplars, checkpoints }
      traffic = []
      exemplars = []
      coverage = []
      through = undefined
    },
  }
}

interface SeriesHour {
  readonly estate: Estate
  readonly series: EstateSeries
  readonly recorder: Recorder
  readonly draws: Draws
  readonly part: Range
  readonly faults: readonly Fault[]
  readonly blind: readonly Blindness[]
  readonly traffic: TrafficRow[]
  readonly exemplars: Exemplar[]
}

const NO_FAULTS: readonly Fault[] = []

function addSeriesHour(hour: SeriesHour): void {
  const { estate, series, recorder, draws, part, faults, blind, traffic, exemplars } = hour
  const start = hourOf(part.from)
  const first = ordinaryPerMinute(series, start)
  const middle = ordinaryPerMinute(series, start + HOUR / 2)
  const last = ordinaryPerMinute(series, start + HOUR)
  for (let at = part.from; at < part.to; at = later(at, MINUTE)) {
    const into = (at - start) / HOUR
    const ordinary =
      into < 0.5 ? first + (middle - first) * 2 * into : middle + (last - middle) * (2 * into - 1)
    const seen = seenAt(blind, at) * Math.min(1, (estate.liveFrom - at) / MINUTE)
    if (seen === 0) continue
    const on = faults.length === 0 ? NO_FAULTS : faults.filter((f) => f.range.from <= at && at < f.range.to)
    draws.start(mix(series.identity, at / MINUTE))
    const moment = momentOf(series, at, { ordinary: ordinary * seen, faults: on })
    const firstRow = traffic.length
    recorder.addMinute({ at, moment, draws, rows: traffic })
    for (let i = firstRow; i < traffic.length; i++) {
      const row = traffic[i]
      if (row?.outcome === 'bad') addExemplar(series, row, exemplars)
    }
  }
}

/** One of about four bad cells keeps a request to look at. */
function addExemplar(series: EstateSeries, row: TrafficRow, exemplars: Exemplar[]): void {
  const seed = mix(series.identity ^ EXEMPLARS, row.minute / MINUTE)
  if (shareOf(seed, row.reason.length) > 0.25) return
  const bin = row.latency?.bins[0]
  exemplars.push({
    source: row.source,
    labels: row.labels,
    atMs: row.minute * 1_000 + Math.floor(shareOf(seed, 1) * 60_000),
    outcome: row.outcome,
    reason: row.reason,
    ...(bin === undefined ? {} : { duration: microseconds(binLower(bin)) }),
    traceId: hexOf(seed, 2, 32),
    requestId: uuidOf(seed, 3),
  })
}

function seenAt(blind: readonly Blindness[], at: number): number {
  for (const each of blind) if (each.range.from <= at && at < each.range.to) return each.seen
  return 1
}

/** A coverage span whose source is yet to be named. */
type Sight = Omit<CoverageSpan, 'source'>

function namedAs(source: string, sights: readonly Sight[]): CoverageSpan[] {
  return sights.map((sight) => ({ source, ...sight }))
}

/** The part of an hour, cut where the source was blind. */
function coverageOf(part: Range, blind: readonly Blindness[]): Sight[] {
  const sights: Sight[] = []
  let from = part.from
  for (const each of blind) {
    const start = unixSeconds(Math.max(each.range.from, part.from))
    const end = unixSeconds(Math.min(each.range.to, part.to))
    if (start > from) sights.push({ from, to: start, state: 'known', reason: '' })
    sights.push({ from: start, to: end, state: each.state, reason: each.reason })
    from = end
  }
  if (from < part.to) sights.push({ from, to: part.to, state: 'known', reason: '' })
  return sights
}

/** Sights that follow each other and say the same, as one. */
function joined(sights: readonly Sight[]): Sight[] {
  const out: Sight[] = []
  for (const sight of sights) {
    const before = out.at(-1)
    if (
      before &&
      before.to === sight.from &&
      before.state === sight.state &&
      before.reason === sight.reason
    ) {
      out[out.length - 1] = { ...before, to: sight.to }
    } else {
      out.push(sight)
    }
  }
  return out
}
