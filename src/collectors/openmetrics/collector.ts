import { type Labels, unixSeconds, type World } from '../../base/index.ts'
import { type CoverageSpan, type ExternalQuery, questionSource } from '../../traffic/index.ts'
import type { Collector, CollectorStatus, Sink } from '../collector.ts'
import { type CoverageTracker, createCoverage } from '../envoy-stats/coverage.ts'
import {
  createDiscovery,
  createSystemResolver,
  type Discovery,
  type Resolve,
  type Trouble,
} from '../envoy-stats/discovery.ts'
import { type Asked, createAsked } from '../prometheus-push/asked.ts'
import { Folder } from '../prometheus-push/fold.ts'
import { createIntake, type Intake } from '../push/intake.ts'
import type { OpenMetricsOptions } from './options.ts'
import { Poller, type Target } from './poller.ts'

export interface OpenMetricsSettings {
  /** The DataSource's name. */
  readonly name: string
  /** Of the DataSource's inputs; empty when it is read as one. The same for every run. */
  readonly input: string
  /** Added to every series. */
  readonly labels: Labels
  /** Names this run of the collector; no two runs share it. */
  readonly run: string
  readonly options: OpenMetricsOptions
  /** What is asked of the source now. */
  readonly questions: () => readonly ExternalQuery[]
  /** The system's resolver unless given. */
  readonly resolve?: Resolve
}

/** How often names are resolved again. */
const DISCOVERY_MS = 30_000
const SETTLE_MS = 5_000

interface Running {
  readonly poller: Poller
  readonly stop: () => void
  readonly done: Promise<void>
}

/** Counts requests by scraping exporters. See docs/collectors-openmetrics.md. */
export function createOpenMetricsCollector(world: World, settings: OpenMetricsSettings): Collector {
  const collector = new OpenMetrics(world, settings)
  return {
    name: settings.name,
    run: (sink, signal) => collector.run(sink, signal),
    status: () => collector.status(),
  }
}

class OpenMetrics {
  readonly #world: World
  readonly #settings: OpenMetricsSettings
  readonly #intake: Intake
  readonly #folder: Folder
  readonly #asked: () => Asked
  readonly #discovery: Discovery
  readonly #running = new Map<string, Running>()
  #rejectedBefore = 0
  #phase: 'starting' | 'running' | 'stopped' = 'starting'
  #unresolved: CollectorStatus['problem']

