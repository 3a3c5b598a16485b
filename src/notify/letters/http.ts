import type { World } from '../../base/index.ts'
import { clean } from '../text.ts'
import type { Receipt } from './letter.ts'

export interface HttpLetter {
  readonly url: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
  /** For the whole call. @default {10000} */
  readonly timeoutMs?: number
  /** What to do when the address or the key is refused. */
  readonly remedy: string
}

const TIMEOUT_MS = 10_000
const ANSWER_BYTES_MAX = 64 * 1024
/** Before the request was handed over nothing can have happened. */
export const NOT_CONNECTED =
  /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_.*)$/

/** Posts JSON once, follows no redirect, and says what became of it. */
export async function postLetter(world: Pick<World, 'fetch'>, letter: HttpLetter): Promise<Receipt> {
  const { url, body, headers, timeoutMs = TIMEOUT_MS, remedy } = letter
  try {
    const response = await world.fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'nines', ...headers },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const text = (await response.text()).slice(0, ANSWER_BYTES_MAX)
    return receiptOf(response, { text, remedy })
  } catch (error) {
    const reason = failureOf(error)
    return NOT_CONNECTED.test(reason) ? { kind: 'refused', reason } : { kind: 'ambiguous', reason }
  }
}

function receiptOf(
  response: Response,
  { text, remedy }: { readonly text: string; readonly remedy: string },
): Receipt {
  const { status } = response
  if (status >= 200 && status < 300) return { kind: 'sent' }
  const said = clean(text, 200)
  const reason = said === '' ? `HTTP ${status}` : `HTTP ${status}: ${said}`
  if (status === 429 || status === 503) {
    const afterMs = retryAfterMs(response.headers.get('retry-after'))
    return { kind: 'refused', reason, ...(afterMs === undefined ? {} : { afterMs }) }
  }
  if (status >= 500 || status === 408 || status === 425) return { kind: 'ambiguous', reason }
  if (status === 400 || status === 413 || status === 422) return { kind: 'unfit', reason }
  return { kind: 'barred', reason, remedy }
}

/** Undefined when it is a date, or nothing: then our own patience counts. */
function retryAfterMs(header: string | null): number | undefined {
  const seconds = header === null || header.trim() === '' ? Number.NaN : Number(header)
  return Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : undefined
}

export function failureOf(error: unknown): string {
  if (!(error instanceof Error)) return clean(String(error), 120)
  if (error.name === 'TimeoutError') return 'no answer in time'
  return codeOf(error.cause) ?? codeOf(error) ?? clean(error.message, 120)
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
