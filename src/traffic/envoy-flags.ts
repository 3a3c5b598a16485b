/**
 * Envoy's response flags: what Envoy noted about a request beside the status it sent.
 * Names and meanings: Envoy, `%RESPONSE_FLAGS%` and `%RESPONSE_FLAGS_LONG%` in its access log documentation.
 */
export interface EnvoyFlag {
  /** As `%RESPONSE_FLAGS%` writes it: `UF`. */
  readonly short: string
  /** As `%RESPONSE_FLAGS_LONG%` writes it: `UpstreamConnectionFailure`. */
  readonly long: string
  /**
   * What it says of the request. `server`: it failed on our side. `by-code`: the status still decides, with
   * exceptions that `judge` spells out. `health`, `client`, `left`, `chaos`, `limit`, `route`: why it does not count.
   * `none`: says nothing about the outcome.
   */
  readonly role: 'server' | 'by-code' | 'health' | 'client' | 'left' | 'chaos' | 'limit' | 'route' | 'none'
  readonly meaning: string
}

/** In order of how much each explains: of several server flags, the first here names the reason. */
export const ENVOY_FLAGS: readonly EnvoyFlag[] = [
  flag('UH', 'NoHealthyUpstream', 'server', 'no healthy upstream host'),
  flag('UF', 'UpstreamConnectionFailure', 'server', 'the upstream could not be connected to'),
  flag('UO', 'UpstreamOverflow', 'server', 'the circuit breaker was open'),
  flag('NC', 'NoClusterFound', 'server', 'the upstream cluster does not exist'),
  flag('UT', 'UpstreamRequestTimeout', 'server', 'the upstream did not answer in time'),
  flag('LR', 'LocalReset', 'server', 'Envoy reset the connection'),
  flag('UR', 'UpstreamRemoteReset', 'server', 'the upstream reset the stream'),
  flag('UC', 'UpstreamConnectionTermination', 'server', 'the upstream closed the connection'),
  flag('RLSE', 'RateLimitServiceError', 'server', 'the rate limit service failed'),
  flag('UPE', 'UpstreamProtocolError', 'server', 'the upstream broke the protocol'),
  flag('UMSDR', 'UpstreamMaxStreamDurationReached', 'server', 'the stream ran into its longest duration'),
  flag('NFCF', 'NoFilterConfigFound', 'server', 'a filter had no configuration in time'),
  flag('OM', 'OverloadManagerTerminated', 'server', 'Envoy was overloaded'),
  flag('DF', 'DnsResolutionFailed', 'server', "the upstream's name did not resolve"),
  flag('DO', 'DropOverload', 'server', 'shed by drop_overloads'),
  flag('UDO', 'UnconditionalDropOverload', 'server', 'all shed by drop_overloads'),
  flag('URX', 'UpstreamRetryLimitExceeded', 'by-code', 'the retries ran out'),
  flag('DT', 'DurationTimeout', 'by-code', 'the connection ran into its longest duration'),
  flag('UAEX', 'UnauthorizedExternalService', 'by-code', 'the authorization service refused, or failed'),
  flag('SI', 'StreamIdleTimeout', 'by-code', 'nothing moved on the stream for too long'),
  flag('DI', 'DelayInjected', 'by-code', 'delayed on purpose'),
  flag('LH', 'FailedLocalHealthCheck', 'health', 'a health check that failed'),
  flag('FI', 'FaultInjected', 'chaos', 'failed on purpose'),
  flag('RL', 'RateLimited', 'limit', 'turned away by the rate limit'),
  flag('NR', 'NoRouteFound', 'route', 'no route for the request'),
  flag('DC', 'DownstreamConnectionTermination', 'left', 'the client closed the connection'),
  flag('DR', 'DownstreamRemoteReset', 'left', 'the client reset the stream'),
  flag('DPE', 'DownstreamProtocolError', 'client', 'the client broke the protocol'),
  flag('IH', 'InvalidEnvoyRequestHeaders', 'client', "the client's Envoy headers were refused"),
  flag('RFCF', 'ResponseFromCacheFilter', 'none', 'answered from the cache'),
]

/** One bit for each flag of the table, so that a set of flags is one number. */
export type FlagSet = number

const BY_NAME: ReadonlyMap<string, number> = new Map(
  ENVOY_FLAGS.flatMap((each, at) => [
    [each.short, 1 << at],
    [each.long, 1 << at],
  ]),
)

/** Reads `UF,URX`, short and long names alike. Names that Envoy's build has and we do not know are passed over. */
export function flagSet(text: string | undefined): FlagSet {
  if (text === undefined || text === '-' || text === '') return 0
  const single = BY_NAME.get(text)
  if (single !== undefined) return single
  let set = 0
  for (const name of text.split(',')) set |= BY_NAME.get(name.trim()) ?? 0
  return set
}

/** The set of the flags named; for tests of a set with `&`. A name that is not in the table is a bug. */
export function flagsNamed(...names: readonly string[]): FlagSet {
  return names.reduce((set, name) => {
    const bit = BY_NAME.get(name)
    if (bit === undefined) throw new Error(`no Envoy flag is called ${name}`)
    return set | bit
  }, 0)
}

/** All flags of one role. */
export function flagsWithRole(role: EnvoyFlag['role']): FlagSet {
  return flagsNamed(...ENVOY_FLAGS.filter((each) => each.role === role).map((each) => each.short))
}

/** The short name of the first flag of the set, in the order of the table; undefined for the empty set. */
export function firstFlag(set: FlagSet): string | undefined {
  if (set === 0) return undefined
  return ENVOY_FLAGS[31 - Math.clz32(set & -set)]?.short
}

function flag(short: string, long: string, role: EnvoyFlag['role'], meaning: string): EnvoyFlag {
  return { short, long, role, meaning }
}
