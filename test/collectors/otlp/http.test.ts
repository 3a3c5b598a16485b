import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { listenHttp, type Transport, type TransportOptions } from '../../../src/collectors/otlp/http.ts'
import { createAdmission } from '../../../src/collectors/otlp/token.ts'
import { createTestWorld } from '../../world.ts'
import { post, ToldReception } from './rig.ts'

const MIB = 1024 * 1024
const world = createTestWorld()
const PROTOBUF = { 'content-type': 'application/x-protobuf' }

let reception: ToldReception
let transports: Transport[]
beforeEach(() => {
  reception = new ToldReception()
  transports = []
})
afterEach(async () => {
  await Promise.all(transports.map((transport) => transport.close(0)))
})

async function listen(options: Partial<TransportOptions> = {}): Promise<Transport> {
  const transport = await listenHttp(world, {
    address: { host: '127.0.0.1', port: 0 },
    reception,
    admits: () => true,
    maxBody: MIB,
    maxArriving: 8 * MIB,
    maxConnections: 100,
    ...options,
  })
  transports.push(transport)
  return transport
}

const json = (body: Buffer): unknown => JSON.parse(body.toString())

describe('what is taken', () => {
  test('is answered in the encoding of the request, empty when all of it was', async () => {
    const { address } = await listen()
    const inJson = await post(address)
    expect([inJson.status, inJson.headers['content-type'], json(inJson.body)]).toEqual([
      200,
      'application/json',
      {},
    ])
    const inProtobuf = await post(address, { headers: PROTOBUF, body: Buffer.from([1, 2]) })
    expect([inProtobuf.status, inProtobuf.headers['content-type'], inProtobuf.body.length]).toEqual([
      200,
      'application/x-protobuf',
      0,
    ])
    expect(reception.received.map(({ encoding, body }) => [encoding, [...body]])).toEqual([
      ['json', [...Buffer.from('{}')]],
      ['protobuf', [1, 2]],
    ])
  })

  for (const [signal, field] of [
    ['traces', 'rejectedSpans'],
    ['metrics', 'rejectedDataPoints'],
    ['logs', 'rejectedLogRecords'],
  ] as const)
    test(`says how many of ${signal} could not be used, and why`, async () => {
      const { address } = await listen()
      reception.answers = Array.from({ length: 2 }, () => ({
        kind: 'taken',
        rejected: 300,
        message: 'too old',
      }))
      const inJson = await post(address, { path: `/v1/${signal}` })
      expect(json(inJson.body)).toEqual({ partialSuccess: { [field]: '300', errorMessage: 'too old' } })
      const inProtobuf = await post(address, { path: `/v1/${signal}`, headers: PROTOBUF })
      expect(inProtobuf.body.toString('hex')).toBe(`0a0c08ac021207${Buffer.from('too old').toString('hex')}`)
      expect(reception.received.map((each) => each.signal)).toEqual([signal, signal])
    })

  test('may be packed, and is known by its packed bytes', async () => {
    const { address } = await listen()
    for (const size of [10, 500_000]) {
      const body = Buffer.from(Array.from({ length: size }, (_, i) => (i * i * 31) % 251))
      const packed = gzipSync(body)
      const answer = await post(address, { headers: { 'content-encoding': 'gzip' }, body: packed })
      expect(answer.status).toBe(200)
      const last = reception.received.at(-1)
      expect(body.equals(last?.body ?? Buffer.of())).toBe(true)
      expect(packed.equals(last?.sent ?? Buffer.of())).toBe(true)
    }
  })

  test('is not mixed up with what arrives at the same time, or came before', async () => {
    const seen: string[] = []
    const { address } = await listen({
      maxArriving: 64 * MIB,
      reception: {
        refuses: () => undefined,
        receive: async ({ body }) => {
          seen.push(`${body.length} ${[...new Set(body)].join()}`)
          return { kind: 'taken', rejected: 0, message: '' }
        },
      },
    })
    const sizes = [70_000, 130_000, 200_000, 64 * 1024, 900_000, 10]
    for (let round = 0; round < 4; round++) {
      const bodies = sizes.map((size, i) => Buffer.alloc(size, 1 + round * sizes.length + i))
      await Promise.all(bodies.map((body) => post(address, { body, headers: PROTOBUF })))
      const told = bodies.map((body) => `${body.length} ${body[0]}`)
      expect(seen.splice(0).toSorted()).toEqual(told.toSorted())
    }
  })

  test('may be empty', async () => {
    const { address } = await listen()
    expect((await post(address, { headers: PROTOBUF, body: Buffer.of() })).status).toBe(200)
  })

  test('may name a character set, and a query', async () => {
    const { address } = await listen()
    const headers = { 'content-type': 'Application/JSON; charset=utf-8' }
    expect((await post(address, { headers, path: '/v1/logs?tenant=a' })).status).toBe(200)
  })
})

