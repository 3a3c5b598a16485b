import { ENVOY_FLAGS, firstFlag, flagsNamed, flagsWithRole } from './envoy-flags.ts'
import { GRPC_CANCELLED, GRPC_NAMES, GRPC_SERVER_ERRORS } from './grpc.ts'
import type { Outcome } from './model.ts'

/** One word of the vocabulary: every request of one reason has the same outcome until an SLI overrides the reason. */
export interface Reason {
  readonly reason: string
  readonly outcome: Outcome
  readonly meaning: string
}

/**
 * All reasons there are. Few, because each is a row of the ledger; but whatever an SLI may want to judge otherwise
 * (404, 408, 429, one gRPC code, one flag) has a reason of its own. docs/collectors-logs.md shows this table.
 */
export const REASONS: readonly Reason[] = [
  row('1xx', 'good', 'informational; 101: the connection was upgraded, its duration is not a latency'),
  row('2xx', 'good', 'success'),
  row('3xx', 'good', 'redirection'),
  row('4xx', 'good', 'answered: the client asked for what it cannot have; all but the ones below'),
  row('http-404', 'good', 'not found'),
  row('http-408', 'good', 'request timeout'),
  row('http-429', 'good', 'too many requests, said by the service itself'),
  row('5xx', 'bad', 'server error; all but the ones below'),
  row('http-500', 'bad', 'internal server error'),
  row('http-501', 'bad', 'not implemented'),
  row('http-502', 'bad', 'bad gateway'),
  row('http-503', 'bad', 'service unavailable'),
  row('http-504', 'bad', 'gateway timeout'),
  row('tcp', 'good', 'a TCP connection that ended without a failure of ours'),
  ...GRPC_NAMES.flatMap((name, code) =>
    code === GRPC_CANCELLED
      ? []
      : [row(`grpc-${name}`, GRPC_SERVER_ERRORS.has(code) ? 'bad' : 'good', `gRPC status ${code}`)],
  ),
  row('ok', 'good', 'ended well, as its source says, which has no status'),
  row('error', 'bad', 'failed, as its source says, which has no status'),
  row('grpc-no-status', 'bad', 'a gRPC request that ended without a status: the stream was cut'),
  row('client-left-early', 'ignored', 'the client left before its patience could be over'),
  row('client-left-late', 'bad', 'the client left after waiting: to its user, we did not answer'),
  row('health-check', 'ignored', 'sent by a prober, not by a user'),
  row('not-final', 'ignored', 'a record written before the request ended; the final one counts'),
  row('no-status', 'ignored', 'the record does not say how the request ended'),
  row('probe-dns', 'bad', 'a probe could not find the name'),
  row('probe-connect', 'bad', 'a probe could not connect'),
  row('probe-tls', 'bad', 'a probe could not agree on TLS, or the certificate does not hold'),
  row('probe-cut', 'bad', 'a probe was connected, and the answer did not come whole'),
  row('probe-timeout', 'bad', 'a probe waited in vain'),
  row('probe-unexpected', 'bad', 'a probe was answered, and not with what it expects'),
  row('probe-expected', 'good', 'a probe was answered with an error that it expects'),
  row('probe-phase', 'good', 'how long one phase of a probe took'),
  ...ENVOY_FLAGS.filter((flag) => flag.role !== 'none' && flag.role !== 'left' && flag.short !== 'DI').map(
    (flag) => row(`flag-${flag.short}`, flagOutcome(flag.short), flag.meaning),
  ),
]

/** The reason of the first flag in the set, in the order of the flags' table. */
export function flagReason(set: number): string {
  return `flag-${firstFlag(set) ?? ''}`
}

// Of the flags by whose code we go, only the failing sides have a reason of their own, except an idle client's.
function flagOutcome(short: string): Outcome {
  const bad = flagsWithRole('server') | flagsNamed('URX', 'DT', 'UAEX')
  return (flagsNamed(short) & bad) === 0 ? 'ignored' : 'bad'
}

function row(reason: string, outcome: Outcome, meaning: string): Reason {
  return { reason, outcome, meaning }
}
