import { failed, ok, type Result, type Seconds, seconds } from '../../base/index.ts'
import type { KeyField } from '../log/json-format.ts'
import { fieldsOf } from '../log/options.ts'
import { type OptionProblem, OptionReader } from '../option-reader.ts'
import { REQUEST_KEYS, type RequestOptions, requestOptionsOf, type ServiceFrom } from '../request/options.ts'
import { type Address, addressOf, isLoopback } from './address.ts'
import { metricRulesOf } from './metrics-options.ts'
import type { MetricRule } from './metrics-rules.ts'

export const SIGNALS = ['traces', 'metrics', 'logs'] as const
export type SignalName = (typeof SIGNALS)[number]

/**
 * A receiver of OpenTelemetry's protocol, checked. The service is `{ from: field, field }`, unless it is fixed: an
 * attribute of the span, point or record, else of its resource; `service.name` unless given.
 */
export interface OtlpOptions extends RequestOptions {
  /** Undefined: not listened on. */
  readonly http: Address | undefined
  readonly grpc: Address | undefined
  /** Senders must show what stands in this file. */
  readonly tokenFile: string | undefined
  /** Which are counted; the others are taken and passed over. A request that two of them tell of would count twice. */
  readonly signals: ReadonlySet<SignalName>
  /** Whether spans that took a message from a queue are requests too. */
  readonly consumers: boolean
  /** Whether a span that stands for several, by its sampling threshold, counts as several; if not, it is marked. */
  readonly weigh: boolean
  /** Attributes of log records that come before those that are known anyway, as for log files. */
  readonly fields: readonly KeyField[]
  /** Metrics that count requests, beside those of OpenTelemetry's conventions. */
  readonly metrics: readonly MetricRule[]
  /** Bytes of one request after decompression. */
  readonly maxBody: number
  /** Bytes of requests that wait for the ledger; beyond them senders are asked to come later. */
  readonly maxWaiting: number
  readonly maxConnections: number
  /** How many spans, and for how long, are known again by their ids when they come twice. Undefined: not at all. */
  readonly duplicates: { readonly most: number; readonly window: Seconds } | undefined
  /** How long a request is known again that is sent twice; over a restart too. */
  readonly retries: Seconds
  /** Events that ended longer ago are rejected. */
  readonly late: Seconds
  /** After so long without a delivery the source's minutes are missing. */
  readonly silence: Seconds
  /** How long after a minute ended its events may still be on their way. */
  readonly lag: Seconds
}

const KEYS = [
  'http',
  'grpc',
  'tokenFile',
  'open',
  'signals',
  'consumers',
  'weigh',
  'fields',
  'metrics',
  'maxBody',
  'maxWaiting',
  'maxConnections',
  'duplicates',
  'retries',
  'late',
  'silence',
  'lag',
  ...REQUEST_KEYS,
]
const SOURCES: readonly ServiceFrom[] = ['field', 'authority', 'upstream_cluster', 'grpc_service']
const MIB = 1024 * 1024

/** Checks a DataSource's `connectionDetails`. All problems come back at once, each with what to write. */
export function otlpOptions(
  details: Readonly<Record<string, unknown>>,
): Result<OtlpOptions, readonly OptionProblem[]> {
  const service = details['service'] ?? { from: 'field', field: 'service.name' }
  const reader = new OptionReader({ ...details, service }, KEYS)
  const options: OtlpOptions = {
    ...requestOptionsOf(reader, SOURCES),
    http: listenOf(reader, 'http', '127.0.0.1:4318'),
    grpc: listenOf(reader, 'grpc', '127.0.0.1:4317'),
    tokenFile: reader.text('tokenFile'),
    signals: signalsOf(reader),
    consumers: flagOf(reader, 'consumers', { value: details['consumers'], fallback: false }),
    weigh: flagOf(reader, 'weigh', { value: details['weigh'], fallback: true }),
    fields: fieldsOf(reader),
    metrics: metricRulesOf(details['metrics'], { problems: reader.problems, attribute: 'attribute' }),
    maxBody: reader.whole('maxBody', { fallback: 20 * MIB, least: 1024, most: 256 * MIB }),
    maxWaiting: reader.whole('maxWaiting', { fallback: 64 * MIB, least: MIB, most: 4096 * MIB }),
    maxConnections: reader.whole('maxConnections', { fallback: 1_000, least: 1, most: 100_000 }),
    duplicates: duplicatesOf(reader),
    retries: durationOf(reader, 'retries', 900),
    late: durationOf(reader, 'late', 86_400),
    silence: durationOf(reader, 'silence', 180),
    lag: durationOf(reader, 'lag', 10),
  }
  checkListening(reader, options, flagOf(reader, 'open', { value: details['open'], fallback: false }))
  return reader.problems.length > 0 ? failed(reader.problems) : ok(options)
}

