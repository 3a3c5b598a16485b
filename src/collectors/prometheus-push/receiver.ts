import { createHash, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { World } from '../../base/index.ts'
import type { Intake } from '../push/intake.ts'
import { unpackSnappy } from './snappy.ts'
import type { Written } from './work.ts'
import { decodeWriteRequest, type Message, type WriteRequest } from './write-request.ts'

export interface ReceiverOptions {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly path: string
  /** Senders must show what stands in this file. Undefined: nothing is asked. */
  readonly tokenFile: string | undefined
  /** Bytes of one request after decompression. */
  readonly maxBody: number
  readonly maxConnections: number
}

/** What the receiver hands requests to. */
export interface Destination {
  readonly intake: Pick<Intake, 'take'>
  /** Counts a request that is there whole. Must not throw. */
  readonly count: (
    request: WriteRequest,
    into: Parameters<Parameters<Intake['take']>[0]['count']>[0],
  ) => Written
  /** Told of every answer, for the source's status. */
  readonly answered: (status: number, reason: string) => void
}

/** What is answered: a status, sentences for a person, and headers. */
interface Answer {
  readonly status: number
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

const SECOND = 'io.prometheus.write.v2.Request'
const FIRST = 'prometheus.WriteRequest'
/** A body that takes longer to come is not waited for. */
const BODY_LIMIT_MS = 30_000
/** A changed token is seen after so long. */
const TOKEN_AGE_MS = 5_000

/** Receives remote write, versions 1.0 and 2.0. See docs/collectors-remote-write.md. */
export class Receiver implements AsyncDisposable {
  readonly #world: World
  readonly #options: ReceiverOptions
  readonly #to: Destination
  readonly #server: Server
  #token: { readonly value: Buffer; readonly readAt: number } | undefined

  constructor(world: World, options: ReceiverOptions, to: Destination) {
    this.#world = world
    this.#options = options
    this.#to = to
    this.#server = createServer({ requestTimeout: BODY_LIMIT_MS }, (request, response) => {
      void this.#serve(request, response)
    })
    this.#server.maxConnections = options.maxConnections
  }

  /** Resolves with the port when it listens; rejects when it cannot. */
  listen(): Promise<number> {
    const { host, port } = this.#options
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject)
        this.#server.on('error', (error) => {
          this.#world.log.warn('receiver failed', { error: error.message })
        })
        resolve(portOf(this.#server.address()))
      })
    })
  }

  /** Resolves when no request is under way any more; connections that only wait are closed at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeIdleConnections()
    })
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let answer: Answer
    try {
      answer = await this.#answer(request)
    } catch (error) {
      this.#world.log.error('remote write failed', { err: error })
      answer = { status: 500, text: 'this is a mistake of ours, and it is in our log' }
    }
    this.#to.answered(answer.status, answer.text)
    const body = answer.text === '' ? '' : `${answer.text}\n`
    // What is left of a body that was not read must not be taken for the next request.
    const close = request.complete ? {} : { connection: 'close' }
    response.writeHead(answer.status, {
      ...answer.headers,
      ...close,
      ...(body === '' ? {} : { 'content-type': 'text/plain; charset=utf-8' }),
    })
    response.end(body)
    if (!request.complete) request.resume()
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const path = (request.url ?? '').split('?')[0]
    if (path !== this.#options.path)
      return { status: 404, text: `remote write is received at ${this.#options.path}` }
    if (request.method !== 'POST')
      return { status: 405, text: 'remote write is a POST', headers: { allow: 'POST' } }
    if (!(await this.#isAllowed(request.headers.authorization)))
      return {
        status: 401,
        text: 'the token is missing or wrong',
        headers: { 'www-authenticate': 'Bearer realm="remote write"' },
      }
    const encoding = (request.headers['content-encoding'] ?? 'snappy').toLowerCase()
    if (encoding !== 'snappy')
      return { status: 415, text: `the encoding ${encoding} is not known: send snappy` }
    const message = messageOf(request.headers['content-type'])
    if (message === undefined)
      return {
        status: 415,
        text: `the type ${request.headers['content-type'] ?? ''} is not known: send application/x-protobuf`,
      }
    const body = await readBody(request, this.#options.maxBody)
    if (body === undefined) return tooLarge(this.#options.maxBody)
    return this.#take(body, message)
  }

  async #take(body: Buffer, message: Message): Promise<Answer> {
    const { maxBody } = this.#options
    const unpacked = unpackSnappy(body, maxBody)
    if (unpacked.kind === 'failed')
      return unpacked.error.kind === 'too-large'
        ? tooLarge(maxBody)
        : { status: 400, text: 'the body is no Snappy block' }
    const decoded = decodeWriteRequest(unpacked.value, message)
    if (decoded.kind === 'failed') return { status: 400, text: decoded.error }
    const request = decoded.value
    let written: Written | undefined
    const taken = await this.#to.intake.take({
      identity: createHash('sha256').update(message).update(body).digest(),
      bytes: unpacked.value.length,
      count: (into) => {
        written = this.#to.count(request, into)
      },
    })
    switch (taken.kind) {
      case 'counted':
      case 'repeated':
        return answerOf(written ?? allOf(request), request.faults)
      case 'full':
        return busy(429, 'more is waiting than can be written', taken.retryAfterMs)
      case 'failed':
        return busy(503, taken.reason, taken.retryAfterMs)
      default:
        return taken satisfies never
    }
  }

  async #isAllowed(authorization: string | undefined): Promise<boolean> {
    const { tokenFile } = this.#options
    if (tokenFile === undefined) return true
    const now = this.#world.clock.monotonicMs()
    if (this.#token === undefined || now - this.#token.readAt > TOKEN_AGE_MS)
      this.#token = { value: digestOf((await readFile(tokenFile, 'utf8')).trim()), readAt: now }
    const shown = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
    return shown !== undefined && timingSafeEqual(digestOf(shown), this.#token.value)
  }
}

/** Of equal length whatever the text, as comparing in constant time wants it. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Which message a content type announces. Undefined: none that we know. The first version had no parameter. */
function messageOf(contentType: string | undefined): Message | undefined {
  const [type = '', ...parameters] = (contentType ?? 'application/x-protobuf').split(';')
  if (type.trim().toLowerCase() !== 'application/x-protobuf') return undefined
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=')
    if (name.trim().toLowerCase() !== 'proto') continue
    const message = value.trim().replace(/^"|"$/g, '')
    return message === SECOND || message === FIRST ? message : undefined
  }
  return FIRST
}

