import { readFile } from 'node:fs/promises'
import {
  earlier,
  type Labels,
  later,
  minuteOf,
  type UnixSeconds,
  unixSeconds,
  type World,
} from '../../base/index.ts'
import { type Accumulator, type CoverageSpan, createAccumulator, type Exemplar } from '../../traffic/index.ts'
import type { Collector, CollectorStatus, Sink } from '../collector.ts'
import { whatFailed } from '../log/failure.ts'
import { probeGrpc } from './grpc.ts'
import { createHttpProber, type HttpProber } from './http.ts'
import type { ProbeOptions, ProbeTarget } from './options.ts'
import type { Asking, Probed } from './probed.ts'
import { type Verdict, verdictOf } from './verdict.ts'

export interface ProbeSettings {
  readonly name: string
  /** On every series. */
  readonly labels: Labels
  readonly run: string
  readonly options: ProbeOptions
}

/** How long counts wait to be written together, in milliseconds. */
const WRITE_EVERY_MS = 5_000
const DAY_MS = 86_400_000

const PHASES_OF = '#phases'

/**
 * The source that the phases of probes are counted under: `operation` is the phase. Apart from the probes themselves, so
 * that nobody adds a phase to a request.
 */
export const phasesOf = (source: string): string => `${source}${PHASES_OF}`
export const isPhases = (source: string): boolean => source.endsWith(PHASES_OF)

/** Probes its targets from where Nines runs. Each probe counts as one request of the target's service. */
export function createProbeCollector(world: World, settings: ProbeSettings): Collector {
  const prober = new Prober(world, settings)
  return {
    name: settings.name,
    run: (sink, signal) => prober.run(sink, signal),
    status: () => prober.status(),
  }
}

interface Watched {
  readonly target: ProbeTarget
  readonly labels: Labels
  last: { readonly probed: Probed; readonly verdict: Verdict; readonly at: UnixSeconds } | undefined
}

class Prober {
  readonly #world: World
  readonly #settings: ProbeSettings
  readonly #watched: readonly Watched[]
  readonly #probes: Accumulator
  readonly #phases: Accumulator
  #exemplars: Exemplar[] = []
  #state: CollectorStatus['state'] = 'starting'
  #problem: CollectorStatus['problem']
  #lastSuccess: UnixSeconds | undefined
  #events = 0
  /** Minutes from `from` on in which every target was probed, so far without a hole up to the minute that runs. */
  #known: { readonly from: UnixSeconds; to: UnixSeconds } | undefined

