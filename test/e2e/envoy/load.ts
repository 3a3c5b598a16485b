import { Agent, request } from 'node:http'
import { type ClientHttp2Session, connect, constants } from 'node:http2'
import { Client, credentials } from '@grpc/grpc-js'
import type { RequestFacts } from '../../../src/traffic/index.ts'
import { METHODS } from './grpc.ts'

/** What the client saw of one request. */
export interface Seen {
  readonly facts: RequestFacts
  /** The client hung up before there was an answer; nobody but it and the access log knows. */
  readonly left: boolean
}

export interface Load {
  /** Sends so many requests, and resolves when all have ended. Throws when one failed below HTTP. */
  readonly send: (count: number) => Promise<readonly Seen[]>
  readonly stop: () => Promise<void>
}

/** In parts of ten thousand; the rest is `ok`. */
const MIX: readonly (readonly [string, number])[] = [
  ['fail', 200],
  ['missing', 100],
  ['slow', 100],
  ['stall', 25],
  ['reset', 25],
  ['leave', 10],
]
const GRPC_MIX: readonly (readonly [string, number])[] = [
  ['14', 150],
  ['13', 50],
  ['5', 100],
  ['slow', 100],
  ['stall', 25],
  ['cut', 5],
  ['check', 300],
]
const [WORKERS, LEAVE_AFTER_MS] = [48, 100]

/** A load generator against one port: a third HTTP/1.1, a third HTTP/2, a third gRPC, a few dozen at a time. */
export function createLoad(port: number, random: () => number): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: WORKERS })
  const sessions = createSessions(port)
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  const draw = (mix: readonly (readonly [string, number])[], rest: string): string => {
    let at = random() * 10_000
    for (const [what, share] of mix) {
      if (at < share) return what
      at -= share
    }
    return rest
  }
  const one = (i: number): Promise<Seen> => {
    if (i % 3 === 0) return sendHttp1(agent, port, draw(MIX, 'ok'))
    if (i % 3 === 1) return sendHttp2(sessions.current, draw(MIX, 'ok'))
    return sendGrpc(client, draw(GRPC_MIX, '0'))
  }
  return {
    send: async (count) => {
      const seen: Seen[] = []
      let next = 0
      await Promise.all(
        Array.from({ length: WORKERS }, async () => {
          while (next < count) seen.push(await one(next++))
        }),
      )
      return seen
    },
    stop: async () => {
      agent.destroy()
      client.close()
      await sessions.stop()
    },
  }
}

function sendHttp1(agent: Agent, port: number, what: string): Promise<Seen> {
  const leave = what === 'leave'
  const path = `/one/${what}?do=${leave ? 'slow' : what}`
  return new Promise((resolve, reject) => {
    const sent = request({ agent, host: '127.0.0.1', port, path }, (response) => {
      response.resume()
      response.once('end', () => resolve({ facts: { code: response.statusCode, path }, left: false }))
      response.once('error', reject)
    })
    sent.once('error', (error) => {
      if (leave) resolve({ facts: { code: 0, path }, left: true })
      else reject(error)
    })
    if (leave) setTimeout(() => sent.destroy(), LEAVE_AFTER_MS)
    sent.end()
  })
}

async function sendHttp2(session: () => ClientHttp2Session, what: string): Promise<Seen> {
  // A server that is closing a session refuses streams, which says that it did nothing with them.
  for (let attempt = 1; attempt <= 5; attempt++) {
    const seen = await tryHttp2(session(), what)
    if (seen !== 'refused') return seen
  }
  throw new Error('a stream was refused five times')
}

function tryHttp2(session: ClientHttp2Session, what: string): Promise<Seen | 'refused'> {
  const leave = what === 'leave'
  const path = `/two/${what}?do=${leave ? 'slow' : what}`
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': path })
    let code: number | undefined
    stream.once('response', (headers) => {
      code = headers[':status']
    })
    stream.resume()
    stream.once('error', (error) => {
      if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) resolve('refused')
      else reject(error)
    })
    stream.once('close', () => {
      if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) resolve('refused')
      else if (leave) resolve({ facts: { code: 0, path }, left: true })
      else if (code !== undefined) resolve({ facts: { code, path }, left: false })
      else reject(new Error('a stream ended without an answer'))
    })
    if (leave) setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), LEAVE_AFTER_MS)
  })
}

function sendGrpc(client: Client, what: string): Promise<Seen> {
  const method = what === 'check' ? METHODS.check : METHODS.buy
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      Buffer.from(what),
      (error) => {
        const facts = {
          code: 200,
          path: method.path,
          contentType: 'application/grpc',
          grpcStatus: error?.code ?? 0,
        }
        resolve({ facts, left: false })
      },
    )
  })
}

/** A session that the server is closing takes no new requests. */
function createSessions(port: number): { current: () => ClientHttp2Session; stop: () => Promise<void> } {
  const all = new Set<ClientHttp2Session>()
  let newest: ClientHttp2Session | undefined
  const open = (): ClientHttp2Session => {
    const session = connect(`http://127.0.0.1:${port}`)
    const retire = (): void => {
      if (newest === session) newest = undefined
    }
    session.on('goaway', retire)
    session.on('error', retire)
    session.on('close', () => {
      retire()
      all.delete(session)
    })
    all.add(session)
    newest = session
    return session
  }
  return {
    current: () => (newest === undefined || newest.closed || newest.destroyed ? open() : newest),
    stop: async () => {
      await Promise.all([...all].map((session) => new Promise<void>((resolve) => session.close(resolve))))
    },
  }
}
