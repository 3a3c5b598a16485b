import { failed, isoMinute, ok, type Result, startOfDate, unixSeconds, type World } from '../../base/index.ts'
import { askUrl, type HttpAnswer, type HttpFailure, type HttpRequest } from './http.ts'
import type { PullFailure } from './source.ts'

export interface JsonRequest extends HttpRequest {
  /** What may be wrong with the credentials, for people. */
  readonly credentials: string
}

/** One request that is answered in JSON, and what its failures mean. */
export async function askJson(
  world: World,
  request: JsonRequest,
  signal: AbortSignal,
): Promise<Result<unknown, PullFailure>> {
  const answer = await askUrl(world, request, signal)
  if (answer.kind === 'failed') return failed(failureOfNetwork(answer.error))
  const { host } = new URL(request.url)
  const { status, text } = answer.value
  if (status !== 200) return failed(failureOfStatus(host, answer.value, request.credentials))
  try {
    const body: unknown = JSON.parse(text)
    return ok(body)
  } catch {
    return failed({
      kind: 'unavailable',
      text: `the answer of ${host} is no JSON, or was cut off`,
      remedy: 'is the address right, or does a proxy before it cut answers?',
    })
  }
}

export function failureOfNetwork({ kind, text, remedy }: HttpFailure): PullFailure {
  return { kind: kind === 'slow' || kind === 'too-large' ? 'too-much' : 'unavailable', text, remedy }
}

function failureOfStatus(
  host: string,
  { status, text, retryAfterMs }: HttpAnswer,
  credentials: string,
): PullFailure {
  const words = messageIn(text)
  const said = `${host} answers ${status}${words === '' ? '' : `: ${words}`}`
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs }
  if (status === 429)
    return { kind: 'throttled', text: said, remedy: 'raise the quota, or write a rarer schedule', ...wait }
  if (status === 401 || status === 403) return { kind: 'unavailable', text: said, remedy: credentials }
  if (status === 400 || status === 404 || status === 422)
    return { kind: 'refused', text: said, remedy: 'correct the question' }
  return { kind: 'unavailable', text: said, remedy: 'is the address right, and is it up?', ...wait }
}

/** `{"error":{"message":"…"}}`, `{"error":"…"}`, `{"message":"…"}`, else the text itself. */
function messageIn(text: string): string {
  let said = text
  try {
    const body: unknown = JSON.parse(text)
    const error = isPlain(body) ? (body['error'] ?? body) : body
    const message = isPlain(error) ? (error['message'] ?? error['error_description']) : error
    if (typeof message === 'string') said = message
  } catch {
    // It is no JSON, and is shown as it is.
  }
  return said.replaceAll(/\s+/g, ' ').trim().slice(0, 300)
}

export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function plainsOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isPlain) : []
}

/** Seconds since 1970 of `2026-11-30T21:44:00Z`, with or without fractions and an offset. */
export function secondsOf(text: unknown): number | undefined {
  const found =
    typeof text === 'string'
      ? /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:Z|([+-])(\d\d):?(\d\d))?$/.exec(text)
      : null
  if (found === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1, 7)
    .map((part) => Number(part ?? 0))
  const away = (Number(found[8] ?? 0) * 60 + Number(found[9] ?? 0)) * 60 * (found[7] === '-' ? -1 : 1)
  return startOfDate({ year, month, day }) + hour * 3_600 + minute * 60 + second - away
}

/** `2026-11-30T21:44:00Z`. */
export function isoSecond(at: number): string {
  return `${isoMinute(unixSeconds(at)).slice(0, 16).replace(' ', 'T')}:00Z`
}
