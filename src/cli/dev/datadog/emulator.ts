import type { Clock } from '../../../base/index.ts'
import { refuse } from './answers.ts'
import { createObjects, type DatadogObjects } from './objects.ts'
import { type Stored, timeseries } from './timeseries.ts'

export interface DatadogEmulatorOptions {
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs' | 'sleep'>
  readonly stored: Stored
  /** What the keys must be; absent: any that is not empty. */
  readonly keys?: { readonly api: string; readonly app: string }
  /** Calls that each endpoint allows in a period, which begins at its multiples. */
  readonly limit?: { readonly calls: number; readonly periodSeconds: number }
  /** What becomes of the next call: it stalls for so long, it is cut off in the middle, it fails with a status. */
  readonly fault?: (path: string) => Fault | undefined
}

export type Fault =
  | { readonly kind: 'stall'; readonly ms: number }
  | { readonly kind: 'half' }
  | { readonly kind: 'status'; readonly status: number }

export interface DatadogEmulator {
  readonly answer: (request: Request) => Promise<Response>
  /** Calls that were answered, by path. */
  readonly calls: Map<string, number>
  readonly objects: DatadogObjects
}

/**
 * As much of Datadog's API as Nines asks, with the limits that its documentation names: keys, budgets of calls by endpoint
 * told in `X-RateLimit-*`, an interval that grows with the range, pages.
 */
export function createDatadogEmulator(options: DatadogEmulatorOptions): DatadogEmulator {
  const calls = new Map<string, number>()
  const used = new Map<string, { readonly period: number; count: number }>()
  const objects = createObjects()
  return {
    calls,
    objects,
    answer: async (request) => {
      const url = new URL(request.url)
      const path = url.pathname
      calls.set(path, (calls.get(path) ?? 0) + 1)
      if (!hasKeys(request, options.keys)) return refuse(403, 'Forbidden')
      const budget = spend(options, used, path)
      const fault = options.fault?.(path)
      if (fault?.kind === 'stall') await options.clock.sleep(fault.ms, request.signal)
      const response =
        fault?.kind === 'status'
          ? refuse(fault.status, 'an error of the emulator')
          : budget.left < 0
            ? refuse(429, 'Rate limit exceeded')
            : await route(request, url, { options, objects })
      for (const [name, value] of Object.entries(budget.headers)) response.headers.set(name, value)
      if (fault?.kind !== 'half') return response
      const text = await response.text()
      return new Response(text.slice(0, Math.floor(text.length / 2)), response)
    },
  }
}

/** Events are taken with the API key alone. */
function hasKeys({ headers, method, url }: Request, keys: DatadogEmulatorOptions['keys']): boolean {
  const api = headers.get('dd-api-key')
  const isApi = keys === undefined ? Boolean(api) : api === keys.api
  if (method === 'POST' && new URL(url).pathname === '/api/v1/events') return isApi
  const app = headers.get('dd-application-key')
  return isApi && (keys === undefined ? Boolean(app) : app === keys.app)
}

function spend(
  { clock, limit }: DatadogEmulatorOptions,
  used: Map<string, { readonly period: number; count: number }>,
  path: string,
): { readonly left: number; readonly headers: Readonly<Record<string, string>> } {
  if (limit === undefined) return { left: 0, headers: {} }
  const seconds = clock.nowMs() / 1_000
  const period = Math.floor(seconds / limit.periodSeconds)
  const known = used.get(path)
  const own = known?.period === period ? known : { period, count: 0 }
  used.set(path, own)
  own.count++
  const left = limit.calls - own.count
  return {
    left,
    headers: {
      'x-ratelimit-limit': String(limit.calls),
      'x-ratelimit-period': String(limit.periodSeconds),
      'x-ratelimit-remaining': String(Math.max(0, left)),
      'x-ratelimit-reset': String(Math.ceil((period + 1) * limit.periodSeconds - seconds)),
      'x-ratelimit-name': path.replaceAll('/', '_').slice(1),
    },
  }
}

async function route(
  request: Request,
  url: URL,
  { options, objects }: { readonly options: DatadogEmulatorOptions; readonly objects: DatadogObjects },
): Promise<Response> {
  const body = request.method === 'GET' ? undefined : await bodyOf(request)
  if (url.pathname === '/api/v2/query/timeseries' && request.method === 'POST')
    return timeseries(body, options.stored, options.clock.nowMs())
  return objects.answer({ method: request.method, url, body }) ?? refuse(404, 'Not found')
}

async function bodyOf(request: Request): Promise<unknown> {
  try {
    return await request.json()
  } catch {
    return undefined
  }
}
