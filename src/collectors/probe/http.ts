import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest, Agent as TlsAgent } from 'node:https'
import { isIP, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { World } from '../../base/index.ts'
import type { ProbeTarget } from './options.ts'
import { type Asking, certificateEnd, type Probed, Stopwatch, timeLimit } from './probed.ts'

export interface HttpProber extends Disposable {
  /** Never rejects: what goes wrong is the answer. */
  readonly probe: (target: ProbeTarget, signal: AbortSignal) => Promise<Probed>
}

/**
 * Probes over HTTP/1.1. Redirections are not followed: where they lead is a target of its own. With `keepAlive` a
 * connection is kept for the next probe of the same target.
 */
export function createHttpProber(world: World, asking: Asking & { readonly keepAlive: boolean }): HttpProber {
  const { keepAlive, authorities } = asking
  const plain = new Agent({ keepAlive, maxSockets: 1 })
  // The usual authorities are replaced, not added to, by those that are given, so they are given too.
  const secure = new TlsAgent({
    keepAlive,
    maxSockets: 1,
    ...(authorities === undefined ? {} : { ca: authorities }),
  })
  return {
    probe: async (target, signal) => {
      const watch = new Stopwatch(world.clock)
      const limit = timeLimit(world, asking.timeoutMs, signal)
      try {
        return await ask({ target, watch, signal: limit.signal, asking, agents: { plain, secure } })
      } catch (error) {
        return watch.failed(limit.signal.aborted ? limit.signal.reason : error)
      } finally {
        limit.done()
      }
    },
    [Symbol.dispose]: () => {
      plain.destroy()
      secure.destroy()
    },
  }
}

interface Question {
  readonly target: ProbeTarget
  readonly watch: Stopwatch
  readonly signal: AbortSignal
  readonly asking: Asking
  readonly agents: { readonly plain: Agent; readonly secure: TlsAgent }
}

function ask({ target, watch, signal, asking, agents }: Question): Promise<Probed> {
  const { url, method, headers, body } = target
  const secure = url.protocol === 'https:'
  return new Promise((resolve, reject) => {
    const options = { method, headers: { 'user-agent': 'nines-probe', ...headers }, signal }
    const request: ClientRequest = secure
      ? httpsRequest(url, { ...options, agent: agents.secure })
      : httpRequest(url, { ...options, agent: agents.plain })
    request.on('error', reject)
    request.on('socket', (socket) => watchSocket(socket, watch, { secure, host: url.hostname }))
    request.on('response', (response) => {
      watch.begin('transfer')
      const certificate = certificateOf(response.socket)
      readBody(response, asking.maxBytes).then(
        (text) => resolve(watch.answered({ status: response.statusCode ?? 0, body: text }, certificate)),
        reject,
      )
    })
    request.end(body === '' ? undefined : body)
  })
}

function watchSocket(
  socket: Socket,
  watch: Stopwatch,
  { secure, host }: { readonly secure: boolean; readonly host: string },
): void {
  if (!socket.connecting) return watch.skipTo('first-byte')
  if (isIP(host.replace(/^\[|\]$/g, '')) !== 0) watch.skipTo('connect')
  else socket.once('lookup', (error: Error | null) => error ?? watch.begin('connect'))
  socket.once('connect', () => watch.begin(secure ? 'tls' : 'first-byte'))
  if (secure) socket.once('secureConnect', () => watch.begin('first-byte'))
}

export function certificateOf(socket: unknown): number | undefined {
  return socket instanceof TLSSocket ? certificateEnd(socket.getPeerCertificate().valid_to) : undefined
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    const bytes: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk))
    size += bytes.length
    if (size > maxBytes) {
      response.destroy()
      throw new Error(`the answer is larger than ${maxBytes} bytes`)
    }
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}
