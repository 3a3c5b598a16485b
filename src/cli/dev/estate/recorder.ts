import type { UnixSeconds } from '../../../base/index.ts'
import { binOf, type Histogram, mergeHistograms, type TrafficRow } from '../../../traffic/index.ts'
import type { Draws } from './draws.ts'
import { type EstateSeries, type Moment, success } from './estate.ts'
import { type Recorded, recordedAs } from './recorded.ts'
import { FIXED_SHAPES, type Pace, type Shape, shapeOf } from './shape.ts'
import type { Ending } from './shop.ts'

/** Turns what a series does in a minute into the rows that its collector would write of that minute. */
export interface Recorder {
  /** Adds the minute's rows, drawn from `draws`, to `rows`. */
  readonly addMinute: (minute: {
    readonly at: UnixSeconds
    readonly moment: Moment
    readonly draws: Draws
    readonly rows: TrafficRow[]
  }) => void
}

/** A shape as bins; `upTo[i]` is the share of events in bins up to `bins[i]`. */
interface BinnedShape {
  readonly bins: readonly number[]
  readonly upTo: readonly number[]
}

/** Paces are told apart in steps of a fortieth of a decade, about 6 %; a shape is made once for each. */
const PACES_A_DECADE = 40

export function createRecorder(series: EstateSeries): Recorder {
  const shapes = createShapes(series)
  const tally = createTally(series)
  return {
    addMinute: ({ at, moment, draws, rows }) => {
      tally.count(moment, draws)
      const served = shapes.at(moment.pace, draws)
      for (const { recorded, kinds } of tally.cells.values()) {
        let count = 0
        let latency: Histogram | undefined
        for (const kind of kinds) {
          if (kind.count === 0) continue
          count += kind.count
          if (!recorded.timed) continue
          const { takes } = kind.ending
          const shape = takes === 'served' ? served : shapes.fixed[takes]
          const part = spread(shape, kind.count, draws.uniform())
          latency = latency === undefined ? part : mergeHistograms(latency, part)
        }
        if (count === 0) continue
        const { labels, outcome, reason } = recorded
        const row = { source: series.service.source, labels, minute: at, outcome, reason, count }
        rows.push(latency === undefined ? row : { ...row, latency })
      }
    },
  }
}

/** One way in which requests end, with how many did in the minute at hand. */
interface Kind {
  readonly ending: Ending
  count: number
}

/** A cell of the ledger with the endings that are counted in it. */
interface Cell {
  readonly recorded: Recorded
  readonly kinds: Kind[]
}

interface Tally {
  readonly cells: ReadonlyMap<string, Cell>
  /** Counts a minute, and forgets the one before. */
  readonly count: (moment: Moment, draws: Draws) => void
}

function createTally(series: EstateSeries): Tally {
  const cells = new Map<string, Cell>()
  const kinds: Kind[] = []
  const kindOf = (ending: Ending): Kind => {
    const known = kinds.find((each) => each.ending === ending)
    if (known) return known
    const kind = { ending, count: 0 }
    const recorded = recordedAs(series, ending)
    const key = JSON.stringify(recorded)
    const cell = cells.get(key) ?? { recorded, kinds: [] }
    cells.set(key, cell)
    cell.kinds.push(kind)
    kinds.push(kind)
    return kind
  }
  const succeeding = kindOf(success(series))
  const usual = series.service.usual.map((each) => ({ kind: kindOf(each.ending), ratio: each.ratio }))
  const usualRatio = usual.reduce((sum, each) => sum + each.ratio, 0)
  const drawUsual = (draws: Draws): Kind => {
    let left = draws.uniform() * usualRatio
    for (const each of usual) {
      left -= each.ratio
      if (left < 0) return each.kind
    }
    return succeeding
  }
  return {
    cells,
    count: (moment, draws) => {
      for (const kind of kinds) kind.count = 0
      for (const burst of moment.bursts) kindOf(burst.ending).count += draws.poisson(burst.perMinute)
      let rest = draws.poisson(moment.perMinute)
      if (moment.failing) {
        let failed = draws.binomial(rest, moment.failing.ratio)
        rest -= failed
        moment.failing.endings.forEach((ending, i, all) => {
          const part = draws.binomial(failed, 1 / (all.length - i))
          failed -= part
          kindOf(ending).count += part
        })
      }
      const odd = Math.min(rest, draws.poisson(rest * usualRatio))
      succeeding.count += rest - odd
      for (let i = 0; i < odd; i++) drawUsual(draws).count++
    },
  }
}

function createShapes(series: EstateSeries): {
  readonly at: (pace: Pace, draws: Draws) => BinnedShape
  readonly fixed: Readonly<Record<Exclude<Ending['takes'], 'served'>, BinnedShape>>
} {
  const made = new Map<number, BinnedShape>()
  return {
    at: (pace, draws) => {
      const jitter = 0.93 + 0.14 * draws.uniform()
      const body = Math.round(Math.log10(pace.body * jitter) * PACES_A_DECADE)
      const slow = Math.round(Math.log10(pace.slow) * PACES_A_DECADE)
      const key = ((body + 512) * 1_024 + slow + 512) * 1_024 + Math.round(pace.tail * 10)
      let shape = made.get(key)
      if (shape === undefined) {
        const rounded = {
          body: 10 ** (body / PACES_A_DECADE),
          slow: 10 ** (slow / PACES_A_DECADE),
          tail: pace.tail,
        }
        shape = binned(shapeOf(series.operation.latency, rounded))
        made.set(key, shape)
      }
      return shape
    },
    fixed: {
      instant: binned(FIXED_SHAPES.instant),
      timeout: binned(FIXED_SHAPES.timeout),
      left: binned(FIXED_SHAPES.left),
    },
  }
}

function binned(shape: Shape): BinnedShape {
  const bins: number[] = []
  const upTo: number[] = []
  shape.ms.forEach((ms, i) => {
    const bin = binOf(ms * 1_000)
    if (bins.at(-1) === bin) upTo.pop()
    else bins.push(bin)
    upTo.push(shape.upTo[i] ?? 1)
  })
  return { bins, upTo }
}

/**
 * `n` events over the bins of a shape: systematic sampling from one uniform number, so that every bin gets its share
 * on average, and the counts add up.
 */
function spread(shape: BinnedShape, n: number, offset: number): Histogram {
  const { bins, upTo } = shape
  const size = bins.length
  const outBins: number[] = []
  const counts: number[] = []
  let before = 0
  for (let i = 0; i < size; i++) {
    const sum = i === size - 1 ? n : Math.floor(n * (upTo[i] ?? 1) + offset)
    const part = Math.min(n, sum) - before
    if (part > 0) {
      outBins.push(bins[i] ?? 0)
      counts.push(part)
      before += part
    }
  }
  return { bins: outBins, counts }
}
