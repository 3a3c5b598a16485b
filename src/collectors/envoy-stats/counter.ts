import { type Labels, minuteOf } from '../../base/index.ts'
import {
  type Accumulator,
  binLower,
  createAccumulator,
  createJudge,
  type SeriesTable,
  type TrafficRow,
} from '../../traffic/index.ts'
import { decodeCheckpoint, encodeCheckpoint, type Remembered } from './checkpoint.ts'
import { LONGEST_STRETCH_MS } from './coverage.ts'
import type { Scrape } from './envoy.ts'
import { type FoldOptions, fold, settle, settleDurations, type Tally } from './fold.ts'
import type { EnvoyStatsOptions } from './options.ts'
import { type Basis, basisOf, narrowed, type ProcessMark } from './process.ts'
import { subtract } from './subtract.ts'

/** Turns the scrapes of one target into rows of the ledger. Holds no clock and reads nothing. */
export interface TargetCounter {
  /** What the next scrape will be compared with. */
  readonly remembered: () => Remembered | undefined
  /** Counts what a scrape adds, into the minute in which it was answered. */
  readonly take: (scrape: Scrape) => {
    readonly basis: Basis
    readonly events: number
    /** Whether any row changed; durations may come without new events. */
    readonly changed: boolean
  }
  /** What changed since the last drain, with the checkpoint that belongs to it. */
  readonly drain: () => {
    readonly writer: string
    readonly revision: number
    readonly traffic: readonly TrafficRow[]
    readonly checkpoint: string | undefined
  }
  readonly overflowed: () => number
}

/**
 * `readingSince` is when this run began, in milliseconds since 1970; `checkpoint` is what an earlier run left under
 * the same key.
 */
export function createTargetCounter(options: {
  readonly source: string
  readonly writer: string
  readonly labels: Labels
  readonly table: SeriesTable
  readonly settings: EnvoyStatsOptions
  readonly readingSince: number
  readonly checkpoint: string | undefined
}): TargetCounter {
  const { settings, table, source, writer } = options
  const accumulator = createAccumulator({ source, writer, table })
  const foldOptions: FoldOptions = { judge: createJudge(), isGrpcOnly: settings.isGrpcOnly }
  let remembered =
    options.checkpoint === undefined ? undefined : decodeCheckpoint(options.checkpoint, settings.selection)

  return {
    remembered: () => remembered,
    take: (scrape) => {
      const basis = basisOf(remembered, scrape.process, options.readingSince)
      // The states move on in place: what was remembered is replaced below.
      const states = new Map(remembered?.scopes ?? [])
      const tallies: Tally[] = []
      if (basis === 'restarted' || basis === 'first-sight') tallies.push(...settle(states, foldOptions))
      if (basis === 'hot-restarted') tallies.push(...settleDurations(states, foldOptions))
      const added = subtract(remembered, scrape.totals, basis)
      const known = { meanings: scrape.meanings, gauges: scrape.reading.counters }
      tallies.push(...fold(added, known, states, foldOptions))
      remembered = {
        at: scrape.at,
        gaplessFrom: isGapless(remembered, scrape, basis)
          ? (remembered?.gaplessFrom ?? scrape.at)
          : scrape.at,
        process: processAfter(remembered?.process, scrape.process, basis),
        counters: scrape.totals.counters,
        histograms: scrape.totals.histograms,
        scopes: states,
      }
      const minute = minuteOf(scrape.at / 1000)
      for (const tally of tallies) {
        const labels = {
          ...options.labels,
          service_name: settings.serviceOf(tally.scope),
          ...(tally.operation === undefined ? {} : { operation: tally.operation }),
        }
        addTally(accumulator, { labels, minute, tally })
      }
      const events = tallies.reduce((sum, { count }) => sum + count, 0)
      return { basis, events, changed: tallies.length > 0 }
    },
    drain: () => ({
      ...accumulator.drain(),
      checkpoint: remembered === undefined ? undefined : encodeCheckpoint(remembered, settings.selection),
    }),
    overflowed: accumulator.overflowed,
  }
}

function isGapless(before: Remembered | undefined, scrape: Scrape, basis: Basis): boolean {
  return basis === 'continue' && before !== undefined && scrape.at - before.at <= LONGEST_STRETCH_MS
}

function processAfter(
  before: ProcessMark | undefined,
  now: ProcessMark | undefined,
  basis: Basis,
): ProcessMark | undefined {
  if (now === undefined) return before
  return basis === 'continue' && before !== undefined ? narrowed(before, now) : now
}

/**
 * Requests and durations go into the same cell, but not at the same time: a duration comes up to a flush after its
 * request. So it is added as an event with a duration for an event without, which leaves the count as it is.
 */
function addTally(
  accumulator: Accumulator,
  to: { readonly labels: Labels; readonly minute: number; readonly tally: Tally },
): void {
  const { minute, tally } = to
  const { outcome, reason, latency } = tally
  const series = accumulator.series(to.labels)
  const untimed = { minute, outcome, reason, duration: undefined }
  if (tally.count > 0) accumulator.addTo(series, untimed, tally.count)
  latency?.bins.forEach((bin, i) => {
    const count = latency.counts[i] ?? 0
    accumulator.addTo(series, { ...untimed, duration: binLower(bin) }, count)
    accumulator.addTo(series, untimed, -count)
  })
}