  constructor(world: World, settings: ProbeSettings) {
    const { name, labels, run, options } = settings
    this.#world = world
    this.#settings = settings
    const from = options.from === '' ? {} : { probe_from: options.from }
    this.#watched = options.targets.map((target) => ({
      target,
      labels: {
        ...labels,
        ...target.labels,
        ...from,
        service_name: target.service,
        operation: target.operation,
      },
      last: undefined,
    }))
    this.#probes = createAccumulator({ source: name, writer: run })
    this.#phases = createAccumulator({ source: phasesOf(name), writer: `${run}#phases` })
  }

  async run(sink: Sink, signal: AbortSignal): Promise<void> {
    const { options } = this.#settings
    const authorities = await this.#authorities()
    if (authorities.kind === 'failed') {
      this.#state = 'failing'
      return
    }
    const asking = { timeoutMs: options.timeoutMs, maxBytes: options.maxBytes, authorities: authorities.pem }
    using prober = createHttpProber(this.#world, { ...asking, keepAlive: options.keepAlive })
    this.#state = 'reading'
    const loops = this.#watched.map((watched, i) => this.#loop(watched, { prober, asking, delay: i }, signal))
    const writing = this.#write(sink, signal)
    await Promise.all([...loops, writing])
    await this.#flush(sink).catch((error: unknown) => {
      this.#world.log.warn('could not be written before the end', {
        source: this.#settings.name,
        error: whatFailed(error),
      })
    })
    this.#state = 'stopped'
  }

  status(): CollectorStatus {
    return {
      name: this.#settings.name,
      type: 'probe',
      state: this.#state,
      lastSuccess: this.#lastSuccess,
      completeThrough: this.#known?.to,
      events: this.#events,
      rejected: 0,
      overflowed: this.#probes.overflowed(),
      problem: this.#problem ?? this.#certificateProblem(),
      targets: this.#watched.map((watched) => ({
        name: watched.target.url.href,
        detail: detailOf(watched, this.#world.clock.nowMs()),
        ok: watched.last?.verdict.outcome === 'good',
      })),
    }
  }

  async #authorities(): Promise<
    { readonly kind: 'ok'; readonly pem: string | undefined } | { readonly kind: 'failed' }
  > {
    const { caFile } = this.#settings.options
    if (caFile === undefined) return { kind: 'ok', pem: undefined }
    try {
      return { kind: 'ok', pem: await readFile(caFile, 'utf8') }
    } catch (error) {
      const text = `caFile: ${whatFailed(error)}`
      this.#problem = {
        at: this.#world.clock.now(),
        text,
        remedy: 'write the path of a PEM file that exists',
      }
      return { kind: 'failed' }
    }
  }

  /** Probes one target at whole multiples of the interval, each target a little later than the one before. */
  async #loop(
    watched: Watched,
    tools: { readonly prober: HttpProber; readonly asking: Asking; readonly delay: number },
    signal: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#world
    const { intervalMs } = this.#settings.options
    const offset = (tools.delay * 97) % intervalMs
    while (!signal.aborted) {
      const wait = intervalMs - ((clock.nowMs() - offset + intervalMs) % intervalMs)
      const slept = await clock.sleep(wait, signal).then(
        () => true,
        () => false,
      )
      if (!slept) return
      const probed =
        watched.target.protocol === 'grpc'
          ? await probeGrpc(this.#world, watched.target, { asking: tools.asking, signal })
          : await tools.prober.probe(watched.target, signal)
      if (signal.aborted) return
      this.#take(watched, probed)
    }
  }

  #take(watched: Watched, probed: Probed): void {
    const verdict = verdictOf(probed, watched.target)
    const at = this.#world.clock.now()
    const minute = minuteOf(at)
    const { outcome, reason } = verdict
    const answered = probed.answer.kind === 'answered'
    // A pause in probing, as of a machine that slept, is not known; what is known begins anew after it.
    if (watched.last !== undefined && at - watched.last.at > this.#longestGap) this.#known = undefined
    watched.last = { probed, verdict, at }
    this.#events++
    this.#lastSuccess = at
    this.#probes.add(watched.labels, {
      minute,
      outcome,
      reason,
      duration: answered ? probed.total : undefined,
    })
    for (const [phase, duration] of probed.phases)
      this.#phases.add(
        { ...watched.labels, operation: phase },
        { minute, outcome: 'good', reason: 'probe-phase', duration },
      )
    if (outcome === 'bad')
      this.#exemplars.push({
        source: this.#settings.name,
        labels: watched.labels,
        atMs: this.#world.clock.nowMs(),
        outcome,
        reason,
      })
  }

  async #write(sink: Sink, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#world.clock.sleep(WRITE_EVERY_MS, signal).catch(() => undefined)
      if (signal.aborted) return
      try {
        await this.#flush(sink)
        this.#problem = undefined
        this.#state = 'reading'
      } catch (error) {
        this.#state = 'failing'
        const text = `the ledger did not take the counts: ${whatFailed(error)}`
        this.#problem = {
          at: this.#world.clock.now(),
          text,
          remedy: 'it is tried again; see the state of the store',
        }
      }
    }
  }

  /** What could not be written is written next time: all counts are said again then. */
  async #flush(sink: Sink): Promise<void> {
    const again = this.#problem !== undefined
    const probes = this.#probes.drain({ all: again })
    const phases = this.#phases.drain({ all: again })
    const exemplars = this.#exemplars.splice(0)
    const coverage = this.#coverage()
    try {
      if (probes.traffic.length + coverage.length > 0) await sink.write({ ...probes, exemplars, coverage })
      if (phases.traffic.length > 0) await sink.write(phases)
    } catch (error) {
      this.#exemplars.unshift(...exemplars.slice(0, 100))
      throw error
    }
  }

  /** Seconds between the ends of two probes of a target, at most, while it is being probed. */
  get #longestGap(): number {
    const { intervalMs, timeoutMs } = this.#settings.options
    return Math.ceil((intervalMs + timeoutMs) / 1_000) + 1
  }

  /** A minute is known when every target was probed in it; the one that runs is not over. */
  #coverage(): readonly CoverageSpan[] {
    const { name } = this.#settings
    const oldest = Math.min(...this.#watched.map(({ last }) => last?.at ?? 0))
    const now = this.#world.clock.now()
    if (oldest === 0) return []
    const to = minuteOf(now)
    if (now - oldest > this.#longestGap) {
      this.#known = undefined
      return []
    }
    this.#known ??= { from: later(minuteOf(oldest), 60), to: later(minuteOf(oldest), 60) }
    const { from } = this.#known
    if (to <= from) return []
    this.#known.to = to
    // Said again from an hour ago at most: what is older was said before.
    const since = unixSeconds(Math.max(from, earlier(minuteOf(to), 3_600)))
    return [name, phasesOf(name)].map((source) => ({ source, from: since, to, state: 'known', reason: '' }))
  }

  #certificateProblem(): CollectorStatus['problem'] {
    const nowMs = this.#world.clock.nowMs()
    for (const { target, last } of this.#watched) {
      const until = last?.probed.certificateUntilMs
      if (last === undefined || until === undefined) continue
      const days = Math.floor((until - nowMs) / DAY_MS)
      if (days >= this.#settings.options.certificateDays) continue
      const text = `the certificate of ${target.url.host} holds for ${days} days`
      return { at: last.at, text, remedy: 'renew it, and see why that did not happen by itself' }
    }
    return undefined
  }
}

function detailOf({ last }: Watched, nowMs: number): string {
  if (last === undefined) return 'not probed yet'
  const { probed, verdict } = last
  const phases = [...probed.phases].map(([phase, us]) => `${phase} ${milliseconds(us)}`)
  const parts = phases.length === 0 ? '' : ` (${phases.join(', ')})`
  const until = probed.certificateUntilMs
  const days = until === undefined ? '' : `; certificate for ${Math.floor((until - nowMs) / DAY_MS)} days`
  return `${verdict.text} in ${milliseconds(probed.total)} ms${parts}${days}`
}

const milliseconds = (us: number): string => (us / 1_000).toFixed(us < 10_000 ? 1 : 0)
