import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { World } from '../../base/index.ts'
import type { Address } from './address.ts'
import { type Answer, CODE, encodeStatus, encodeTaken } from './answers.ts'
import { type Body, createBodies } from './bodies.ts'
import { createInflate } from './inflate.ts'
import { SIGNALS, type SignalName } from './options.ts'
import type { Reception } from './reception.ts'
import type { Encoding } from './signal.ts'
import type { Admits } from './token.ts'

export interface TransportOptions {
  readonly address: Address
  readonly reception: Reception
  readonly admits: Admits
  /** Bytes of one request, packed and unpacked. */
  readonly maxBody: number
  /** Bytes of requests that may be on their way at once. */
  readonly maxArriving: number
  readonly maxConnections: number
}

/** A transport that listens. */
export interface Transport {
  readonly address: Address
  readonly requests: () => number
  /** Takes nothing new, lets what is under way be answered for so long, then ends all connections. */
  readonly close: (graceMs: number) => Promise<void>
}

/** A request's head and body must arrive within these; a client that drips would hold its connection for ever. */
const HEAD_MS = 10_000
const REQUEST_MS = 30_000
const CHECK_MS = 2_000
/** Longer than the minute after which load balancers close idle connections, so that they close, not we. */
const KEEP_ALIVE_MS = 75_000
/** How long the rest of a request that is refused is read, so that its sender gets to read the answer. */
const DISCARD_MS = 2_000

const ENCODINGS: ReadonlyMap<string, Encoding> = new Map([
  ['application/x-protobuf', 'protobuf'],
  ['application/json', 'json'],
])
const TYPES: Readonly<Record<Encoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
}
const PATHS: ReadonlyMap<string, SignalName> = new Map(SIGNALS.map((signal) => [`/v1/${signal}`, signal]))

type Taken = Extract<Answer, { readonly kind: 'taken' }>

/** What is said when nothing was counted. */
interface Refusal {
  readonly status: number
  readonly code: number
  readonly message: string
  readonly retryAfterMs?: number
  readonly headers?: Readonly<Record<string, string>>
}

/** Listens for OTLP over HTTP. Rejects when the address cannot be listened on. */
export async function listenHttp(world: World, options: TransportOptions): Promise<Transport> {
  const http = new OtlpHttp(world, options)
  const address = await http.listen()
  return { address, requests: () => http.requests, close: (graceMs) => http.close(graceMs) }
}

class OtlpHttp {
  requests = 0
  readonly #world: World
  readonly #options: TransportOptions
  readonly #server: Server
  readonly #inflate = createInflate()
  readonly #bodies = createBodies()
  #arriving = 0
  #isClosing = false

