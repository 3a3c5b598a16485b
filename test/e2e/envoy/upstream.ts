import { createServer as createHttp1, type ServerResponse } from 'node:http'
import {
  constants,
  createServer as createHttp2,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import { Metadata, Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import { METHODS } from './grpc.ts'

/** Services that fail and stall on demand: `/any/path?do=fail`. */
export interface Upstream {
  readonly ports: { readonly http1: number; readonly http2: number; readonly grpc: number }
  readonly stop: () => Promise<void>
}

/** What a request asks the upstream to do. `stall` never answers. */
export const BEHAVIOURS = ['ok', 'fail', 'missing', 'slow', 'stall', 'reset'] as const
export type Behaviour = (typeof BEHAVIOURS)[number]

/** Well beyond 300 ms, well before Envoy gives up. */
const SLOW_MS = 450
const STATUS: Readonly<Record<'ok' | 'fail' | 'missing' | 'slow', number>> = {
  ok: 200,
  fail: 500,
  missing: 404,
  slow: 200,
}

export async function startUpstream(): Promise<Upstream> {
  const http1 = createHttp1({ keepAliveTimeout: 60_000 }, (request, response) => {
    request.resume()
    request.once('end', () => answer(behaviourOf(request.url), http1Voice(response)))
  })
  const http2 = createHttp2()
  const sessions = new Set<ServerHttp2Session>()
  http2.on('session', (session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
  })
  http2.on('stream', (stream, headers) => {
    stream.on('error', () => undefined)
    stream.resume()
    answer(behaviourOf(headers[':path']), http2Voice(stream))
  })
  const grpc = new Server()
  grpc.addService(METHODS, {
    buy: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => serve(call, done),
    check: (_call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) =>
      done(null, Buffer.alloc(2)),
  })
  const grpcPort = await new Promise<number>((resolve, reject) => {
    grpc.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    )
  })
  await Promise.all(
    [http1, http2].map((server) => new Promise<void>((r) => server.listen(0, '127.0.0.1', r))),
  )
  return {
    ports: { http1: portOf(http1), http2: portOf(http2), grpc: grpcPort },
    stop: async () => {
      grpc.forceShutdown()
      http1.closeAllConnections()
      for (const session of sessions) session.destroy()
      await Promise.all([http1, http2].map((server) => new Promise((resolve) => server.close(resolve))))
    },
  }
}

interface Voice {
  readonly say: (status: number) => void
  readonly reset: () => void
}

function answer(behaviour: Behaviour, voice: Voice): void {
  if (behaviour === 'stall') return
  if (behaviour === 'reset') voice.reset()
  else if (behaviour === 'slow') setTimeout(() => voice.say(STATUS.slow), SLOW_MS)
  else voice.say(STATUS[behaviour])
}

function http1Voice(response: ServerResponse): Voice {
  return {
    say: (status) => {
      response.writeHead(status)
      response.end('done')
    },
    reset: () => response.socket?.destroy(),
  }
}

function http2Voice(stream: ServerHttp2Stream): Voice {
  return {
    say: (status) => {
      if (stream.destroyed) return
      stream.respond({ ':status': status })
      stream.end('done')
    },
    reset: () => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
  }
}

/**
 * gRPC requests say what they want in their body: a status number, `slow`, `stall`, or `cut`, which begins an answer
 * and never ends it.
 */
function serve(call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>): void {
  const wish = call.request.toString()
  if (wish === 'stall') return
  if (wish === 'cut') call.sendMetadata(new Metadata())
  else if (wish === 'slow') setTimeout(() => done(null, Buffer.from('done')), SLOW_MS)
  else if (wish === '0') done(null, Buffer.from('done'))
  else done({ code: Number(wish), details: 'on demand' })
}

function behaviourOf(path: string | undefined): Behaviour {
  const wish = new URL(path ?? '/', 'http://upstream').searchParams.get('do')
  return BEHAVIOURS.find((behaviour) => behaviour === wish) ?? 'ok'
}

function portOf(server: { address: () => unknown }): number {
  return (server.address() as { port: number }).port
}