/** Undefined when it is larger than the cap; the rest is then not read. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return undefined
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) throw new Error('the body is not made of bytes')
    size += chunk.length
    if (size > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}

function tooLarge(maxBytes: number): Answer {
  return {
    status: 413,
    text: `the request holds more than ${maxBytes} bytes: lower max_samples_per_send, or raise maxBody`,
  }
}

function busy(status: 429 | 503, text: string, retryAfterMs: number): Answer {
  return { status, text, headers: { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) } }
}

/** What a request that was counted before had in it: all of that is written. */
function allOf({ series }: WriteRequest): Written {
  const sum = (key: 'samples' | 'histograms' | 'exemplars'): number =>
    series.reduce((total, each) => total + each[key].length, 0)
  return {
    samples: sum('samples'),
    histograms: sum('histograms'),
    exemplars: sum('exemplars'),
    faults: new Map(),
  }
}

function answerOf(written: Written, invalid: ReadonlyMap<string, number>): Answer {
  const headers = {
    'x-prometheus-remote-write-samples-written': String(written.samples),
    'x-prometheus-remote-write-histograms-written': String(written.histograms),
    'x-prometheus-remote-write-exemplars-written': String(written.exemplars),
  }
  const faults = [...invalid, ...written.faults]
  if (faults.length === 0) return { status: 204, text: '', headers }
  const rejected = faults.reduce((total, [, times]) => total + times, 0)
  const reasons = faults.map(([reason, times]) => `${reason} (${times})`).join('; ')
  const kept = written.samples + written.histograms
  return { status: 400, text: `${rejected} were rejected and ${kept} written: ${reasons}`, headers }
}
