import { type Labels, labelsKey, unixSeconds } from '../../../src/base/index.ts'
import { samplingOf } from '../../../src/collectors/otlp/spans-sampling.ts'
import { createAccumulator, createOperations, judge } from '../../../src/traffic/index.ts'
import { PartialKeyValue, PartialTraceRequest } from './fuzz-messages.ts'
import { strictReader } from './fuzz-reader.ts'
import { NOON } from './traces-counting.ts'

// What spans mean, once more, over what protobufjs makes of a request: slowly, and in the plainest words.

type Value = string | number | boolean | undefined
interface Long {
  toString(): string
}
interface PartialSpan {
  readonly traceId: Uint8Array
  readonly spanId: Uint8Array
  readonly traceState: Uint8Array
  readonly name: Uint8Array
  readonly kind: number
  readonly startTimeUnixNano: Long
  readonly endTimeUnixNano: Long
  readonly attributes: readonly Uint8Array[]
  readonly status?: { readonly code: number }
}
interface PartialRequest {
  readonly resourceSpans: readonly {
    readonly resource?: { readonly attributes: readonly Uint8Array[] }
    readonly scopeSpans: readonly { readonly spans: readonly PartialSpan[] }[]
  }[]
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
// What is absent is an empty list in protobufjs.
const text = (bytes: Uint8Array): string => utf8.decode(Uint8Array.from(bytes))

/** Undefined: nothing is set. */
function anyValue(bytes: Uint8Array): { readonly set: Value } | undefined {
  const reader = strictReader(bytes)
  let value: { readonly set: Value } | undefined
  while (reader.pos < reader.len) {
    const tag = reader.tag()
    if (tag === 10) value = { set: text(reader.bytes()) }
    else if (tag === 16) value = { set: reader.bool() }
    else if (tag === 24) value = { set: Number((reader.int64() as Long).toString()) }
    else if (tag === 33) value = { set: reader.double() }
    else {
      if (tag === 42 || tag === 50 || tag === 58) value = { set: undefined }
      reader.skipType(tag & 7, 0, tag >>> 3)
    }
  }
  return value
}

function keyOf(bytes: Uint8Array): { readonly key: string; readonly value: () => Value } {
  const { key, value: parts } = PartialKeyValue.decode(strictReader(bytes)) as unknown as {
    key: Uint8Array
    value: readonly Uint8Array[]
  }
  const value = (): Value => {
    let last: { readonly set: Value } | undefined
    for (const part of parts) last = anyValue(part) ?? last
    return last?.set
  }
  return { key: text(key), value }
}

const LABELS: readonly (readonly [string, string])[] = [
  ['service_namespace', 'service.namespace'],
  ['deployment_environment', 'deployment.environment'],
  ['deployment_environment', 'deployment.environment.name'],
  ['cloud_provider', 'cloud.provider'],
  ['cloud_region', 'cloud.region'],
  ['cloud_account_id', 'cloud.account.id'],
  ['k8s_cluster_name', 'k8s.cluster.name'],
  ['k8s_namespace_name', 'k8s.namespace.name'],
]
/** Oldest name first: a later one wins. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  code: ['http.status_code', 'http.response.status_code'],
  grpc: ['grpc.status_code', 'rpc.grpc.status_code', 'rpc.response.status_code', 'rpc.status_code'],
  route: ['http.route'],
  method: ['rpc.method'],
  rpcService: ['rpc.service'],
  system: ['rpc.system', 'rpc.system.name'],
  path: ['http.url', 'http.target', 'url.path'],
  agent: ['user_agent', 'http.user_agent', 'user_agent.original'],
  synthetic: ['user_agent.synthetic.type'],
  error: ['error.type'],
  flags: ['response_flags'],
  sampler: ['SampleRate', 'sampling.probability', 'sampler.type'],
}

const textual = (value: Value): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined
const isSampler = (value: Value): boolean =>
  value !== undefined &&
  value !== '' &&
  typeof value !== 'boolean' &&
  value !== 'const' &&
  Number(value) !== 1

/** The known attributes of a span, by what they are about. */
function known(span: PartialSpan): (name: string) => Value {
  const found = new Map<string, { rank: number; value: Value }>()
  for (const bytes of span.attributes) {
    const { key, value } = keyOf(bytes)
    for (const [name, keys] of Object.entries(KEYS)) {
      const rank = keys.indexOf(key)
      if (rank < 0) continue
      const read = value()
      const before = found.get(name)
      const url = key === 'http.url' && typeof read === 'string' && !read.startsWith('/')
      const path = url ? read.split('/').slice(3).join('/') : ''
      const hasPath = url && read.split('/').length > 3
      if (before === undefined || rank >= before.rank)
        found.set(name, { rank, value: url ? (hasPath ? `/${path}` : undefined) : read })
    }
  }
  return (name) => found.get(name)?.value
}

function whole(value: Value): number | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : undefined
}

const toOperation = createOperations([])

