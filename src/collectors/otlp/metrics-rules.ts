import type { RequestFacts } from '../../traffic/index.ts'
import type { Attributes } from './metrics-model.ts'

/** How one metric counts requests: a sum counts them, a histogram says how long they took too. */
export interface MetricRule {
  readonly name: string
  /** Metrics of one family count the same requests: where a process writes several, the first in `rank` counts. */
  readonly family: string
  readonly rank: number
  /** What the values of a histogram are when its unit does not say: microseconds in one. */
  readonly unit: number
  /** Attributes that hold an HTTP status; the first that is there counts. */
  readonly status: readonly string[]
  /** Attributes that hold the status of a call: a number, or its name. */
  readonly callStatus: readonly string[]
  /** Attributes that are there when the request failed. */
  readonly error: readonly string[]
  /** What stands in a status attribute that is no status → an HTTP status. */
  readonly values: Readonly<Record<string, number>>
  /** Attributes that name the operation. */
  readonly operation: readonly string[]
  /** Whether it counts calls of services, whose method is the operation. */
  readonly isCall: boolean
  /** Points that have other values than these are not counted. */
  readonly where: Readonly<Record<string, string>>
}

const SECOND = 1_000_000
const MILLISECOND = 1_000

const http: Omit<MetricRule, 'name' | 'rank' | 'unit'> = {
  family: 'http',
  status: ['http.response.status_code', 'http.status_code'],
  callStatus: [],
  error: ['error.type'],
  values: {},
  operation: ['http.route'],
  isCall: false,
  where: {},
}

const call: Omit<MetricRule, 'name' | 'rank' | 'unit'> = {
  family: 'rpc',
  status: [],
  callStatus: [
    'rpc.status_code',
    'rpc.response.status_code',
    'rpc.grpc.status_code',
    'rpc.connect_rpc.error_code',
  ],
  error: ['error.type'],
  values: {},
  operation: [],
  isCall: true,
  where: {},
}

/** The metrics that OpenTelemetry's conventions name, in every generation. */
export const CONVENTIONS: readonly MetricRule[] = [
  { ...http, name: 'http.server.request.duration', rank: 1, unit: SECOND },
  { ...http, name: 'http.server.duration', rank: 2, unit: MILLISECOND },
  { ...call, name: 'rpc.server.call.duration', rank: 1, unit: SECOND },
  { ...call, name: 'rpc.server.duration', rank: 2, unit: MILLISECOND },
]

const UNITS: ReadonlyMap<string, number> = new Map([
  ['s', SECOND],
  ['sec', SECOND],
  ['second', SECOND],
  ['seconds', SECOND],
  ['ms', MILLISECOND],
  ['millisecond', MILLISECOND],
  ['milliseconds', MILLISECOND],
  ['us', 1],
  ['microsecond', 1],
  ['microseconds', 1],
  ['ns', 1e-3],
  ['nanosecond', 1e-3],
  ['nanoseconds', 1e-3],
  ['min', 60 * SECOND],
])

/** Microseconds in one unit, as UCUM and people write it; undefined when it is no unit of time. */
export function unitOf(text: string): number | undefined {
  return UNITS.get(text.trim())
}

/**
 * What a point says about its requests, for the judge. A status counts before anything else: a 404 is no failure,
 * although it may have an error's type.
 */
export function factsOf(rule: MetricRule, attributes: Attributes): RequestFacts {
  const error = first(attributes, rule.error)
  const isFailed = error !== undefined && !WELL.has(error.toLowerCase())
  return {
    code: codeOf(rule, first(attributes, rule.status)) ?? (isFailed ? codeOf(rule, error) : undefined),
    grpcStatus: first(attributes, rule.callStatus),
    // Nothing that says what went wrong, where such a thing would be said: it went well.
    failed: rule.error.length > 0 ? isFailed : undefined,
    path: rule.isCall ? methodOf(attributes) : first(attributes, rule.operation),
  }
}

/** What stands for no error where an attribute is always there. */
const WELL: ReadonlySet<string> = new Set(['', 'false', 'none', 'no', '0'])

/** The operation: a route as its framework writes it, or a full method. */
export function routeOf(rule: MetricRule, attributes: Attributes): string | undefined {
  return rule.isCall ? undefined : first(attributes, rule.operation)
}

export function applies(rule: MetricRule, attributes: Attributes): boolean {
  for (const [name, value] of Object.entries(rule.where))
    if (attributes.values.get(name) !== value) return false
  return true
}

function codeOf(rule: MetricRule, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const named = Object.hasOwn(rule.values, text) ? rule.values[text] : undefined
  if (named !== undefined) return named
  return /^[1-5]\d\d$/.test(text) ? Number(text) : undefined
}

/** `/shop.v1.Checkout/Pay`: today the method is written in full, before it was service and method apart. */
function methodOf({ values }: Attributes): string | undefined {
  const method = values.get('rpc.method')
  if (method === undefined || method === '') return undefined
  if (method.includes('/')) return method.startsWith('/') ? method : `/${method}`
  const service = values.get('rpc.service')
  return service === undefined ? `/${method}` : `/${service}/${method}`
}

function first({ values }: Attributes, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = values.get(name)
    if (value !== undefined) return value
  }
  return undefined
}
