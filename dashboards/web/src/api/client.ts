/** What the service said instead of an answer, or that it said nothing. */
export class ApiFailure extends Error {
  override name = 'ApiFailure'
  /** The HTTP status; 0 when there was no answer at all. */
  readonly status: number

  constructor(status: number, detail: string) {
    super(detail)
    this.status = status
  }
}

/** The address of something under the service, wherever it is mounted. */
export function address(path: string): URL {
  return new URL(path, document.baseURI)
}

export async function read<T>(
  path: string,
  options: { query?: Readonly<Record<string, string | undefined>>; signal?: AbortSignal } = {},
): Promise<T> {
  const url = address(`api/v1/${path}`)
  for (const [name, value] of Object.entries(options.query ?? {}))
    if (value !== undefined && value !== '') url.searchParams.set(name, value)
  return answerOf<T>(fetch(url, options.signal ? { signal: options.signal } : {}))
}

export async function write<T>(path: string, body: unknown): Promise<T> {
  return answerOf<T>(
    fetch(address(`api/v1/${path}`), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  )
}

async function answerOf<T>(asked: Promise<Response>): Promise<T> {
  let response: Response
  try {
    response = await asked
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new ApiFailure(0, cause instanceof Error ? cause.message : String(cause))
  }
  if (!response.ok) throw new ApiFailure(response.status, await detailOf(response))
  return response.json()
}

/** The sentences of an RFC 9457 problem; the bare status text when the answer is something else, a proxy's page say. */
async function detailOf(response: Response): Promise<string> {
  const type = response.headers.get('content-type') ?? ''
  if (!type.includes('json')) return response.statusText
  const problem: { title?: string; detail?: string } = await response.json()
  return [problem.title, problem.detail].filter((t) => t !== undefined && t !== '').join(': ')
}