function operationOf(get: (name: string) => Value, name: string): string {
  const method = textual(get('method'))
  const route = textual(get('route'))
  const service = textual(get('rpcService'))
  const cut = (long: string): string => (long.length > 200 ? `${long.slice(0, 200)}…` : long)
  if (method?.includes('/')) return cut(method.startsWith('/') ? method : `/${method}`)
  if (method !== undefined) return cut(service === undefined ? method : `/${service}/${method}`)
  if (route !== undefined) return cut(route)
  const path = /^[A-Z]{3,10} (\/.*)$/s.exec(name)?.[1] ?? name
  if (path.startsWith('/')) return cut(toOperation(path))
  const words = path
    .split(' ', 12)
    .map((word) => (word === '' ? '' : toOperation(`/${word}`).replace(/^\//, '')))
  return cut(words.join(' '))
}

function judgementOf(span: PartialSpan, get: (name: string) => Value, operation: string) {
  const grpc = get('grpc')
  const grpcStatus = typeof grpc === 'string' ? textual(grpc) : typeof grpc === 'number' ? grpc : undefined
  const status = span.status?.code ?? 0
  const error = get('error')
  const hasError = typeof error === 'string' && error !== ''
  const isGrpc = textual(get('system')) === 'grpc'
  const start = BigInt(span.startTimeUnixNano.toString())
  const duration = Number((BigInt(span.endTimeUnixNano.toString()) - start) / 1_000n)
  const noStatus = grpcStatus === undefined || grpcStatus === '-'
  return {
    duration,
    judgement: judge({
      code: isGrpc && noStatus ? undefined : whole(get('code')),
      grpcStatus,
      failed: status === 2 || (status !== 1 && hasError),
      flags: textual(get('flags')),
      path: textual(get('path')),
      userAgent: textual(get('agent')),
      duration,
      probe: textual(get('synthetic')) === 'test' || judge({ path: operation }).reason === 'health-check',
    }),
  }
}

/** What a request counts as, one text for each cell; or that it is refused. */
export function oracle(body: Uint8Array): readonly string[] | 'refused' {
  const accumulator = createAccumulator({ source: 'spans', writer: 'oracle', maxSeries: 100_000 })
  const carried = new Map<string, number>()
  const seen = new Set<string>()
  let items = 0
  let rejected = 0

  const count = (span: PartialSpan, fixed: Labels): void => {
    const get = known(span)
    const start = BigInt(span.startTimeUnixNano.toString())
    const end = BigInt(span.endTimeUnixNano.toString())
    const ended = Number(end / 1_000_000_000n)
    const sampling = samplingOf(text(span.traceState))
    const isOut = start === 0n || end === 0n || end < start || ended > NOON + 300 || ended < NOON - 86_400
    if (isOut || sampling?.kind === 'too-heavy') {
      rejected++
      return
    }
    const operation = operationOf(get, text(span.name))
    const { duration, judgement } = judgementOf(span, get, operation)
    const isSampled = sampling === undefined ? isSampler(get('sampler')) : sampling.kind === 'unknown'
    const labels: Record<string, string> = { ...fixed }
    if (operation !== '') labels['operation'] = operation
    if (isSampled || (sampling === undefined && fixed['sampled'] === 'true')) labels['sampled'] = 'true'
    else delete labels['sampled']
    const [trace, id] = [Buffer.from(span.traceId), Buffer.from(span.spanId)]
    const isId = id.length === 8 && id.some((byte) => byte !== 0)
    const name = `${trace.length === 16 ? trace.toString('hex') : ''.padEnd(32, '0')} ${id.toString('hex')}`
    if (isId && seen.has(name)) return
    if (isId) seen.add(name)
    let weight = sampling?.kind === 'weight' ? sampling.weight : 1
    if (weight !== 1) {
      const key = `${labelsKey(labels)} ${judgement.reason}`
      const owed = (carried.get(key) ?? 0) + weight
      weight = Math.floor(owed + 1e-6)
      carried.set(key, owed - weight)
    }
    accumulator.add(
      labels,
      {
        minute: unixSeconds(Math.floor(ended / 60) * 60),
        outcome: judgement.outcome,
        reason: judgement.reason,
        duration: judgement.timed ? duration : undefined,
      },
      weight,
    )
  }

  try {
    const request = PartialTraceRequest.decode(strictReader(body)) as unknown as PartialRequest
    for (const each of request.resourceSpans) {
      const labels = labelsOf(each.resource?.attributes ?? [])
      for (const { spans } of each.scopeSpans)
        for (const span of spans) {
          items++
          if (span.kind === 2) count(span, labels)
        }
    }
  } catch (error) {
    if (error instanceof TypeError) throw error
    return 'refused'
  }
  return [`${items} items, ${rejected} rejected`, ...cellsOf(accumulator.drain({ all: true }).traffic)]
}

function labelsOf(parts: readonly Uint8Array[]): Labels {
  const attributes = new Map<string, Value>()
  for (const part of parts) {
    const { key, value } = keyOf(part)
    attributes.set(key, value())
  }
  const labels: Record<string, string> = {}
  const put = (label: string, key: string): void => {
    const value = attributes.get(key)
    if (value !== undefined && value !== '') labels[label] = String(value)
  }
  for (const [label, key] of LABELS) put(label, key)
  labels['service_name'] = 'unknown_service'
  put('service_name', 'service.name')
  if (KEYS['sampler']?.some((key) => isSampler(attributes.get(key)))) labels['sampled'] = 'true'
  return labels
}

/** Cells as texts that can be compared. */
export function cellsOf(rows: readonly { readonly labels: Labels }[]): string[] {
  return rows.map(({ labels, ...rest }) => `${labelsKey(labels)} ${JSON.stringify(rest)}`).toSorted()
}