  constructor(world: World, settings: OpenMetricsSettings) {
    const { name, input, labels, run, options } = settings
    this.#world = world
    this.#settings = settings
    const key = `openmetrics:${name}/${input}`
    this.#intake = createIntake(world, { source: name, run, key, labels, maxSeries: options.maxSeries })
    this.#asked = createAsked(settings.questions, options.labelNames)
    this.#folder = new Folder({
      source: name,
      labels,
      rules: options.rules,
      judge: options.judge,
      most: options.maxCounters,
      maxSeries: options.maxSeries,
      lookbackMs: options.lookback * 1000,
      recall: (each) => this.#intake.recall(each),
    })
    this.#discovery = createDiscovery(world, {
      targets: options.targets.filter(({ url }) => url === undefined),
      resolve: settings.resolve ?? createSystemResolver(),
      timeoutMs: options.timeoutMs,
    })
  }

  async run(sink: Sink, signal: AbortSignal): Promise<void> {
    const intake = this.#intake.run(withoutCoverage(sink), signal)
    await this.#intake.ready
    const coverage = createCoverage(this.#settings.name, this.#world.clock.nowMs())
    this.#phase = 'running'
    await this.#follow(signal, coverage, true)
    await Promise.all([
      every(this.#world, { ms: DISCOVERY_MS, signal }, () => this.#follow(signal, coverage, false)),
      this.#tellCoverage(sink, signal, coverage),
    ])
    await Promise.all([...this.#running.values()].map(({ done }) => done))
    await intake
    this.#phase = 'stopped'
  }

  /** Finds out which targets there are now: new ones are read, those that are gone no longer. */
  async #follow(signal: AbortSignal, coverage: CoverageTracker, initial: boolean): Promise<void> {
    this.#folder.ask(this.#asked().questions)
    const { targets, problems } = await this.#targets(signal)
    if (signal.aborted) return
    const wanted = new Set(targets.map(({ name }) => name))
    for (const { poller, stop, done } of [...this.#running.values()]) {
      if (wanted.has(poller.target.name)) continue
      stop()
      await done
      this.#running.delete(poller.target.name)
      const { rejected, countedAt } = poller.state()
      this.#rejectedBefore += rejected
      coverage.leave(poller.target.name, countedAt ?? this.#world.clock.nowMs())
    }
    for (const target of targets)
      if (!this.#running.has(target.name)) this.#start(target, { signal, coverage, initial })
    const text = problems.map((problem) => problem.text).join('; ')
    coverage.blind(text)
    if (text !== '' && this.#unresolved?.text !== text)
      this.#world.log.warn('targets cannot be found', { source: this.#settings.name, text })
    const remedy = problems[0]?.remedy ?? ''
    this.#unresolved = text === '' ? undefined : { at: this.#world.clock.now(), text, remedy }
  }

  async #targets(
    signal: AbortSignal,
  ): Promise<{ readonly targets: readonly Target[]; readonly problems: readonly Trouble[] }> {
    const { targets } = this.#settings.options
    const whole = targets.flatMap(({ url, labels }) =>
      url === undefined ? [] : [{ name: url, url, labels }],
    )
    const found = await this.#discovery.discover(signal)
    const resolved = found.targets.flatMap(({ name, url, labels }) => {
      const port = Number(new URL(url).port || 80)
      const paths = targets.filter((each) => each.url === undefined && each.port === port)
      const path = paths.find((each) => each.labels === labels)?.path ?? '/metrics'
      return [{ name, url: `${url}${path}`, labels }]
    })
    return { targets: [...whole, ...resolved], problems: found.problems }
  }

  #start(
    target: Target,
    when: { readonly signal: AbortSignal; readonly coverage: CoverageTracker; readonly initial: boolean },
  ): void {
    const { name, options } = this.#settings
    const own = new AbortController()
    const poller = new Poller(this.#world, {
      ...options,
      target,
      job: options.job ?? name,
      lookbackMs: options.lookback * 1000,
      intake: this.#intake,
      folder: this.#folder,
      coverage: when.coverage,
      initial: when.initial,
    })
    const done = poller.run(AbortSignal.any([own.signal, when.signal]))
    this.#running.set(target.name, { poller, stop: () => own.abort(), done })
  }

  async #tellCoverage(sink: Sink, signal: AbortSignal, coverage: CoverageTracker): Promise<void> {
    const { name, options, run } = this.#settings
    const graceMs = 2 * options.intervalMs + options.timeoutMs
    let revision = 0
    let pending: readonly CoverageSpan[] = []
    await every(this.#world, { ms: SETTLE_MS, signal }, async () => {
      const settled = coverage.settle(this.#world.clock.nowMs(), graceMs)
      pending = [...pending, ...settled, ...this.#ofQuestions(settled)]
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

  /** Each question has coverage of its own: that of the source, but for what cannot be answered. */
  #ofQuestions(spans: readonly CoverageSpan[]): readonly CoverageSpan[] {
    const { questions, refused } = this.#asked()
    const source = this.#settings.name
    return spans.flatMap((span): readonly CoverageSpan[] => [
      ...questions.map(({ key }) => ({ ...span, source: questionSource({ source, key }) })),
      ...refused.map(({ query, refusal }) => ({
        ...span,
        source: questionSource(query),
        state: 'missing' as const,
        reason: refusal.text,
      })),
    ])
  }

  status(): CollectorStatus {
    const states = [...this.#running.values()].map(({ poller }) => ({
      target: poller.target.name,
      ...poller.state(),
    }))
    const { completeThrough: _, rejected: __, ...numbers } = this.#intake.numbers()
    const counted = states.map(({ countedAt }) => countedAt ?? 0)
    const complete = Math.min(...counted)
    const problems = states.flatMap(({ problem }) => (problem === undefined ? [] : [problem]))
    const latest = problems.sort((a, b) => b.atMs - a.atMs)[0]
    const ofTargets =
      latest === undefined
        ? this.#unresolved
        : { at: unixSeconds(Math.floor(latest.atMs / 1000)), text: latest.text, remedy: latest.remedy }
    const [refused] = this.#asked().refused
    return {
      ...numbers,
      name: this.#settings.name,
      type: 'openmetrics',
      state: stateOf(this.#phase, states),
      completeThrough:
        states.length > 0 && complete > 0 ? unixSeconds(Math.floor(complete / 1000)) : undefined,
      rejected: states.reduce((sum, each) => sum + each.rejected, this.#rejectedBefore),
      problem:
        numbers.problem ?? ofTargets ?? (refused && { at: this.#world.clock.now(), ...refused.refusal }),
      targets: states.map(({ target, detail, reading }) => ({ name: target, detail, ok: reading })),
    }
  }
}

/** The intake knows when something came; here it is known of each target whether it was read. */
function withoutCoverage(sink: Sink): Sink {
  return {
    checkpoint: sink.checkpoint,
    write: (step, signal) => sink.write({ ...step, coverage: [] }, signal),
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
