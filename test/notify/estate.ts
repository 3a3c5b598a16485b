import {
  type AlertingEntry,
  type Decision,
  EMPTY_STATE,
  fold,
  type Incident,
  incidentOf,
  incidentsOf,
  UNTOUCHED,
} from '../../src/alerting/index.ts'
import { ratio, seconds, type UnixSeconds, unixSeconds } from '../../src/base/index.ts'
import {
  createSlackEmulator,
  type FaultScript,
  type SlackEmulator,
  topLevel,
} from '../../src/cli/dev/slack/index.ts'
import {
  createOutbox,
  createSlackDestination,
  type IncidentBrief,
  type Outbox,
  type OutboxDraft,
  type OutboxEntry,
  type OutboxJournal,
} from '../../src/notify/index.ts'
import type { BurnVerdict, Evaluation } from '../../src/slo/index.ts'
import { createTestWorld, type TestWorld } from '../world.ts'

export const START = 1_790_000_000

export function verdictOf(
  rate: number,
  options: { name?: string; long?: number; short?: number; factor?: number } = {},
): BurnVerdict {
  const { name = 'page-fast', long = 3_600, short = 300, factor = 144 } = options
  const side = (length: number, times: number) => ({
    length: seconds(length),
    counts: { good: length * 100, bad: Math.round((length * rate * times) / 10) },
    rate: rate * times,
    over: rate * times >= factor / 10,
  })
  return {
    rule: {
      name,
      severity: 'page',
      long: seconds(long),
      short: seconds(short),
      factor: { num: factor, den: 10 },
      after: seconds(0),
    },
    kind: 'burning',
    long: side(long, 1),
    short: side(short, 1.1),
    end: unixSeconds(START),
    badUntilFiring: 0,
  }
}

export function evaluationOf(
  options: Partial<Evaluation> & { left?: number; gone?: number } = {},
): Evaluation {
  const { left = 0.421, gone = 147_600, ...rest } = options
  return {
    slo: 'checkout-availability',
    objective: 'main',
    scope: {},
    now: unixSeconds(START),
    windows: [
      {
        window: '30d',
        range: { from: unixSeconds(START - 2_592_000), to: unixSeconds(START) },
        bounds: { from: unixSeconds(START - 2_592_000), to: unixSeconds(START) },
        counts: { good: 30_702_214, bad: 17_786 },
        sli: ratio(0.99942),
        budget: {
          events: 30_720,
          spent: 17_786,
          left: 12_934,
          leftRatio: ratio(left),
          time: seconds(2_592),
          timeLeft: seconds(Math.max(0, Math.floor(2_592 * left))),
        },
        coverage: {
          minutes: 43_200,
          known: 43_200,
          partial: 0,
          missing: 0,
          failed: 0,
          ratio: ratio(1),
          completeThrough: unixSeconds(START),
          kind: 'full',
        },
        data: 'measured',
        pace: { over: seconds(21_600), rate: 1 },
        exhaustion:
          left <= 0
            ? { kind: 'exhausted' }
            : gone === 0
              ? { kind: 'never' }
              : { kind: 'in', seconds: seconds(gone) },
      },
    ],
    verdicts: [
      verdictOf(14.82),
      verdictOf(6.1, { name: 'page-slow', long: 21_600, short: 1_800, factor: 60 }),
    ],
    state: 'burning',
    ...rest,
  }
}

export function incidentWith(options: Partial<Incident> = {}): Incident {
  return {
    ...UNTOUCHED,
    id: 'INC-2026-0147',
    slo: 'checkout-availability',
    objective: 'main',
    scope: { cloud_provider: 'gcp' },
    members: [
      { scope: { cloud_provider: 'gcp' }, severity: 'page', rules: ['page-fast'], rate: 14.82, firing: true },
      { scope: {}, severity: 'page', rules: ['page-fast'], rate: 14.41, firing: true },
    ],
    service: 'payments',
    services: ['payments'],
    severity: 'page',
    state: 'open',
    startedAt: unixSeconds(START - 840),
    openedAt: unixSeconds(START - 600),
    reopened: 0,
    peakRate: 18.27,
    badEvents: 1_934,
    budgetSpent: 0.06295,
    rules: ['page-fast'],
    timeline: [{ at: unixSeconds(START - 600), kind: 'opened', text: 'Opened.' }],
    ...options,
  }
}

