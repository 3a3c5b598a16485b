import { randomUUID } from 'node:crypto'
import { type Incident, incidentsOf } from '../alerting/index.ts'
import type { Clock, UnixSeconds, World } from '../base/index.ts'
import type * as wire from '../contract/index.ts'
import { createDefinitionsDirectory, type DefinitionsDirectory } from '../definitions/index.ts'
import { createHttpServer, type HttpServer, type Readiness } from '../http/index.ts'
import {
  type DestinationStatus,
  type Outbox,
  type OutboxStatus,
  type SlackDesk,
  sentence,
} from '../notify/index.ts'
import { type Ledger, openLedger } from '../store/index.ts'
import { type AnswerParts, createAnswers, fleetOf } from './answers.ts'
import { type BriefSources, outlineOf } from './briefs.ts'
import { publishChanges } from './changes.ts'
import { createDesk } from './desk.ts'
import { diagnose } from './diagnosis.ts'
import { createLive, type Live } from './live.ts'
import { createLoop, type Loop, type Shown } from './loop.ts'
import { createMetrics, type Metrics, type MetricsInput } from './metrics.ts'
import type { ServiceOptions } from './options.ts'
import { createOutward, type Outward } from './outward.ts'
import { outwardAnswers } from './outward-answers.ts'
import { createPast, type Past } from './past.ts'
import { reconciliationOf } from './reconcile.ts'
import { type Drawn, seriesPairOf } from './series-pair.ts'
import { createSources, type Sources, toSource } from './sources.ts'
import { createSteadyClock } from './steady-clock.ts'

/** Seconds over which a diagnosis holds sources against each other. */
const RECONCILED = 3 * 3_600

/** The whole of Nines, joined by hand: collect → record → evaluate → decide → tell. */
export interface Service extends AsyncDisposable {
  readonly ledger: Ledger
  /** What was computed last. */
  readonly fleet: () => wire.Fleet
  /** Reads journal and ledger, evaluates once, and answers. Resolves with where. */
  readonly start: () => Promise<{ readonly url: string }>
  /** Collects, evaluates and tells until the signal; then ends everything in the reverse order. */
  readonly run: (signal: AbortSignal) => Promise<void>
}

interface Parts {
  readonly world: World
  /** The machine's clock as it is, jumps and all. */
  readonly wall: Clock
  readonly options: ServiceOptions
  readonly ledger: Ledger
  readonly past: Past
  readonly directory: DefinitionsDirectory
  readonly sources: Sources
  readonly loop: Loop
  readonly live: Live
  readonly metrics: Metrics
  readonly outward: Outward
  readonly outbox: Outbox
  /** Where what people do in Slack arrives; undefined when it cannot. */
  readonly desk: SlackDesk | undefined
  readonly briefs: BriefSources
  readonly startedAt: UnixSeconds
  readonly drawn: Drawn
}

/** Opens the ledger and the definitions. Nothing is collected, evaluated or served yet. Rejects when it cannot open. */
export async function createService(given: World, options: ServiceOptions): Promise<Service> {
  const world = { ...given, clock: createSteadyClock(given.clock) }
  const ledger = await openLedger(world, { ...options.store, retention: options.retention })
  try {
    const service = join(world, given.clock, { options, ledger })
    await service.load()
    return service
  } catch (error) {
    await ledger[Symbol.asyncDispose]()
    throw error
  }
}

function join(
  world: World,
  wall: Clock,
  { options, ledger }: { options: ServiceOptions; ledger: Ledger },
): RunningService {
  const { slack } = options
  const sources = createSources(world, { sink: ledger, base: options.base, run: randomUUID() })
  const directory = createDefinitionsDirectory(world, {
    dir: options.definitions.dir,
    policiesDir: options.definitions.policies,
  })
  // Where people open the page; the port is known when we listen.
  const page = {
    url: options.publicUrl ?? `http://127.0.0.1:${options.listen.port}${options.listen.basePath}/`,
  }
  const past = createPast(ledger)
  const briefs: BriefSources = {
    past,
    shown: () => loop.shown(),
    completeThrough: (source) => completeThrough(sources, source),
    pageBase: () => page.url,
    viewer: options.traces,
    locale: slack?.locale ?? 'en',
  }
  // The same curves as the page's; known when the page is.
  const drawn: Drawn = { series: undefined, shown: () => loop.shown() }
  const outward = createOutward(world, {
    options,
    briefs,
    loop: () => loop,
    series: (brief) => seriesPairOf(drawn, brief),
  })
  const loop: Loop = createLoop(world, {
    ledger,
    definitions: directory.current,
    inputsOf: sources.inputsOf,
    noticed: (touched) => {
      for (const { source, ...range } of touched) past.touched(source, range)
    },
    tell: outward.tell,
  })
  const parts: Parts = {
    world,
    wall,
    options,
    ledger,
    past,
    directory,
    sources,
    loop,
    outward,
    outbox: outward.outbox,
    desk: createDesk(world, slack, { loop, briefs }),
    briefs,
    live: createLive(world.clock.nowMs()),
    metrics: createMetrics(options.version),
    startedAt: world.clock.now(),
    drawn,
  }
  return new RunningService(parts, (url) => {
    if (options.publicUrl === undefined) page.url = url
  })
}

