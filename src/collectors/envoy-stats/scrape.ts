import { failed, ok, type Result, type World } from '../../base/index.ts'

/** Why an Envoy could not be read, and what to do about it. */
export interface Failure {
  readonly text: string
  readonly remedy: string
}

export interface FetchLimits {
  /** Until the answer's headers, in milliseconds; connecting is part of it. */
  readonly connectMs: number
  /** Until the answer's end, in milliseconds. */
  readonly totalMs: number
  /** Of the body, decompressed. */
  readonly maxBytes: number
}

export interface Answer {
  readonly status: number
  readonly text: string
  /** Wall time in milliseconds at which the request was sent, and at which the headers were there. */
  readonly askedMs: number
  readonly answeredMs: number
}

/**
 * Asks an admin interface for one page. One connection for each question: after a hot restart a kept connection still
 * leads to the parent, which answers on it until it ends.
 */
export async function ask(
  world: World,
  url: string,
  options: { readonly limits: FetchLimits; readonly signal: AbortSignal },
): Promise<Result<Answer, Failure>> {
  const { limits, signal } = options
  const { host } = new URL(url)
  const work = new AbortController()
  const abort = (): void => work.abort(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  let phase: 'connect' | 'total' = 'connect'
  const watch = (ms: number, which: 'connect' | 'total'): void => {
    world.clock.sleep(ms, work.signal).then(
      () => {
        if (which === 'total' || phase === 'connect') work.abort(new TimeoutError(which, ms))
      },
      () => undefined,
    )
  }
  watch(limits.connectMs, 'connect')
  watch(limits.totalMs, 'total')
  try {
    const askedMs = world.clock.nowMs()
    const response = await world.fetch(url, {
      redirect: 'manual',
      signal: work.signal,
      headers: { connection: 'close', accept: '*/*' },
    })
    phase = 'total'
    const answeredMs = world.clock.nowMs()
    const text = await readBody(response, limits.maxBytes)
    if (text === undefined) return failed(tooLarge(host, limits.maxBytes))
    return ok({ status: response.status, text, askedMs, answeredMs })
  } catch (error) {
    const cause = work.signal.reason instanceof TimeoutError ? work.signal.reason : error
    return failed(failureOf(host, cause))
  } finally {
    signal.removeEventListener('abort', abort)
    work.abort()
  }
}

class TimeoutError extends Error {
  override readonly name = 'TimeoutError'
  readonly phase: 'connect' | 'total'
  readonly ms: number

  constructor(phase: 'connect' | 'total', ms: number) {
    super(`no answer within ${ms} ms`)
    this.phase = phase
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

function tooLarge(host: string, maxBytes: number): Failure {
  return {
    text: `the statistics of ${host} are larger than ${maxBytes} bytes`,
    remedy: 'raise maxBytes, or leave histograms out with histograms: false',
  }
}

/** What the network said, for people. */
function failureOf(host: string, error: unknown): Failure {
  if (error instanceof TimeoutError) {
    return {
      text: `${host} did not ${error.phase === 'connect' ? 'answer' : 'finish answering'} within ${error.ms} ms`,
      remedy: 'is the address right, does a firewall drop packets to it, or is Envoy overloaded?',
    }
  }
  const code = codeOf(error)
  const known = code === undefined ? undefined : NETWORK[code]
  if (known !== undefined) return { text: `${known.text} ${host}`, remedy: known.remedy }
  const detail = code ?? (error instanceof Error ? error.message : String(error))
  return { text: `${host} could not be read: ${detail}`, remedy: 'is this the admin interface of an Envoy?' }
}

const NETWORK: Readonly<Record<string, Failure>> = {
  ECONNREFUSED: {
    text: 'connection refused by',
    remedy: 'is admin enabled and bound to an address that Nines reaches?',
  },
  ECONNRESET: {
    text: 'connection closed by',
    remedy: 'did Envoy restart just now, or is this port no admin interface?',
  },
  UND_ERR_SOCKET: {
    text: 'connection closed by',
    remedy: 'did Envoy restart just now, or is this port no admin interface?',
  },
  EHOSTUNREACH: { text: 'no route to', remedy: 'is the address right, and is the host up?' },
  ENETUNREACH: {
    text: 'no route to',
    remedy: 'is the address right, and does this machine reach its network?',
  },
  ETIMEDOUT: {
    text: 'no connection in time to',
    remedy: 'is the address right, and does a firewall drop packets to it?',
  },
  ENOTFOUND: { text: 'no address for', remedy: 'is the name right, and does it resolve where Nines runs?' },
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
