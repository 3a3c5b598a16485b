/** Whose requests a source counts: those sent to clusters, or those received on listeners. Never both: they are the same. */
export type Level = 'upstream' | 'downstream'

/** What one statistic counts. `scope` is the cluster's name, or the listener's stat prefix. */
export type Meaning =
  /** Requests that ended with this HTTP status; the hundreds of a class where only the class is counted. */
  | { readonly kind: 'code'; readonly scope: string; readonly code: number }
  /** Requests that Envoy answered itself, with this status; they are in the status's count too. */
  | { readonly kind: 'reply'; readonly scope: string; readonly flag: string }
  /** gRPC requests that ended with this status. Without a method Envoy adds up all methods. */
  | {
      readonly kind: 'grpc'
      readonly scope: string
      readonly service: string | undefined
      readonly method: string | undefined
      readonly status: number
    }
  /** A gauge: requests under way. */
  | { readonly kind: 'active'; readonly scope: string }
  /** A histogram: how long answers took. */
  | {
      readonly kind: 'time'
      readonly scope: string
      readonly service: string | undefined
      readonly method: string | undefined
    }
  /** Says only that the scope is real, or that it carries gRPC. */
  | { readonly kind: 'sign'; readonly scope: string; readonly grpc: boolean }

/**
 * Replies that Envoy's router makes up itself, each charged to the cluster under its status as well, as seen on
 * Envoy 1.40: a timeout is in `upstream_rq_504`, an overflow, a refused connection, an empty cluster are in
 * `upstream_rq_503`. They refine a reason; they never add a request.
 */
const REPLIES: Readonly<Record<string, string>> = {
  upstream_rq_timeout: 'UT',
  upstream_rq_per_try_timeout: 'UT',
  upstream_rq_pending_overflow: 'UO',
  upstream_rq_active_overflow: 'UO',
  upstream_rq_maintenance_mode: 'UO',
  upstream_rq_drop_overload: 'DO',
  upstream_rq_pending_failure_eject: 'UF',
  upstream_cx_none_healthy: 'UH',
  upstream_rq_rx_reset: 'UR',
  upstream_cx_destroy_remote_with_active_rq: 'UC',
}

/** The flags of those replies, the surest first: a reset may also be of an answer that had begun, or be retried. */
export const REPLY_FLAGS: readonly { readonly flag: string; readonly code: 503 | 504 }[] = [
  { flag: 'UT', code: 504 },
  { flag: 'UH', code: 503 },
  { flag: 'UO', code: 503 },
  { flag: 'DO', code: 503 },
  { flag: 'UF', code: 503 },
  { flag: 'UR', code: 503 },
  { flag: 'UC', code: 503 },
]

/** Only a cluster itself has these; its repeats (`internal.`, `canary.`, `zone.…`, `retry.`) do not. */
const SIGNS: ReadonlySet<string> = new Set([
  'upstream_rq_total',
  'upstream_rq_pending_total',
  'membership_total',
])

/** Envoy counts a class only; the judge is asked about a status of that class that has no reason of its own. */
const CLASSES: Readonly<Record<string, number>> = {
  downstream_rq_1xx: 100,
  downstream_rq_2xx: 200,
  downstream_rq_3xx: 300,
  downstream_rq_4xx: 400,
  downstream_rq_5xx: 599,
}

/** The `filter` of a scrape: a partial match in RE2, which every Envoy since 1.17 understands. */
export function filterOf(level: Level): string {
  if (level === 'downstream') return String.raw`^http\..*\.downstream_rq_([1-5]xx|time)$`
  const own = [
    ...Object.keys(REPLIES),
    ...SIGNS,
    'upstream_rq_active',
    'upstream_rq_time',
    'upstream_rq_[1-5][0-9][0-9]',
  ]
  const grpc = String.raw`grpc\.(.*\.)?([0-9]|1[0-6]|request_message_count|upstream_rq_time)`
  return String.raw`^cluster\..*\.(${own.join('|')}|${grpc})$`
}

/** Whether a name may mean something to us; a cheap test for each line that a scrape sees for the first time. */
export function isRelevant(name: string, level: Level): boolean {
  const last = name.slice(name.lastIndexOf('.') + 1)
  if (level === 'downstream')
    return name.startsWith('http.') && (last in CLASSES || last === 'downstream_rq_time')
  if (!name.startsWith('cluster.')) return false
  return ownShape(last) !== undefined || (name.includes('.grpc.') && isGrpcEnd(last))
}

/**
 * What the names of one scrape mean. Names are read from the right by what is known to end them, since clusters may
 * have dots, bars and semicolons in their names, and gRPC services have dots.
 *
 * They have to be read together: `cluster.pay.internal.upstream_rq_200` repeats the requests of `pay`, unless there is
 * a cluster `pay.internal`. A cluster is real when it has a statistic that no repeat has. The same knowledge tells
 * where a cluster's name ends and a gRPC service's begins.
 */