export function briefOf(options: Partial<IncidentBrief> = {}): IncidentBrief {
  return {
    incident: incidentWith(),
    whole: evaluationOf(),
    scoped: evaluationOf({ scope: { cloud_provider: 'gcp' } }),
    name: 'Checkout availability',
    target: '99.9',
    window: '30d',
    indicator: 'availability',
    owner: 'team-checkout',
    runbook: 'https://runbooks.example.com/checkout',
    places: [
      { scope: { cloud_provider: 'aws' }, state: 'ok' },
      { scope: { cloud_provider: 'azure' }, state: 'ok' },
      { scope: { cloud_provider: 'gcp' }, state: 'burning' },
    ],
    contributors: [
      {
        labels: { cloud_region: 'us-central1', operation: 'POST /v1/pay', reason: '5xx' },
        bad: 1_201,
        share: 0.621,
        timesUsual: 40,
      },
      {
        labels: { cloud_region: 'us-central1', operation: 'GET /v1/cart', reason: 'flag-UF' },
        bad: 402,
        share: 0.208,
        timesUsual: undefined,
      },
    ],
    exemplars: [
      {
        atMs: (START - 30) * 1000,
        reason: '5xx',
        durationMs: 2_412,
        traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
        labels: { service_name: 'checkout' },
        url: 'https://traces.example.com/4bf92f3577b34da6a3ce929d0e0e4736',
      },
    ],
    sources: [
      { name: 'edge', age: 20 },
      { name: 's3-logs', age: 840 },
    ],
    pageUrl: 'http://127.0.0.1:8080/incidents/INC-2026-0147',
    locale: 'en',
    zone: 'Asia/Tokyo',
    now: unixSeconds(START),
    ...options,
  }
}

export const TOKEN = 'xoxb-0000-test'
export const API = 'http://slack.test/dev/slack/api/'

/** A journal as a test sees it: what is on disk survives the process, and it can refuse to be written. */
export interface TestJournal extends OutboxJournal {
  readonly entries: OutboxEntry[]
  /** Runs before each append; throws to make it fail. */
  guard: ((entries: readonly OutboxDraft[]) => void) | undefined
}

export function createJournal(): TestJournal {
  const entries: OutboxEntry[] = []
  const journal: TestJournal = {
    entries,
    guard: undefined,
    append: async (drafts) => {
      journal.guard?.(drafts)
      for (const draft of drafts)
        entries.push({ ...draft, data: JSON.parse(JSON.stringify(draft.data)), seq: entries.length + 1 })
    },
    read: async (after, { kinds, limit = 1_000 } = {}) =>
      entries
        .filter((entry) => entry.seq > after && (kinds === undefined || kinds.includes(entry.kind)))
        .slice(0, limit),
  }
  return journal
}

export interface Estate {
  readonly world: TestWorld
  readonly emulator: SlackEmulator
  readonly journal: TestJournal
  outbox: Outbox
  /** Appends what an incident went through and tells the outbox. */
  readonly happen: (...events: readonly Happening[]) => Promise<void>
  /** Throws the process away and starts another from the journal. */
  readonly restart: () => Promise<void>
  /** Moves time on, a second at a time. */
  readonly pass: (seconds: number) => Promise<void>
  /** The same, ten seconds at a time: what is sent in between may be some seconds late. */
  readonly rest: (seconds: number) => Promise<void>
  /** Headlines of an incident that people see as such. */
  readonly headlines: (
    incident: string,
    channel?: string,
  ) => readonly { readonly ts: string; readonly text: string }[]
  readonly incident: (id: string) => Incident | undefined
}

export interface Happening {
  readonly kind:
    | 'opened'
    | 'worse'
    | 'better'
    | 'measured'
    | 'resolved'
    | 'reopened'
    | 'blind'
    | 'sighted'
    | 'acknowledged'
  readonly incident?: string
  readonly severity?: 'page' | 'ticket'
  readonly rate?: number
}

const REASONS: Record<Happening['kind'], Decision['reason']> = {
  opened: 'first',
  worse: 'worse',
  better: 'better',
  measured: 'repeat',
  resolved: 'resolved',
  reopened: 'reopened',
  blind: 'blind',
  sighted: 'sighted',
  acknowledged: 'person',
}

