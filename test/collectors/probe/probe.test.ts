import { readFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { describe, expect, test } from 'vitest'
import { failed, ok, type Result, type World } from '../../../src/base/index.ts'
import { SOURCE_KINDS } from '../../../src/collectors/index.ts'
import { probeGrpc } from '../../../src/collectors/probe/grpc.ts'
import { createHttpProber } from '../../../src/collectors/probe/http.ts'
import { probeOptions } from '../../../src/collectors/probe/options.ts'
import type { Probed } from '../../../src/collectors/probe/probed.ts'
import { verdictOf } from '../../../src/collectors/probe/verdict.ts'
import { createTestWorld } from '../../world.ts'
import { FakeLedger } from '../envoy-stats/fake-envoy.ts'
import { CERTIFICATE, type Serving, serveHealth, serveHttp, serveHttps } from './servers.ts'

const trusted = readFileSync(CERTIFICATE, 'utf8')

/** Time that passes by itself, for what is measured; what is waited for still waits for the test. */
function measuringWorld(): ReturnType<typeof createTestWorld> {
  const world = createTestWorld()
  return { ...world, clock: { ...world.clock, monotonicMs: () => performance.now() } }
}

/** Each look at the clock finds it so many milliseconds later, one after the other and again from the first. */
function steppingWorld(steps: readonly number[]): ReturnType<typeof createTestWorld> {
  const world = createTestWorld()
  let looks = 0
  let ms = 0
  const monotonicMs = (): number => (ms += steps[looks++ % steps.length] ?? 0)
  return { ...world, clock: { ...world.clock, monotonicMs } }
}

function targetOf(target: Record<string, unknown>) {
  const options = probeOptions({ targets: [target] })
  const found = options.kind === 'ok' ? options.value.targets[0] : undefined
  if (!found) throw new Error(JSON.stringify(options))
  return found
}

interface Tried {
  readonly probed: Probed
  /** `good 2xx: status 200`. */
  readonly said: string
}

async function tryOnce(
  target: Record<string, unknown>,
  { world = measuringWorld(), authorities = undefined as string | undefined } = {},
): Promise<Tried> {
  const wanted = targetOf(target)
  const asking = { timeoutMs: 5_000, maxBytes: 1_000, authorities }
  const { signal } = new AbortController()
  using prober = createHttpProber(world, { ...asking, keepAlive: false })
  const probed =
    wanted.protocol === 'grpc'
      ? await probeGrpc(world, wanted, { asking, signal })
      : await prober.probe(wanted, signal)
  const { outcome, reason, text } = verdictOf(probed, wanted)
  return { probed, said: `${outcome} ${reason}: ${text}` }
}

const says =
  (status: number, body = ''): RequestListener =>
  (_request, response) =>
    response.writeHead(status).end(body)

describe('a probe over HTTP', () => {
  test('measures connecting, the first byte and the rest, each in its place', async () => {
    await using server = await serveHttp(says(200, 'ok'))
    const { probed, said } = await tryOnce(
      { url: `http://localhost:${server.port}/healthz` },
      { world: steppingWorld([0, 1, 2, 80, 40]) },
    )
    expect(said).toBe('good 2xx: status 200')
    expect([...probed.phases]).toEqual([
      ['dns', 1_000],
      ['connect', 2_000],
      ['first-byte', 80_000],
      ['transfer', 40_000],
    ])
    expect(probed.total).toBe(123_000)
  })

  test('an address is not looked up', async () => {
    await using server = await serveHttp(says(204))
    const { probed } = await tryOnce({ url: `http://127.0.0.1:${server.port}/` })
    expect([...probed.phases.keys()]).toEqual(['connect', 'first-byte', 'transfer'])
  })

  test.each([
    [says(200), {}, 'good 2xx: status 200'],
    [says(302), {}, 'good 3xx: status 302'],
    [says(404), {}, 'bad probe-unexpected: status 404'],
    [says(404), { status: '404' }, 'good http-404: status 404'],
    [says(503), {}, 'bad http-503: status 503'],
    [says(503), { status: ['500-599'] }, 'good probe-expected: status 503'],
    [says(200, 'all is well'), { contains: '(?i)ALL .* well' }, 'good 2xx: status 200'],
    [
      says(200, 'oh no'),
      { contains: 'well' },
      'bad probe-unexpected: status 200 without what the body should have',
    ],
    [
      says(200, 'x'.repeat(1_001)),
      {},
      'bad probe-cut: while reading the answer: the answer is larger than 1000 bytes',
    ],
    [
      ((request, response) =>
        response
          .writeHead(request.method === 'POST' && request.headers['x-tenant'] === 'shop' ? 200 : 400)
          .end()) satisfies RequestListener,
      { method: 'post', headers: { 'X-Tenant': 'shop' }, body: '{}' },
      'good 2xx: status 200',
    ],
  ])('an answer is what the target says is right (%#)', async (answer, target, expected) => {
    await using server = await serveHttp(answer)
    const { said } = await tryOnce({ url: `http://127.0.0.1:${server.port}/`, ...target })
    expect(said).toBe(expected)
  })

  test('says which phase failed', async () => {
    const closed = await serveHttp(says(200))
    await closed[Symbol.asyncDispose]()
    expect((await tryOnce({ url: `http://127.0.0.1:${closed.port}/` })).said).toMatch(
      /^bad probe-connect: while connecting: connect ECONNREFUSED/,
    )
    expect((await tryOnce({ url: 'http://nowhere.invalid/' })).said).toMatch(
      /^bad probe-dns: while looking the name up: getaddrinfo/,
    )
    await using cut = await serveHttp((request) => request.socket.destroy())
    expect((await tryOnce({ url: `http://127.0.0.1:${cut.port}/` })).said).toMatch(
      /^bad probe-cut: while waiting for the answer: socket hang up/,
    )
    await using half = await serveHttp((_request, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('abc', () => response.destroy())
    })
    expect((await tryOnce({ url: `http://127.0.0.1:${half.port}/` })).said).toMatch(
      /^bad probe-cut: while reading the answer: /,
    )
  })

  test('waits no longer than it may', async () => {
    await using server = await serveHttp(() => undefined)
    const world = createTestWorld()
    const asked = tryOnce({ url: `http://127.0.0.1:${server.port}/` }, { world })
    while (server.connections() === 0) await new Promise((next) => setImmediate(next))
    await world.advance(5_000)
    expect((await asked).said).toMatch(/^bad probe-timeout: while .*: no whole answer within 5000 ms$/)
  })

  test('does not trust a certificate that nobody vouches for, and reads until when one holds', async () => {
    await using server = await serveHttps(says(200))
    const url = `https://localhost:${server.port}/`
    expect((await tryOnce({ url })).said).toMatch(
      /^bad probe-tls: while agreeing on TLS: self-signed certificate/,
    )
    const { probed, said } = await tryOnce({ url }, { authorities: trusted })
    expect(said).toBe('good 2xx: status 200')
    expect([...probed.phases.keys()]).toEqual(['dns', 'connect', 'tls', 'first-byte', 'transfer'])
    expect(new Date(probed.certificateUntilMs ?? 0).getUTCFullYear()).toBeGreaterThan(2100)
  })

  test('keeps its connection when asked to, and then meets neither DNS nor connecting', async () => {
    await using server = await serveHttp(says(200, 'ok'))
    const world = measuringWorld()
    const target = targetOf({ url: `http://127.0.0.1:${server.port}/` })
    const { signal } = new AbortController()
    const asking = { timeoutMs: 5_000, maxBytes: 1_000, authorities: undefined }
    using prober = createHttpProber(world, { ...asking, keepAlive: true })
    const phases: string[][] = []
    for (let i = 0; i < 3; i++) {
      phases.push([...(await prober.probe(target, signal)).phases.keys()])
      // The connection is free for the next one a turn after the answer's end.
      await new Promise((next) => setImmediate(next))
    }
    expect(server.connections()).toBe(1)
    expect(phases).toEqual([
      ['connect', 'first-byte', 'transfer'],
      ['first-byte', 'transfer'],
      ['first-byte', 'transfer'],
    ])
  })
})

describe('a probe by the gRPC health protocol', () => {
  const health = (service: string): number => {
    if (service === 'gone') throw 5
    if (service === 'broken') throw 14
    return service === 'tired' ? 2 : 1
  }

  test.each([
    ['', 'good grpc-ok: SERVING'],
    ['shop.Payments', 'good grpc-ok: SERVING'],
    ['tired', 'bad probe-unexpected: NOT_SERVING'],
    ['gone', 'bad probe-unexpected: gRPC status 5'],
    ['broken', 'bad grpc-unavailable: gRPC status 14'],
  ])('asks about the service "%s"', async (grpcService, expected) => {
    await using server = await serveHealth(health)
    const { said, probed } = await tryOnce({
      url: `grpc://127.0.0.1:${server.port}`,
      ...(grpcService && { grpcService }),
    })
    expect(said).toBe(expected)
    expect([...probed.phases.keys()]).toEqual(['connect', 'first-byte', 'transfer'])
  })

  test('over TLS, by name', async () => {
    await using server = await serveHealth(health, { secure: true })
    const { said, probed } = await tryOnce(
      { url: `grpcs://localhost:${server.port}` },
      { authorities: trusted },
    )
    expect(said).toBe('good grpc-ok: SERVING')
    expect([...probed.phases.keys()]).toEqual(['dns', 'connect', 'tls', 'first-byte', 'transfer'])
    expect(probed.certificateUntilMs).toBeGreaterThan(4e12)
  })

  test('a web server is no health service, and a closed port none at all', async () => {
    await using web = await serveHttp(says(200))
    expect((await tryOnce({ url: `grpc://127.0.0.1:${web.port}` })).said).toMatch(/^bad probe-cut: /)
    const closed = await serveHttp(says(200))
    await closed[Symbol.asyncDispose]()
    expect((await tryOnce({ url: `grpc://127.0.0.1:${closed.port}` })).said).toMatch(
      /^bad probe-connect: while connecting: connect ECONNREFUSED/,
    )
  })
})

describe('the source', () => {
  const open = (world: World, details: Record<string, unknown>): Result<Running, readonly string[]> => {
    const kind = SOURCE_KINDS.get('Probe')
    if (!kind) throw new Error('nothing reads probes')
    const opened = kind.open(world, {
      name: 'edge-probe',
      labels: { team: 'edge' },
      details,
      base: '/',
      run: 'run-1',
      input: '',
      questions: () => [],
    })
    if (opened.kind === 'failed') return failed(opened.error.map(({ path, remedy }) => `${path}: ${remedy}`))
    const ledger = new FakeLedger()
    const stopping = new AbortController()
    const done = opened.value.run(ledger, stopping.signal)
    const stop = async (): Promise<void> => {
      stopping.abort()
      await done
    }
    return ok({ ledger, stop, status: opened.value.status })
  }
  interface Running {
    readonly ledger: FakeLedger
    readonly stop: () => Promise<void>
    readonly status: () => ReturnType<
      Extract<
        ReturnType<NonNullable<ReturnType<typeof SOURCE_KINDS.get>>['open']>,
        { kind: 'ok' }
      >['value']['status']
    >
  }

  async function probed(running: Running, events: number): Promise<void> {
    const end = performance.now() + 10_000
    while (running.status().events < events) {
      if (performance.now() > end) throw new Error(`only ${running.status().events} of ${events} probes`)
      await new Promise((next) => setImmediate(next))
    }
  }

  async function withServer(
    answer: RequestListener,
    work: (server: Serving, running: Running, world: ReturnType<typeof createTestWorld>) => Promise<void>,
  ): Promise<void> {
    await using server = await serveHttp(answer)
    const world = createTestWorld({ start: 1_790_000_040 })
    const opened = open(world, {
      from: 'gcp/asia-northeast1',
      interval: '10s',
      timeout: '5s',
      targets: [
        {
          url: `http://127.0.0.1:${server.port}/pay`,
          service: 'payments',
          labels: { cloud_provider: 'aws' },
        },
      ],
    })
    if (opened.kind === 'failed') throw new Error(opened.error.join())
    try {
      await work(server, opened.value, world)
    } finally {
      await opened.value.stop()
    }
  }

  test('counts each probe as a request of its service, and its phases apart', async () => {
    let status = 200
    await withServer(
      (_request, response) => response.writeHead(status).end(),
      async (_server, running, world) => {
        for (let i = 1; i <= 24; i++) {
          status = i === 8 ? 500 : 200
          await world.advance(10_000)
          await probed(running, i)
        }
        await running.stop()
        const rows = running.ledger.rows()
        const requests = rows.filter(({ source }) => source === 'edge-probe')
        expect(requests.reduce((n, { count }) => n + count, 0)).toBe(24)
        expect(requests.filter(({ outcome }) => outcome === 'bad')).toMatchObject([
          { reason: 'http-500', count: 1, minute: 1_790_000_100 },
        ])
        expect(requests[0]?.labels).toEqual({
          cloud_provider: 'aws',
          operation: 'GET /pay',
          probe_from: 'gcp/asia-northeast1',
          service_name: 'payments',
          team: 'edge',
        })
        const phases = rows.filter(({ source }) => source === 'edge-probe#phases')
        expect(new Set(phases.map(({ labels }) => labels['operation']))).toEqual(
          new Set(['connect', 'first-byte', 'transfer']),
        )
        const known = running.ledger.steps.flatMap(({ coverage }) => coverage ?? [])
        expect(known.every(({ state }) => state === 'known')).toBe(true)
        const ends = known.filter(({ source }) => source === 'edge-probe').map(({ from, to }) => [from, to])
        // The first minute began before the first probe; the last is not over.
        expect(ends.at(0)?.[0]).toBe(1_790_000_100)
        expect(ends.at(-1)?.[1]).toBe(1_790_000_280)
        expect(running.ledger.steps.flatMap(({ exemplars }) => exemplars ?? [])).toHaveLength(1)
      },
    )
  })

  test('does not claim the time that the machine slept', async () => {
    await withServer(says(200), async (_server, running, world) => {
      for (let i = 1; i <= 12; i++) {
        await world.advance(10_000)
        await probed(running, i)
      }
      await world.leap(1_800_000)
      await probed(running, 13)
      for (let i = 14; i <= 25; i++) {
        await world.advance(10_000)
        await probed(running, i)
      }
      await running.stop()
      const minutes = new Set<number>()
      for (const { source, from, to } of running.ledger.steps.flatMap(({ coverage }) => coverage ?? []))
        if (source === 'edge-probe') for (let at: number = from; at < to; at += 60) minutes.add(at)
      const slept = { from: 1_790_000_040 + 120, to: 1_790_000_040 + 120 + 1_800 }
      expect([...minutes].filter((at) => at + 60 > slept.from && at < slept.to)).toEqual([])
      expect(minutes.size).toBeGreaterThan(1)
    })
  })

  test('keeps what the ledger did not take, and writes it later', async () => {
    await withServer(says(200), async (_server, running, world) => {
      running.ledger.broken = true
      for (let i = 1; i <= 3; i++) {
        await world.advance(10_000)
        await probed(running, i)
      }
      expect(running.status().state).toBe('failing')
      expect(running.status().problem?.text).toBe('the ledger did not take the counts: disk full')
      running.ledger.broken = false
      await world.advance(5_000)
      expect(running.status().state).toBe('reading')
      const own = running.ledger.rows().filter(({ source }) => source === 'edge-probe')
      expect(own.reduce((n, { count }) => n + count, 0)).toBe(3)
    })
  })

  test('says what it met last', async () => {
    await withServer(says(200), async (_server, running, world) => {
      expect(running.status().targets[0]?.detail).toBe('not probed yet')
      await world.advance(10_000)
      await probed(running, 1)
      expect(running.status().targets[0]).toMatchObject({
        ok: true,
        detail: expect.stringMatching(
          /^status 200 in 0\.0 ms \(connect 0\.0, first-byte 0\.0, transfer 0\.0\)$/,
        ),
      })
    })
  })

  test.each([
    [{}, ['targets: write targets: [{ url: "https://checkout.example/healthz" }]']],
    [
      { targets: ['ftp://a'] },
      ['targets[0].url: write a URL that begins with https://, http://, grpcs:// or grpc://'],
    ],
    [{ targets: ['https://a:b@c/'] }, ['targets[0].url: probe something that anybody may ask']],
    [
      { targets: [{ url: 'https://a', status: '20' }] },
      ['targets[0].status: write status: ["200-399"], in quotes'],
    ],
    [
      { targets: [{ url: 'https://a', contains: '(?=x)' }] },
      ['targets[0].contains: write a regular expression without look-ahead and back references'],
    ],
    [
      { targets: ['https://a'], interval: '2m' },
      ['interval: write interval: 30s, or anything from 1s to 1m'],
    ],
    [{ targets: ['https://a'], timeout: '40s' }, ['timeout: write a timeout of at most the interval']],
    [{ targets: ['https://a'], interval: 'soon' }, ['interval: write interval: 30s']],
    [
      { targets: [{ url: 'https://a', colour: 'red' }] },
      [expect.stringMatching(/^targets\[0\]\.colour: write one of url,/)],
    ],
  ])('refuses %j and says what to write', (details, expected) => {
    const checked = probeOptions(details)
    expect(
      checked.kind === 'failed' ? checked.error.map(({ path, remedy }) => `${path}: ${remedy}`) : [],
    ).toEqual(expected)
  })
})
