import type { World } from '../../base/index.ts'
import { askUrl, type HttpFailure, type HttpLimits } from '../pull/index.ts'

/** As the vendor's clients hand a request over. */
interface ClientRequest {
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

interface ClientResponse {
  readonly response: {
    readonly statusCode: number
    readonly headers: Readonly<Record<string, string>>
    readonly body: Uint8Array
  }
}

/** Thrown through the vendor's client, which cannot carry values. */
export class AwsNetworkError extends Error {
  override readonly name = 'AwsNetworkError'
  readonly failure: HttpFailure

  constructor(failure: HttpFailure) {
    super(failure.text)
    this.failure = failure
  }
}

/** What carries requests of the vendor's clients: our network, with our bounds. One for each call, as its signal is. */
export function createAwsHandler(
  world: World,
  limits: HttpLimits,
  signal: AbortSignal,
): { readonly handle: (request: ClientRequest) => Promise<ClientResponse> } {
  return {
    handle: async (request) => {
      // The address says them, and they are signed as the address says them.
      const headers = Object.fromEntries(
        Object.entries(request.headers).filter(
          ([name]) => !['host', 'content-length'].includes(name.toLowerCase()),
        ),
      )
      const answer = await askUrl(
        world,
        { url: urlOf(request), method: methodOf(request.method), headers, ...bodyOf(request.body), limits },
        signal,
      )
      if (answer.kind === 'failed') throw new AwsNetworkError(answer.error)
      return {
        response: {
          statusCode: answer.value.status,
          headers: Object.fromEntries(answer.value.headers),
          body: Buffer.from(answer.value.text),
        },
      }
    },
  }
}

function urlOf({ protocol, hostname, port, path, query = {} }: ClientRequest): string {
  const url = new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`)
  for (const [name, value] of Object.entries(query))
    for (const each of Array.isArray(value) ? value : [value ?? ''])
      url.searchParams.append(name, String(each))
  return url.toString()
}

function methodOf(method: string): 'GET' | 'POST' | 'PUT' | 'DELETE' {
  return (['POST', 'PUT', 'DELETE'] as const).find((each) => each === method) ?? 'GET'
}

function bodyOf(body: unknown): { readonly body?: string } {
  if (typeof body === 'string') return body === '' ? {} : { body }
  return body instanceof Uint8Array ? { body: new TextDecoder().decode(body) } : {}
}
