import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { apiProblem, fleet, incidentDetail, type LiveEvent } from '../../src/contract/index.ts'
import { type Asked, createApi, now, serve } from './rig.ts'

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