export async function createEstate(
  options: {
    channels?: readonly string[]
    faults?: FaultScript
    seed?: number
    timeoutMs?: number
    /** How long it takes to gather a brief, which says what was so when it was asked for. */
    briefMs?: number
  } = {},
): Promise<Estate> {
  const { channels = ['inc-checkout'], faults } = options
  const emulatorOf: { current?: SlackEmulator } = {}
  const world = createTestWorld({
    start: START,
    seed: options.seed ?? 1,
    fetch: async (input, init) => {
      try {
        const answering = emulatorOf.current!.handle(new Request(input as string, init))
        const { signal } = init ?? {}
        if (!signal) return await answering
        return await Promise.race([
          answering,
          new Promise<never>((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason), { once: true })
          }),
        ])
      } catch (error) {
        throw new TypeError('fetch failed', { cause: error })
      }
    },
  })
  const emulator = createSlackEmulator(world, {
    workspace: { channels },
    token: TOKEN,
    ...(faults === undefined ? {} : { faults }),
  })
  emulatorOf.current = emulator
  const journal = createJournal()
  const seqs = new Map<string, number>()
  const stateNow = () => fold(EMPTY_STATE, journal.entries)
  const start = async (): Promise<Outbox> => {
    const outbox = createOutbox(world, {
      journal,
      destinations: [...emulator.workspace.channels.keys()].map((channel) =>
        createSlackDestination(world, {
          token: TOKEN,
          apiUrl: API,
          channel,
          timeoutMs: options.timeoutMs ?? 10_000,
        }),
      ),
      brief: async (id) => {
        const incident = incidentOf(stateNow(), id)
        if (options.briefMs !== undefined) await world.clock.sleep(options.briefMs)
        return incident && briefOf({ incident, now: world.clock.now() })
      },
    })
    await outbox.start()
    return outbox
  }
  const passBy = async (step: number, length: number): Promise<void> => {
    for (let i = 0; i < length; i += step) {
      await world.advance(step * 1_000)
      for (let turns = 0; turns < 4; turns++) await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const estate: Estate = {
    world,
    emulator,
    journal,
    outbox: await start(),
    happen: async (...events) => {
      const entries: AlertingEntry[] = []
      const decisions: Parameters<Outbox['tell']>[0][number][] = []
      for (const { kind, incident = 'INC-2026-0001', severity = 'page', rate = 14.8 } of events) {
        const seq = (seqs.get(incident) ?? 0) + 1
        seqs.set(incident, seq)
        const at = world.clock.now()
        entries.push({ at, kind: 'incident', data: eventOf({ kind, incident, severity, rate }, seq, at) })
        decisions.push({ incident, reason: REASONS[kind], severity, seq, at })
      }
      await journal.append(entries)
      estate.outbox.tell(decisions)
      await world.advance(0)
    },
    restart: async () => {
      const stopping = estate.outbox[Symbol.asyncDispose]()
      await world.advance(0)
      void stopping
      estate.outbox = await start()
    },
    pass: (length) => passBy(1, length),
    rest: (length) => passBy(10, length),
    headlines: (incident, channel = [...emulator.workspace.channels.keys()][0]!) =>
      topLevel(emulator.workspace.channels.get(channel)!)
        .filter(
          (message) =>
            message.metadata?.event_payload['id'] === incident &&
            message.metadata.event_payload['part'] === 'headline',
        )
        .map(({ ts, text }) => ({ ts, text })),
    incident: (id) => incidentsOf(stateNow()).find((incident) => incident.id === id),
  }
  return estate
}

function eventOf(what: Required<Happening>, seq: number, at: UnixSeconds): AlertingEntry['data'] {
  const { kind, incident, severity, rate } = what
  if (kind === 'acknowledged') return { kind, incident, seq, by: 'aya', text: 'Acknowledged.' }
  const scope = { cloud_provider: 'gcp' }
  const reading = {
    severity,
    scope,
    members: [{ scope, severity, rules: ['page-fast'], rate, firing: kind !== 'resolved' }],
    rules: ['page-fast'],
    peakRate: rate,
    badEvents: Math.round(rate * 100),
    budgetSpent: 0.06,
    ...(kind === 'blind' ? { blindSince: at } : {}),
  }
  const text = `It ${kind}.`
  if (kind !== 'opened') return { kind, incident, seq, reading, text }
  const number = Number(incident.slice(-4))
  return {
    kind,
    incident,
    number,
    seq,
    slo: incident,
    objective: 'main',
    service: 'payments',
    startedAt: unixSeconds(at - 240),
    reading,
    text,
  }
}
