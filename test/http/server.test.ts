import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { apiProblem, fleet, incidentDetail, type LiveEvent } from '../../src/contract/index.ts'
import {
  type Api,
  createHttpServer,
  type HttpOptions,
  type HttpServer,
  type IncidentAction,
} from '../../src/http/index.ts'
import { RECONCILE_BOUNDS } from '../../src/slo/index.ts'
import { createTestWorld } from '../world.ts'

const now = 1_790_000_000
const states = { ok: 1, watch: 0, burning: 0, exhausted: 0, unknown: 0 }
const incident = {
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

const silence = {
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

interface Asked {
  readonly what: string
  readonly options: unknown
}

const GATE = { now: 1, asked: 'x', state: 'open' as const, reason: '', slos: [], override: null }

function createApi(asked: Asked[] = [], subscribers: ((id: number, event: LiveEvent) => void)[] = []): Api {
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

async function serve(api: Api, changes: Partial<HttpOptions> = {}): Promise<HttpServer> {
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

test('every answer of the API keeps to its contract', async () => {
  const server = await serve(createApi())
  expect(fleet.parse((await server.inject('/api/v1/slos')).json()).sentence).toBe('All well.')
  expect(incidentDetail.parse((await server.inject('/api/v1/incidents/INC-2026-0001')).json()).id).toBe(
    'INC-2026-0001',
  )
})

test('an id with a slash, a range and a scope reach the function that answers', async () => {
  const asked: Asked[] = []
  const server = await serve(createApi(asked))
  const reply = await server.inject(
    '/api/v1/slos/checkout%2Ffast/series?from=60&to=120&scope=cloud_provider%3Daws%2Ca%5C%2Cb%3Dc%5C%3Dd',
  )
  expect(asked).toEqual([
    {
      what: 'checkout/fast',
      options: { from: 60, to: 120, points: 360, scope: { cloud_provider: 'aws', 'a,b': 'c=d' } },
    },
  ])
  expect(reply.statusCode).toBe(404)
  expect(apiProblem.parse(reply.json()).detail).toBe('There is nothing called "checkout/fast".')
})

test('a question that cannot be read says which part and why', async () => {
  const server = await serve(createApi())
  const reply = await server.inject('/api/v1/slos/checkout/series?from=yesterday&to=120')
  expect(reply.statusCode).toBe(400)
  expect(reply.headers['content-type']).toContain('application/problem+json')
  expect(reply.json().detail).toContain('from')
})

test('the audit trail is asked for by kinds, and leaves incidents to their own pages', async () => {
  const asked: Asked[] = []
  const server = await serve(createApi(asked))
  const reply = await server.inject('/api/v1/journal?limit=5')
  expect(reply.json().entries).toEqual([
    { seq: 1, at: now, kind: 'correction', text: 'Approved by sato.', data: { id: 'upgrade' } },
  ])
  await server.inject('/api/v1/journal?kinds=incident,%20notification')
  expect(asked.map(({ options }) => options)).toEqual([
    { kinds: ['definition', 'correction', 'restatement'], limit: 5 },
    { kinds: ['incident', 'notification'], limit: 100 },
  ])
})

test('an action is checked before it is done', async () => {
  const asked: Asked[] = []
  const server = await serve(createApi(asked))
  const url = '/api/v1/incidents/INC-2026-0001/actions'
  expect(
    (await server.inject({ method: 'POST', url, payload: { kind: 'explode', by: 'aya' } })).statusCode,
  ).toBe(400)
  expect(
    (await server.inject({ method: 'POST', url, payload: { kind: 'note', by: 'aya', text: 'rolled back' } }))
      .statusCode,
  ).toBe(200)
  expect(asked).toEqual([
    { what: 'INC-2026-0001', options: { kind: 'note', by: 'aya', text: 'rolled back' } },
  ])
})

test.each([
  [{ kind: 'acknowledge' }, {}],
  [{ kind: 'unacknowledge', request: 'r1' }, {}],
  [{ kind: 'take-command' }, {}],
  [{ kind: 'hand-over', to: 'ben', text: 'failover is half done' }, {}],
  [{ kind: 'hand-over', to: 'ben' }, { text: '' }],
  [{ kind: 'assign', role: 'scribe', to: 'ben' }, {}],
  [{ kind: 'unassign', role: 'scribe' }, {}],
  [{ kind: 'severity', severity: 'ticket' }, {}],
  [{ kind: 'severity', severity: null }, { severity: undefined }],
  [{ kind: 'level', level: 'all-hands' }, {}],
  [{ kind: 'level', level: null }, { level: undefined }],
  [{ kind: 'resolve' }, {}],
  [{ kind: 'reopen' }, {}],
  [{ kind: 'mute', until: now + 60 }, {}],
  [{ kind: 'mute', seconds: 3_600 }, {}],
  [{ kind: 'unmute' }, {}],
  [{ kind: 'note', text: 'rolled back' }, {}],
  [{ kind: 'add-item', text: 'alarm on it', owner: 'ben' }, {}],
  [{ kind: 'add-item', text: 'alarm on it' }, {}],
  [{ kind: 'close-item', item: 1 }, {}],
  [{ kind: 'link', link: 'issue', url: 'https://issues.example/1' }, {}],
])('the action %j is done as it is asked for', async (body, read) => {
  const asked: Asked[] = []
  const server = await serve(createApi(asked))
  const url = '/api/v1/incidents/INC-2026-0001/actions'
  const answered = await server.inject({ method: 'POST', url, payload: { ...body, by: 'aya' } })
  expect(answered.statusCode, answered.body).toBe(200)
  expect(asked).toEqual([{ what: 'INC-2026-0001', options: { ...body, ...read, by: 'aya' } }])
})

test.each([
  [{ kind: 'mute' }, 'say either until or seconds'],
  [{ kind: 'mute', until: now, seconds: 60 }, 'say either until or seconds'],
  [{ kind: 'assign', role: 'king', to: 'ben' }, 'role'],
  [{ kind: 'severity', severity: 'dire' }, 'severity'],
  [{ kind: 'close-item', item: 0 }, 'item'],
  [{ kind: 'note', text: ' ' }, 'text'],
])('the action %j cannot be read, and the answer says why', async (body, why) => {
  const asked: Asked[] = []
  const server = await serve(createApi(asked))
  const url = '/api/v1/incidents/INC-2026-0001/actions'
  const answered = await server.inject({ method: 'POST', url, payload: { ...body, by: 'aya' } })
  expect([answered.statusCode, asked]).toEqual([400, []])
  expect(apiProblem.parse(answered.json()).detail).toContain(why)
})

test('an incident is declared, and quiet is asked for, listed and ended', async () => {
  const asked: Asked[] = []
  const server = await serve(createApi(asked))
  const post = async (url: string, payload: object) =>
    (await server.inject({ method: 'POST', url, payload })).statusCode
  const declaration = {
    by: 'aya',
    title: 'cards are declined',
    services: ['payments'],
    severity: 'page',
    scope: { cloud_provider: 'aws' },
  }
  const quiet = {
    by: 'aya',
    matchers: [
      { name: 'service_name', op: '=', value: 'checkout' },
      { name: 'cloud_region', op: '=~', value: 'us-.*' },
    ],
    reason: 'the database moves',
    seconds: 7_200,
  }
  expect(await post('/api/v1/incidents', declaration)).toBe(200)
  expect(await post('/api/v1/incidents', { ...declaration, services: [] })).toBe(400)
  expect(await post('/api/v1/silences', quiet)).toBe(200)
  expect(await post('/api/v1/silences', { ...quiet, reason: '' })).toBe(400)
  expect(await post('/api/v1/silences', { ...quiet, matchers: [] })).toBe(400)
  expect(await post('/api/v1/silences', { ...quiet, until: now })).toBe(400)
  expect((await server.inject({ url: '/api/v1/silences?over=true' })).json()).toEqual({ silences: [silence] })
  expect(await post('/api/v1/silences/SIL-0001/end', { by: 'ben' })).toBe(200)
  expect(await post('/api/v1/silences/SIL-0002/end', { by: 'ben' })).toBe(404)
  expect(asked).toEqual([
    { what: 'declare', options: declaration },
    { what: 'silence', options: quiet },
    { what: 'silences', options: { over: true } },
    { what: 'SIL-0001', options: { by: 'ben' } },
    { what: 'SIL-0002', options: { by: 'ben' } },
  ])
})

test('a change asked for by a page of another origin is refused', async () => {
  const server = await serve(createApi())
  const url = '/api/v1/incidents/INC-2026-0001/actions'
  const payload = { kind: 'acknowledge', by: 'aya' }
  for (const headers of [
    { 'sec-fetch-site': 'cross-site' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
  ]) {
    expect(
      (await server.inject({ method: 'POST', url, payload, headers })).statusCode,
      JSON.stringify(headers),
    ).toBe(403)
  }
  const text = await server.inject({
    method: 'POST',
    url,
    payload: JSON.stringify(payload),
    headers: { 'content-type': 'text/plain' },
  })
  expect(text.statusCode).toBe(400)
})

test('on loopback the service answers only to its own names and those it is given', async () => {
  const server = await serve(createApi(), { names: ['nines.example.com'] })
  const status = async (host: string): Promise<number> =>
    (await server.inject({ url: '/healthz', headers: { host } })).statusCode
  expect(await status('127.0.0.1:8080')).toBe(200)
  expect(await status('localhost:8080')).toBe(200)
  expect(await status('[::1]:8080')).toBe(200)
  expect(await status('nines.example.com')).toBe(200)
  expect(await status('rebound.example:8080')).toBe(421)
})

test('an address that others reach is refused without a word about auth', async () => {
  await expect(serve(createApi(), { host: '0.0.0.0' })).rejects.toThrow(
    /will not listen on 0\.0\.0\.0 without authentication/,
  )
  await serve(createApi(), { host: '0.0.0.0', auth: 'none' })
})

test('health is about the process, readiness says what is missing', async () => {
  const server = await serve(createApi())
  expect((await server.inject('/healthz')).statusCode).toBe(200)
  const ready = await server.inject('/readyz')
  expect([ready.statusCode, ready.json().reasons]).toEqual([503, ['the ledger is still being read']])
  expect((await server.inject('/metrics')).body).toBe('nines_build_info 1\n')
})

test('the OpenAPI document describes every endpoint that is served', async () => {
  const server = await serve(createApi(), { basePath: '/nines' })
  const document = (await server.inject('/nines/openapi.json')).json()
  expect(document.openapi).toBe('3.1.0')
  await expect(`${Object.keys(document.paths).sort().join('\n')}\n`).toMatchFileSnapshot(
    '../golden/http/endpoints.txt',
  )
  const series = document.paths['/api/v1/slos/{id}/series'].get
  expect(
    series.parameters.filter((p: { required: boolean }) => p.required).map((p: { name: string }) => p.name),
  ).toEqual(['id', 'from', 'to'])
  expect(document.servers).toEqual([{ url: '/nines' }])
})

test('below a base path pages are the app, assets are kept for ever, and the rest is not found', async () => {
  const webRoot = mkdtempSync(join(tmpdir(), 'nines-web-'))
  writeFileSync(join(webRoot, 'index.html'), '<!doctype html><base href="/"><title>Nines</title>')
  const server = await serve(createApi(), { basePath: '/nines', webRoot })
  const page = await server.inject({ url: '/nines/slo/checkout', headers: { accept: 'text/html' } })
  expect([page.statusCode, page.body]).toEqual([
    200,
    '<!doctype html><base href="/nines/"><title>Nines</title>',
  ])
  expect(page.headers['content-security-policy']).toContain("script-src 'self'")
  expect((await server.inject({ url: '/nines/nothing.js' })).statusCode).toBe(404)
  expect(
    (await server.inject({ url: '/nines/api/v1/nothing', headers: { accept: 'text/html' } })).statusCode,
  ).toBe(404)
})

test('a mount gets the raw bytes of a form and answers for everything below its prefix', async () => {
  const seen: string[] = []
  const handle = async (request: Request): Promise<Response> => {
    seen.push(`${request.method} ${new URL(request.url).pathname} ${await request.text()}`)
    return new Response('yes', { status: 201, headers: { 'x-mark': '1' } })
  }
  const server = await serve(createApi(), { mounts: [{ prefix: '/dev/slack', handle }] })
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const reply = await server.inject({
    method: 'POST',
    url: '/dev/slack/api/chat.postMessage',
    payload: 'text=a%20b',
    headers,
  })
  expect([reply.statusCode, reply.body, reply.headers['x-mark']]).toEqual([201, 'yes', '1'])
  await server.inject('/dev/slack')
  expect(seen).toEqual(['POST /dev/slack/api/chat.postMessage text=a%20b', 'GET /dev/slack '])
})

test('the live stream sends events with their ids and ends when the server closes', async () => {
  const subscribers: ((id: number, event: LiveEvent) => void)[] = []
  const server = await serve(createApi([], subscribers))
  const { port } = await server.listen()
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/stream`, {
    headers: { 'last-event-id': '41' },
  })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  subscribers[0]?.(42, { type: 'reset' })
  await server[Symbol.asyncDispose]()
  open = undefined
  const text = await response.text().catch(() => '')
  expect(text).toContain('id: 42\nevent: reset\ndata: {"type":"reset"}\n\n')
})

test('a service is asked for the six hours before now, unless somebody says otherwise', async () => {
  const asked: Asked[] = []
  const server = await serve(createApi(asked))
  await server.inject('/api/v1/services')
  await server.inject('/api/v1/services/pay%2Fv1?range=7d&source=apm&scope=cloud_provider%3Daws')
  await server.inject('/api/v1/services/pay/groups?from=600&to=1200&by=operation,reason')
  const scope = { cloud_provider: 'aws' }
  expect(asked).toEqual([
    { what: 'services', options: { from: now - 21_600, to: now } },
    { what: 'pay/v1', options: { from: now - 604_800, to: now, source: 'apm', scope, points: 240 } },
    {
      what: 'pay',
      options: { from: 600, to: 1_200, scope: {}, points: 24, by: ['operation', 'reason'], limit: 50 },
    },
  ])
})

test.each([
  ['range=6', /such as 30m, 6h/],
  ['from=900&to=600', /from: must be before the end/],
  ['from=0', /within 400 days/],
  ['points=0', /points/],
])('a stretch of time that cannot be (%s) is refused with what to write', async (query, expected) => {
  const answer = await (await serve(createApi())).inject(`/api/v1/services/pay?${query}`)
  expect(answer.statusCode).toBe(400)
  expect(apiProblem.parse(answer.json()).detail).toMatch(expected)
})
