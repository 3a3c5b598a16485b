import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { World } from '../../base/index.ts'
import { certificateOf } from './http.ts'
import type { ProbeTarget } from './options.ts'
import { type Asking, type Probed, Stopwatch, timeLimit } from './probed.ts'

const { HTTP2_HEADER_METHOD, HTTP2_HEADER_PATH, HTTP2_HEADER_STATUS, NGHTTP2_CANCEL } = constants
/** `grpc.health.v1.HealthCheckResponse.ServingStatus`. */
const SERVING_STATUS = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']

/**
 * Asks a server by the gRPC health checking protocol (`grpc.health.v1.Health/Check`) whether it, or one service of it,
 * serves. Each probe has a connection of its own. The body is the name of the serving status. Never rejects.
 */
export async function probeGrpc(
  world: World,
  target: ProbeTarget,
  { asking, signal }: { readonly asking: Asking; readonly signal: AbortSignal },
): Promise<Probed> {
  const watch = new Stopwatch(world.clock)
  const limit = timeLimit(world, asking.timeoutMs, signal)
  const { session, socket } = open(target.url, watch, asking)
  try {
    return await check({ session, socket, target, watch, maxBytes: asking.maxBytes }, limit.signal)
  } catch (error) {
    return watch.failed(limit.signal.aborted ? limit.signal.reason : error)
  } finally {
    limit.done()
    session.destroy()
    socket.destroy()
  }
}

interface Connection {
  readonly session: ClientHttp2Session
  readonly socket: Socket
}

function open(url: URL, watch: Stopwatch, { authorities }: Asking): Connection {
  const secure = url.protocol === 'grpcs:'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const named = isIP(host) === 0
  const port = Number(url.port === '' ? (secure ? 443 : 80) : url.port)
  const trusted = authorities === undefined ? {} : { ca: authorities }
  const socket = secure
    ? connectTls({ host, port, ALPNProtocols: ['h2'], ...(named ? { servername: host } : {}), ...trusted })
    : connectTcp({ host, port })
  if (named) socket.once('lookup', (error: Error | null) => error ?? watch.begin('connect'))
  else watch.skipTo('connect')
  socket.once('connect', () => watch.begin(secure ? 'tls' : 'first-byte'))
  if (secure) socket.once('secureConnect', () => watch.begin('first-byte'))
  const authority = `${secure ? 'https' : 'http'}://${url.host}`
  return { session: connect(authority, { createConnection: () => socket }), socket }
}

interface Check extends Connection {
  readonly target: ProbeTarget
  readonly watch: Stopwatch
  readonly maxBytes: number
}

function check({ session, socket, target, watch, maxBytes }: Check, signal: AbortSignal): Promise<Probed> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(error instanceof Error ? error : new Error(String(error)))
    signal.addEventListener('abort', () => fail(signal.reason), { once: true })
    // The socket's own words are clearer than what a session makes of them.
    socket.once('error', fail)
    session.once('error', fail)
    const stream: ClientHttp2Stream = session.request({
      ...target.headers,
      [HTTP2_HEADER_METHOD]: 'POST',
      [HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': 'nines-probe',
    })
    const chunks: Buffer[] = []
    let size = 0
    let status = 0
    let grpcStatus: number | undefined
    stream.once('error', fail)
    stream.on('response', (headers) => {
      watch.begin('transfer')
      status = Number(headers[HTTP2_HEADER_STATUS])
      grpcStatus = statusOf(headers['grpc-status'])
    })
    stream.on('trailers', (trailers) => {
      grpcStatus = statusOf(trailers['grpc-status']) ?? grpcStatus
    })
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= maxBytes) return chunks.push(chunk)
      stream.close(NGHTTP2_CANCEL)
      return fail(new Error(`the answer is larger than ${maxBytes} bytes`))
    })
    stream.once('close', () => {
      if (status === 0) return fail(new Error('the stream ended without an answer'))
      const body = servingStatusOf(Buffer.concat(chunks))
      return resolve(watch.answered({ status, grpcStatus, body }, certificateOf(socket)))
    })
    stream.end(requestOf(target.grpcService))
  })
}

function statusOf(value: unknown): number | undefined {
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : undefined
}

/** A message of one text, field 1, behind gRPC's five bytes: not compressed, and how long it is. */
function requestOf(service: string): Buffer {
  const name = Buffer.from(service, 'utf8')
  const field =
    name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name])
  const message = Buffer.alloc(5 + field.length)
  message.writeUInt32BE(field.length, 1)
  field.copy(message, 5)
  return message
}

function varint(n: number): readonly number[] {
  return n < 0x80 ? [n] : [(n & 0x7f) | 0x80, ...varint(n >>> 7)]
}

/** The last field 1 of the message; a server that says nothing says 0, which is unknown. */
function servingStatusOf(bytes: Buffer): string {
  const message = bytes.subarray(5)
  const at = message.lastIndexOf(0x08)
  const value = at < 0 ? 0 : (message[at + 1] ?? 0)
  return SERVING_STATUS[value] ?? `status ${value}`
}
