import { type Labels, unixSeconds, type World } from '../../base/index.ts'
import { type CoverageSpan, createSeriesTable, type SeriesTable } from '../../traffic/index.ts'
import type { Collector, CollectorStatus, Sink } from '../collector.ts'
import { type CoverageTracker, createCoverage } from '../envoy-stats/coverage.ts'
import { isRelevant } from '../envoy-stats/names.ts'
import { Poller } from '../envoy-stats/poller.ts'
import { createMetricsReader } from './metrics.ts'
import { EPOCH, MetricsFeed, UPTIME } from './metrics-feed.ts'
import type { MetricsOptions } from './metrics-options.ts'
import type { EnvoyNode } from './node.ts'
import { nodeValueAt } from './places.ts'
import { StreamCollector, type StreamVoice } from './stream-collector.ts'
import type { StreamReceiver } from './stream-server.ts'

export interface MetricsSettings {
  /** The DataSource's name. */
  readonly name: string
  readonly labels: Labels
  /** Names this run of the collector; no two runs may share it. */
  readonly run: string
  readonly options: MetricsOptions
}

const METHOD = '/envoy.service.metrics.v3.MetricsService/StreamMetrics'
const SETTLE_MS = 5_000
/** How long after a minute its snapshots may still be on their way. */
const GRACE_MS = 20_000
const LAST_WORDS_MS = 2_000
const TAGS =
  'the statistics come with their tags taken out, so those of several clusters cannot be told apart'

/** Counts the requests of Envoys that send their statistics. See docs/collectors-envoy-push.md. */
export function createMetricsReceiver(world: World, settings: MetricsSettings): Collector {
  const receiver = new MetricsReceiver(world, settings)
  return {
    name: settings.name,
    run: (sink, signal) => receiver.run(sink, signal),
    status: () => receiver.status(),
  }
}

/** One Envoy that sends. */
interface Source {
  readonly name: string
  readonly feed: MetricsFeed
  readonly poller: Poller
  readonly stop: () => void
  readonly done: Promise<void>
}

interface Reception {
  readonly sink: Sink
  readonly coverage: CoverageTracker
  readonly readingSince: number
}

class MetricsReceiver {
  readonly #world: World
  readonly #settings: MetricsSettings
  readonly #table: SeriesTable
  readonly #streams: StreamCollector
  readonly #sources = new Map<string, Source>()
  /** Sources that are ending: one of the same name begins after them. */
  readonly #ending = new Map<string, Promise<void>>()
  #reception: Reception | undefined
  #begun = 0
  #left = { events: 0, rejected: 0, overflowed: 0, written: 0 }

