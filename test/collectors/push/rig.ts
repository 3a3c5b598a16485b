import { createHash } from 'node:crypto'
import {
  createIntake,
  type Delivery,
  type Intake,
  type IntakeOptions,
  type Taken,
} from '../../../src/collectors/push/intake.ts'
import type { LedgerStep } from '../../../src/traffic/index.ts'
import { createTestWorld, type TestWorld } from '../../world.ts'
import { TestLedger } from '../log/ledger.ts'

export const START = 1_790_000_040
export const MINUTE = START - (START % 60)

/** How a write ends: well, without having been done, with an error although it was done, or not at all. */
type Fate = 'done' | 'lost' | 'done-but-failed' | 'hangs'

/** A ledger in memory whose next writes end as told. */
export class FaultyLedger extends TestLedger {
  readonly fates: Fate[] = []
  /** Ends the writes that hang: they are done, late. */
  readonly hanging: (() => void)[] = []

  override readonly write = async (step: LedgerStep): Promise<void> => {
    const copy = JSON.parse(JSON.stringify(step)) as LedgerStep
    const fate = this.fates.shift() ?? 'done'
    if (fate === 'lost') throw new Error('the disk is full')
    if (fate === 'hangs')
      await new Promise<void>((resolve) => {
        this.hanging.push(resolve)
      })
    this.apply(copy)
    if (fate === 'done-but-failed') throw new Error('the connection was lost')
  }

  /** All events that are on disk. */
  get counted(): number {
    return Object.values(this.totals(() => 'all')).reduce((sum, each) => sum + each, 0)
  }
}

export interface Rig {
  readonly world: TestWorld
  readonly ledger: FaultyLedger
  readonly intake: Intake
  /** Sends what one sender would: a number of good events under a name that is its identity. */
  readonly send: (name: string, options?: Sent) => Promise<Taken>
  /** As when the process ends in order. */
  readonly stop: () => Promise<void>
}

export interface Sent {
  readonly events?: number
  readonly bytes?: number
  readonly minute?: number
  readonly more?: Delivery['count']
}

let runs = 0

/** Starts an intake on the ledger, as one process does; the one before it, if any, is forgotten as by a crash. */
export async function start(
  options: Partial<IntakeOptions> & { readonly ledger?: FaultyLedger; readonly world?: TestWorld } = {},
): Promise<Rig> {
  const { ledger = new FaultyLedger(), world = createTestWorld({ start: START }), ...rest } = options
  const intake = createIntake(world, { source: 'apm', key: 'push:apm', run: `run-${++runs}`, ...rest })
  const stopping = new AbortController()
  const ended = intake.run(ledger, stopping.signal)
  await intake.ready
  return {
    world,
    ledger,
    intake,
    send: (name, sent) => intake.take(delivery(name, sent)),
    stop: async () => {
      stopping.abort()
      await ended
    },
  }
}

export function delivery(
  name: string,
  { events = 1, bytes = 100, minute = MINUTE, more }: Sent = {},
): Delivery {
  return {
    identity: createHash('sha256').update(name).digest(),
    bytes,
    count: (into) => {
      const series = into.series({ service_name: 'checkout' })
      into.add(series, { minute, outcome: 'good', reason: '2xx', duration: undefined }, events)
      more?.(into)
    },
  }
}
