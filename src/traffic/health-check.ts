import type { RequestFacts } from './judge.ts'

/**
 * Requests that machines send to see whether we live. Their number follows the number of pods and probers, not of
 * users: they thin out real failures, and when pods stop in the middle of one they look like failures themselves.
 */
export interface HealthCheckRules {
  /** Paths beside the well-known ones, without query: `/healthz`; with `*` at the end, whatever begins so. */
  readonly paths?: readonly string[]
  /** Beginnings of user agents beside the well-known ones. */
  readonly agents?: readonly string[]
}

/** Paths that only health checks call: the gRPC health service, and an ALB's default for gRPC target groups. */
export const HEALTH_CHECK_PATHS: readonly string[] = [
  '/grpc.health.v1.Health/*',
  '/grpc.health.v1alpha.Health/*',
  '/AWS.ALB/healthcheck',
]

export const HEALTH_CHECK_SERVICES: readonly string[] = [
  'grpc.health.v1.Health',
  'grpc.health.v1alpha.Health',
]

/** Beginnings of the user agents of Envoy, Kubernetes, load balancers, and probes that people pay for. */
export const HEALTH_CHECK_AGENTS: readonly string[] = [
  'Envoy/HC',
  'kube-probe/',
  'grpc_health_probe',
  'ELB-HealthChecker/',
  'GoogleHC/',
  'Amazon-Route53-Health-Check-Service',
  'Edge Health Probe',
  'Datadog/Synthetics',
  'DatadogSynthetics',
]

/** Prepares the test once, so that it costs two look-ups by first letter for each request. */
export function createHealthCheckTest(rules: HealthCheckRules = {}): (facts: RequestFacts) => boolean {
  const services = new Set(HEALTH_CHECK_SERVICES)
  const paths = [...HEALTH_CHECK_PATHS, ...(rules.paths ?? [])]
  const exact = new Set(paths.filter((path) => !path.endsWith('*')))
  const beginnings = byFirstLetters(
    paths.filter((path) => path.endsWith('*')).map((path) => path.slice(0, -1)),
  )
  const agents = byFirstLetters([...HEALTH_CHECK_AGENTS, ...(rules.agents ?? [])])
  return (facts) => {
    if (facts.userAgent !== undefined && agents(facts.userAgent)) return true
    if (facts.path !== undefined && (exact.has(withoutQuery(facts.path)) || beginnings(facts.path)))
      return true
    return facts.rpcService !== undefined && services.has(facts.rpcService)
  }
}

/** A path without what follows `?`. */
export function withoutQuery(path: string): string {
  const at = path.indexOf('?')
  return at < 0 ? path : path.slice(0, at)
}

function byFirstLetters(beginnings: readonly string[]): (text: string) => boolean {
  const wanted = beginnings.filter((each) => each !== '' && each !== '/')
  const all = wanted.length < beginnings.length
  const table = new Map<number, string[]>()
  for (const each of wanted) {
    const letters = pairAt(each)
    table.set(letters, [...(table.get(letters) ?? []), each])
  }
  return (text) => {
    if (all) return text !== ''
    const candidates = table.get(pairAt(text))
    if (candidates === undefined) return false
    for (const each of candidates) if (text.startsWith(each)) return true
    return false
  }
}

// Two letters, because all paths share the first. Every beginning is at least as long.
function pairAt(text: string): number {
  return text.charCodeAt(0) * 65_536 + text.charCodeAt(1)
}
