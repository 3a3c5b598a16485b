import { type AlertingEntry, EMPTY_STATE, fold, type Incident, incidentOf } from '../../src/alerting/index.ts'
import { unixSeconds } from '../../src/base/index.ts'
import { createOutbox, type LetterDestination, type Outbox, type Routing } from '../../src/notify/index.ts'
import { createTestWorld, type TestWorld } from '../world.ts'
import { briefOf, createJournal, START, type TestJournal } from './estate.ts'

export type Change = 'opened' | 'worse' | 'resolved' | 'reopened' | 'acknowledged' | 'blind'

/** One destination of letters, behind an outbox whose journal survives it. */
export interface LetterEstate {
  readonly world: TestWorld
  readonly journal: TestJournal
  outbox: Outbox
  readonly happen: (kind: Change, incident?: string, severity?: 'page' | 'ticket') => Promise<void>
  readonly restart: () => Promise<void>
  readonly pass: (seconds: number) => Promise<void>
  readonly incident: (id: string) => Incident | undefined
}

export async function createLetterEstate(
  open: (world: TestWorld) => readonly LetterDestination[],
  options: { readonly fetch?: typeof fetch; readonly routing?: (outbox: () => Outbox) => Routing } = {},
): Promise<LetterEstate> {
  const world = createTestWorld({ start: START, ...(options.fetch ? { fetch: options.fetch } : {}) })
  const journal = createJournal()
  const seqs = new Map<string, number>()
  const stateNow = () => fold(EMPTY_STATE, journal.entries)
  const start = async (): Promise<Outbox> => {
    const outbox: Outbox = createOutbox(world, {
      journal,
      destinations: [],
      letters: open(world),
      ...(options.routing ? { routing: options.routing(() => outbox) } : {}),
      brief: async (id) => {
        const incident = incidentOf(stateNow(), id)
        return incident && briefOf({ incident, now: world.clock.now() })
      },
    })
    await outbox.start()
    return outbox
  }
  const turn = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
  }
  const estate: LetterEstate = {
    world,
    journal,
    outbox: await start(),
    happen: async (kind, incident = 'INC-2026-0001', severity = 'page') => {
      const seq = (seqs.get(incident) ?? 0) + 1
      seqs.set(incident, seq)
      const at = world.clock.now()
      const data = eventOf(kind, { incident, severity, seq, at })
      await journal.append([{ at, kind: 'incident', data }])
      const reason = REASONS[kind]
      estate.outbox.tell([{ incident, reason, severity, seq, at }])
      await world.advance(0)
      await turn()
    },
    restart: async () => {
      const stopping = estate.outbox[Symbol.asyncDispose]()
      await world.advance(0)
      void stopping
      estate.outbox = await start()
      await turn()
    },
    pass: async (length) => {
      for (let i = 0; i < length; i++) {
        await world.advance(1_000)
        await turn()
      }
    },
    incident: (id) => incidentOf(stateNow(), id),
  }
  await turn()
  return estate
}

const REASONS = {
  opened: 'first',
  worse: 'worse',
  resolved: 'resolved',
  reopened: 'reopened',
  acknowledged: 'person',
  blind: 'blind',
} as const

function eventOf(
  kind: Change,
  what: { incident: string; severity: 'page' | 'ticket'; seq: number; at: number },
): AlertingEntry['data'] {
  const { incident, severity, seq } = what
  if (kind === 'acknowledged') return { kind, incident, seq, by: 'aya', text: 'Acknowledged.' }
  const scope = { cloud_provider: 'gcp' }
  const reading = {
    severity,
    scope,
    members: [{ scope, severity, rules: ['page-fast'], rate: 14.8, firing: kind !== 'resolved' }],
    rules: ['page-fast'],
    peakRate: 14.8,
    badEvents: 1_480,
    budgetSpent: 0.06,
  }
  if (kind !== 'opened') return { kind, incident, seq, reading, text: `It ${kind}.` }
  return {
    kind,
    incident,
    number: Number(incident.slice(-4)),
    seq,
    slo: incident,
    objective: 'main',
    service: 'payments',
    startedAt: unixSeconds(what.at - 240),
    reading,
    text: 'It opened.',
  }
}
