import { gzipSync } from 'node:zlib'
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { formatAddress } from '../../../src/collectors/otlp/address.ts'
import { listenGrpc } from '../../../src/collectors/otlp/grpc.ts'
import type { Transport, TransportOptions } from '../../../src/collectors/otlp/http.ts'
import { createAdmission } from '../../../src/collectors/otlp/token.ts'
import { createTestWorld } from '../../world.ts'
import { ToldReception } from './rig.ts'

const MIB = 1024 * 1024
const TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const LOGS = '/opentelemetry.proto.collector.logs.v1.LogsService/Export'

let reception: ToldReception
let transports: Transport[]
let clients: Client[]
beforeEach(() => {
  reception = new ToldReception()
  transports = []
  clients = []
})
afterEach(async () => {
  for (const client of clients) client.close()
  await Promise.all(transports.map((transport) => transport.close(0)))
})

async function listen(options: Partial<TransportOptions> = {}): Promise<Transport> {
  const transport = await listenGrpc(createTestWorld(), {
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

interface Call {
  readonly path?: string
  readonly body?: Buffer
  readonly metadata?: Readonly<Record<string, string>>
  readonly isPacked?: boolean
}

function clientOf({ address }: Transport, isPacked = false): Client {
  const client = new Client(formatAddress(address), credentials.createInsecure(), {
    // Otherwise clients of one address share a connection.
    'grpc.use_local_subchannel_pool': 1,
    ...(isPacked ? { 'grpc.default_compression_algorithm': 2 } : {}),
  })
  clients.push(client)
  return client
}

function call(
  transport: Transport,
  { path = TRACES, body = Buffer.from([1]), metadata = {}, isPacked }: Call = {},
): Promise<Buffer | ServiceError> {
  const client = clientOf(transport, isPacked)
  const asItIs = (bytes: Buffer): Buffer => bytes
  const headers = new Metadata()
  for (const [name, value] of Object.entries(metadata)) headers.set(name, value)
  return new Promise((resolve) => {
    client.makeUnaryRequest(path, asItIs, asItIs, body, headers, (error, answer) =>
      resolve(error ?? answer ?? Buffer.of()),
    )
  })
}

test('a request is answered, with what could not be used', async () => {
  const transport = await listen()
  reception.answers = [
    { kind: 'taken', rejected: 0, message: '' },
    { kind: 'taken', rejected: 2, message: 'x' },
  ]
  expect(await call(transport)).toEqual(Buffer.of())
  expect(await call(transport, { path: LOGS, body: Buffer.from([7, 8]) })).toEqual(
    Buffer.from('0a050802120178', 'hex'),
  )
  expect(reception.received.map(({ signal, encoding, body }) => [signal, encoding, [...body]])).toEqual([
    ['traces', 'protobuf', [1]],
    ['logs', 'protobuf', [7, 8]],
  ])
  expect(transport.requests()).toBe(2)
})

test('packed requests are unpacked, within the bound', async () => {
  const transport = await listen()
  const body = Buffer.alloc(500_000, 'abc')
  expect(await call(transport, { body, isPacked: true })).toEqual(Buffer.of())
  expect(body.equals(reception.received[0]?.body ?? Buffer.of())).toBe(true)
  const bomb = Buffer.alloc(30 * MIB)
  expect(gzipSync(bomb).length).toBeLessThan(MIB)
  expect(await call(transport, { body: bomb, isPacked: true })).toMatchObject({ code: 8 })
  expect(await call(transport, { body: Buffer.alloc(2 * MIB) })).toMatchObject({ code: 8 })
  expect(reception.received).toHaveLength(1)
})

test('what cannot be decoded is an invalid argument', async () => {
  const transport = await listen()
  reception.answers = [{ kind: 'refused', message: 'no span' }]
  expect(await call(transport)).toMatchObject({ code: 3, details: 'no span' })
})

test('too much, and a ledger that fails, say how long to wait, so that senders try again', async () => {
  const transport = await listen()
  reception.answers = [
    { kind: 'full', message: 'busy', retryAfterMs: 1_500 },
    { kind: 'failed', message: 'the disk is full', retryAfterMs: 2_000 },
  ]
  const full = await call(transport)
  expect(full).toMatchObject({ code: 8, details: 'busy' })
  // google.rpc.Status { code, message, details: [Any { type_url, RetryInfo { Duration { 1 s, 500,000,000 ns } } }] }
  const info = (full as ServiceError).metadata.get('grpc-status-details-bin')[0]
  const bytes = Buffer.from(info ?? '')
  expect(bytes.subarray(0, 8).toString('hex')).toBe(`08081204${Buffer.from('busy').toString('hex')}`)
  expect(bytes.toString()).toContain('type.googleapis.com/google.rpc.RetryInfo')
  expect(bytes.subarray(-12).toString('hex')).toBe('120a0a080801' + '1080cab5ee01')
  expect(await call(transport)).toMatchObject({ code: 14, details: 'the disk is full' })
})

test('what would be turned away is not decoded', async () => {
  const transport = await listen()
  reception.refusal = { kind: 'full', message: 'busy', retryAfterMs: 1_000 }
  expect(await call(transport)).toMatchObject({ code: 8 })
  expect(reception.received).toEqual([])
})

test('who is not known is refused', async () => {
  const transport = await listen({ admits: createAdmission('secret') })
  const metadata = { authorization: 'Bearer secret' }
  expect(await call(transport)).toMatchObject({ code: 16 })
  expect(await call(transport, { metadata })).toEqual(Buffer.of())
})

test('a fault of ours is told and takes nobody down', async () => {
  const transport = await listen({
    reception: {
      refuses: () => undefined,
      receive: () => Promise.reject(new Error('a bug')),
    },
  })
  expect(await call(transport)).toMatchObject({ code: 13 })
})

test('connections beyond the bound are closed', async () => {
  const transport = await listen({ maxConnections: 1 })
  expect(await call(transport)).toEqual(Buffer.of())
  expect(await call(transport)).toMatchObject({ code: 14 })
})

test('the end waits for requests under way', async () => {
  let answer: (() => void) | undefined
  const transport = await listen({
    reception: {
      refuses: () => undefined,
      receive: () =>
        new Promise((resolve) => {
          answer = () => resolve({ kind: 'taken', rejected: 0, message: '' })
        }),
    },
  })
  const waiting = call(transport)
  while (answer === undefined) await new Promise((resolve) => setImmediate(resolve))
  const closed = transport.close(5_000)
  answer?.()
  expect(await waiting).toEqual(Buffer.of())
  await closed
})