  constructor(world: World, settings: MetricsSettings) {
    const { name, labels, options } = settings
    this.#world = world
    this.#settings = settings
    this.#table = createSeriesTable({ maxSeries: options.stats.maxSeries, fixed: labels })
    this.#streams = new StreamCollector(world, {
      name,
      type: 'envoy-metrics-service',
      method: METHOD,
      listen: options,
      accept: (voice) => this.#accept(voice),
      idle: undefined,
    })
  }

  async run(sink: Sink, signal: AbortSignal): Promise<void> {
    const readingSince = this.#world.clock.nowMs()
    const coverage = createCoverage(this.#settings.name, readingSince)
    this.#reception = { sink, coverage, readingSince }
    await Promise.all([this.#streams.run(signal), this.#tellCoverage(signal)])
    await Promise.all([...this.#sources.values()].map((source) => this.#end(source)))
    await Promise.all(this.#ending.values())
  }

  status(): CollectorStatus {
    const states = [...this.#sources.values()].map(({ poller }) => poller.state())
    const sum = (key: 'events' | 'rejected' | 'overflowed'): number =>
      states.reduce((total, each) => total + each[key], this.#left[key])
    const written = states.map(({ writtenThrough }) => writtenThrough ?? 0)
    const complete = Math.min(...written)
    const success = Math.max(this.#left.written, ...written)
    const problem = states.flatMap((state) => state.problem ?? []).sort((a, b) => b.at - a.at)[0]
    const streams = this.#streams.status()
    return {
      ...streams,
      problem: problem === undefined ? streams.problem : { ...problem, at: inSeconds(problem.at) },
      lastSuccess: success > 0 ? inSeconds(success) : undefined,
      completeThrough: written.length > 0 && complete > 0 ? inSeconds(complete) : undefined,
      events: sum('events'),
      rejected: sum('rejected'),
      overflowed: sum('overflowed'),
      targets: [...this.#sources.values()].map(({ name, poller }) => {
        const { detail, reading } = poller.state()
        return { name, detail, ok: reading }
      }),
    }
  }

  #accept(voice: StreamVoice): Pick<StreamReceiver, 'message' | 'ended'> {
    const { level } = this.#settings.options.stats
    const read = createMetricsReader((name) => name === UPTIME || name === EPOCH || isRelevant(name, level))
    let source: Source | undefined
    const waiting: Promise<void>[] = []
    return {
      message: (bytes) => {
        const message = read(bytes)
        if (message === undefined) {
          voice.damaged()
          return undefined
        }
        if (message.hasLabels) voice.fail(TAGS, 'leave emit_tags_as_labels out of the sink')
        const known = source
        if (known !== undefined) {
          known.feed.push(message)
          return undefined
        }
        const begun = this.#begin(message.node, voice).then((fresh) => {
          source = fresh
          fresh.feed.push(message)
        })
        waiting.push(begun)
        return begun
      },
      ended: () => {
        void Promise.all(waiting).then(() => {
          if (source !== undefined && this.#sources.get(source.name) === source) return this.#end(source)
          return undefined
        })
      },
    }
  }

  /** A node that sends anew ends its stream before: it lost the connection, or was restarted hot. */
  async #begin(node: EnvoyNode | undefined, voice: StreamVoice): Promise<Source> {
    const name = node === undefined || node.id === '' ? hostOf(voice.peer) : node.id
    voice.rename(name)
    const before = this.#sources.get(name)
    if (before !== undefined) await this.#end(before)
    await this.#ending.get(name)
    const reception = this.#reception
    if (reception === undefined) throw new Error('streams come only while the receiver runs')
    const { labels, run, options, name: source } = this.#settings
    const own: Record<string, string> = {}
    for (const { label, place } of options.labelsFrom) {
      const value = node === undefined ? undefined : nodeValueAt(place, { node, logName: '' })
      if (value !== undefined) own[label] = value
    }
    const feed = new MetricsFeed(this.#world, options)
    const stopping = new AbortController()
    const { coverage, readingSince, sink } = reception
    const target = { name, url: '', labels: { ...labels, ...own } }
    const poller = new Poller(this.#world, {
      source,
      // Each stream is another writer, which begins at zero and must not replace the one before.
      run: `${run}/${++this.#begun}`,
      target,
      table: this.#table,
      settings: options.stats,
      read: feed.read,
      coverage,
      readingSince,
      initial: false,
    })
    const done = poller.run(sink, stopping.signal)
    const begun = { name, feed, poller, stop: () => stopping.abort(), done }
    this.#sources.set(name, begun)
    return begun
  }

  /** Resolves when all that the source said is in the ledger, or cannot be written. */
  #end(source: Source): Promise<void> {
    const { name } = source
    if (this.#sources.get(name) !== source) return this.#ending.get(name) ?? Promise.resolve()
    this.#sources.delete(name)
    const ending = this.#finish(source).finally(() => this.#ending.delete(name))
    this.#ending.set(name, ending)
    return ending
  }

  async #finish({ name, feed, poller, stop, done }: Source): Promise<void> {
    const { clock } = this.#world
    feed.end()
    const given = new AbortController()
    await Promise.race([feed.drained, clock.sleep(LAST_WORDS_MS, given.signal).catch(() => undefined)])
    given.abort()
    stop()
    await done
    const { events, rejected, overflowed, writtenThrough } = poller.state()
    const left = this.#left
    this.#left = {
      events: left.events + events,
      rejected: left.rejected + rejected,
      overflowed: Math.max(left.overflowed, overflowed),
      written: Math.max(left.written, writtenThrough ?? 0),
    }
    this.#reception?.coverage.leave(name, writtenThrough ?? clock.nowMs())
  }

  async #tellCoverage(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#world
    let revision = 0
    let pending: readonly CoverageSpan[] = []
    while (!signal.aborted) {
      await clock.sleep(SETTLE_MS, signal).catch(() => undefined)
      const { coverage, sink } = this.#reception ?? {}
      if (signal.aborted || coverage === undefined || sink === undefined) continue
      pending = [...pending, ...coverage.settle(clock.nowMs(), GRACE_MS)]
      if (pending.length === 0) continue
      const writer = `${this.#settings.run}/coverage`
      try {
        await sink.write({ writer, revision: ++revision, traffic: [], coverage: pending }, signal)
        pending = []
      } catch (error) {
        log.warn('coverage could not be written', { source: this.#settings.name, error: String(error) })
      }
    }
  }
}

/** The port changes with each connection; the host does not. */
function hostOf(peer: string): string {
  return peer.replace(/:\d+$/, '')
}

function inSeconds(ms: number): ReturnType<typeof unixSeconds> {
  return unixSeconds(Math.floor(ms / 1000))
}
