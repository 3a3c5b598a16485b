import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { later, unixSeconds } from '../../src/base/index.ts'
import { createAlertFeed, type IncidentBrief } from '../../src/notify/index.ts'
import { systemClock } from '../../src/system.ts'
import { briefOf, incidentWith } from '../notify/estate.ts'
import { createTestWorld } from '../world.ts'

// Debian's Alertmanager, as it is installed: what it takes, what it makes of what it is told again and again, and what
// it tells on.

const BINARY = process.env['NINES_ALERTMANAGER'] ?? 'prometheus-alertmanager'
const installed = await runs(BINARY)

interface Told {
  readonly status: string
  readonly alerts: readonly {
    readonly status: string
    readonly labels: Record<string, string>
    readonly fingerprint: string
  }[]
}

const dir = mkdtempSync(join(tmpdir(), 'nines-alertmanager-'))
const told: Told[] = []
const hook = createServer((request, response) => {
  let text = ''
  request.on('data', (chunk) => (text += chunk))
  request.on('end', () => {
    told.push(JSON.parse(text))
    response.end()
  })
})
let process_: ChildProcess | undefined
let url = ''

beforeAll(async () => {
  if (!installed) return
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
  const hookPort = (hook.address() as AddressInfo).port
  writeFileSync(
    join(dir, 'alertmanager.yml'),
    `route: { receiver: hook, group_by: [incident], group_wait: 0s, group_interval: 1s, repeat_interval: 4h }
receivers: [{ name: hook, webhook_configs: [{ url: "http://127.0.0.1:${hookPort}/", send_resolved: true }] }]
`,
  )
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  process_ = spawn(
    BINARY,
    [
      `--config.file=${join(dir, 'alertmanager.yml')}`,
      `--storage.path=${join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    { stdio: 'ignore' },
  )
  await until(async () => (await fetch(`${url}/-/ready`)).ok)
})

afterAll(() => {
  process_?.kill()
  hook.close()
  rmSync(dir, { recursive: true, force: true })
})

function feedOf(briefs: () => readonly IncidentBrief[]) {
  const world = { ...createTestWorld({ fetch }), clock: systemClock }
  return createAlertFeed(world, { name: 'alertmanager', url, briefs, standing: () => [] })
}

const now = () => unixSeconds(Math.floor(Date.now() / 1000))
const open = (id: string, more: object = {}) =>
  briefOf({ incident: incidentWith({ id, openedAt: later(now(), -30), ...more }), now: now() })

test.skipIf(!installed)('what is sent again is one alert, told once, with our fingerprint', async () => {
  const feed = feedOf(() => [open('INC-2026-0001')])
  for (let i = 0; i < 5; i++) await feed.send()
  expect(feed.status()).toMatchObject({ sent: 5, failed: 0, problem: undefined })
  const held = await alerts('INC-2026-0001')
  expect(held).toHaveLength(1)
  const left = (Date.parse(held[0]?.endsAt ?? '') - Date.now()) / 1000
  expect(left).toBeGreaterThan(200)
  expect(left).toBeLessThan(245)
  await until(async () => ofIncident('INC-2026-0001').length > 0)
  await new Promise((resolve) => setTimeout(resolve, 2_500))
  expect(ofIncident('INC-2026-0001')).toMatchObject([{ status: 'firing' }])
  expect(ofIncident('INC-2026-0001')[0]?.alerts[0]?.fingerprint).toBe(held[0]?.fingerprint)
})

test.skipIf(!installed)('the end is told once, and said again for a quarter of an hour', async () => {
  let brief = open('INC-2026-0002')
  const feed = feedOf(() => [brief])
  await feed.send()
  await until(async () => ofIncident('INC-2026-0002').length > 0)
  brief = open('INC-2026-0002', { state: 'resolved', resolvedAt: now() })
  for (let i = 0; i < 3; i++) await feed.send()
  await until(async () => ofIncident('INC-2026-0002').length > 1)
  await new Promise((resolve) => setTimeout(resolve, 2_500))
  expect(ofIncident('INC-2026-0002').map(({ status }) => status)).toEqual(['firing', 'resolved'])
})

test.skipIf(!installed)('a ticket that becomes a page is another alert, and the ticket ends', async () => {
  let brief = open('INC-2026-0003', { severity: 'ticket' })
  const feed = feedOf(() => [brief])
  await feed.send()
  brief = open('INC-2026-0003', { severity: 'page' })
  await feed.send()
  await until(async () => (await alerts('INC-2026-0003')).length === 1)
  expect((await alerts('INC-2026-0003')).map(({ labels }) => labels['severity'])).toEqual(['page'])
})

interface Held {
  readonly labels: Record<string, string>
  readonly fingerprint: string
  readonly endsAt: string
}

/** Those that fire. */
async function alerts(incident: string): Promise<readonly Held[]> {
  const answer = await fetch(`${url}/api/v2/alerts?filter=incident%3D%22${incident}%22`)
  return (await answer.json()) as readonly Held[]
}

const ofIncident = (incident: string): readonly Told[] =>
  told.filter(({ alerts: some }) => some[0]?.labels['incident'] === incident)

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (await holds().catch(() => false)) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('it does not come to hold in 20 s')
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}

async function runs(binary: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(binary, ['--version'], { stdio: 'ignore' })
    child.on('error', () => resolve(false))
    child.on('close', (code) => resolve(code === 0))
  })
}
