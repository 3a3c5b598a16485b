import type { Histogram, Judgement, Outcome, RequestFacts } from '../../traffic/index.ts'
import {
  type Allotment,
  addOwed,
  allot,
  allotLast,
  type Durations,
  noDurations,
  type Owed,
  together,
} from './allot.ts'
import { type Meaning, REPLY_FLAGS } from './names.ts'
import type { Totals } from './subtract.ts'

/** What one scrape adds to one series: requests, and durations of requests, which Envoy tells up to a flush later. */
export interface Tally {
  /** The cluster, or the listener's stat prefix. */
  readonly scope: string
  /** `/shop.v1.Orders/Buy`; undefined when Envoy does not tell methods apart. */
  readonly operation: string | undefined
  readonly outcome: Outcome
  readonly reason: string
  readonly count: number
  readonly latency: Histogram | undefined
}

/** What has to be remembered of a scope from scrape to scrape. Plain JSON. */
export interface ScopeState {
  /** Whether gRPC statistics were seen. */
  grpc: boolean
  /** Whether methods have histograms of their own. */
  timedByMethod: boolean
  /** Requests under way at the last scrape. */
  active: number
  /** Statuses 200 of a scope with gRPC that no gRPC status has explained yet. Negative: the status came first. */
  unexplained: number
  /** The same for 503 and 504. */
  unexplainedFailures: number
  /** Envoy's own replies of the last scrape whose status was not yet counted. */
  replies: Record<string, number>
  /** By operation: what is known of durations and not told yet. */
  durations: Record<string, Durations>
}

export interface FoldOptions {
  readonly judge: (facts: RequestFacts) => Judgement
  /** Whether all requests of the scope are known to be gRPC. */
  readonly isGrpcOnly: (scope: string) => boolean
}

interface ScopeDeltas {
  readonly codes: Map<number, number>
  /** By flag. */
  readonly replies: Map<string, number>
  readonly methods: Map<string, MethodDeltas>
  time: Histogram | undefined
}

interface MethodDeltas {
  readonly facts: { readonly path?: string; readonly rpcService?: string }
  readonly statuses: Map<number, number>
  time: Histogram | undefined
}

/** The operation of requests that are not told apart. */
const UNDIVIDED = ''
const UNAVAILABLE = 14

/**
 * Turns what one scrape added into requests by outcome and reason, and moves the scopes' states on.
 *
 * `gauges` are the scrape's own values. A cluster's statuses count its requests, each once. Where gRPC statistics
 * exist they count instead, because a gRPC failure is an HTTP 200; what then remains of the statuses is HTTP.
 */
export function fold(
  added: Totals,
  known: { readonly meanings: ReadonlyMap<string, Meaning>; readonly gauges: ReadonlyMap<string, number> },
  states: Map<string, ScopeState>,
  options: FoldOptions,
): readonly Tally[] {
  const scopes = gather(added, known.meanings)
  noteSigns(known, states)
  const tallies: Tally[] = []
  for (const [scope, state] of states) {
    const deltas = scopes.get(scope) ?? emptyDeltas()
    const push = (tally: Omit<Tally, 'scope'>): void => {
      if (tally.count > 0 || tally.latency !== undefined) tallies.push({ ...tally, scope })
    }
    foldScope({ scope, state, deltas, options, push, owed: new Map() })
  }
  return tallies
}

/** What a process that ended leaves: statuses that no gRPC status can explain any more are HTTP. */
export function settle(states: Map<string, ScopeState>, options: FoldOptions): readonly Tally[] {
  const tallies = [...settleDurations(states, options)]
  for (const [scope, state] of states) {
    const codes = [
      [200, Math.max(0, state.unexplained - state.active)],
      [503, state.unexplainedFailures],
    ] as const
    for (const [code, count] of codes) {
      const { outcome, reason } = options.judge(factsOfLeftover(scope, code, options))
      if (state.grpc && count > 0)
        tallies.push({ scope, operation: undefined, outcome, reason, count, latency: undefined })
    }
    states.set(scope, { ...emptyState(), grpc: state.grpc, timedByMethod: state.timedByMethod })
  }
  return tallies
}

/** Durations that a process had not told yet when it ended are never told; the others find their requests now. */
export function settleDurations(states: Map<string, ScopeState>, options: FoldOptions): readonly Tally[] {
  const tallies: Tally[] = []
  for (const [scope, state] of states) {
    for (const [path, durations] of Object.entries(state.durations)) {
      const main = options.judge(mainFacts(state, path))
      tallies.push(...allotLast(durations, main).map((each) => tallyOf(scope, path, each)))
    }
    state.durations = {}
  }
  return tallies
}

function tallyOf(scope: string, path: string, { outcome, reason, latency }: Allotment): Tally {
  return { scope, operation: path === UNDIVIDED ? undefined : path, outcome, reason, count: 0, latency }
}

/** The facts of the requests that are most of an operation's. */
function mainFacts(state: ScopeState, path: string): RequestFacts {
  if (!state.grpc) return { code: 200 }
  return path === UNDIVIDED ? { grpcStatus: 0 } : { grpcStatus: 0, path, rpcService: serviceOf(path) }
}

