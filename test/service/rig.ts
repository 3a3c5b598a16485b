import { setMaxListeners } from 'node:events'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statfsSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DAY, earlier, HOUR, hourOf, later, type Range } from '../../src/base/index.ts'
import {
  type Channel,
  createSlackEmulator,
  type FaultScript,
  type Message,
  type SlackEmulator,
  topLevel,
} from '../../src/cli/dev/slack/index.ts'
import type * as wire from '../../src/contract/index.ts'
import { loadDefinitions } from '../../src/definitions/index.ts'
import { createService, type Service, type ServiceOptions } from '../../src/service/index.ts'
import { createTestWorld, type TestWorld } from '../world.ts'

/** Far enough from now that no row is ever past its time for the engine, whose clock is the real one. */
export const START = 2_000_000_000
export const CLOUDS = ['aws', 'azure', 'gcp', 'rack'] as const
export type Cloud = (typeof CLOUDS)[number]

const ROOT = resolve(import.meta.dirname, '../..')
const CHANNEL = 'slo-alerts'
/** What sleeps between two instants besides one collector a cloud: the evaluation, the definitions, the outbox. */
const LOOPS = CLOUDS.length + 3

/**
 * The whole service over simulated time: real files, the real engine, an emulated Slack. What is on disk outlives a
 * stop, so that another start goes on with it.
 */
export interface Rig extends AsyncDisposable {
  readonly world: TestWorld
  readonly emulator: SlackEmulator
  readonly channel: Channel
  /** Holds `slo/`, `logs/<cloud>/` and `ledger/`. */
  readonly dir: string
  readonly service: () => Service
  readonly start: () => Promise<void>
  /** Ends it as SIGTERM does. */
  readonly stop: () => Promise<void>
  /** Moves time on, instant by instant, with everything at rest at the end. */
  readonly pass: (ms: number) => Promise<void>
  /** Moves time on in one jump, with everything at rest at the end. */
  readonly leap: (ms: number) => Promise<void>
  readonly get: <T>(path: string) => Promise<T>
  /** Incidents as the API tells them, newest first. */
  readonly incidents: () => Promise<readonly wire.IncidentSummary[]>
  /** What Slack does to calls from now on; nothing when undefined. */
  readonly suffer: (script: FaultScript | undefined) => void
  /** What people see in the channel itself, oldest first. */
  readonly headlines: () => readonly Message[]
}

/** Every loop waits on a few signals, as in the binary, which says the same. */
setMaxListeners(0)

export interface RigOptions {
  readonly seed?: number
  /** How long incidents last after what caused them: hours by the policy that ships, minutes by a brisk one. */
  readonly policy?: 'google-30d' | 'brisk'
}

