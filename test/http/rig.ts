import { afterEach } from 'vitest'
import type { LiveEvent } from '../../src/contract/index.ts'
import {
  type Api,
  createHttpServer,
  type HttpOptions,
  type HttpServer,
  type IncidentAction,
} from '../../src/http/index.ts'
import { RECONCILE_BOUNDS } from '../../src/slo/index.ts'
import { createTestWorld } from '../world.ts'

export const now = 1_790_000_000
export const states = { ok: 1, watch: 0, burning: 0, exhausted: 0, unknown: 0 }
export const incident = {
  id: 'INC-2026-0001',
  slo: 'checkout',
  objective: '0',
  name: 'checkout',
  service: 'checkout',
  scope: { cloud_provider: 'gcp' },
  severity: 'page' as const,
  state: 'open' as const,
  sentence: 'Burning 14.8× in gcp.',
  startedAt: now - 120,
  openedAt: now - 60,
  resolvedAt: null,
  blindSince: null,
  reopened: 0,
  peakRate: 14.8,
  badEvents: 12,
  budgetSpent: 0.01,
  acknowledged: null,
  now,
  members: [],
  timeline: [],
  evaluation: null,
  owner: '',
  runbook: '',
}

export const silence = {
  id: 'SIL-0001',
  state: 'active' as const,
  matchers: [{ name: 'service_name', op: '=' as const, value: 'checkout' }],
  by: 'aya',
  reason: 'the database moves',
  from: now,
  until: now + 3_600,
  createdAt: now,
  incidents: [],
}

export interface Asked {
  readonly what: string
  readonly options: unknown
}

export const GATE = { now: 1, asked: 'x', state: 'open' as const, reason: '', slos: [], override: null }

export function createApi(
  asked: Asked[] = [],
  subscribers: ((id: number, event: LiveEvent) => void)[] = [],
): Api {
  const note = async (what: string, options: unknown): Promise<undefined> => {
    asked.push({ what, options })
    return undefined
  }
  const asks = (options: unknown) => asked.push({ what: 'gate', options })
  return {
    outward: {
      routes: () => ({ receivers: [], routes: [] }),
      testRoutes: (labels) => ({ labels: { ...labels }, told: [] }),
      gate: (question) => {
        asks(question)
        return GATE
      },
      postmortem: () => undefined,
      openGate: async (question, by) => {
        asks({ ...question, ...by })
        return GATE
      },
    },
    meta: () => ({
      version: '1',
      now,
      startedAt: now,
      demo: true,
      slack: { kind: 'none', url: null },
      definitions: { slos: 1, files: 1, commit: null, problems: [] },
    }),
    fleet: () => ({ now, sentence: 'All well.', states, slos: [] }),
    slo: () => undefined,
    series: (id, options) => note(id, options),
    contributors: (id, options) => note(id, options),
    latency: (id, options) => note(id, options),
    exemplars: async (id, options) => {
      await note(id, options)
      return []
    },
    incidents: (options) => {
      asked.push({ what: 'incidents', options })
      return [incident]
    },
    incident: (id) => (id === incident.id ? incident : undefined),
    act: async (id, action: IncidentAction) => {
      asked.push({ what: id, options: action })
      return incident
    },
    declare: async (declaration) => {
      asked.push({ what: 'declare', options: declaration })
      return incident
    },
    silences: (options) => {
      asked.push({ what: 'silences', options })
      return [silence]
    },
    silence: async (options) => {
      asked.push({ what: 'silence', options })
      return silence
    },
    endSilence: async (id, by) => {
      asked.push({ what: id, options: by })
      return id === silence.id ? silence : undefined
    },
    journal: async (options) => {
      asked.push({ what: 'journal', options })
      return [{ seq: 1, at: now, kind: 'correction', text: 'Approved by sato.', data: { id: 'upgrade' } }]
    },
    sources: async () => [],
    preview: async (asked) => note('preview', asked),
    days: (id, options) => note(id, options),
    review: async (range) => {
      asked.push({ what: 'review', options: range })
      return { range, rows: [] }
    },
    events: (range) => {
      asked.push({ what: 'events', options: range })
      return { range, events: [] }
    },
    badge: (id) => (id === 'checkout' ? '<svg xmlns="http://www.w3.org/2000/svg"/>' : undefined),
    distances: async ({ from, to }) => ({ range: { from, to }, legs: [] }),
    services: async (options) => {
      asked.push({ what: 'services', options })
      return { now, range: options, step: 60, services: [] }
    },
    service: (id, options) => note(id, options),
    serviceGroups: (id, options) => note(id, options),
    serviceLatency: (id, options) => note(id, options),
    serviceExemplars: async (id, options) => {
      await note(id, options)
      return []
    },
    journeys: () => ({ now, journeys: [] }),
    journey: (name) => note('journey', name),
    journeySeries: (name, options) => note(name, options),
    journeyAttribution: (name, options) => note(name, options),
    simulate: (name, options) => note(name, options),
    graph: async () => ({ now, nodes: [], edges: [] }),
    matrix: () => ({ now, clouds: [], services: [] }),
    providers: async (month) => {
      asked.push({ what: 'providers', options: month })
      return { month: month ?? '', range: { from: 0, to: 0 }, providers: [] }
    },
    reconcile: async ({ from, to }) => ({
      now,
      range: { from, to },
      bounds: { ...RECONCILE_BOUNDS },
      services: [],
    }),
    diagnosis: async () => ({ now, version: '1', finding: 'well', checks: [], sources: [] }),
    subscribe: (_lastId, tell) => {
      subscribers.push(tell)
      return () => undefined
    },
    ready: () => ({ ready: false, reasons: ['the ledger is still being read'] }),
    metrics: async () => 'nines_build_info 1\n',
  }
}

let open: HttpServer | undefined
afterEach(async () => {
  await open?.[Symbol.asyncDispose]()
  open = undefined
})

export async function serve(api: Api, changes: Partial<HttpOptions> = {}): Promise<HttpServer> {
  open = await createHttpServer(createTestWorld(), api, {
    host: '127.0.0.1',
    port: 0,
    basePath: '',
    webRoot: '/nonexistent',
    version: '1',
    auth: 'loopback',
    names: [],
    mounts: [],
    ...changes,
  })
  return open
}
