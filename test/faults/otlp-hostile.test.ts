import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { post as connectAndPost } from '../collectors/otlp/rig.ts'
import { compileSource } from '../slow/compiled.ts'
import { freePort, type Life, startReceiver } from './otlp-rig.ts'

// Goal: whoever reaches the receiver cannot keep others from it for long, nor make it take up much memory. Method: the
// receiver in a process of its own; slow senders, bombs, garbage and vanishing senders against it, all at once.

const directory = mkdtempSync(join(tmpdir(), 'nines-otlp-hostile-'))
const CONNECTIONS = 50
const MIB = 1024 * 1024
let life: Life
let http = 0
let grpc = 0
const sockets: Socket[] = []

beforeAll(async () => {
  const compiled = compileSource(join(directory, 'compiled'))
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }')
  http = await freePort()
  grpc = await freePort()
  const details = { http: `127.0.0.1:${http}`, grpc: `127.0.0.1:${grpc}`, maxConnections: CONNECTIONS }
  life = startReceiver(compiled, join(directory, 'data'), { details })
  await life.said('listening')
})
afterAll(async () => {
  for (const socket of sockets) socket.destroy()
  life?.child.stdin?.end()
  await life?.ended
  rmSync(directory, { recursive: true, force: true })
})

function open(port: number): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  sockets.push(socket)
  return socket
}

/** Bytes of memory that the receiver has, or had at most. */
function memory(field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${life.child.pid}/status`, 'utf8')
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024
}

async function post(body: Buffer, headers: Record<string, string> = {}): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${http}/v1/traces`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/x-protobuf', ...headers },
  })
  await answer.arrayBuffer()
  return answer.status
}

test('a hundred bombs are refused, and memory stays', async () => {
  expect(await post(Buffer.of())).toBe(200)
  const before = memory('VmRSS')
  const bomb = gzipSync(Buffer.alloc(1024 * MIB))
  expect(bomb.length).toBeLessThan(2 * MIB)
  for (let round = 0; round < 5; round++) {
    const statuses = await Promise.all(
      Array.from({ length: 20 }, () => post(bomb, { 'content-encoding': 'gzip' })),
    )
    expect(new Set(statuses)).toEqual(new Set([413]))
  }
  const grown = (memory('VmHWM') - before) / MIB
  console.log(`a hundred bombs of 1 GiB each: ${grown.toFixed(0)} MiB more at most`)
  // A request may be 20 MiB unpacked, and the pool that unpacks has four threads.
  expect(grown).toBeLessThan(400)
})

test('garbage is refused on both ports, and the receiver lives', async () => {
  for (let i = 0; i < 200; i++) {
    open(i % 2 === 0 ? http : grpc).end(randomBytes(1 + ((i * 97) % 5_000)))
    const garbage = randomBytes(1 + ((i * 31) % 3_000))
    expect(await post(garbage)).toBeOneOf([200, 400])
  }
  expect(await post(Buffer.of())).toBe(200)
})

test('senders that vanish in the middle leave nothing behind', async () => {
  const head =
    'POST /v1/traces HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-protobuf\r\ncontent-length: 15000000\r\n\r\n'
  for (let i = 0; i < 40; i++) {
    const socket = open(http)
    socket.write(head)
    socket.write(Buffer.alloc(2 * MIB))
    await delay(10)
    socket.destroy()
  }
  // Were they still held to be arriving, this would be too much.
  expect(await post(Buffer.alloc(15 * MIB))).not.toBe(429)
})

test('slow senders keep others out for seconds, not for ever', async () => {
  const slow = Array.from({ length: 2 * CONNECTIONS }, () => open(http))
  for (const socket of slow) socket.write('POST /v1/traces HTTP/1.1\r\nhost: a\r\n')
  const dripping = setInterval(() => {
    for (const socket of slow) if (socket.writable) socket.write('x-drip: 1\r\n')
  }, 500)
  const began = performance.now()
  let status = 0
  while (status !== 200 && performance.now() - began < 60_000) {
    await delay(500)
    status = await connectAndPost({ host: '127.0.0.1', port: http })
      .then((answer) => answer.status)
      .catch(() => 0)
  }
  clearInterval(dripping)
  expect(status).toBe(200)
  console.log(
    `${slow.length} slow senders: others are served again after ${((performance.now() - began) / 1000).toFixed(0)} s`,
  )
})
