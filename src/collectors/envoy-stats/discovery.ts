import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Labels, World } from '../../base/index.ts'
import type { TargetOption } from './options.ts'

/** The addresses of a name, A and AAAA alike. Rejects when the name cannot be resolved. */
export type Resolve = (host: string, signal: AbortSignal) => Promise<readonly string[]>

/** One admin interface. */
export interface Target {
  /** `10.0.0.7:9901`: its identity in checkpoints and writers. */
  readonly name: string
  readonly url: string
  readonly labels: Labels
}

export interface Discovered {
  readonly targets: readonly Target[]
  /** Names that could not be resolved; their targets are those found last. */
  readonly problems: readonly string[]
}

/** Asks the system's resolver, so that search domains and the hosts file hold, as for any other program. */
export function createSystemResolver(): Resolve {
  return async (host) => (await lookup(host, { all: true, order: 'ipv4first' })).map(({ address }) => address)
}

/** Finds the targets. Names are asked each time; when one has no answer, the addresses it had before stay. */
export function createDiscovery(
  world: World,
  options: {
    readonly targets: readonly TargetOption[]
    readonly resolve: Resolve
    readonly timeoutMs: number
  },
): (signal: AbortSignal) => Promise<Discovered> {
  const last = new Map<string, readonly string[]>()
  return async (signal) => {
    const problems: string[] = []
    const found = new Map<string, Target>()
    const answers = await Promise.all(
      options.targets.map(async ({ host }) => {
        if (isIP(host) !== 0) return [host]
        const answer = await resolveWithin(world, () => options.resolve(host, signal), { ...options, signal })
        if (typeof answer === 'string') problems.push(`${host} does not resolve: ${answer}`)
        else last.set(host, answer)
        return last.get(host) ?? []
      }),
    )
    options.targets.forEach(({ port, labels }, i) => {
      for (const address of [...(answers[i] ?? [])].sort()) {
        const name = isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`
        if (!found.has(name)) found.set(name, { name, url: `http://${name}`, labels })
      }
    })
    return { targets: [...found.values()], problems }
  }
}

/** The addresses, or why there are none. */
async function resolveWithin(
  world: World,
  resolve: () => Promise<readonly string[]>,
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<readonly string[] | string> {
  const timer = new AbortController()
  const late = world.clock.sleep(options.timeoutMs, AbortSignal.any([timer.signal, options.signal])).then(
    () => `no answer within ${options.timeoutMs} ms`,
    () => 'stopped',
  )
  try {
    const answer = await Promise.race([resolve(), late])
    return typeof answer !== 'string' && answer.length === 0 ? 'it has no addresses' : answer
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    timer.abort()
  }
}