function completeThrough(sources: Sources, name: string): UnixSeconds | undefined {
  const found = sources.statuses().find((status) => status.source.name === name)
  const instants = found?.inputs.map((input) => input.completeThrough) ?? []
  return instants.reduce(
    (least, at) => (least === undefined || at === undefined ? undefined : at < least ? at : least),
    instants[0],
  )
}

class RunningService implements Service {
  readonly #parts: Parts
  readonly #listening: (url: string) => void
  #http: HttpServer | undefined
  /** What browsers were told of last; what people did since is news to them too. */
  #published: Shown | undefined

  constructor(parts: Parts, listening: (url: string) => void) {
    this.#parts = parts
    this.#listening = listening
  }

  get ledger(): Ledger {
    return this.#parts.ledger
  }

  fleet(): wire.Fleet {
    return fleetOf(this.#parts.loop.shown())
  }

  async load(): Promise<void> {
    await this.#parts.directory.load()
  }

  async start(): Promise<{ readonly url: string }> {
    const { world, options, loop, outward, sources, directory, desk } = this.#parts
    await loop.recall()
    await outward.recall()
    sources.update(directory.current())
    // What was written while nobody looked is late, and is seen to be, only when the ledger was looked at before.
    await loop.tick()
    sources.begin()
    this.#published = loop.shown()
    const answers = createAnswers(this.#answers())
    this.#parts.drawn.series = answers.series
    this.#http = await createHttpServer(world, answers, {
      ...options.listen,
      auth: options.auth,
      webRoot: options.webRoot,
      version: options.version,
      mounts: [
        ...options.mounts,
        ...(desk?.handle === undefined ? [] : [{ prefix: '/slack', handle: desk.handle }]),
      ],
    })
    const { url } = await this.#http.listen()
    this.#listening(url)
    return { url }
  }

  async run(signal: AbortSignal): Promise<void> {
    const { world, options, loop, outward, sources, directory, desk } = this.#parts
    await outward.start()
    const telling = outward.run(signal)
    const listening = desk?.run(signal)
    const watching = directory.run(signal)
    let read: unknown
    try {
      while (!signal.aborted) {
        const wanted = directory.current()
        if (wanted !== read) sources.update(wanted)
        read = wanted
        await this.#tick()
        await world.clock.sleep(untilNext(world, options.evaluateEverySeconds), signal).catch(() => undefined)
      }
    } finally {
      await watching
      await telling
      await listening
      // What the collectors still hold is written, evaluated and told before the end.
      await sources.stop()
      await loop
        .tick()
        .catch((error: unknown) => world.log.warn('the last evaluation failed', { err: error }))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { sources, outward, ledger, desk } = this.#parts
    await this.#http?.[Symbol.asyncDispose]()
    await desk?.[Symbol.asyncDispose]()
    await sources.stop()
    await outward[Symbol.asyncDispose]()
    await ledger[Symbol.asyncDispose]()
  }

  /** One turn of the loop. A failure is told and the next turn tries again: nothing is lost, it is in the ledger. */
  async #tick(): Promise<void> {
    const { world, loop, live, metrics, briefs } = this.#parts
    const started = world.clock.monotonicMs()
    try {
      await world.trace.span('tick', {}, loop.tick)
      metrics.tickSeconds.observe((world.clock.monotonicMs() - started) / 1_000)
      const shown = loop.shown()
      if (shown)
        publishChanges(live, {
          before: this.#published,
          shown,
          sentence: (incident) => sentenceOf(briefs, shown, incident),
        })
      this.#published = shown
    } catch (error) {
      metrics.ticksFailed.inc()
      world.log.error('evaluation failed; it is tried again', { err: error })
    }
    await this.#look()
  }

  /** Whether Nines itself works; what fails here is the journal, and the next turn looks again. */
  async #look(): Promise<void> {
    const { world, outward } = this.#parts
    try {
      await outward.look(this.#shownSources(), world.clock.now())
    } catch (error) {
      world.log.error('what does not work could not be told', { err: error })
    }
  }

