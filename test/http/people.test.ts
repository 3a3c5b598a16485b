import { expect, test } from 'vitest'
import { apiProblem } from '../../src/contract/index.ts'
import { type Asked, createApi, now, serve, silence } from './rig.ts'

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