export function meaningsOf(names: Iterable<string>, level: Level): ReadonlyMap<string, Meaning> {
  const meanings = new Map<string, Meaning>()
  if (level === 'downstream') {
    for (const name of names) add(meanings, name, downstreamMeaning(name))
    return meanings
  }
  const all = [...names].filter((name) => name.startsWith('cluster.'))
  const real = realClusters(all)
  for (const name of all) {
    const dot = name.lastIndexOf('.')
    const own = dot <= 7 ? undefined : ownShape(name.slice(dot + 1))
    if (name.includes('.grpc.')) {
      const grpc = grpcMeaning(name, real)
      if (grpc !== undefined) {
        add(meanings, name, grpc)
        continue
      }
    }
    const scope = name.slice(8, dot)
    if (own !== undefined && !isRepeat(scope, real)) add(meanings, name, own(scope))
  }
  return meanings
}

function add(meanings: Map<string, Meaning>, name: string, meaning: Meaning | undefined): void {
  if (meaning !== undefined) meanings.set(name, meaning)
}

function downstreamMeaning(name: string): Meaning | undefined {
  const dot = name.lastIndexOf('.')
  if (!name.startsWith('http.') || dot <= 4) return undefined
  const scope = name.slice(5, dot)
  const last = name.slice(dot + 1)
  const code = CLASSES[last]
  if (code !== undefined) return { kind: 'code', scope, code }
  if (last === 'downstream_rq_time') return { kind: 'time', scope, service: undefined, method: undefined }
  return undefined
}

// Made once per last segment: what a cluster's own statistic of that name means, given the cluster.
function ownShape(last: string): ((scope: string) => Meaning) | undefined {
  if (last === 'upstream_rq_active') return (scope) => ({ kind: 'active', scope })
  if (last === 'upstream_rq_time')
    return (scope) => ({ kind: 'time', scope, service: undefined, method: undefined })
  if (SIGNS.has(last)) return (scope) => ({ kind: 'sign', scope, grpc: false })
  const flag = Object.hasOwn(REPLIES, last) ? REPLIES[last] : undefined
  if (flag !== undefined) return (scope) => ({ kind: 'reply', scope, flag })
  const code = statusOf(last)
  return code === undefined ? undefined : (scope) => ({ kind: 'code', scope, code })
}

function statusOf(last: string): number | undefined {
  if (last.length !== 15 || !last.startsWith('upstream_rq_')) return undefined
  const code = last.slice(12)
  return /^[1-5]\d\d$/.test(code) ? Number(code) : undefined
}

function isGrpcEnd(last: string): boolean {
  return /^(?:\d|1[0-6])$/.test(last) || last === 'request_message_count' || last === 'upstream_rq_time'
}

function realClusters(names: readonly string[]): ReadonlySet<string> {
  const real = new Set<string>()
  for (const name of names) {
    const dot = name.lastIndexOf('.')
    const last = name.slice(dot + 1)
    if (dot > 8 && (SIGNS.has(last) || last === 'upstream_rq_active' || Object.hasOwn(REPLIES, last)))
      real.add(name.slice(8, dot))
  }
  return real
}

function isRepeat(scope: string, real: ReadonlySet<string>): boolean {
  if (real.has(scope)) return false
  for (let dot = scope.indexOf('.'); dot >= 0; dot = scope.indexOf('.', dot + 1))
    if (real.has(scope.slice(0, dot))) return true
  return /\.(?:internal|external|canary|retry|grpc|zone\.[^.]+\.[^.]+)$/.test(scope)
}

/** The split between cluster and service at which the cluster is real; at the first `.grpc.` when none is. */
function grpcMeaning(name: string, real: ReadonlySet<string>): Meaning | undefined {
  const end = name.lastIndexOf('.')
  const last = name.slice(end + 1)
  if (!isGrpcEnd(last)) return undefined
  const first = name.indexOf('.grpc.')
  let split = first
  for (let at = first; at >= 0; at = name.indexOf('.grpc.', at + 1)) {
    if (!real.has(name.slice(8, at))) continue
    split = at
    break
  }
  if (split < 8) return undefined
  const scope = name.slice(8, split)
  const between = name.slice(split + 6, Math.max(end, split + 6))
  const dot = between.lastIndexOf('.')
  const service = dot < 0 ? undefined : between.slice(0, dot)
  const method = dot < 0 ? undefined : between.slice(dot + 1)
  if (between !== '' && dot < 0) return undefined
  if (last === 'request_message_count') return { kind: 'sign', scope, grpc: true }
  if (last === 'upstream_rq_time') return { kind: 'time', scope, service, method }
  return { kind: 'grpc', scope, service, method, status: Number(last) }
}