  #shownSources(): readonly wire.Source[] {
    const { sources, world } = this.#parts
    return sources.statuses().map((status) => toSource(status, 0, world.clock.now()))
  }

  #answers(): AnswerParts {
    const { ledger, past, loop, live, briefs, metrics, outbox, outward, sources } = this.#parts
    return {
      ledger,
      past,
      loop,
      live,
      viewer: this.#parts.options.traces,
      inputsOf: sources.inputsOf,
      meta: () => this.#meta(),
      sources: () => this.#sources(),
      outward: outwardAnswers({ outward, briefs, shown: loop.shown }),
      diagnosis: () => this.#diagnosis(),
      now: () => this.#parts.world.clock.now(),
      ready: () => this.#readiness(),
      sentence: (shown, incident) => sentenceOf(briefs, shown, incident),
      metrics: async () =>
        metrics.text({
          slos: loop.shown()?.summaries ?? [],
          sources: await this.#sources(),
          incidentsOpen: openIncidents(loop.shown()),
          outbox: outboxNumbers(outbox.status()),
          subscribers: live.subscribers(),
          now: this.#parts.world.clock.now(),
        }),
    }
  }

  #meta(): wire.Meta {
    const { options, world, directory, startedAt } = this.#parts
    const { slos, problems } = directory.current()
    const newest = slos
      .flatMap(({ origin }) => (origin.commit ? [origin.commit] : []))
      .toSorted((a, b) => b.at - a.at)[0]
    return {
      version: options.version,
      now: world.clock.now(),
      startedAt,
      demo: options.demo,
      definitions: {
        slos: slos.length,
        files: new Set(slos.map(({ origin }) => origin.file)).size,
        commit: newest?.id ?? null,
        problems: problems.map(({ code, severity, file, line, column, message, remedy }) => ({
          code,
          severity,
          file,
          line,
          column,
          message,
          remedy,
        })),
      },
      slack: options.slack
        ? {
            kind: options.slack.kind,
            url: options.slack.kind === 'emulator' ? `${options.listen.basePath}/dev/slack` : null,
          }
        : { kind: 'none', url: null },
    }
  }

  async #sources(): Promise<readonly wire.Source[]> {
    const { ledger, sources, world } = this.#parts
    const sizes = new Map((await ledger.inventory()).map((each) => [each.source, each.series]))
    return sources
      .statuses()
      .map((status) => toSource(status, sizes.get(status.source.name) ?? 0, world.clock.now()))
  }

  #diagnosis(): Promise<wire.Diagnosis> {
    const { directory, loop, outbox, sources, world } = this.#parts
    return diagnose({
      ...this.#parts,
      clock: world.clock,
      problems: () => directory.current().problems,
      shown: loop.shown,
      statuses: sources.statuses,
      outbox: outbox.status,
      reconcile: () => {
        const now = world.clock.now()
        const parts = { ...this.#parts, shown: loop.shown, inputsOf: sources.inputsOf, now: () => now }
        return reconciliationOf(parts, { from: now - RECONCILED, to: now })
      },
    })
  }

  #readiness(): Readiness {
    const { loop, world, options, outbox, directory } = this.#parts
    const shown = loop.shown()
    const age = shown ? world.clock.now() - shown.now : undefined
    const reasons = [
      ...(age === undefined ? ['the ledger is still being read'] : []),
      ...(age !== undefined && age > 2 * options.evaluateEverySeconds + 30
        ? [`the last evaluation is ${age} s old`]
        : []),
      ...(directory.current().slos.length === 0 ? [`no SLO is defined in ${options.definitions.dir}`] : []),
      ...outbox
        .status()
        .destinations.flatMap(({ name, problem }) => (problem ? [`${name}: ${problem.reason}`] : [])),
    ]
    return { ready: reasons.length === 0, reasons }
  }
}

/** Evaluations fall on whole multiples of the interval, so that a slow one does not push the next ones back. */
function untilNext({ clock }: World, everySeconds: number): number {
  const every = everySeconds * 1_000
  return every - (clock.nowMs() % every)
}

const sentenceOf = (briefs: BriefSources, shown: Shown, incident: Incident): string =>
  sentence(outlineOf(briefs, shown, incident))

const openIncidents = (shown: Shown | undefined): number =>
  shown ? incidentsOf(shown.alerting).filter((incident) => incident.state === 'open').length : 0

function outboxNumbers({ destinations }: OutboxStatus): MetricsInput['outbox'] {
  const sum = (pick: (status: DestinationStatus) => number): number =>
    destinations.reduce((n, each) => n + pick(each), 0)
  return {
    sent: sum(({ counters }) => counters.posts + counters.updates),
    failed: sum(({ counters }) => counters.refused + counters.barred),
    pending: sum(({ pending }) => pending),
    oldestSeconds: Math.max(0, ...destinations.map(({ oldestPending }) => oldestPending ?? 0)),
  }
}
