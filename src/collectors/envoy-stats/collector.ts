import { type Labels, labelsKey, unixSeconds, type World } from '../../base/index.ts'
import { type CoverageSpan, createSeriesTable, type SeriesTable } from '../../traffic/index.ts'
import type { Collector, CollectorStatus, Sink } from '../collector.ts'
import { type CoverageTracker, createCoverage } from './coverage.ts'
import {
  createDiscovery,
  createSystemResolver,
  type Discovery,
  type Resolve,
  type Target,
  together,
} from './discovery.ts'
import { createKubernetesDiscovery } from './discovery-kubernetes.ts'
import { createEnvoyReader } from './envoy.ts'
import type { EnvoyStatsOptions } from './options.ts'
import { Poller } from './poller.ts'

export interface EnvoyStatsSettings {
  /** The DataSource's name. */
  readonly name: string
  /** The DataSource's labels, added to every series. */
  readonly labels?: Labels
  /** Names this run of the collector; no two runs may share it. */
  readonly run: string
  readonly options: EnvoyStatsOptions
  /** The system's resolver unless given. */
  readonly resolve?: Resolve
  /** Where a pod finds the address of its API server: the process's environment. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** How often names are resolved again. */
const DISCOVERY_MS = 30_000
/** Pods come and go in swarms: so long after the first change all are looked at together. */
const SWARM_MS = 200
const SETTLE_MS = 5_000

interface Running {
  readonly poller: Poller
  readonly stop: () => void
  readonly done: Promise<void>
}

/** Counts the requests of Envoys by reading their statistics. See docs/collectors-envoy-stats.md. */
export function createEnvoyStatsCollector(world: World, settings: EnvoyStatsSettings): Collector {
  const collector = new EnvoyStatsCollector(world, settings)
  return {
    name: settings.name,
    run: (sink, signal) => collector.run(sink, signal),
    status: () => collector.status(),
  }
}

class EnvoyStatsCollector {
  readonly #world: World
  readonly #settings: EnvoyStatsSettings
  readonly #table: SeriesTable
  readonly #discovery: Discovery
  readonly #running = new Map<string, Running>()
  #left = { events: 0, rejected: 0, overflowed: 0 }
  #phase: 'starting' | 'running' | 'stopped' = 'starting'
  #lastSuccess = 0
  #begun = 0
  #nap = new AbortController()
  #unresolved: CollectorStatus['problem']

  constructor(world: World, settings: EnvoyStatsSettings) {
    const { options } = settings
    this.#world = world
    this.#settings = settings
    this.#table = createSeriesTable({ maxSeries: options.maxSeries, fixed: settings.labels ?? {} })
    const named = createDiscovery(world, {
      targets: options.targets,
      resolve: settings.resolve ?? createSystemResolver(),
      timeoutMs: options.timeoutMs,
    })
    const { kubernetes } = options
    this.#discovery =
      kubernetes === undefined
        ? named
        : together([named, createKubernetesDiscovery(world, kubernetes, settings.environment ?? {})])
  }

  async run(sink: Sink, signal: AbortSignal): Promise<void> {
    const readingSince = this.#world.clock.nowMs()
    const coverage = createCoverage(this.#settings.name, readingSince)
    const start = (target: Target, initial: boolean): void =>
      this.#start({ target, initial, coverage, readingSince }, sink, signal)
    this.#phase = 'running'
    const following = this.#discovery.run?.(signal, () => this.#nap.abort())
    await this.#follow(signal, coverage, (target) => start(target, true))
    await Promise.all([
      this.#followOn(signal, () => this.#follow(signal, coverage, (target) => start(target, false))),
      this.#tellCoverage(sink, signal, coverage),
      following,
    ])
    await Promise.all([...this.#running.values()].map(({ done }) => done))
    this.#phase = 'stopped'
  }

  #start(
    what: {
      readonly target: Target
      readonly initial: boolean
      readonly coverage: CoverageTracker
      readonly readingSince: number
    },
    sink: Sink,
    signal: AbortSignal,
  ): void {
    const { name, run, labels, options } = this.#settings
    const own = new AbortController()
    const target = { ...what.target, labels: { ...labels, ...what.target.labels } }
    const poller = new Poller(this.#world, {
      ...what,
      source: name,
      // A target that comes back is counted by another writer, which begins at zero and must not replace the first.
      run: `${run}/${++this.#begun}`,
      target,
      table: this.#table,
      settings: options,
      read: createEnvoyReader(this.#world, { url: target.url, settings: options }),
    })
    const done = poller.run(sink, AbortSignal.any([own.signal, signal]))
    this.#running.set(target.name, { poller, stop: () => own.abort(), done })
  }

  async #end(gone: Running, coverage: CoverageTracker): Promise<void> {
    const { name } = gone.poller.target
    gone.stop()
    await gone.done
    this.#running.delete(name)
    const { events, rejected, overflowed, writtenThrough } = gone.poller.state()
    const left = this.#left
    this.#left = {
      events: left.events + events,
      rejected: left.rejected + rejected,
      overflowed: left.overflowed + overflowed,
    }
    coverage.leave(name, writtenThrough ?? this.#world.clock.nowMs())
  }

  /** Looks again every so often, and soon after something is known to have changed. */
  async #followOn(signal: AbortSignal, follow: () => Promise<void>): Promise<void> {
    const { clock } = this.#world
    while (!signal.aborted) {
      const { signal: changed } = this.#nap
      await clock.sleep(DISCOVERY_MS, AbortSignal.any([changed, signal])).catch(() => undefined)
      if (changed.aborted) await clock.sleep(SWARM_MS, signal).catch(() => undefined)
      this.#nap = new AbortController()
      if (!signal.aborted) await follow()
    }
  }

