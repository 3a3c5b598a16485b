import { failed, ok, type Result, startOfDate, type World } from '../../base/index.ts'

/** Bounds of one request. */
export interface HttpLimits {
  /** Until the answer's headers, in milliseconds; finding the address and connecting are part of it. */
  readonly firstByteMs: number
  /** Until the answer's end, in milliseconds. */
  readonly totalMs: number
  /** Of the body, decompressed. */
  readonly maxBytes: number
}

export interface HttpAnswer {
  readonly status: number
  readonly text: string
  /** Of the body, as the answer says it; empty when it does not. */
  readonly contentType: string
  /** How long the answer asks us to wait (`Retry-After`), in milliseconds. */
  readonly retryAfterMs: number | undefined
  readonly headers: Headers
}

export interface HttpFailure {
  /** `silent`: it did not begin in time. `slow`: it did not end in time. `too-large`: the body is beyond the cap. */
  readonly kind: 'network' | 'silent' | 'slow' | 'too-large'
  readonly text: string
  readonly remedy: string
}

export interface HttpRequest {
  readonly url: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly limits: HttpLimits
}

/** One request within its bounds. Redirects are not followed: they would take credentials elsewhere. */
export async function askUrl(
  world: World,
  request: HttpRequest,
  signal: AbortSignal,
): Promise<Result<HttpAnswer, HttpFailure>> {
  const { url, method, headers, body, limits } = request
  const { host } = new URL(url)
  const work = new AbortController()
  const abort = (): void => work.abort(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  let answered = false
  const watch = (ms: number, isOver: () => boolean): void => {
    world.clock.sleep(ms, work.signal).then(
      () => {
        if (!isOver()) work.abort(new SlowError(answered, ms))
      },
      () => undefined,
    )
  }
  watch(limits.firstByteMs, () => answered)
  watch(limits.totalMs, () => false)
  try {
    const response = await world.fetch(url, {
      method,
      headers,
      redirect: 'manual',
      signal: work.signal,
      ...(body === undefined ? {} : { body }),
    })
    answered = true
    const text = await readBody(response, limits.maxBytes)
    if (text === undefined) return failed(tooLarge(host, limits.maxBytes))
    const retryAfterMs = retryAfterOf(response.headers, world.clock.nowMs())
    const contentType = response.headers.get('content-type') ?? ''
    return ok({ status: response.status, text, contentType, retryAfterMs, headers: response.headers })
  } catch (error) {
    return failed(failureOf(host, work.signal.reason instanceof SlowError ? work.signal.reason : error))
  } finally {
    signal.removeEventListener('abort', abort)
    // Ends the watches, and the rest of a body that is not wanted.
    work.abort()
  }
}

class SlowError extends Error {
  override readonly name = 'SlowError'
  readonly answered: boolean
  readonly ms: number

  constructor(answered: boolean, ms: number) {
    super(`no answer within ${ms} ms`)
    this.answered = answered
    this.ms = ms
  }
}

/** Undefined when the body is larger than the cap; the rest is not read. */
async function readBody(response: Response, maxBytes: number): Promise<string | undefined> {
  if (response.body === null) return ''
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body) {
    if (!(chunk instanceof Uint8Array)) throw new Error('the body is not made of bytes')
    size += chunk.byteLength
    if (size > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size).toString('utf8')
}

/** Seconds, or a date of HTTP. */
export function retryAfterOf(headers: Headers, nowMs: number): number | undefined {
  const text = headers.get('retry-after')?.trim()
  if (text === undefined || text === '') return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000
  const at = httpDate(text)
  return at === undefined ? undefined : Math.max(0, at - nowMs)
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `Wed, 21 Oct 2015 07:28:00 GMT` in milliseconds since 1970 (RFC 9110, 5.6.7; its obsolete forms are not read). */
function httpDate(text: string): number | undefined {
  const found = /^\w{3}, (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/.exec(text)
  const month = MONTHS.indexOf(found?.[2] ?? '') + 1
  if (found === null || month === 0) return undefined
  const [day, year, hour, minute, second] = [1, 3, 4, 5, 6].map((i) => Number(found[i]))
  if (day === undefined || year === undefined) return undefined
  const ofDay = (hour ?? 0) * 3_600 + (minute ?? 0) * 60 + (second ?? 0)
  return (startOfDate({ year, month, day }) + ofDay) * 1_000
}

function tooLarge(host: string, maxBytes: number): HttpFailure {
  return {
    kind: 'too-large',
    text: `an answer of ${host} is larger than ${maxBytes} bytes`,
    remedy: 'raise maxBytes, or ask for fewer series',
  }
}

/** What the network said, for people. */
function failureOf(host: string, error: unknown): HttpFailure {
  if (error instanceof SlowError)
    return {
      kind: error.answered ? 'slow' : 'silent',
      text: `${host} did not ${error.answered ? 'finish answering' : 'answer'} within ${error.ms} ms`,
      remedy: 'is it overloaded, or does a firewall drop packets to it?',
    }
  const code = codeOf(error)
  const known = code === undefined ? undefined : NETWORK[code]
  if (known !== undefined) return { kind: 'network', text: `${known.text} ${host}`, remedy: known.remedy }
  const detail = code ?? (error instanceof Error ? error.message : String(error))
  return { kind: 'network', text: `${host} could not be read: ${detail}`, remedy: 'is the address right?' }
}

const REACH = 'is the address right, and does this machine reach its network?'
const NETWORK: Readonly<Record<string, { readonly text: string; readonly remedy: string }>> = {
  ECONNREFUSED: { text: 'connection refused by', remedy: 'is it running, and is the port right?' },
  ECONNRESET: { text: 'connection closed by', remedy: 'did it restart just now?' },
  UND_ERR_SOCKET: { text: 'connection closed by', remedy: 'did it restart just now?' },
  UND_ERR_CONNECT_TIMEOUT: { text: 'no connection in time to', remedy: REACH },
  ETIMEDOUT: { text: 'no connection in time to', remedy: REACH },
  EHOSTUNREACH: { text: 'no route to', remedy: REACH },
  ENETUNREACH: { text: 'no route to', remedy: REACH },
  ENOTFOUND: { text: 'no address for', remedy: 'is the name right, and does it resolve where Nines runs?' },
  CERT_HAS_EXPIRED: { text: 'expired certificate of', remedy: 'renew it' },
  DEPTH_ZERO_SELF_SIGNED_CERT: {
    text: 'self-signed certificate of',
    remedy: 'name its authority in NODE_EXTRA_CA_CERTS',
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    text: 'unknown authority signed the certificate of',
    remedy: 'name the authority in NODE_EXTRA_CA_CERTS',
  },
}

function codeOf(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if ('code' in at && typeof at.code === 'string') return at.code
    if (at instanceof AggregateError) {
      for (const each of at.errors) {
        const code = codeOf(each)
        if (code !== undefined) return code
      }
    }
  }
  return undefined
}
