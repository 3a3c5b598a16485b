import { type Microseconds, microseconds } from '../base/index.ts'
import { type FlagSet, flagSet, flagsNamed, flagsWithRole } from './envoy-flags.ts'
import { GRPC_CANCELLED, GRPC_NAMES, GRPC_UNKNOWN, grpcStatusOf } from './grpc.ts'
import { createHealthCheckTest, type HealthCheckRules } from './health-check.ts'
import type { Outcome } from './model.ts'
import { flagReason, REASONS } from './reason.ts'

/** What a source says about one request. Every source knows some of it; what it does not know is absent. */
export interface RequestFacts {
  /** HTTP status that was sent; 0: none was, which is how Envoy writes that no response was started. */
  readonly code?: number | undefined
  /** Envoy's response flags, short or long names, several with commas between: `UF,URX`. */
  readonly flags?: string | undefined
  /** Envoy's `%RESPONSE_CODE_DETAILS%`: who set the status and why. */
  readonly codeDetails?: string | undefined
  /** `14`, `"14"`, `Unavailable` or `UNAVAILABLE`. */
  readonly grpcStatus?: number | string | undefined
  /** The request's content type; `application/grpc…` makes it a gRPC request whatever else is known. */
  readonly contentType?: string | undefined
  /** As it was asked for; may carry a query. */
  readonly path?: string | undefined
  /** The full gRPC service, for sources that know it apart from the path: `grpc.health.v1.Health`. */
  readonly rpcService?: string | undefined
  readonly userAgent?: string | undefined
  /** Envoy's `%ACCESS_LOG_TYPE%`, name or number. */
  readonly logType?: string | number | undefined
  /** Microseconds from the request's start to the last byte of the answer. */
  readonly duration?: number | undefined
  /** Whether it failed, for sources that say so where there is no status. Any status says it better. */
  readonly failed?: boolean | undefined
  /** The source itself knows that a prober sent it, and not a user. */
  readonly probe?: boolean | undefined
}

export interface JudgeOptions extends HealthCheckRules {
  /** From how long on a client that left has waited too long. 10 s unless given. `never`: leaving never counts. */
  readonly abort?: Microseconds | 'never'
  /** Reasons that this source judges otherwise: `{ 'http-429': 'bad', 'flag-NR': 'bad' }`. */
  readonly outcomes?: Readonly<Record<string, Outcome>>
}

export interface Judgement {
  readonly outcome: Outcome
  /** One of `REASONS`. */
  readonly reason: string
  /** Whether the request's duration says something about how fast we are. */
  readonly timed: boolean
}

/** Longer than people wait, shorter than most timeouts. */
export const DEFAULT_ABORT: Microseconds = microseconds(10_000_000)

const SERVER = flagsWithRole('server')
const IGNORED = flagsNamed('FI', 'RL', 'NR')
const LEFT = flagsWithRole('left')
const CLIENT = flagsWithRole('client')
const [LH, URX, DT, UAEX, SI, DI] = [
  flagsNamed('LH'),
  flagsNamed('URX'),
  flagsNamed('DT'),
  flagsNamed('UAEX'),
  flagsNamed('SI'),
  flagsNamed('DI'),
]
const FINAL: ReadonlySet<string> = new Set([
  '',
  '-',
  '0',
  '3',
  '6',
  'NotSet',
  'TcpConnectionEnd',
  'DownstreamEnd',
])
const TCP: ReadonlySet<string> = new Set(['3', 'TcpConnectionEnd'])
/** Nginx and AWS load balancers write that the client left as a status of their own. */
const LEFT_CODES: ReadonlySet<number> = new Set([0, 460, 499])
const OWN_CODES: ReadonlySet<number> = new Set([404, 408, 429, 500, 501, 502, 503, 504])

/** What the request was, and why. Total: whatever the facts, there is an outcome. */
export function judge(facts: RequestFacts, options: JudgeOptions = {}): Judgement {
  return createJudge(options)(facts)
}

/**
 * Prepares the judgement of a source's requests. The order is what matters: a health check is no failure, whatever
 * its status; an Envoy flag knows more than the status that Envoy made up from it; a gRPC failure is an HTTP 200.
 */
