import type { Labels } from '../../base/index.ts'
import { operationOf as operationOfPath, type RequestFacts, type Selector } from '../../traffic/index.ts'

/** Which series are requests, and which of their labels say what about them. */
export interface RequestRule {
  /** A counter of requests; or a histogram of their durations, whose count is the requests. */
  readonly kind: 'counter' | 'histogram'
  /** For a histogram, `__name__` is its name without `_bucket`, `_count` and `_sum`. */
  readonly selector: Selector
  readonly naming: Naming
  /** Of a histogram: microseconds in one of its units. */
  readonly unit: number
  /** Of a counter: the histogram that has the durations of the same requests, when there is one. */
  readonly durations: { readonly selector: Selector; readonly unit: number } | undefined
}

/** Names of the labels to look at; the first that a series has counts. */
export interface Naming {
  /** An HTTP status, or a class: `503`, `5xx`, `5`. */
  readonly status: readonly string[]
  readonly grpcStatus: readonly string[]
  /** Envoy's response flags. */
  readonly flags: readonly string[]
  /** A fixed name wins over the labels. */
  readonly service: { readonly fixed: string | undefined; readonly labels: readonly string[] }
  /** Joined by `/` when there are several, as a gRPC service and its method are. `a|b`: the first that there is. */
  readonly operation: readonly string[]
  /** Our label, and the one of the series that gives its value. */
  readonly labels: readonly (readonly [string, string])[]
}

/** What a label says when it says nothing. */
const EMPTY: ReadonlySet<string> = new Set(['', '-', 'unknown', 'UNKNOWN', 'None', 'none', 'null'])
const CLASS = /^([1-5])(?:xx|XX)?$/
/** A status of the class that has no reason of its own, so that the reason is the class. */
const OF_CLASS: readonly number[] = [0, 100, 200, 300, 400, 505]
const LONGEST = 200

/** Our labels of what a series counts, without those that the source gives to all. */
export function labelsOf(labels: Labels, naming: Naming): Labels {
  const named: Record<string, string> = {}
  for (const [ours, theirs] of naming.labels) {
    const value = labels[theirs]
    if (value !== undefined && value !== '') named[ours] = value.slice(0, LONGEST)
  }
  const { fixed, labels: from } = naming.service
  named['service_name'] = (fixed ?? firstOf(labels, from) ?? 'unknown_service').slice(0, LONGEST)
  const operation = operationOf(labels, naming)
  if (operation !== undefined) named['operation'] = operation.slice(0, LONGEST)
  return named
}

/** What the labels say about how the requests ended; undefined when they do not say. */
export function factsOf(labels: Labels, naming: Naming): RequestFacts | undefined {
  const status = firstOf(labels, naming.status)
  const grpcStatus = firstOf(labels, naming.grpcStatus)
  const flags = firstOf(labels, naming.flags)
  if (status === undefined && grpcStatus === undefined && flags === undefined) return undefined
  const code = status === undefined ? undefined : codeOf(status)
  return { code, grpcStatus, flags, ...placeOf(labels, naming) }
}

/** The facts of requests that ended well. */
export function goodFacts(labels: Labels, naming: Naming): RequestFacts {
  const isGrpc = naming.grpcStatus.length > 0
  return { ...(isGrpc ? { grpcStatus: 0 } : { code: 200 }), ...placeOf(labels, naming) }
}

/** What tells a health check from a user's request. */
function placeOf(labels: Labels, naming: Naming): RequestFacts {
  const operation = operationOf(labels, naming)
  if (operation === undefined || !operation.startsWith('/')) return {}
  if (naming.grpcStatus.length === 0) return { path: operation }
  return { path: operation, rpcService: operation.slice(1, operation.lastIndexOf('/')) }
}

function codeOf(status: string): number | undefined {
  const ofClass = CLASS.exec(status)
  if (ofClass !== null) return OF_CLASS[Number(ofClass[1])]
  return /^\d{1,3}$/.test(status) ? Number(status) : undefined
}

function operationOf(labels: Labels, { operation, grpcStatus }: Naming): string | undefined {
  const parts = operation.flatMap((names) => firstOf(labels, names.split('|')) ?? [])
  const [first] = parts
  if (first === undefined) return undefined
  if (parts.length > 1) return `/${parts.map((part) => part.replace(/^\/|\/$/g, '')).join('/')}`
  // OpenCensus writes a method without the slash that every gRPC path begins with.
  if (grpcStatus.length > 0 && /^[\w.]+\/\w+$/.test(first)) return `/${first}`
  // A route's template stays as it is; what looks like a path has its ids taken out.
  return first.startsWith('/') ? operationOfPath(first) : first
}

function firstOf(labels: Labels, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = labels[name]
    if (value !== undefined && !EMPTY.has(value)) return value
  }
  return undefined
}
