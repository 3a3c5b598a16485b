import { expect, test } from 'vitest'
import { actCommand, declareCommand, incidentsCommand } from '../../src/cli/incidents.ts'
import { type Commands, createProgram } from '../../src/cli/program.ts'
import { silenceAddCommand, silenceEndCommand, silencesCommand } from '../../src/cli/silences.ts'

const URL = 'http://nines.test'
const now = 1_790_000_040
const incident = {
  id: 'INC-2026-0001',
  slo: 'checkout',
  objective: '0',
  name: 'Checkout',
  service: 'checkout',
  scope: { cloud_provider: 'gcp' },
  severity: 'page',
  state: 'open',
  sentence: 'Burning 14.8× in gcp',
  startedAt: now - 120,
  openedAt: now - 60,
  resolvedAt: null,
  blindSince: null,
  reopened: 0,
  peakRate: 14.8,
  badEvents: 12,
  budgetSpent: 0.01,
  acknowledged: null,
  commander: 'ben',
  mutedUntil: now + 3_600,
  now,
  members: [],
  timeline: [{ at: now, kind: 'note', text: 'rolled back', by: 'aya' }],
  evaluation: null,
  owner: '',
  runbook: '',
}
const silence = {
  id: 'SIL-0001',
  state: 'active',
  matchers: [{ name: 'service_name', op: '=', value: 'checkout' }],
  by: 'aya',
  reason: 'the database moves',
  from: now,
  until: now + 3_600,
  createdAt: now,
  incidents: ['INC-2026-0001'],
}

/** A service that answers with what it is given, and remembers what it was asked. */
function createDesk(
  answers: Readonly<Record<string, unknown>>,
  env: Record<string, string> = { USER: 'aya' },
) {
  const out: string[] = []
  const err: string[] = []
  const asked: unknown[] = []
  const io = {
    stdout: (text: string) => void out.push(text),
    stderr: (text: string) => void err.push(text),
    color: false,
    terminal: false,
    cwd: '/',
    env,
  }
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const url = input instanceof Request ? input.url : input.toString()
    const path = url.slice(`${URL}/api/v1`.length)
    asked.push(typeof init?.body === 'string' ? [path, JSON.parse(init.body)] : path)
    const answer = answers[path]
    return answer === undefined
      ? Response.json(
          { title: 'Not found', status: 404, detail: 'There is nothing called that.' },
          { status: 404 },
        )
      : Response.json(answer)
  }
  return { io, world: { fetch }, out: () => out.join(''), err: () => err.join(''), asked }
}

const table = { url: URL, output: 'table' as const }

test('incidents are listed with who has them and why nobody is called', async () => {
  const { io, world, out } = createDesk({ '/incidents?limit=100&state=open': { incidents: [incident] } })
  expect(await incidentsCommand(io, world, { ...table, state: 'open', limit: 100 })).toBe(0)
  expect(out()).toMatch(
    /INC-2026-0001 +page +2026-\S+ \S+ UTC +Checkout +ben muted until 2026-\S+ \S+ UTC +Burning 14\.8× in gcp/,
  )
})

test('a reason goes into the timeline before it is done, beside who did it', async () => {
  const path = '/incidents/INC-2026-0001/actions'
  const { io, world, out, asked } = createDesk({ [path]: incident })
  const deeds = [{ kind: 'note', text: 'rolled back' }, { kind: 'resolve' }] as const
  expect(await actCommand(io, world, { incident: 'INC-2026-0001', deeds, options: table })).toBe(0)
  expect(asked).toEqual([
    [path, { kind: 'note', text: 'rolled back', by: 'aya' }],
    [path, { kind: 'resolve', by: 'aya' }],
  ])
  expect(out()).toBe('INC-2026-0001 open, page. rolled back (aya)\n')
})

test('an incident that is not there ends with 1 and a sentence', async () => {
  const { io, world, err } = createDesk({})
  const deeds = [{ kind: 'acknowledge' }] as const
  expect(await actCommand(io, world, { incident: 'INC-1', deeds, options: table })).toBe(1)
  expect(err()).toBe('There is nothing called that.\n')
})