export function createRig(options: RigOptions = {}): Rig {
  const dir = mkdtempSync(join(roomyMemory() ?? tmpdir(), 'nines-whole-'))
  mkdirSync(join(dir, 'slo'))
  writeFileSync(join(dir, 'slo/shop.yaml'), definitionsWith(options.policy ?? 'google-30d'))
  for (const cloud of CLOUDS) mkdirSync(join(dir, 'logs', cloud), { recursive: true })
  const world = createTestWorld({ start: START, seed: options.seed ?? 1 })
  const state: SlackState = { hungUp: false, leaving: new AbortController(), background: 0 }
  const emulator = createSlackEmulator(ofSlack(world, state), {
    workspace: { channels: [{ name: CHANNEL }] },
  })
  const channel = [...emulator.workspace.channels.values()][0]
  if (channel === undefined) throw new Error('the emulator has no channel')
  let running: Running | undefined
  const stop = async (): Promise<void> => {
    const one = running
    running = undefined
    state.leaving.abort()
    await one?.stop()
    state.leaving = new AbortController()
  }
  const loops = (): number => (running === undefined ? 0 : LOOPS) + state.background
  const current = (): Running => {
    if (running === undefined) throw new Error('the service does not run')
    return running
  }
  const get = async <T>(path: string): Promise<T> => {
    const answer = await fetch(new URL(path, current().url))
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as T
  }
  return {
    world,
    emulator,
    channel,
    dir,
    service: () => current().service,
    start: async () => {
      running = await run(world, serviceOptions(dir, emulator))
      await world.settled(loops)
    },
    stop,
    pass: (ms) => world.advance(ms, { loops }),
    leap: (ms) => world.leap(ms, { loops }),
    get,
    incidents: async () =>
      (await get<{ incidents: readonly wire.IncidentSummary[] }>('api/v1/incidents')).incidents,
    headlines: () => topLevel(channel),
    suffer: (script) =>
      emulator.script((call) => {
        const fault = script?.(call)
        state.hungUp = fault?.kind === 'slow-accept'
        return fault
      }),
    [Symbol.asyncDispose]: async () => {
      await stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

interface SlackState {
  /** Whether the call that is being answered lost its connection. */
  hungUp: boolean
  /** Aborted when the service stops. */
  leaving: AbortController
  /** What sleeps in Slack and nobody waits for. */
  background: number
}

/**
 * Slack's own world. Who waits for a late answer sleeps there instead of in a loop of its own; what Slack does after it
 * hung up is one more that sleeps.
 */
function ofSlack(world: TestWorld, state: SlackState): TestWorld {
  const sleep: TestWorld['clock']['sleep'] = async (ms) => {
    // Time stands still while the service stops, and so would the answer that it waits for.
    if (!state.hungUp) return await world.clock.sleep(ms, state.leaving.signal).catch(() => undefined)
    state.background++
    await world.clock.sleep(ms).finally(() => state.background--)
  }
  return { ...world, clock: { ...world.clock, sleep } }
}

/**
 * Simulated hours write in a minute what real ones do in hours, in thousands of small files: in memory, where there is
 * room for them. What a disk does is held elsewhere, with crashes.
 */
function roomyMemory(): string | undefined {
  try {
    const { bavail, bsize } = statfsSync(MEMORY)
    return bavail * bsize > 2 ** 31 ? MEMORY : undefined
  } catch {
    // Not every system has one.
    return undefined
  }
}

const MEMORY = '/dev/shm'

interface Running {
  readonly service: Service
  readonly url: string
  readonly stop: () => Promise<void>
}

async function run(world: TestWorld, options: ServiceOptions): Promise<Running> {
  const service = await createService(world, options)
  const { url } = await service.start()
  const stopping = new AbortController()
  const running = service.run(stopping.signal)
  return {
    service,
    url,
    stop: async () => {
      stopping.abort()
      await running
      await service[Symbol.asyncDispose]()
    },
  }
}

function serviceOptions(dir: string, emulator: SlackEmulator): ServiceOptions {
  return {
    version: '0.0.0-test',
    listen: { host: '127.0.0.1', port: 0, basePath: '', names: [] },
    auth: 'loopback',
    definitions: { dir: join(dir, 'slo'), policies: join(ROOT, 'slo-definitions/policies') },
    base: dir,
    store: { kind: 'embedded', path: join(dir, 'ledger') },
    retention: { traffic: 400, exemplars: 14, journal: 1_100 },
    evaluateEverySeconds: 5,
    publicUrl: 'https://nines.shop.example/',
    webRoot: join(dir, 'no-page'),
    demo: false,
    slack: {
      kind: 'emulator',
      token: 'xoxb-emulator',
      apiUrl: 'http://127.0.0.1/dev/slack/api/',
      channel: CHANNEL,
      locale: 'en',
      fetch: answeredBy(emulator),
    },
    mounts: [],
  }
}

/** What breaks a connection in the emulator is what `fetch` rejects with in the network. */
function answeredBy({ handle }: SlackEmulator): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    try {
      return Object.defineProperty(await handle(request), 'url', { value: request.url })
    } catch (cause) {
      throw new TypeError('fetch failed', { cause })
    }
  }
}

/** One request in an access log. */
export interface Line {
  readonly endedAtMs: number
  readonly status: number
  readonly durationMs?: number
  /** Unique in its file; the line's identity in the log. */
  readonly id: string
}

/** A request as an Envoy writes it, with what `docs/collectors-logs.md` recommends; 503 is one without an upstream. */
export function lineOf({ endedAtMs, status, durationMs = 20, id }: Line): string {
  const failed = status === 503
  return `${JSON.stringify({
    authority: 'shop.example',
    bytes_rcvd: 210,
    bytes_snt: failed ? 19 : 1_204,
    duration: durationMs,
    grpc_status: null,
    log_type: 'DownstreamEnd',
    method: 'POST',
    path: '/v1/checkout',
    protocol: 'HTTP/2',
    response_code: status,
    response_code_details: failed ? 'no_healthy_upstream' : 'via_upstream',
    response_flags: failed ? 'UH' : '-',
    route_name: 'POST /v1/checkout',
    start_time: new Date(endedAtMs - durationMs).toISOString(),
    upstream_cluster: 'checkout',
    useragent: 'ShopApp/8.4.1',
    'x-request-id': id,
  })}\n`
}

/** The cloud's growing access log. */
export const logOf = (rig: Pick<Rig, 'dir'>, cloud: Cloud): string =>
  join(rig.dir, 'logs', cloud, 'access.json')

/** Appends to a log, as of the world's time. */
export function append(rig: Pick<Rig, 'world'>, path: string, text: string): void {
  appendFileSync(path, text)
  touch(rig, path)
}

/** Files of a simulated world are as old as its clock says. */
export function touch({ world }: Pick<Rig, 'world'>, path: string): void {
  const at = world.clock.nowMs() / 1_000
  utimesSync(path, at, at)
}

/** Minutes that a collector counted long ago: so many good requests of each cloud in each minute of the range. */
export async function fillHistory(rig: Rig, range: Range, perMinute: number): Promise<void> {
  const minutes = Array.from({ length: (range.to - range.from) / 60 }, (_, i) => later(range.from, i * 60))
  for (const cloud of CLOUDS) {
    const labels = { cloud_provider: cloud, service_name: 'checkout', operation: 'POST /v1/checkout' }
    const row = { source: 'edge', labels, outcome: 'good', reason: '2xx', count: perMinute } as const
    await rig.service().ledger.write({
      writer: 'history',
      revision: 1,
      traffic: minutes.map((minute) => ({ ...row, minute })),
      coverage: [{ source: `edge/${cloud}`, ...range, state: 'known', reason: '' }],
    })
  }
}

export interface Counted {
  readonly good: number
  readonly bad: number
}

/** What the ledger holds of each cloud, over all time. */
export async function countsIn(rig: Rig): Promise<Readonly<Record<string, Counted>>> {
  const { slos } = loadDefinitions([{ file: 'shop.yaml', text: definitionsWith('google-30d') }])
  const queries = slos.flatMap((defined) => defined.queries)
  const now = rig.world.clock.now()
  const range = { from: hourOf(earlier(now, 7 * DAY)), to: hourOf(later(now, 2 * HOUR)) }
  const found = await rig.service().ledger.read(queries, { range, width: HOUR })
  const sum = (counts: Float64Array): number => counts.reduce((a, b) => a + b, 0)
  const byCloud = found.flatMap(({ scope: { cloud_provider: cloud }, good, bad }): [string, Counted][] =>
    cloud === undefined ? [] : [[cloud, { good: sum(good), bad: sum(bad) }]],
  )
  return Object.fromEntries(byCloud)
}

const inputs = CLOUDS.map(
  (cloud) =>
    `      - { name: ${cloud}, files: ["logs/${cloud}/*.json*"], labels: { cloud_provider: ${cloud} } }`,
)

/** One promise over four clouds. */
const definitionsWith = (policy: string): string => `apiVersion: openslo/v1
kind: DataSource
metadata: { name: edge }
spec:
  type: EnvoyAccessLog
  connectionDetails:
    format: envoy-json
    service: { from: upstream_cluster }
    inputs:
${inputs.join('\n')}
---
apiVersion: openslo/v1
kind: Service
metadata: { name: checkout }
spec: { description: From the cart to the order. }
---
apiVersion: openslo/v1
kind: SLO
metadata:
  name: checkout-availability
  displayName: Checkout answers
  annotations:
    nines.dev/owner: checkout-team
    nines.dev/split-by: "cloud_provider"
    nines.dev/burn-policy: ${policy}
spec:
  service: checkout
  indicator:
    metadata: { name: checkout-answers }
    spec:
      ratioMetric:
        counter: true
        good: { metricSource: { metricSourceRef: edge, type: Requests, spec: { match: '{service_name="checkout"}', outcome: good } } }
        total: { metricSource: { metricSourceRef: edge, type: Requests, spec: { match: '{service_name="checkout"}' } } }
  timeWindow: [{ duration: 30d, isRolling: true }]
  budgetingMethod: Occurrences
  objectives: [{ target: 0.999 }]
---
apiVersion: nines.dev/v1
kind: BurnPolicy
metadata: { name: brisk }
spec:
  source: "this test: windows so short that a simulation of hours sees many incidents begin and end"
  period: 30d
  rules:
    - { name: page, severity: page, factor: 14.4, long: 10m, short: 1m }
    - { name: ticket, severity: ticket, factor: 3, long: 30m, short: 5m }
`
