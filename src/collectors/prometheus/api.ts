import { failed, ok, type Result, type World } from '../../base/index.ts'
import { askUrl, type HttpFailure, type HttpLimits, type PullFailure } from '../pull/index.ts'

/** One series of an answer: instants in milliseconds since 1970, ascending, and what was said at each. */
export interface Samples {
  readonly labels: Readonly<Record<string, string>>
  readonly times: readonly number[]
  readonly values: readonly number[]
}

export interface Matrix {
  readonly series: readonly Samples[]
  /** Why the answer may lack something: a store of Thanos was not there, a limit cut it. */
  readonly partial: string | undefined
  /** Of the answer, decompressed. */
  readonly bytes: number
}

export interface Api {
  /** Every sample of a selector in the seconds before an instant. */
  readonly samples: (
    selector: string,
    range: { seconds: number; to: number },
    signal: AbortSignal,
  ) => Promise<Asked>
  /** The value of an expression at each whole minute from one to another, both inside. */
  readonly minutes: (text: string, range: { from: number; to: number }, signal: AbortSignal) => Promise<Asked>
}

type Asked = Result<Matrix, PullFailure>

export interface ApiOptions {
  readonly url: string
  readonly limits: HttpLimits
  /** Read before each request, because secrets are changed under way. Rejects when a file cannot be read. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>
  readonly params: Readonly<Record<string, string>>
}

/** The HTTP API that Prometheus, Thanos, Mimir and VictoriaMetrics share. */
export function createApi(world: World, options: ApiOptions): Api {
  return {
    samples: (selector, { seconds, to }, signal) =>
      request(
        world,
        { ...options, path: 'query', form: { query: `${selector}[${seconds}s]`, time: String(to) }, seconds },
        signal,
      ),
    minutes: (text, { from, to }, signal) =>
      request(
        world,
        {
          ...options,
          path: 'query_range',
          form: { query: text, start: String(from), end: String(to), step: '60' },
          seconds: to - from,
        },
        signal,
      ),
  }
}

async function request(
  world: World,
  asked: ApiOptions & {
    readonly path: string
    readonly form: Readonly<Record<string, string>>
    readonly seconds: number
  },
  signal: AbortSignal,
): Promise<Asked> {
  const { url, limits, params, path, form } = asked
  const { host } = new URL(url)
  let own: Readonly<Record<string, string>>
  try {
    own = await asked.headers()
  } catch (error) {
    const text = `a secret cannot be read: ${error instanceof Error ? error.message : String(error)}`
    return failed({ kind: 'unavailable', text, remedy: 'is the file there, and may Nines read it?' })
  }
  const answer = await askUrl(
    world,
    {
      url: `${url}/api/v1/${path}`,
      method: 'POST',
      headers: { accept: 'application/json', ...own, 'content-type': 'application/x-www-form-urlencoded' },
      // VictoriaMetrics would answer from what it remembers of the range; late samples are not in it.
      body: new URLSearchParams({ nocache: '1', ...params, ...form }).toString(),
      limits,
    },
    signal,
  )
  if (answer.kind === 'failed') return failed(failureOfHttp(answer.error, asked.seconds))
  const { status, text, retryAfterMs } = answer.value
  const body = parse(text)
  if (status !== 200 || body?.['status'] !== 'success')
    return failed(failureOf({ host, status, body, text }, retryAfterMs))
  const matrix = matrixOf(body, text.length)
  if (matrix === undefined)
    return failed({
      kind: 'refused',
      text: 'the answer is no series of numbers',
      remedy: 'write a query that gives an instant vector',
    })
  return ok(matrix)
}

/** A server that says nothing for long may be at work: of more than this, in seconds, a part is asked for next. */
const LONG = 7_200

function failureOfHttp({ kind, text, remedy }: HttpFailure, seconds: number): PullFailure {
  const isTooMuch = kind === 'slow' || kind === 'too-large' || (kind === 'silent' && seconds > LONG)
  return { kind: isTooMuch ? 'too-much' : 'unavailable', text, remedy }
}

/** What servers say when a shorter range could be answered. */
const TOO_MUCH =
  /too many samples|maximum resolution|too many points|exceed(s|ed)?\b.*\blimit|\blimit\b.*\bexceed|max-?(chunks|series|query-length|samples)|maxSamplesPer|maxPointsPer|maxMemoryPer|too large|query timed out|context deadline/i

interface Refusal {
  readonly host: string
  readonly status: number
  readonly body: Readonly<Record<string, unknown>> | undefined
  readonly text: string
}

function failureOf({ host, status, body, text }: Refusal, retryAfterMs: number | undefined): PullFailure {
  const said = typeof body?.['error'] === 'string' ? body['error'] : text.trim()
  const words = said.replaceAll(/\s+/g, ' ').slice(0, 300)
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs }
  const isTimeout = body?.['errorType'] === 'timeout'
  if (status === 429)
    return {
      kind: 'throttled',
      text: `${host} asks to wait: ${words}`,
      remedy: 'ask less often, or raise its limits',
      ...wait,
    }
  if (status === 401 || status === 403)
    return {
      kind: 'unavailable',
      text: `${host} refuses the credentials (${status})`,
      remedy: 'see bearerTokenFile, basic, headerFiles and tenant',
    }
  if (body !== undefined && (isTimeout || TOO_MUCH.test(said)))
    return {
      kind: 'too-much',
      text: `too much for one answer of ${host}: ${words}`,
      remedy: 'ask for fewer series, or write a smaller chunk',
    }
  if (body !== undefined && (status === 400 || status === 422))
    return { kind: 'refused', text: words, remedy: 'correct the query' }
  if (status === 503 || status >= 500 || status === 408)
    return {
      kind: 'unavailable',
      text: `${host} answers ${status}: ${words}`,
      remedy: 'see its log',
      ...wait,
    }
  if (status === 200)
    return {
      kind: 'unavailable',
      text: `${host} does not answer as Prometheus does`,
      remedy: 'is the url right, with the path before /api/v1?',
    }
  return {
    kind: 'unavailable',
    text: `${host} answers ${status}${words === '' ? '' : `: ${words}`}`,
    remedy:
      status < 400 ? 'write the url that it leads to' : 'is the url right, with the path before /api/v1?',
  }
}