export function createJudge(options: JudgeOptions = {}): (facts: RequestFacts) => Judgement {
  const isHealthCheck = createHealthCheckTest(options)
  const abort = options.abort ?? DEFAULT_ABORT
  const timed = judgements(options, true)
  const untimed = judgements(options, false)
  return (facts) => {
    const flags = flagSet(facts.flags)
    const reason = reasonOf(facts, { flags, isHealthCheck, abort })
    const table = (flags & DI) !== 0 || facts.code === 101 || reason === 'tcp' ? untimed : timed
    const judgement = table.get(reason)
    if (judgement === undefined) throw new Error(`${reason} is not among the reasons`)
    return judgement
  }
}

interface Circumstances {
  readonly flags: FlagSet
  readonly isHealthCheck: (facts: RequestFacts) => boolean
  readonly abort: Microseconds | 'never'
}

function reasonOf(facts: RequestFacts, known: Circumstances): string {
  const { flags } = known
  const logType = facts.logType === undefined ? '' : String(facts.logType)
  if (!FINAL.has(logType)) return 'not-final'
  if (facts.probe === true || known.isHealthCheck(facts)) return 'health-check'
  if (flags !== 0) {
    const told = reasonOfFlags(facts, flags)
    if (told !== undefined) return told
  }
  const status = grpcStatusOf(facts.grpcStatus)
  if (status !== undefined) {
    if (status === GRPC_CANCELLED) return leftAfter(facts.duration, known.abort)
    return GRPC_REASONS[status] ?? `grpc-${GRPC_NAMES[GRPC_UNKNOWN]}`
  }
  const isGrpc = facts.contentType?.startsWith('application/grpc') === true
  if (TCP.has(logType)) return 'tcp'
  if ((flags & LEFT) !== 0) return leftAfter(facts.duration, known.abort)
  if ((flags & CLIENT) !== 0) return flagReason(flags & CLIENT)
  if (isGrpc) return 'grpc-no-status'
  return reasonOfCode(facts, known.abort)
}

/** What Envoy's flags settle before the gRPC status and the HTTP status are looked at. */
function reasonOfFlags(facts: RequestFacts, flags: FlagSet): string | undefined {
  const { code } = facts
  const failed = code === undefined || code === 0 || code >= 500
  if ((flags & LH) !== 0) return 'flag-LH'
  if ((flags & SERVER) !== 0) return flagReason(flags & SERVER)
  if ((flags & URX) !== 0 && failed) return 'flag-URX'
  if ((flags & DT) !== 0 && failed) return 'flag-DT'
  // A refusal is an answer. That the authorization service itself failed stands only in the details.
  if ((flags & UAEX) !== 0 && facts.codeDetails?.startsWith('ext_authz_error') === true) return 'flag-UAEX'
  if ((flags & IGNORED) !== 0) return flagReason(flags & IGNORED)
  // 408: the client sent nothing for too long. 504: the upstream did, which the status says by itself.
  if ((flags & SI) !== 0 && code === 408) return 'flag-SI'
  return undefined
}

function reasonOfCode(facts: RequestFacts, abort: Microseconds | 'never'): string {
  const { code } = facts
  if (code === undefined) return facts.failed === undefined ? 'no-status' : facts.failed ? 'error' : 'ok'
  if (LEFT_CODES.has(code)) return leftAfter(facts.duration, abort)
  if (!Number.isInteger(code) || code < 100 || code > 599) return 'no-status'
  if (code < 200) return '1xx'
  if (code < 300) return '2xx'
  if (code < 400) return '3xx'
  if (OWN_CODES.has(code)) return CODE_REASONS.get(code) ?? '5xx'
  return code < 500 ? '4xx' : '5xx'
}

/** An unknown duration proves no waiting. */
function leftAfter(duration: number | undefined, abort: Microseconds | 'never'): string {
  return abort !== 'never' && duration !== undefined && duration >= abort
    ? 'client-left-late'
    : 'client-left-early'
}

const GRPC_REASONS: readonly string[] = GRPC_NAMES.map((name) => `grpc-${name}`)
const CODE_REASONS: ReadonlyMap<number, string> = new Map(
  [...OWN_CODES].map((code) => [code, `http-${code}`]),
)

// Made once for each judge: the hot path allocates nothing.
function judgements(options: JudgeOptions, timed: boolean): ReadonlyMap<string, Judgement> {
  return new Map(
    REASONS.map(({ reason, outcome }) => [
      reason,
      { outcome: options.outcomes?.[reason] ?? outcome, reason, timed },
    ]),
  )
}
