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
  /** What could not be found out; the targets are those that were found last. */
  readonly problems: readonly Trouble[]
}

/** What is wrong, and what to do about it. */
export interface Trouble {
  readonly text: string
  readonly remedy: string
}

/** Finds out which targets there are. */
export interface Discovery {
  readonly discover: (signal: AbortSignal) => Promise<Discovered>
  /** Follows what changes until the signal, and calls `changed` then. Absent where there is nothing to follow. */
  readonly run?: (signal: AbortSignal, changed: () => void) => Promise<void>
}

/** The targets of all of them; of two with one name, the first. */
export function together(all: readonly Discovery[]): Discovery {
  return {
    run: async (signal, changed) => {
      await Promise.all(all.map(async (each) => await each.run?.(signal, changed)))
    },
    discover: async (signal) => {
      const found = await Promise.all(all.map((each) => each.discover(signal)))
      const targets = new Map<string, Target>()
      for (const target of found.flatMap((each) => each.targets))
        if (!targets.has(target.name)) targets.set(target.name, target)
      return { targets: [...targets.values()], problems: found.flatMap((each) => each.problems) }
    },
  }
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
): Discovery {
  const last = new Map<string, readonly string[]>()
  const discover: Discovery['discover'] = async (signal) => {
    const problems: Trouble[] = []
    const found = new Map<string, Target>()
    const answers = await Promise.all(
      options.targets.map(async ({ host }) => {
        if (isIP(host) !== 0) return [host]
        const answer = await resolveWithin(world, () => options.resolve(host, signal), { ...options, signal })
        if (typeof answer === 'string')
          problems.push({ text: `${host} does not resolve: ${answer}`, remedy: UNRESOLVED })
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
  return { discover }
}

const UNRESOLVED = 'is the name right, and does it resolve where Nines runs?'

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
