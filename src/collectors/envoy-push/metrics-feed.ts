import { failed, ok, type World } from '../../base/index.ts'
import { binOf, type Histogram, mergeHistograms } from '../../traffic/index.ts'
import { createInterpreter, type ReadEnvoy, type Scrape } from '../envoy-stats/envoy.ts'
import { isSameProcess, type ProcessMark } from '../envoy-stats/process.ts'
import { isCount } from '../envoy-stats/reading.ts'
import type { Totals } from '../envoy-stats/subtract.ts'
import type { MetricHistogram, MetricsMessage } from './metrics.ts'
import type { MetricsOptions } from './metrics-options.ts'

/** A snapshot may come in several messages; after so long without another part it is whole. */
const WHOLE_MS = 300
export const UPTIME = 'server.uptime'
export const EPOCH = 'server.hot_restart_epoch'

/** What a stream has said, as if the Envoy had been asked: totals that only rise while its process lives. */
export class MetricsFeed {
  /** Resolves when the stream has ended and all that it said was read. */
  readonly drained: Promise<void>
  readonly #world: World
  readonly #options: MetricsOptions
  readonly #interpret: ReturnType<typeof createInterpreter>
  /** The latest value of each counter and gauge; its sum where only what is added comes. */
  readonly #values = new Map<string, number>()
  /** Histograms come as what was recorded since the flush before: their sums. */
  readonly #histograms = new Map<string, Histogram>()
  #rejected = 0
  #summaries = false
  #at = 0
  #parts = 0
  #read = 0
  /** What an earlier stream of the same process had summed up; undefined until the first read. */
  #base: Totals | undefined
  #isOver = false
  #wake = new AbortController()
  #drain: () => void = () => undefined

  constructor(world: World, options: MetricsOptions) {
    this.#world = world
    this.#options = options
    this.#interpret = createInterpreter(options.stats)
    this.drained = new Promise((resolve) => {
      this.#drain = resolve
    })
  }

  push({ values, histograms, hasSummaries }: MetricsMessage): void {
    const { countersAsDeltas } = this.#options
    for (const [name, value] of values) {
      if (!isCount(value)) this.#rejected++
      else if (countersAsDeltas && !isGauge(name))
        this.#values.set(name, (this.#values.get(name) ?? 0) + value)
      else this.#values.set(name, value)
    }
    for (const [name, histogram] of histograms) {
      const bins = binsOf(histogram)
      if (bins === undefined) this.#rejected++
      else this.#histograms.set(name, mergeHistograms(this.#histograms.get(name) ?? EMPTY, bins))
    }
    this.#summaries = hasSummaries
    this.#at = this.#world.clock.nowMs()
    this.#parts++
    this.#wake.abort()
  }

  /** The stream is over; what it said is still read. */
  end(): void {
    this.#isOver = true
    this.#wake.abort()
  }

  /** Waits for the next snapshot that is whole, however long; fails only when the signal is aborted. */
  readonly read: ReadEnvoy = async (before, signal) => {
    const { clock } = this.#world
    while (!signal.aborted) {
      const seen = this.#parts
      if (seen > this.#read) {
        if (!this.#isOver) await clock.sleep(WHOLE_MS, signal).catch(() => undefined)
        if (this.#parts === seen) return ok(this.#scrape(before))
      } else {
        if (this.#isOver) this.#drain()
        else this.#wake = new AbortController()
        const woken = this.#isOver ? signal : AbortSignal.any([this.#wake.signal, signal])
        await clock.sleep(LONGEST_WAIT_MS, woken).catch(() => undefined)
      }
    }
    return failed({ text: 'the stream is over', remedy: 'it begins again by itself' })
  }

  #scrape(before: Parameters<ReadEnvoy>[0]): Scrape {
    const at = this.#at
    const process = processAt(this.#values, at)
    this.#base ??= before !== undefined && isSameRun(before.process, process) ? before : NOTHING
    this.#read = this.#parts
    const counters = new Map(this.#values)
    if (this.#options.countersAsDeltas)
      for (const [name, value] of this.#base.counters) counters.set(name, (counters.get(name) ?? 0) + value)
    const histograms = new Map(this.#histograms)
    for (const [name, histogram] of this.#base.histograms)
      histograms.set(name, mergeHistograms(histogram, histograms.get(name) ?? EMPTY))
    const reading = { counters, histograms, rejected: this.#rejected, summaries: this.#summaries }
    this.#rejected = 0
    return this.#interpret(reading, { at, process })
  }
}

const LONGEST_WAIT_MS = 60_000
const EMPTY: Histogram = { bins: [], counts: [] }
const NOTHING: Totals = { counters: new Map(), histograms: new Map() }

/** Of what is read, only these are no totals. */
function isGauge(name: string): boolean {
  return name === UPTIME || name === EPOCH || name.endsWith('upstream_rq_active')
}

function isSameRun(a: ProcessMark | undefined, b: ProcessMark | undefined): boolean {
  return a === undefined || b === undefined || isSameProcess(a, b)
}

/** Uptimes are whole seconds, of which one may have passed since the last was told. */
function processAt(values: ReadonlyMap<string, number>, at: number): ProcessMark | undefined {
  const uptime = values.get(UPTIME)
  if (uptime === undefined) return undefined
  const latest = at - uptime * 1_000
  return { epoch: values.get(EPOCH) ?? 0, earliest: latest - 1_000, latest }
}

/**
 * What lies between two bounds is taken to lie just below the upper one: a threshold that is a bound counts exactly,
 * another one counts too few as fast, never too many. Undefined when the counts fall.
 */
function binsOf({ count, buckets }: MetricHistogram): Histogram | undefined {
  const bins: number[] = []
  const counts: number[] = []
  let before = 0
  for (const { bound, below } of [...buckets].sort((a, b) => a.bound - b.bound)) {
    if (!isCount(below) || below < before || !(bound > 0)) return undefined
    push(bins, counts, { bound, count: below - before })
    before = below
  }
  const last = Math.max(...buckets.map(({ bound }) => bound), 0)
  if (!isCount(count) || count < before || (count > 0 && buckets.length === 0)) return undefined
  if (count > before) push(bins, counts, { bound: last * 10 + 1, count: count - before })
  return { bins, counts }
}

function push(bins: number[], counts: number[], { bound, count }: { bound: number; count: number }): void {
  if (count === 0) return
  const bin = binOf(Math.max(0, Math.ceil(bound * 1_000) - 1))
  const last = bins.length - 1
  if (bins[last] === bin) counts[last] = (counts[last] ?? 0) + count
  else {
    bins.push(bin)
    counts.push(count)
  }
}
