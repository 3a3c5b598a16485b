import type { World } from '../../base/index.ts'
import type { Collector, CollectorStatus } from '../collector.ts'
import type { Delivery, Intake, Taken } from '../push/intake.ts'
import { type AccessLogMessage, createAccessLogReader } from './access-log.ts'
import { type AccessLogCounter, createAccessLogCounter } from './access-log-counter.ts'
import { UNKNOWN_NODE } from './node.ts'
import type { AccessLogOptions } from './options.ts'
import { extrasFor, type Sender } from './places.ts'
import { StreamCollector } from './stream-collector.ts'
import type { StreamReceiver } from './stream-server.ts'

export interface AccessLogSettings {
  /** The DataSource's name. */
  readonly name: string
  readonly options: AccessLogOptions
  /** Where what comes is counted and made durable. */
  readonly intake: Intake
}

const METHOD = '/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs'

/** Counts requests that Envoys tell one by one over gRPC. See docs/collectors-envoy-push.md. */
export function createAccessLogReceiver(world: World, settings: AccessLogSettings): Collector {
  const { name, options, intake } = settings
  const places = options.labelsFrom.map(({ place }) => place)
  const { servicePlace } = options
  const read = createAccessLogReader(
    extrasFor(servicePlace === undefined ? places : [...places, servicePlace]),
  )
  const counter = createAccessLogCounter(name, options)
  const collector = new StreamCollector(world, {
    name,
    type: 'envoy-access-log-service',
    method: METHOD,
    listen: options,
    accept: ({ rename, damaged, fail }, signal) =>
      receive(world, { settings, read, counter, rename, damaged, fail }, signal),
    idle: {
      everyMs: Math.min(LONGEST_IDLE_MS, options.silence * 250),
      tell: () => void intake.take({ identity: undefined, bytes: 0, count: () => undefined }),
    },
  })
  return {
    name,
    run: async (sink, signal) => {
      // What streams have brought when the end comes is written before the intake closes.
      const closing = new AbortController()
      const written = intake.run(sink, closing.signal)
      await collector.run(signal)
      closing.abort()
      await written
    },
    status: (): CollectorStatus => {
      const [streams, counts] = [collector.status(), intake.numbers()]
      return { ...streams, ...counts, problem: counts.problem ?? streams.problem }
    },
  }
}

/** A write to the ledger each time, so not often; but several within the silence that is allowed. */
const LONGEST_IDLE_MS = 20_000

interface Receiving {
  readonly settings: AccessLogSettings
  readonly read: (bytes: Buffer) => AccessLogMessage | undefined
  readonly counter: AccessLogCounter
  /** Says who sends. */
  readonly rename: (node: string) => void
  /** A message could not be read. */
  readonly damaged: () => void
  readonly fail: (text: string, remedy: string) => void
}

/** Takes the messages of one stream. */
function receive(
  world: World,
  { settings, read, counter, rename, damaged, fail }: Receiving,
  signal: AbortSignal,
): Pick<StreamReceiver, 'message' | 'ended'> {
  const { intake, options } = settings
  let sender: Sender = { node: UNKNOWN_NODE, logName: '' }
  let lastMs = Number.NEGATIVE_INFINITY
  const named = (): string => (sender.node.id === '' ? sender.logName : sender.node.id)
  const attempt = (delivery: Delivery): { readonly counted: boolean; readonly taken: Promise<Taken> } => {
    let counted = false
    const count: Delivery['count'] = (into) => {
      counted = true
      delivery.count(into)
    }
    const taken = intake.take({ ...delivery, count })
    return { counted, taken }
  }
  const deliver = (delivery: Delivery): Promise<void> | undefined => {
    const { counted, taken } = attempt(delivery)
    // Once it is counted the intake keeps it until it is on disk, however often that has to be tried.
    return counted ? undefined : again(taken, delivery)
  }
  /** Waits for room, however long it takes: what is not read waits in the sender. At the end, not for long. */
  const again = async (refused: Promise<Taken>, delivery: Delivery): Promise<void> => {
    let answer = await refused
    for (let last = 0; answer.kind === 'full' || answer.kind === 'failed'; ) {
      if (signal.aborted && ++last > ATTEMPTS_AT_THE_END) return fail(LOST, 'see the state of the store')
      await world.clock.sleep(answer.retryAfterMs, signal.aborted ? undefined : signal).catch(() => undefined)
      const { counted, taken } = attempt(delivery)
      if (counted) return
      answer = await taken
    }
  }
  return {
    // A stream that had been quiet for longer than Envoy gathers had nothing under way.
    ended: (reason) => {
      if (reason !== '' && world.clock.monotonicMs() - lastMs < GATHERING_MS)
        intake.trouble(`the stream of ${named()} ended while it was in use: ${reason}`)
    },
    message: (bytes) => {
      lastMs = world.clock.monotonicMs()
      const message = read(bytes)
      if (message === undefined) {
        damaged()
        intake.trouble(`a message of ${named()} could not be read`)
      }
      const { node, logName, entries, rejected } = message ?? { ...NOTHING, rejected: 1 }
      if (node !== undefined || logName !== undefined) {
        sender = { node: node ?? sender.node, logName: logName ?? sender.logName }
        rename(named())
      }
      const nowMs = world.clock.nowMs()
      const oldestMs = nowMs - options.late * 1_000
      return deliver({
        identity: undefined,
        bytes: bytes.length,
        count: (into) =>
          counter.count({ sender, entries, rejected, oldestMs, latestMs: nowMs + FUTURE_MS }, into),
      })
    },
  }
}

/** Further in the future than clocks go wrong. */
const FUTURE_MS = 300_000
/** Envoy gathers entries for a second unless its buffer_flush_interval says otherwise. */
const GATHERING_MS = 5_000
const ATTEMPTS_AT_THE_END = 3
const LOST = 'entries that were received could not be counted before the end'
const NOTHING: AccessLogMessage = { node: undefined, logName: undefined, entries: [], rejected: 0 }