/** `shop.v1.Orders` of `/shop.v1.Orders/Buy`. */
function serviceOf(path: string): string {
  return path.slice(1, path.lastIndexOf('/'))
}

export function emptyState(): ScopeState {
  return {
    grpc: false,
    timedByMethod: false,
    active: 0,
    unexplained: 0,
    unexplainedFailures: 0,
    replies: {},
    durations: {},
  }
}

function emptyDeltas(): ScopeDeltas {
  return { codes: new Map(), replies: new Map(), methods: new Map(), time: undefined }
}

function gather(added: Totals, meanings: ReadonlyMap<string, Meaning>): Map<string, ScopeDeltas> {
  const scopes = new Map<string, ScopeDeltas>()
  for (const [name, count] of added.counters) {
    const meaning = meanings.get(name)
    if (meaning === undefined) continue
    const deltas = entry(scopes, meaning.scope, emptyDeltas)
    if (meaning.kind === 'code') deltas.codes.set(meaning.code, (deltas.codes.get(meaning.code) ?? 0) + count)
    else if (meaning.kind === 'reply')
      deltas.replies.set(meaning.flag, (deltas.replies.get(meaning.flag) ?? 0) + count)
    else if (meaning.kind === 'grpc') {
      const { statuses } = methodOf(deltas, meaning)
      statuses.set(meaning.status, (statuses.get(meaning.status) ?? 0) + count)
    }
  }
  for (const [name, histogram] of added.histograms) {
    const meaning = meanings.get(name)
    if (meaning?.kind !== 'time') continue
    const deltas = entry(scopes, meaning.scope, emptyDeltas)
    if (meaning.service === undefined) deltas.time = histogram
    else methodOf(deltas, meaning).time = histogram
  }
  return scopes
}

function methodOf(
  deltas: ScopeDeltas,
  name: { readonly service: string | undefined; readonly method: string | undefined },
): MethodDeltas {
  const { service, method } = name
  const path = service === undefined || method === undefined ? UNDIVIDED : `/${service}/${method}`
  const facts = service === undefined ? {} : { path, rpcService: service }
  return entry(deltas.methods, path, () => ({ facts, statuses: new Map(), time: undefined }))
}

function noteSigns(
  known: { readonly meanings: ReadonlyMap<string, Meaning>; readonly gauges: ReadonlyMap<string, number> },
  states: Map<string, ScopeState>,
): void {
  for (const [name, meaning] of known.meanings) {
    const state = entry(states, meaning.scope, emptyState)
    if (meaning.kind === 'grpc' || (meaning.kind === 'sign' && meaning.grpc)) state.grpc = true
    if (meaning.kind === 'time' && meaning.service !== undefined) state.timedByMethod = true
    if (meaning.kind === 'active') state.active = known.gauges.get(name) ?? 0
  }
}

interface ScopeWork {
  readonly scope: string
  readonly state: ScopeState
  readonly deltas: ScopeDeltas
  readonly options: FoldOptions
  readonly push: (tally: Omit<Tally, 'scope'>) => void
  /** By operation, what this scrape counted whose durations the next ones bring. */
  readonly owed: Map<string, Owed>
}

function foldScope(work: ScopeWork): void {
  const { state, deltas } = work
  if (!state.grpc) {
    foldHttp(work, deltas.codes)
    tellDurations(work, new Map([[UNDIVIDED, deltas.time]]))
    return
  }
  const { codes, replied } = notGrpc(work)
  foldGrpc(work, replied)
  foldHttp(work, codes)
  if (state.timedByMethod) {
    // The scope's own histogram holds gRPC and HTTP together. It is used only where methods have none of their own.
    tellDurations(work, new Map([...deltas.methods].map(([path, { time }]) => [path, time])))
    return
  }
  if (deltas.time !== undefined) {
    state.durations = { [UNDIVIDED]: together(Object.values(state.durations)) }
    const owed = [...work.owed.values()].reduce(addOwed, {})
    work.owed.clear()
    work.owed.set(UNDIVIDED, owed)
  }
  tellDurations(work, new Map([[UNDIVIDED, deltas.time]]))
}

/** Moves the durations of every operation on by one scrape. */
function tellDurations(work: ScopeWork, times: ReadonlyMap<string, Histogram | undefined>): void {
  const { scope, state, options } = work
  const paths = new Set([...Object.keys(state.durations), ...work.owed.keys(), ...times.keys()])
  for (const path of paths) {
    const came = { owed: work.owed.get(path) ?? {}, time: times.get(path) }
    const before = state.durations[path] ?? noDurations()
    const { durations, allotments } = allot(before, came, options.judge(mainFacts(state, path)))
    for (const each of allotments) work.push(tallyOf(scope, path, each))
    if (isIdle(durations)) delete state.durations[path]
    else state.durations[path] = durations
  }
}

function isIdle({ fresh, due, kept }: Durations): boolean {
  return kept.bins.length === 0 && Object.keys(fresh).length === 0 && Object.keys(due).length === 0
}