/** Anybody who reaches the port could write numbers, so an open one is said in words. */
function checkListening(reader: OptionReader, options: OtlpOptions, open: boolean): void {
  const { http, grpc, tokenFile } = options
  if (http === undefined && grpc === undefined)
    reader.problem('http', 'neither http nor grpc is listened on', { remedy: 'write http: 127.0.0.1:4318' })
  if (http !== undefined && http.port !== 0 && http.port === grpc?.port && http.host === grpc.host)
    reader.problem('grpc', 'http and grpc have one port', { remedy: 'write grpc: 127.0.0.1:4317' })
  if (open || tokenFile !== undefined) return
  for (const [key, address] of [
    ['http', http],
    ['grpc', grpc],
  ] as const)
    if (address !== undefined && !isLoopback(address.host))
      reader.problem(key, `whoever reaches ${address.host} could write`, {
        remedy:
          'write tokenFile: and the path of a file with a token, or open: true when the network is yours',
      })
}

function flagOf(
  reader: OptionReader,
  key: string,
  { value, fallback }: { readonly value: unknown; readonly fallback: boolean },
): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? fallback
  reader.problem(key, `${key} is neither true nor false`, { remedy: `write ${key}: ${!fallback}` })
  return fallback
}

function listenOf(reader: OptionReader, key: string, fallback: string): Address | undefined {
  const text = reader.text(key) ?? fallback
  if (text === 'off') return undefined
  const address = addressOf(text)
  if (address === undefined)
    reader.problem(key, `'${text}' is no address with a port`, {
      remedy: `write ${key}: ${fallback}, or off`,
    })
  return address
}

function signalsOf(reader: OptionReader): ReadonlySet<SignalName> {
  const names = reader.texts('signals', { optional: true, remedy: `write signals: [${SIGNALS.join(', ')}]` })
  const known = SIGNALS.filter((signal) => names.includes(signal))
  for (const name of names)
    if (!SIGNALS.some((signal) => signal === name))
      reader.problem('signals', `'${name}' is no signal`, { remedy: `write one of ${SIGNALS.join(', ')}` })
  return new Set(names.length === 0 ? ['traces'] : known)
}

function duplicatesOf(reader: OptionReader): OtlpOptions['duplicates'] {
  if (reader.textIfText('duplicates') === 'off') return undefined
  const inner = reader.section('duplicates', ['most', 'window'])
  return {
    most: inner?.whole('most', { fallback: 200_000, least: 1, most: 10_000_000 }) ?? 200_000,
    window: inner === undefined ? seconds(300) : durationOf(inner, 'window', 300),
  }
}

const SECONDS_IN: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3_600],
  ['d', 86_400],
])

/** A whole number of seconds, from one second to 30 days. */
function durationOf(reader: OptionReader, key: string, fallback: number): Seconds {
  const text = reader.text(key)
  if (text === undefined) return seconds(fallback)
  const found = /^(\d{1,8})\s*([smhd])$/.exec(text)
  const duration = Number(found?.[1]) * (SECONDS_IN.get(found?.[2] ?? '') ?? Number.NaN)
  if (duration >= 1 && duration <= 30 * 86_400) return seconds(duration)
  reader.problem(key, `'${text}' is no duration from 1s to 30d`, { remedy: `write ${key}: ${fallback}s` })
  return seconds(fallback)
}