  /** Finds out which targets there are now: new ones are read, those that are gone no longer. */
  async #follow(
    signal: AbortSignal,
    coverage: CoverageTracker,
    start: (target: Target) => void,
  ): Promise<void> {
    const found = await this.#discovery.discover(signal)
    if (signal.aborted) return
    const wanted = new Map(found.targets.map((target) => [target.name, target]))
    // An address that went over to a pod of another workload is another target.
    const gone = [...this.#running.values()].filter(({ poller: { target } }) => {
      const still = wanted.get(target.name)
      return (
        still === undefined ||
        labelsKey({ ...this.#settings.labels, ...still.labels }) !== labelsKey(target.labels)
      )
    })
    await Promise.all(gone.map((each) => this.#end(each, coverage)))
    for (const target of found.targets) if (!this.#running.has(target.name)) start(target)
    const text = found.problems.map((problem) => problem.text).join('; ')
    coverage.blind(text)
    if (text !== '' && this.#unresolved?.text !== text)
      this.#world.log.warn('targets cannot be found', { source: this.#settings.name, text })
    const remedy = found.problems[0]?.remedy ?? ''
    this.#unresolved = text === '' ? undefined : { at: this.#world.clock.now(), text, remedy }
  }

  async #tellCoverage(sink: Sink, signal: AbortSignal, coverage: CoverageTracker): Promise<void> {
    const { name, options, run } = this.#settings
    const graceMs = 2 * options.intervalMs + options.timeoutMs
    let revision = 0
    let pending: readonly CoverageSpan[] = []
    await every(this.#world, { ms: SETTLE_MS, signal }, async () => {
      pending = [...pending, ...coverage.settle(this.#world.clock.nowMs(), graceMs)]
      if (pending.length === 0) return
      const step = { writer: `${run}/coverage`, revision: ++revision, traffic: [], coverage: pending }
      try {
        await sink.write(step, signal)
        pending = []
      } catch (error) {
        this.#world.log.warn('coverage could not be written', { source: name, error: String(error) })
      }
    })
  }

  status(): CollectorStatus {
    const states = [...this.#running.values()].map(({ poller }) => ({
      target: poller.target.name,
      ...poller.state(),
    }))
    const written = states.map(({ writtenThrough }) => writtenThrough ?? 0)
    const complete = Math.min(...written)
    this.#lastSuccess = Math.max(...written, this.#lastSuccess)
    const problems = states.flatMap(({ problem }) => (problem === undefined ? [] : [problem]))
    const latest = problems.sort((a, b) => b.at - a.at)[0]
    const sum = (key: 'events' | 'rejected' | 'overflowed'): number =>
      states.reduce((total, each) => total + each[key], this.#left[key])
    return {
      name: this.#settings.name,
      type: 'envoy-stats',
      state: stateOf(this.#phase, states),
      lastSuccess: this.#lastSuccess > 0 ? inSeconds(this.#lastSuccess) : undefined,
      completeThrough: states.length > 0 && complete > 0 ? inSeconds(complete) : undefined,
      events: sum('events'),
      rejected: sum('rejected'),
      overflowed: sum('overflowed'),
      problem: latest === undefined ? this.#unresolved : { ...latest, at: inSeconds(latest.at) },
      targets: states.map(({ target, detail, reading }) => ({ name: target, detail, ok: reading })),
    }
  }
}

function stateOf(
  phase: 'starting' | 'running' | 'stopped',
  states: readonly { readonly reading: boolean; readonly problem: unknown }[],
): CollectorStatus['state'] {
  if (phase !== 'running') return phase
  if (states.some(({ reading }) => reading)) return 'reading'
  return states.some(({ problem }) => problem !== undefined) ? 'failing' : 'waiting'
}

/** Does the work again and again, with a pause before each time, until the signal is aborted. */
async function every(
  world: World,
  options: { readonly ms: number; readonly signal: AbortSignal },
  work: () => Promise<void>,
): Promise<void> {
  while (!options.signal.aborted) {
    await world.clock.sleep(options.ms, options.signal).catch(() => undefined)
    if (!options.signal.aborted) await work()
  }
}

function inSeconds(ms: number): ReturnType<typeof unixSeconds> {
  return unixSeconds(Math.floor(ms / 1000))
}
