import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { failed, ok } from '../../src/base/index.ts'
import type { Config } from '../../src/cli/config.ts'
import { doctorCommand, renderDiagnosis } from '../../src/cli/doctor.ts'
import { type StandaloneParts, standaloneChecks } from '../../src/cli/standalone.ts'
import { type Check, type Diagnosis, diagnosis } from '../../src/contract/index.ts'
import { createTestWorld } from '../world.ts'

const now = 1_790_000_000
const well: Check = { name: 'store', finding: 'well', text: 'The ledger answers.', remedy: '' }

const broken: Diagnosis = {
  now,
  version: '1.2.3',
  finding: 'wrong',
  checks: [
    well,
    { name: 'slack', finding: 'wrong', text: 'No token is set.', remedy: 'Set SLACK_BOT_TOKEN.' },
  ],
  sources: [
    {
      name: 'edge',
      type: 'EnvoyAccessLog',
      finding: 'wrong',
      lastSuccess: now - 7_200,
      lag: 7_230,
      events: 184_220,
      rejected: 3,
      overflowed: 0,
      series: 43,
      first: now - 86_400,
      last: now - 7_230,
      problem: null,
      walk: [
        {
          step: 'source',
          state: 'wrong',
          since: now - 7_200,
          text: '1 of 4 targets: logs/gcp: permission denied.',
          remedy: 'Let the service read logs/gcp.',
        },
        {
          step: 'collector',
          state: 'waiting',
          since: null,
          text: 'Waits for the step before: the source.',
          remedy: '',
        },
        { step: 'ledger', state: 'well', since: null, text: '43 series.', remedy: '' },
        { step: 'sli', state: 'well', since: null, text: '17 promises count its requests.', remedy: '' },
        { step: 'budget', state: 'unused', since: null, text: 'No budget rests on it.', remedy: '' },
      ],
    },
  ],
}

interface Asked {
  readonly answer?: Diagnosis
  readonly standalone?: readonly Check[]
  readonly options?: { output?: 'table' | 'json'; standalone?: boolean }
  readonly version?: string
}

async function run({ answer, standalone = [well], options = {}, version = '1.2.3' }: Asked) {
  const out: string[] = []
  const world = createTestWorld({
    start: now,
    fetch: async () => {
      if (answer) return Response.json(answer)
      throw new TypeError('fetch failed')
    },
  })
  const io = { stdout: (text: string) => void out.push(text), stderr: () => undefined, color: false }
  const code = await doctorCommand(io, world, {
    options: { url: 'http://127.0.0.1:8080', output: 'json', standalone: false, ...options },
    version,
    standalone: async () => standalone,
  })
  const text = out.join('')
  return { code, text, told: text.startsWith('{') ? diagnosis.parse(JSON.parse(text)) : undefined }
}

test('the table says where the walk breaks, for how long, and what to do', async () => {
  await expect(renderDiagnosis(broken, false)).toMatchFileSnapshot('../golden/cli/doctor.txt')
})

test('the shell is told well, wrong, or that it cannot be told', async () => {
  const fine: Diagnosis = { ...broken, finding: 'well', checks: [well], sources: [] }
  expect((await run({ answer: fine })).code).toBe(0)
  expect((await run({ answer: broken })).code).toBe(1)
  expect((await run({})).code).toBe(2)
  expect((await run({ options: { standalone: true } })).code).toBe(0)
})

test('without a service what can be seen from here is still said, and that the rest cannot', async () => {
  const { told } = await run({ standalone: [{ ...well, finding: 'wrong' }] })
  expect(told?.finding).toBe('wrong')
  expect(told?.checks.map(({ name }) => name)).toEqual(['service', 'store'])
  expect(told?.checks[0]?.remedy).toContain('--standalone')
})

test('another version and another clock than the service’s are seen from here', async () => {
  const fine: Diagnosis = { ...broken, now: now - 90, finding: 'well', checks: [well], sources: [] }
  const { told, code } = await run({ answer: fine, version: '1.2.4' })
  expect(code).toBe(1)
  expect(told?.checks.filter(({ finding }) => finding === 'wrong').map(({ text }) => text)).toEqual([
    'The service is 1.2.3, this command is 1.2.4.',
    "The clock of this machine is 1 min ahead of the service's.",
  ])
})

function configIn(dir: string, changes: Partial<Config> = {}): Config {
  return {
    listen: { host: '127.0.0.1', port: 0, basePath: '', names: [] },
    definitions: join(dir, 'slo'),
    store: { kind: 'embedded', path: join(dir, 'data/ledger') },
    auth: 'loopback',
    policies: { budgets: [] },
    notify: { receivers: [], hours: [], slack: { channel: 'C1', locale: 'en' } },
    retention: { traffic: 400, exemplars: 14, journal: 1_100 },
    evaluateEverySeconds: 5,
    publicUrl: undefined,
    traces: undefined,
    log: { level: 'info', format: 'auto' },
    ...changes,
  }
}

const SOURCE = `apiVersion: openslo/v1
kind: DataSource
metadata: { name: edge }
spec: { type: EnvoyAccessLog, connectionDetails: { files: [a.json] } }
`

async function alone(
  changes: Partial<StandaloneParts> & { config: StandaloneParts['config'] },
  token = 'xoxb-1',
) {
  const world = createTestWorld({ start: now })
  return standaloneChecks({ env: { SLACK_BOT_TOKEN: token } }, world, {
    version: '1.2.3',
    file: 'nines.yaml',
    faultsOf: async () => [],
    ...changes,
  })
}

const wrong = (checks: readonly Check[]): string[] =>
  checks.filter(({ finding }) => finding === 'wrong').map(({ name }) => name)

test('from here: definitions, sources, the ledger’s directory, disk, clock and Slack', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'nines-doctor-'))
  mkdirSync(join(dir, 'slo'))
  writeFileSync(join(dir, 'slo/a.yaml'), SOURCE)
  const fault = { text: 'format is missing', remedy: 'Write format: envoy-json.' }
  const checks = await alone(
    {
      config: ok(configIn(dir, { store: { kind: 'embedded', path: join(dir, 'slo/a.yaml/ledger') } })),
      faultsOf: async (sources) => sources.map((source) => ({ source, faults: [fault] })),
    },
    '',
  )
  expect(wrong(checks)).toEqual(expect.arrayContaining(['definitions', 'source', 'store', 'slack']))
  expect(checks.find(({ name }) => name === 'source')).toMatchObject({ remedy: 'Write format: envoy-json.' })
})

test('a configuration that cannot be read is what is wrong, with its place', async () => {
  const checks = await alone({ config: failed('nines.yaml:1:1: listn: unknown') })
  expect(wrong(checks)).toEqual(['config'])
  expect(checks.at(-1)?.text).toContain('nines.yaml:1:1')
})

test('a ClickHouse that does not answer is wrong, and its disks cannot be seen', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'nines-doctor-'))
  const store = {
    kind: 'cluster',
    url: 'http://clickhouse:8123',
    database: 'nines',
    username: 'default',
  } as const
  expect(wrong(await alone({ config: ok(configIn(dir, { store })) }))).toContain('store')
})