function matrixOf(body: Readonly<Record<string, unknown>>, bytes: number): Matrix | undefined {
  const data = body['data']
  if (!isPlain(data) || data['resultType'] !== 'matrix' || !Array.isArray(data['result'])) return undefined
  const series = data['result'].flatMap((each: unknown): readonly Samples[] => {
    if (!isPlain(each)) return []
    const values = Array.isArray(each['values']) ? each['values'] : []
    const histograms = Array.isArray(each['histograms']) ? each['histograms'] : []
    return [samplesOf(labelsOf(each['metric']), histograms.length > 0 ? [...values, ...histograms] : values)]
  })
  const warnings = Array.isArray(body['warnings']) ? body['warnings'].map(String) : []
  const isPartial = body['isPartial'] === true
  const partial =
    warnings.length > 0
      ? `the answer may be incomplete: ${warnings.join('; ').slice(0, 200)}`
      : isPartial
        ? 'the answer is incomplete: some storage nodes did not answer'
        : undefined
  return { series, partial, bytes }
}

/** Points are pairs of seconds and a text. Of a native histogram the count of its observations is taken. */
function samplesOf(labels: Samples['labels'], points: readonly unknown[]): Samples {
  const times: number[] = []
  const values: number[] = []
  for (const point of points) {
    if (!Array.isArray(point)) continue
    const [at, said]: readonly unknown[] = point
    if (typeof at !== 'number') continue
    times.push(Math.round(at * 1_000))
    values.push(numberOf(isPlain(said) ? said['count'] : said))
  }
  return { labels, times, values }
}

function numberOf(said: unknown): number {
  if (said === '+Inf' || said === 'Inf') return Number.POSITIVE_INFINITY
  if (said === '-Inf') return Number.NEGATIVE_INFINITY
  return typeof said === 'string' && said !== '' ? Number(said) : Number.NaN
}

function labelsOf(metric: unknown): Readonly<Record<string, string>> {
  if (!isPlain(metric)) return {}
  return Object.fromEntries(
    Object.entries(metric).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  )
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isPlain(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
