import { isoMinute, unixSeconds, type World } from '../base/index.ts'
import { type Gate, gate } from '../contract/index.ts'
import { ask } from './client.ts'
import type { Io } from './io.ts'

export interface GateOptions {
  readonly url: string
  readonly output: 'table' | 'json'
  readonly slo?: string
  readonly service?: string
  readonly override: boolean
  readonly by?: string
  readonly reason?: string
  /** Seconds. */
  readonly for: number
}

/** What `nines gate` gives a pipeline. Not to know is not to be open: the pipeline decides what it makes of that. */
export const GATE_EXIT = { open: 0, closed: 1, unknown: 2 } as const

/** `nines gate`: whether a deploy may go ahead. */
export async function gateCommand(
  io: Io,
  world: Pick<World, 'fetch'>,
  options: GateOptions,
): Promise<number> {
  const { url, slo, service, override, by, reason } = options
  if ((slo === undefined) === (service === undefined)) {
    io.stderr('Name what is to be deployed: either --slo <id> or --service <name>.\n')
    return GATE_EXIT.unknown
  }
  if (override && (by === undefined || reason === undefined)) {
    io.stderr('An override is written down: say --by <who> and --reason <why>.\n')
    return GATE_EXIT.unknown
  }
  const asked = slo === undefined ? { service } : { slo }
  const [[key, name] = ['service', '']] = Object.entries(asked)
  const found = override
    ? await ask(world, url, {
        path: '/gate/overrides',
        answer: gate,
        body: { ...asked, by, reason, seconds: options.for },
      })
    : await ask(world, url, { path: `/gate?${key}=${encodeURIComponent(name ?? '')}`, answer: gate })
  if (found.kind === 'failed') {
    io.stderr(`${found.error}\n`)
    return GATE_EXIT.unknown
  }
  io.stdout(
    options.output === 'json' ? `${JSON.stringify(found.value, undefined, 2)}\n` : renderGate(found.value),
  )
  return GATE_EXIT[found.value.state]
}

function renderGate({ asked, state, reason, slos, override }: Gate): string {
  const lines = slos.map((slo) => `  ${slo.state.padEnd(7)} ${slo.reason}`)
  const until =
    override === null
      ? []
      : [`Opened by ${override.by} until ${isoMinute(unixSeconds(override.until))}: ${override.reason}`]
  return `${[`${asked}: ${state}. ${reason}`, ...lines, ...until].join('\n')}\n`
}