/**
 * Which statuses of a scope with gRPC are not gRPC's.
 *
 * Envoy counts a status when the answer's headers pass and the gRPC status when it ends, and a scrape is not one
 * instant; so a 200 is called HTTP only when neither the gRPC statuses of the next scrape nor the requests still under
 * way explain it. Then nothing is counted twice, and all is counted once the scope has been quiet for a scrape. Envoy's
 * own replies to gRPC requests are a 503 or 504 here and the gRPC status 14 there. Other statuses are never gRPC's.
 */
function notGrpc(work: ScopeWork): { codes: Map<number, number>; replied: number } {
  const { state, deltas } = work
  const codes = new Map(deltas.codes)
  let ended = 0
  let unavailable = 0
  for (const { statuses } of deltas.methods.values()) {
    for (const count of statuses.values()) ended += count
    unavailable += statuses.get(UNAVAILABLE) ?? 0
  }
  const failures = (codes.get(503) ?? 0) + (codes.get(504) ?? 0)
  const replied = Math.min(unavailable, state.unexplainedFailures + failures)
  const late = Math.min(replied, state.unexplainedFailures)
  const httpFailures = state.unexplainedFailures - late
  state.unexplainedFailures = failures - (replied - late)
  const left = state.unexplained - (ended - replied)
  const http = Math.max(0, left - state.active)
  state.unexplained = left - http + (codes.get(200) ?? 0)
  codes.set(200, http)
  codes.set(503, httpFailures)
  codes.delete(504)
  return { codes, replied }
}

function factsOfLeftover(scope: string, code: number, options: FoldOptions): RequestFacts {
  // Where all is gRPC, a 200 without a gRPC status is a stream that its client left.
  return { code: code === 200 && options.isGrpcOnly(scope) ? 499 : code }
}

function foldHttp(work: ScopeWork, codes: Map<number, number>): void {
  const { scope, state, options, push } = work
  const { judge } = options
  const main = judge({ code: 200 }).reason
  if (state.grpc) state.replies = {}
  else foldReplies(work, codes)
  for (const [code, count] of codes) {
    const { outcome, reason, timed } = judge(state.grpc ? factsOfLeftover(scope, code, options) : { code })
    push({ operation: undefined, outcome, reason, count, latency: undefined })
    if (!state.grpc && timed && reason !== main) owe(work, UNDIVIDED, { outcome, reason, count })
  }
}

/**
 * Takes out of the statuses what Envoy's router answered itself. The count of a reply and that of its status are not
 * read at one instant, so a reply may wait for its status until the next scrape; not longer, since replies that a
 * retry made good have none.
 */
function foldReplies({ state, deltas, options, push }: ScopeWork, codes: Map<number, number>): void {
  const waiting: Record<string, number> = {}
  for (const { flag, code } of REPLY_FLAGS) {
    const carried = state.replies[flag] ?? 0
    const came = deltas.replies.get(flag) ?? 0
    const left = codes.get(code) ?? 0
    const taken = Math.min(left, carried + came)
    const still = Math.min(came, carried + came - taken)
    if (still > 0) waiting[flag] = still
    if (taken === 0) continue
    codes.set(code, left - taken)
    const { outcome, reason } = options.judge({ code, flags: flag })
    push({ operation: undefined, outcome, reason, count: taken, latency: undefined })
  }
  state.replies = waiting
}

function foldGrpc(work: ScopeWork, replied: number): void {
  const { deltas, options, push } = work
  const shares = sharesOf(replied, deltas.methods)
  for (const [path, method] of deltas.methods) {
    const operation = path === UNDIVIDED ? undefined : path
    const main = options.judge({ ...method.facts, grpcStatus: 0 })
    for (const [status, count] of method.statuses) {
      const { outcome, reason } = options.judge({ ...method.facts, grpcStatus: status })
      push({ operation, outcome, reason, count, latency: undefined })
      const untimed = status === UNAVAILABLE ? (shares.get(path) ?? 0) : 0
      if (reason !== main.reason) owe(work, path, { outcome, reason, count: count - untimed })
    }
  }
}

/** Spreads Envoy's own replies over the methods that ended with status 14, in proportion, all of them. */
function sharesOf(replied: number, methods: ReadonlyMap<string, MethodDeltas>): Map<string, number> {
  const shares = new Map<string, number>()
  let left = replied
  let total = 0
  for (const { statuses } of methods.values()) total += statuses.get(UNAVAILABLE) ?? 0
  for (const [operation, { statuses }] of methods) {
    const own = statuses.get(UNAVAILABLE) ?? 0
    if (own === 0) continue
    const share = Math.min(own, Math.ceil((left * own) / total))
    shares.set(operation, share)
    left -= share
    total -= own
  }
  return shares
}

function owe(
  work: ScopeWork,
  path: string,
  due: { readonly outcome: Outcome; readonly reason: string; readonly count: number },
): void {
  const { outcome, reason, count } = due
  if (count > 0) work.owed.set(path, addOwed(work.owed.get(path) ?? {}, { [reason]: { outcome, count } }))
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
