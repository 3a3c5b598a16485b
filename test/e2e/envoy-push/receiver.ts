import type { World } from '../../../src/base/index.ts'
import { type Collector, SOURCE_KINDS } from '../../../src/collectors/index.ts'
import type { TestWorld } from '../../world.ts'
import { until } from '../envoy/envoy.ts'
import { type createStorage, type MemoryLedger, openLedger } from '../envoy/sink.ts'

/** A receiver that runs, and where it listens. */
export interface Receiver {
  readonly collector: Collector
  readonly ledger: MemoryLedger
  readonly port: number
  readonly stop: () => Promise<void>
}

export interface ReceiverOptions {
  readonly type: string
  readonly run: string
  readonly details: Record<string, unknown>
  /** Whether the ledger fails to write. */
  readonly isStuck?: () => boolean
}

export async function receive(
  world: World & Pick<TestWorld, 'lines'>,
  storage: ReturnType<typeof createStorage>,
  { type, run, details, isStuck = () => false }: ReceiverOptions,
): Promise<Receiver> {
  const opened = SOURCE_KINDS.get(type)?.open(world, {
    name: 'edge',
    labels: { cloud_provider: 'rack' },
    details,
    base: '/',
    run,
    input: '',
    questions: () => [],
  })
  if (opened?.kind !== 'ok') throw new Error(JSON.stringify(opened?.error))
  const ledger = openLedger(storage)
  const sink = {
    checkpoint: ledger.sink.checkpoint,
    write: async (step: Parameters<typeof ledger.sink.write>[0]) => {
      if (isStuck()) throw new Error('disk full')
      await ledger.sink.write(step)
    },
  }
  const stopping = new AbortController()
  const told = world.lines.length
  const done = opened.value.run(sink, stopping.signal)
  let port = 0
  await until(() => {
    const line = world.lines.slice(told).find(({ fields }) => typeof fields['address'] === 'string')
    port = Number(String(line?.fields['address']).split(':').at(-1))
    return Promise.resolve(port > 0)
  })
  return {
    collector: opened.value,
    ledger,
    port,
    stop: async () => {
      stopping.abort()
      await done
    },
  }
}

/** Resolves when the collector has counted so many events and the ledger has them. */
export async function counted({ collector, ledger }: Receiver, events: number): Promise<void> {
  const inLedger = (): number => ledger.rows().reduce((sum, { count }) => sum + count, 0)
  try {
    await until(() => Promise.resolve(collector.status().events >= events && inLedger() >= events))
  } catch (cause) {
    const status = JSON.stringify(collector.status())
    throw new Error(`${inLedger()} of ${events} events are in the ledger: ${status}`, { cause })
  }
}

/** Resolves when statistics have not changed for a few flushes. */
export async function settled(world: World, { collector }: Receiver): Promise<void> {
  let [events, quiet] = [-1, 0]
  await until(async () => {
    await world.clock.sleep(500)
    const now = collector.status().events
    quiet = now === events ? quiet + 1 : 0
    events = now
    return quiet >= 8
  })
}
