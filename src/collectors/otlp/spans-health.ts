import {
  HEALTH_CHECK_AGENTS,
  HEALTH_CHECK_PATHS,
  HEALTH_CHECK_SERVICES,
  type HealthCheckRules,
} from '../../traffic/index.ts'

/**
 * Tells by two bytes whether a path or a user agent could be a health check's. Most cannot be, and of them no text is
 * made; the others are judged by the rules themselves.
 */
export class Suspicion {
  readonly #pairs: Uint8Array

  constructor(beginnings: readonly string[]) {
    this.#pairs = new Uint8Array(65_536)
    const encoder = new TextEncoder()
    for (const beginning of beginnings) {
      const [first = 0, second] = encoder.encode(beginning)
      if (first === 0) this.#pairs.fill(1)
      else if (second === undefined) this.#pairs.fill(1, first * 256, first * 256 + 256)
      else this.#pairs[first * 256 + second] = 1
    }
  }

  /** `bytes[from, to)`; what is shorter than two bytes is always suspected. */
  holds(bytes: Uint8Array, from: number, to: number): boolean {
    if (to - from < 2) return true
    return this.#pairs[(bytes[from] ?? 0) * 256 + (bytes[from + 1] ?? 0)] === 1
  }
}

export function suspicionOfPaths({ paths = [] }: HealthCheckRules): Suspicion {
  const services = HEALTH_CHECK_SERVICES.map((service) => `/${service}/`)
  const all = [...HEALTH_CHECK_PATHS, ...paths, ...services]
  return new Suspicion(all.map((path) => (path.endsWith('*') ? path.slice(0, -1) : path)))
}

export function suspicionOfAgents({ agents = [] }: HealthCheckRules): Suspicion {
  return new Suspicion([...HEALTH_CHECK_AGENTS, ...agents])
}