  constructor(world: World, options: TransportOptions) {
    this.#world = world
    this.#options = options
    this.#server = createServer(
      {
        headersTimeout: HEAD_MS,
        requestTimeout: REQUEST_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
        connectionsCheckingInterval: CHECK_MS,
      },
      (request, response) => {
        this.requests++
        // Whoever went away is not answered; what was taken stays taken.
        request.on('error', () => undefined)
        response.on('error', () => undefined)
        void this.#answer(request, response).catch((error: unknown) => {
          this.#world.log.error('a request could not be answered', { path: request.url, err: error })
          this.#refuse(response, OWN_FAULT, 'json')
        })
      },
    )
    this.#server.maxConnections = options.maxConnections
  }

  listen(): Promise<Address> {
    const { host, port } = this.#options.address
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject)
        const bound = this.#server.address()
        resolve({ host, port: typeof bound === 'object' && bound !== null ? bound.port : port })
      })
    })
  }

  async close(graceMs: number): Promise<void> {
    this.#isClosing = true
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
    this.#server.closeIdleConnections()
    const waiting = new AbortController()
    const late = this.#world.clock.sleep(graceMs, waiting.signal).catch(() => undefined)
    await Promise.race([closed, late])
    waiting.abort()
    this.#server.closeAllConnections()
    await closed
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const encoding = ENCODINGS.get(mediaTypeOf(request.headers['content-type']))
    const signal = PATHS.get(pathOf(request.url ?? ''))
    const refusal = this.#refusalOf(request, { signal, encoding })
    if (refusal !== undefined || signal === undefined || encoding === undefined) {
      await this.#discard(request)
      return this.#refuse(response, refusal ?? NOT_FOUND, encoding ?? 'json')
    }
    const body = this.#bodies(Number(request.headers['content-length'] ?? 0))
    try {
      const read = await this.#read(request, body)
      if (read === 'gone') return
      if (read !== 'whole') {
        await this.#discard(request)
        return this.#refuse(response, read, encoding)
      }
      const answer = await this.#take(body, { signal, encoding, isPacked: packingOf(request) === 'gzip' })
      if ('status' in answer) return this.#refuse(response, answer, encoding)
      this.#send(response, { status: 200, encoding, body: encodeTaken(answer, { signal, encoding }) })
    } finally {
      body.release()
    }
  }

  /** Hands a body over and waits until it is on disk; the body itself is free as soon as it was looked at. */
  async #take(
    body: Body,
    how: { readonly signal: SignalName; readonly encoding: Encoding; readonly isPacked: boolean },
  ): Promise<Refusal | Taken> {
    const { signal, encoding } = how
    const sent = body.whole()
    const unpacked = how.isPacked ? await this.#unpack(sent) : sent
    if (!Buffer.isBuffer(unpacked)) return unpacked
    const answering = this.#options.reception.receive({ signal, encoding, body: unpacked, sent })
    body.release()
    const answer = await answering
    return answer.kind === 'taken' ? answer : refusalFor(answer)
  }

  /** What can be said from the request's head alone. */
  #refusalOf(
    request: IncomingMessage,
    {
      signal,
      encoding,
    }: { readonly signal: SignalName | undefined; readonly encoding: Encoding | undefined },
  ): Refusal | undefined {
    const { reception, admits, maxBody } = this.#options
    const { headers, method } = request
    if (signal === undefined) return NOT_FOUND
    if (method !== 'POST') return { ...NOT_ALLOWED, message: `${method} is not POST` }
    if (!admits(headers.authorization)) return UNAUTHENTICATED
    if (encoding === undefined) return { ...UNSUPPORTED, message: `content-type ${WRITE_TYPES}` }
    const packing = packingOf(request)
    if (packing !== 'identity' && packing !== 'gzip')
      return { ...UNSUPPORTED, message: `content-encoding ${packing} is not read; send gzip or none` }
    const length = Number(headers['content-length'] ?? 0)
    if (length > maxBody) return tooLarge(maxBody)
    const refused = reception.refuses(length)
    return refused === undefined || refused.kind === 'taken' ? undefined : refusalFor(refused)
  }

  /** Until all of it has arrived, or it is known that it will not be taken. */
  #read(request: IncomingMessage, body: Body): Promise<'whole' | 'gone' | Refusal> {
    const { maxBody, maxArriving } = this.#options
    let arriving = 0
    return new Promise((resolve) => {
      const end = (outcome: 'whole' | 'gone' | Refusal): void => {
        this.#arriving -= arriving
        arriving = 0
        request.off('data', take)
        resolve(outcome)
      }
      const take = (chunk: Buffer): void => {
        arriving += chunk.length
        this.#arriving += chunk.length
        if (arriving > maxBody) return end(tooLarge(maxBody))
        body.add(chunk)
        if (this.#arriving > maxArriving && this.#arriving > arriving)
          end(refusalFor({ kind: 'full', message: 'too many requests arrive at once', retryAfterMs: 1_000 }))
      }
      request.on('data', take)
      request.once('end', () => end('whole'))
      request.once('close', () => end('gone'))
    })
  }

  async #unpack(sent: Buffer): Promise<Buffer | Refusal> {
    const { maxBody } = this.#options
    const unpacked = await this.#inflate(sent, maxBody)
    if (unpacked.kind === 'ok') return unpacked.value
    return unpacked.error === 'too-large'
      ? tooLarge(maxBody)
      : { status: 400, code: CODE.invalidArgument, message: 'the body is no whole gzip' }
  }

  /** Reads on without keeping anything: an answer before the end of a request is lost on most senders. */
  async #discard(request: IncomingMessage): Promise<void> {
    if (request.complete || request.destroyed) return
    const waiting = new AbortController()
    const ended = new Promise<void>((resolve) => {
      request.once('end', resolve).once('close', resolve).resume()
    })
    await Promise.race([ended, this.#world.clock.sleep(DISCARD_MS, waiting.signal).catch(() => undefined)])
    waiting.abort()
  }

  #refuse(response: ServerResponse, refusal: Refusal, encoding: Encoding): void {
    const { status, retryAfterMs, headers } = refusal
    const wait = retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }
    const isUnread = !response.req.complete
    this.#send(response, {
      status,
      encoding,
      body: encodeStatus(refusal, encoding),
      headers: { ...headers, ...wait, ...(isUnread ? { connection: 'close' } : {}) },
    })
  }

  #send(
    response: ServerResponse,
    answer: {
      readonly status: number
      readonly encoding: Encoding
      readonly body: Buffer
      readonly headers?: Readonly<Record<string, string>>
    },
  ): void {
    if (response.destroyed) return
    response.writeHead(answer.status, {
      'content-type': TYPES[answer.encoding],
      'content-length': answer.body.length,
      ...(this.#isClosing ? { connection: 'close' } : {}),
      ...answer.headers,
    })
    response.end(answer.body)
  }
}

const WRITE_TYPES = `must be ${[...ENCODINGS.keys()].join(' or ')}`
const OWN_FAULT: Refusal = { status: 500, code: CODE.internal, message: 'this is a fault of the receiver' }
const NOT_FOUND: Refusal = {
  status: 404,
  code: CODE.notFound,
  message: `there is nothing here; post to ${[...PATHS.keys()].join(', ')}`,
}
const NOT_ALLOWED = { status: 405, code: CODE.unimplemented, headers: { allow: 'POST' } } as const
const UNSUPPORTED = { status: 415, code: CODE.invalidArgument } as const
const UNAUTHENTICATED: Refusal = {
  status: 401,
  code: CODE.unauthenticated,
  message: 'the token is missing or wrong; send authorization: Bearer and the token',
  headers: { 'www-authenticate': 'Bearer' },
}

function tooLarge(maxBody: number): Refusal {
  const message = `the request is larger than ${maxBody} bytes unpacked; send smaller batches, or raise maxBody`
  return { status: 413, code: CODE.resourceExhausted, message }
}

function refusalFor(answer: Exclude<Answer, { kind: 'taken' }>): Refusal {
  switch (answer.kind) {
    case 'refused':
      return { status: 400, code: CODE.invalidArgument, message: answer.message }
    case 'full':
      return { status: 429, code: CODE.resourceExhausted, ...answer }
    case 'failed':
      return { status: 503, code: CODE.unavailable, ...answer }
    default:
      return answer satisfies never
  }
}

const mediaTypeOf = (header: string | undefined): string =>
  (header ?? '').split(';', 1).join('').trim().toLowerCase()

const pathOf = (url: string): string => url.split('?', 1).join('')

const packingOf = (request: IncomingMessage): string =>
  request.headers['content-encoding']?.trim().toLowerCase() || 'identity'
