import { RE2JS } from 're2js'
import { failed, type Labels, ok, type Result } from '../../base/index.ts'
import { parseThreshold } from '../../traffic/index.ts'
import { type OptionProblem, OptionReader } from '../option-reader.ts'

/** What is asked, again and again, and what a good answer is. */
export interface ProbeTarget {
  /** `https://checkout.example/healthz`, or `grpc://pay.example:443` and `grpcs://…` for a gRPC health check. */
  readonly url: URL
  readonly protocol: 'http' | 'grpc'
  /** `service_name` of its series. */
  readonly service: string
  /** `GET /healthz`, `grpc.health.v1.Health/Check`. */
  readonly operation: string
  /** Where the target is: `cloud_provider`, `cloud_region`. */
  readonly labels: Labels
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The gRPC service that is asked about; empty: the server as a whole. */
  readonly grpcService: string
  /** HTTP statuses that are right. */
  readonly status: readonly StatusRange[]
  /** What the body must have, found by a regular expression of linear time; undefined: anything. */
  readonly contains: RE2JS | undefined
}

/** From the first to the last, both inside. */
export interface StatusRange {
  readonly first: number
  readonly last: number
}

export interface ProbeOptions {
  readonly targets: readonly ProbeTarget[]
  /** Where the probe runs, as `provider/region`; empty when it is not said. */
  readonly from: string
  readonly intervalMs: number
  readonly timeoutMs: number
  /** Whether a connection is kept for the next probe: then only its first one meets DNS, connect and TLS. */
  readonly keepAlive: boolean
  /** Certificates that hold for less than so many days are told about. */
  readonly certificateDays: number
  /** A file with the authorities that are trusted besides the usual ones, as PEM; undefined: none. */
  readonly caFile: string | undefined
  /** Of the body. */
  readonly maxBytes: number
}

const KEYS = ['targets', 'from', 'interval', 'timeout', 'keepAlive', 'certificateDays', 'caFile', 'maxBytes']
const TARGET_KEYS = [
  'url',
  'service',
  'operation',
  'labels',
  'method',
  'headers',
  'body',
  'grpcService',
  'status',
  'contains',
]
const EXAMPLE = 'write targets: [{ url: "https://checkout.example/healthz" }]'

/** Checks the `connectionDetails` of a DataSource of type `Probe`. All problems come back at once. */
export function probeOptions(
  details: Readonly<Record<string, unknown>>,
): Result<ProbeOptions, readonly OptionProblem[]> {
  const reader = new OptionReader(details, KEYS)
  const interval = milliseconds(reader, 'interval', '30s')
  const timeout = milliseconds(reader, 'timeout', '10s')
  if (timeout > interval)
    reader.problem('timeout', 'a probe may take longer than the interval between two', {
      remedy: 'write a timeout of at most the interval',
    })
  if (interval < 1_000 || interval > 60_000)
    reader.problem(
      'interval',
      'a minute must have a probe, and no target wants one more often than each second',
      {
        remedy: 'write interval: 30s, or anything from 1s to 1m',
      },
    )
  const options: ProbeOptions = {
    targets: targetsOf(reader, details['targets']),
    from: reader.text('from') ?? '',
    intervalMs: interval,
    timeoutMs: timeout,
    keepAlive: details['keepAlive'] === true,
    certificateDays: reader.whole('certificateDays', { fallback: 14, least: 0, most: 365 }),
    caFile: reader.text('caFile'),
    maxBytes: reader.whole('maxBytes', { fallback: 1024 * 1024, least: 0, most: 64 * 1024 * 1024 }),
  }
  return reader.problems.length > 0 ? failed(reader.problems) : ok(options)
}

function milliseconds(reader: OptionReader, key: string, fallback: string): number {
  const text = reader.text(key) ?? fallback
  const duration = parseThreshold(text)
  if (duration.kind === 'ok') return duration.value / 1_000
  reader.problem(key, duration.error, { remedy: `write ${key}: ${fallback}` })
  return Number.parseInt(fallback, 10) * 1_000
}

function targetsOf(reader: OptionReader, plain: unknown): readonly ProbeTarget[] {
  if (!Array.isArray(plain) || plain.length === 0) {
    reader.problem('targets', plain === undefined ? 'targets is missing' : 'targets is no list', {
      remedy: EXAMPLE,
    })
    return []
  }
  return plain.flatMap((each: unknown, i) => {
    const inner = new OptionReader(typeof each === 'string' ? { url: each } : each, TARGET_KEYS, {
      place: `targets[${i}]`,
      problems: reader.problems,
    })
    return targetOf(inner) ?? []
  })
}

function targetOf(reader: OptionReader): ProbeTarget | undefined {
  const text = reader.text('url')
  const url = URL.canParse(text ?? '') ? new URL(text ?? '') : undefined
  if (url === undefined || !/^(?:https?|grpcs?):$/.test(url.protocol)) {
    reader.problem('url', text === undefined ? 'url is missing' : `'${text}' is nothing that can be probed`, {
      remedy: 'write a URL that begins with https://, http://, grpcs:// or grpc://',
    })
    return undefined
  }
  if (url.username !== '' || url.password !== '')
    reader.problem('url', 'a name and a password stand in the URL, and this file is in git', {
      remedy: 'probe something that anybody may ask',
    })
  const protocol = url.protocol.startsWith('grpc') ? 'grpc' : 'http'
  const method = (reader.text('method') ?? 'GET').toUpperCase()
  const grpcService = reader.text('grpcService') ?? ''
  const usual = protocol === 'grpc' ? 'grpc.health.v1.Health/Check' : `${method} ${url.pathname}`
  return {
    url,
    protocol,
    service: reader.text('service') ?? url.hostname,
    operation: reader.text('operation') ?? usual,
    labels: Object.fromEntries(reader.entries('labels')),
    method,
    headers: Object.fromEntries(
      reader.entries('headers').map(([name, value]) => [name.toLowerCase(), value]),
    ),
    body: reader.text('body') ?? '',
    grpcService,
    status: statusOf(reader),
    contains: patternOf(reader),
  }
}

/** `200`, `200-399`, or a list of them; what is usual is a success or a redirection. */
function statusOf(reader: OptionReader): readonly StatusRange[] {
  const ranges: StatusRange[] = []
  for (const text of reader.texts('status', { optional: true, remedy: 'write status: ["200-399"]' })) {
    const parts = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(text)
    const first = Number(parts?.[1])
    const last = Number(parts?.[2] ?? parts?.[1])
    if (parts === null || last < first)
      reader.problem('status', `'${text}' is no status and no range of them`, {
        remedy: 'write status: ["200-399"], in quotes',
      })
    else ranges.push({ first, last })
  }
  return ranges.length > 0 ? ranges : [{ first: 200, last: 399 }]
}

function patternOf(reader: OptionReader): RE2JS | undefined {
  const text = reader.text('contains')
  if (text === undefined) return undefined
  try {
    return RE2JS.compile(text)
  } catch (error) {
    reader.problem('contains', `'${text}' is no regular expression: ${String(error)}`, {
      remedy: 'write a regular expression without look-ahead and back references',
    })
    return undefined
  }
}
