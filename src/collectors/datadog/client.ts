import type { client } from '@datadog/datadog-api-client'
import { failed, ok, type Result, type World } from '../../base/index.ts'
import { askUrl, type HttpFailure, type HttpLimits, type PullFailure } from '../pull/index.ts'
import { readSecrets } from '../secret.ts'
import { type RateBudget, wholeOf } from './budget.ts'
import type { DatadogOptions } from './options.ts'

export interface CallOptions extends Pick<DatadogOptions, 'url' | 'secrets'> {
  readonly limits: HttpLimits
  readonly budget: RateBudget
  /** Given the text of each answer. */
  readonly heard?: (text: string) => void
}

/**
 * One call with Datadog's own client, which weighs a hundred megabytes and is loaded by the first call: of its packages
 * only the part that is asked, in half the time of the whole. Its retries are
 * off (they sleep inside the call for as long as the headers say), its requests go through ours, with our bounds.
 */
export async function callDatadog<T>(
  world: World,
  options: CallOptions,
  run: (configuration: client.Configuration) => Promise<T>,
  signal: AbortSignal,
): Promise<Result<T, PullFailure>> {
  const secrets = await readSecrets(options.secrets)
  if (secrets.kind === 'failed') return secrets
  const { BaseServerConfiguration, createConfiguration } = await import(
    '@datadog/datadog-api-client/dist/packages/datadog-api-client-common/index.js'
  )
  const { host } = new URL(options.url)
  let network: HttpFailure | undefined
  let answered: { readonly status: number; readonly headers: Headers; readonly text: string } | undefined
  const configuration = createConfiguration({
    baseServer: new BaseServerConfiguration(options.url, {}),
    authMethods: {
      apiKeyAuth: secrets.value.get('apiKey') ?? '',
      appKeyAuth: secrets.value.get('appKey') ?? '',
    },
    enableRetry: false,
    // It would inflate what is inflated already.
    httpConfig: { compress: false },
    fetch: async (url: string, init: RequestOfClient): Promise<Response> => {
      const { method, headers, body } = init
      const text = typeof body === 'string' ? { body } : {}
      const answer = await askUrl(world, { url, method, headers, ...text, limits: options.limits }, signal)
      if (answer.kind === 'failed') {
        network = answer.error
        return new Response('{"errors":[]}', { status: 503, headers: { 'content-type': 'application/json' } })
      }
      answered = answer.value
      options.budget.told(answer.value.headers)
      options.heard?.(answer.value.text)
      const { status, contentType } = answer.value
      const isEmpty = status === 204 || status === 304
      return new Response(isEmpty ? null : answer.value.text, {
        status,
        headers: { 'content-type': contentType },
      })
    },
  })
  try {
    return ok(await run(configuration))
  } catch (error) {
    if (network !== undefined) return failed(failureOfNetwork(network))
    if (answered === undefined) throw error
    return failed(failureOfAnswer(host, answered))
  }
}

interface RequestOfClient {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
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