test('nobody acts without a name', async () => {
  const { io, world, err, asked } = createDesk({}, {})
  const deeds = [{ kind: 'acknowledge' }] as const
  expect(await actCommand(io, world, { incident: 'INC-1', deeds, options: table })).toBe(2)
  expect(err()).toContain('--by <who>')
  expect(asked).toEqual([])
})

test('an incident is declared', async () => {
  const { io, world, out, asked } = createDesk({ '/incidents': incident })
  const options = {
    ...table,
    title: 'cards are declined',
    service: ['payments'],
    severity: 'page' as const,
    label: { cloud_provider: 'aws' },
    drill: false,
  }
  expect(await declareCommand(io, world, options)).toBe(0)
  expect(asked).toEqual([
    [
      '/incidents',
      {
        title: 'cards are declined',
        services: ['payments'],
        severity: 'page',
        scope: { cloud_provider: 'aws' },
        drill: false,
        by: 'aya',
      },
    ],
  ])
  expect(out()).toContain('INC-2026-0001 open')
})

test('quiet is asked for, listed and ended', async () => {
  const over = { ...silence, state: 'over', incidents: [] }
  const { io, world, out, err, asked } = createDesk({
    '/silences': silence,
    '/silences?over=false': { silences: [silence] },
    '/silences/SIL-0001/end': over,
  })
  const quiet = { ...table, reason: 'the database moves', for: 7_200 }
  expect(
    await silenceAddCommand(io, world, { ...quiet, matchers: ['service_name=checkout', 'slo!~"a b"'] }),
  ).toBe(0)
  expect(await silenceAddCommand(io, world, { ...quiet, matchers: ['checkout'] })).toBe(2)
  expect(await silencesCommand(io, world, { ...table, over: false })).toBe(0)
  expect(await silenceEndCommand(io, world, { ...table, id: 'SIL-0001' })).toBe(0)
  expect(asked[0]).toEqual([
    '/silences',
    {
      matchers: [
        { name: 'service_name', op: '=', value: 'checkout' },
        { name: 'slo', op: '!~', value: 'a b' },
      ],
      by: 'aya',
      reason: 'the database moves',
      seconds: 7_200,
    },
  ])
  expect(err()).toContain('"checkout" is no matcher')
  expect(out()).toMatch(
    /^SIL-0001 \{service_name="checkout"\} until [-:\d ]+UTC\. Covers INC-2026-0001\.\nSILENCE[^]*SIL-0001 +active[^]*SIL-0001 ended at /,
  )
})

test.each([
  [
    ['ack', 'INC-1'],
    ['INC-1', [{ kind: 'acknowledge' }]],
  ],
  [
    ['take', 'INC-1'],
    ['INC-1', [{ kind: 'take-command' }]],
  ],
  [
    ['resolve', 'INC-1', '--reason', 'rolled back'],
    ['INC-1', [{ kind: 'note', text: 'rolled back' }, { kind: 'resolve' }]],
  ],
  [
    ['mute', 'INC-1', '--for', '2h'],
    ['INC-1', [{ kind: 'mute', seconds: 7_200 }]],
  ],
  [
    ['note', 'INC-1', 'it is DNS'],
    ['INC-1', [{ kind: 'note', text: 'it is DNS' }]],
  ],
  [
    ['severity', 'INC-1', 'auto'],
    ['INC-1', [{ kind: 'severity', severity: null }]],
  ],
  [
    ['assign', 'INC-1', 'ben', '--role', 'scribe'],
    ['INC-1', [{ kind: 'assign', role: 'scribe', to: 'ben' }]],
  ],
])('nines %j', async (argv, expected) => {
  const seen: unknown[] = []
  const commands = {
    act: async (...given: unknown[]) => {
      seen.push(given.slice(0, 2))
      return 0
    },
  } as unknown as Commands
  await createProgram('1', commands, () => undefined).parseAsync(['node', 'nines', ...argv])
  expect(seen).toEqual([expected])
})
