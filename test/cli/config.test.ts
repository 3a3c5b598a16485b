import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Config, loadConfig } from '../../src/cli/config.ts'
import { receiversOf } from '../../src/cli/config-notify.ts'
import { readSecret } from '../../src/cli/secret.ts'

function load(text: string | undefined, options: { env?: Record<string, string>; flags?: object } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'nines-config-'))
  const file = join(dir, 'nines.yaml')
  if (text !== undefined) writeFileSync(file, text)
  const loaded = loadConfig({
    file: text === undefined ? undefined : file,
    env: options.env ?? {},
    flags: options.flags ?? {},
    cwd: dir,
  })
  return { loaded, dir, file }
}

function config(
  text: string | undefined,
  options: { env?: Record<string, string>; flags?: object } = {},
): Config {
  const { loaded } = load(text, options)
  if (loaded.kind === 'failed') throw new Error(loaded.error)
  return loaded.value
}

test('without a file everything has its default, on loopback only', () => {
  const { loaded, dir } = load(undefined)
  expect(loaded).toMatchObject({
    kind: 'ok',
    value: {
      listen: { host: '127.0.0.1', port: 8080, basePath: '' },
      auth: 'loopback',
      definitions: join(dir, 'slo-definitions'),
      store: { kind: 'embedded', path: join(dir, 'data/ledger') },
      retention: { traffic: 400 },
      evaluateEverySeconds: 5,
    },
  })
})

test('flags win over the environment, and that over the file', () => {
  const text = 'listen: { port: 1 }\n'
  expect(config(text).listen.port).toBe(1)
  expect(config(text, { env: { NINES_PORT: '2' } }).listen.port).toBe(2)
  expect(config(text, { env: { NINES_PORT: '2' }, flags: { port: 3 } }).listen.port).toBe(3)
})

test('a ClickHouse URL makes the store a cluster', () => {
  expect(config('store: { url: "http://clickhouse:8123", cluster: prod }\n').store).toEqual({
    kind: 'cluster',
    url: 'http://clickhouse:8123',
    database: 'nines',
    username: 'default',
    cluster: 'prod',
  })
})

test('a value from the environment stays a value, whatever is in it', () => {
  const loaded = config('listen: { host: "${env:WHERE}" }\n', { env: { WHERE: '::1, port: 99' } })
  expect([loaded.listen.host, loaded.listen.port]).toEqual(['::1, port: 99', 8080])
})

test('a trace viewer is an address with a place for the trace', () => {
  expect(config('traces: { viewer: jaeger, url: "https://jaeger.example" }\n').traces).toEqual({
    viewer: 'jaeger',
    template: 'https://jaeger.example/trace/{traceId}',
  })
  expect(config('{}\n').traces).toBeUndefined()
})

test.each([
  [
    'a viewer without its place',
    'traces:\n  viewer: custom\n  url: https://t.example\n',
    /:3:8: traces\.url: .*\{traceId\}/,
  ],
  ['a port that is none', 'listen:\n  port: 99999\n', /nines\.yaml:2:9: listen\.port: .*65535/],
  ['a key that nobody knows', 'listn: {}\n', /nines\.yaml:1:1: the file: .*listn/],
  ['broken YAML', 'listen: [\n', /nines\.yaml:\d+:\d+: /],
  ['a time that is no number', 'evaluateEverySeconds: soon\n', /nines\.yaml:1:23: evaluateEverySeconds/],
])('%s is named with its place', (_name, text, expected) => {
  const { loaded } = load(text)
  expect(loaded.kind).toBe('failed')
  expect(loaded.kind === 'failed' && loaded.error).toMatch(expected)
})

test('a secret comes from its variable or from the file that its twin names', () => {
  const dir = mkdtempSync(join(tmpdir(), 'nines-secret-'))
  writeFileSync(join(dir, 'token'), 'xoxb-from-file\n')
  expect(readSecret({ SLACK_BOT_TOKEN: 'xoxb-direct' }, 'SLACK_BOT_TOKEN')).toBe('xoxb-direct')
  expect(readSecret({ SLACK_BOT_TOKEN_FILE: join(dir, 'token') }, 'SLACK_BOT_TOKEN')).toBe('xoxb-from-file')
  expect(readSecret({}, 'SLACK_BOT_TOKEN')).toBeUndefined()
})

const RECEIVERS = `notify:
  receivers:
    - { name: hook, webhook: { url: "https://hooks.example.com/" }, repeat: 4h }
    - { name: pager, pagerduty: {}, fallback: hook }
`

test('receivers and routes are read, with what they leave out', () => {
  const { notify } =
    config(`${RECEIVERS}  routes: { receivers: [hook], routes: [{ match: ['severity="page"'], receivers: [pager] }] }
`)
  expect(notify.receivers).toMatchObject([
    { name: 'hook', repeat: 14_400 },
    { name: 'pager', pagerduty: { keyFrom: 'PAGERDUTY_ROUTING_KEY' }, fallback: 'hook' },
  ])
  expect(notify.routes?.routes).toMatchObject([{ receivers: ['pager'], continue: false, routes: [] }])
})

test.each([
  [
    'a receiver that is two things',
    'receivers: [{ name: a, webhook: { url: "http://a" }, pagerduty: {} }]',
    'exactly one of',
  ],
  ['a route to nobody', 'routes: { receivers: [ghost] }', 'no other receiver is called ghost'],
  ['a root without receivers', 'routes: { routes: [] }', 'the root must name the receivers'],
  [
    'a matcher that cannot be read',
    'routes: { receivers: [], routes: [{ match: ["severity=page"] }] }',
    'write one like severity="page"',
  ],
  [
    'hours that end before they begin',
    'hours: [{ name: o, zone: UTC, from: "18:00", to: "09:00" }]',
    'begin before they end',
  ],
  ['a zone that is none', 'hours: [{ name: o, zone: Mars, from: "09:00", to: "18:00" }]', 'IANA zone'],
])('%s is refused with its place', (_, text, message) => {
  const { loaded } = load(`notify:\n  ${text}\n`)
  expect(loaded).toMatchObject({ kind: 'failed', error: expect.stringContaining(message) })
  expect(loaded.kind === 'failed' && loaded.error).toMatch(/nines\.yaml:[12]:\d+: notify/)
})

test('a secret that is missing is named, with the receiver that needs it', () => {
  const { notify } = config(RECEIVERS)
  expect(receiversOf(notify, {})).toEqual({
    kind: 'failed',
    error:
      'PAGERDUTY_ROUTING_KEY is not set, but receiver pager in nines.yaml needs it; set it, or PAGERDUTY_ROUTING_KEY_FILE.',
  })
  expect(receiversOf(notify, { PAGERDUTY_ROUTING_KEY: 'k' })).toMatchObject({
    kind: 'ok',
    value: [{}, { routingKey: 'k' }],
  })
})
