import { failed, ok, type Result, type World } from '../../base/index.ts'
import { askUrl, type HttpFailure, type HttpLimits, type PullFailure } from '../pull/index.ts'
import { readSecrets } from '../secret.ts'
import { type RateBudget, wholeOf } from './budget.ts'
import type { DatadogOptions } from './options.ts'
import {
  type ClientRequest,
  type ClientResponse,
  callInThread,
  type Operation,
  type Operations,
  type ThreadCall,
} from './thread.ts'

export interface CallOptions extends Pick<DatadogOptions, 'url' | 'secrets'> {
  readonly limits: HttpLimits
  readonly budget: RateBudget
  /** Given the text of each answer. */
  readonly heard?: (text: string) => void
}

/** One call with Datadog's own client, whose requests go through ours, with our bounds. */
export async function callDatadog<Name extends Operation>(
  world: World,
  options: CallOptions,
  { operation, asked }: Pick<ThreadCall<Name>, 'operation' | 'asked'>,
  signal: AbortSignal,
): Promise<Result<Operations[Name]['answered'], PullFailure>> {
  const secrets = await readSecrets(options.secrets)
  if (secrets.kind === 'failed') return secrets
  const { host } = new URL(options.url)
  let network: HttpFailure | undefined
  let answered: { readonly status: number; readonly headers: Headers; readonly text: string } | undefined
  const send = async (request: ClientRequest): Promise<ClientResponse> => {
    const answer = await askUrl(world, { ...request, limits: options.limits }, signal)
    if (answer.kind === 'failed') {
      network = answer.error
      return { status: 503, contentType: 'application/json', text: '{"errors":[]}' }
    }
    answered = answer.value
    options.budget.told(answer.value.headers)
    options.heard?.(answer.value.text)
    const { status, contentType, text } = answer.value
    return { status, contentType, text }
  }
  const { url } = options
  const apiKey = secrets.value.get('apiKey') ?? ''
  const appKey = secrets.value.get('appKey') ?? ''
  try {
    return ok(await callInThread({ url, apiKey, appKey, operation, asked, send }, signal))
  } catch (error) {
    if (network !== undefined) return failed(failureOfNetwork(network))
    if (signal.aborted) return failed(STOPPED)
    if (answered === undefined) throw error
    return failed(failureOfAnswer(host, answered))
  }
}

const STOPPED: PullFailure = {
  kind: 'unavailable',
  text: 'the service stopped before Datadog answered',
  remedy: 'it is asked again when the service runs',
}

function failureOfNetwork({ kind, text, remedy }: HttpFailure): PullFailure {
  return { kind: kind === 'slow' || kind === 'too-large' ? 'too-much' : 'unavailable', text, remedy }
}

function failureOfAnswer(
  host: string,
  { status, headers, text }: { readonly status: number; readonly headers: Headers; readonly text: string },
): PullFailure {
  const words = errorsIn(text)
  const reset = wholeOf(headers.get('x-ratelimit-reset'))
  if (status === 429)
    return {
      kind: 'throttled',
      text: `${host} allows no more calls${reset === undefined ? '' : ` for ${reset} s`}`,
      remedy: 'raise the limit at Datadog, write a larger overlap and a rarer schedule, or a larger together',
      ...(reset === undefined ? {} : { retryAfterMs: reset * 1_000 }),
    }
  if (status === 401 || status === 403)
    return {
      kind: 'unavailable',
      text: `${host} refuses the keys (${status})`,
      remedy:
        'are both keys of this site, and may the application key read metrics and APM (timeseries_query)?',
    }
  if (status === 400 || status === 404 || status === 422)
    return {
      kind: 'refused',
      text: words === '' ? `${host} answers ${status}` : words,
      remedy: 'correct the query',
    }
  if (status >= 400 || status < 200)
    return {
      kind: 'unavailable',
      text: `${host} answers ${status}${words === '' ? '' : `: ${words}`}`,
      remedy: 'see https://status.datadoghq.com',
    }
  return {
    kind: 'unavailable',
    text: `${host} does not answer as Datadog does`,
    remedy: 'is the site right, or does a proxy before it cut answers?',
  }
}

/** `{"errors":["…"]}`, or of JSON:API `{"errors":[{"detail":"…"}]}`. */
function errorsIn(text: string): string {
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body !== 'object' || body === null || !('errors' in body) || !Array.isArray(body.errors))
      return ''
    return body.errors
      .map((each: unknown) =>
        typeof each === 'object' && each !== null && 'detail' in each ? String(each.detail) : String(each),
      )
      .join('; ')
      .slice(0, 300)
  } catch {
    return text.replaceAll(/\s+/g, ' ').slice(0, 300)
  }
}