describe('what is refused', () => {
  const cases: readonly (readonly [string, Parameters<typeof post>[1], number, number])[] = [
    ['an unknown path', { path: '/v1/profiles' }, 404, 5],
    ['another method', { method: 'PUT' }, 405, 12],
    ['a browser that asks first', { method: 'OPTIONS', body: Buffer.of() }, 405, 12],
    ['another type', { headers: { 'content-type': 'text/plain' } }, 415, 3],
    ['another packing', { headers: { 'content-encoding': 'br' } }, 415, 3],
    ['a broken gzip', { headers: { 'content-encoding': 'gzip' }, body: Buffer.from('no gzip') }, 400, 3],
    [
      'a gzip that ends early',
      { headers: { 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(10_000)).subarray(0, 20) },
      400,
      3,
    ],
    ['a body over the bound', { body: Buffer.alloc(MIB + 1) }, 413, 8],
    [
      'a body over the bound that does not say how long it is',
      { body: Buffer.alloc(MIB + 1), headers: { 'transfer-encoding': 'chunked' } },
      413,
      8,
    ],
    ['a bomb', { headers: { 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(30 * MIB)) }, 413, 8],
  ]
  for (const [what, request, status, code] of cases)
    test(`${what} is ${status}, with a status that says why`, async () => {
      const { address } = await listen()
      const answer = await post(address, request)
      expect([answer.status, json(answer.body)]).toEqual([
        status,
        { code, message: expect.stringMatching(/\w{3}/) },
      ])
      expect(reception.received).toEqual([])
    })

  test('what cannot be decoded is 400, in protobuf too', async () => {
    const { address } = await listen()
    reception.answers = [{ kind: 'refused', message: 'no' }]
    const answer = await post(address, { headers: PROTOBUF })
    expect([answer.status, answer.body.toString('hex')]).toEqual([400, '080312026e6f'])
  })

  test('too much is 429, a ledger that fails 503, both with the time to wait', async () => {
    const { address } = await listen()
    reception.answers = [
      { kind: 'full', message: 'busy', retryAfterMs: 1_200 },
      { kind: 'failed', message: 'the disk is full', retryAfterMs: 3_000 },
    ]
    const full = await post(address)
    expect([full.status, full.headers['retry-after'], json(full.body)]).toEqual([
      429,
      '2',
      {
        code: 8,
        message: 'busy',
        details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.2s' }],
      },
    ])
    const failed = await post(address)
    expect([failed.status, failed.headers['retry-after']]).toEqual([503, '3'])
  })

  test('what would be turned away is not decoded', async () => {
    const { address } = await listen()
    reception.refusal = { kind: 'full', message: 'busy', retryAfterMs: 1_000 }
    expect((await post(address)).status).toBe(429)
    expect(reception.received).toEqual([])
  })

  test('requests that arrive together are bounded together', async () => {
    const { address } = await listen({ maxArriving: 100_000 })
    const slow = connect(address.port, address.host)
    slow.write(
      `POST /v1/traces HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 300000\r\n\r\n${'a'.repeat(90_000)}`,
    )
    await new Promise((resolve) => slow.once('connect', resolve))
    let status = 200
    for (let i = 0; i < 50 && status === 200; i++)
      ({ status } = await post(address, { body: Buffer.alloc(90_000) }))
    expect(status).toBe(429)
    slow.destroy()
  })

  test('a fault of ours is told and takes nobody down', async () => {
    const { address } = await listen({
      reception: {
        refuses: () => undefined,
        receive: () => Promise.reject(new Error('a bug')),
      },
    })
    expect((await post(address)).status).toBe(500)
    expect(world.lines.at(-1)).toMatchObject({ level: 'error', message: 'a request could not be answered' })
  })
})

describe('who is not known', () => {
  test('is refused without the token', async () => {
    const { address } = await listen({ admits: createAdmission('secret') })
    const answers = []
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: 'secret' }])
      answers.push((await post(address, { headers })).status)
    expect(answers).toEqual([401, 401, 401])
    expect((await post(address, { headers: { authorization: 'Bearer secret' } })).status).toBe(200)
  })
})

describe('the end', () => {
  test('waits for requests under way and takes no others', async () => {
    let answer: (() => void) | undefined
    const { address, close } = await listen({
      reception: {
        refuses: () => undefined,
        receive: () =>
          new Promise((resolve) => {
            answer = () => resolve({ kind: 'taken', rejected: 0, message: '' })
          }),
      },
    })
    const waiting = post(address)
    while (answer === undefined) await new Promise((resolve) => setImmediate(resolve))
    const closed = close(5_000)
    await expect(post(address)).rejects.toThrow(/ECONNREFUSED/)
    answer?.()
    expect((await waiting).status).toBe(200)
    await closed
  })
})
