/** A series with its samples: instants in seconds and what was said then, a number or a text such as `NaN`. */
export interface EmulatedSeries {
  readonly labels: Readonly<Record<string, string>>
  readonly samples: readonly (readonly [at: number, value: number | string])[]
}

export interface EmulatorOptions {
  /** What is stored at the time of a question. */
  readonly series: () => readonly EmulatedSeries[]
  /** Values of expressions at an instant, by their text. */
  readonly expressions?: Readonly<
    Record<string, (at: number) => readonly { labels: Record<string, string>; value: number | string }[]>
  >
  /** Answers instead, when it gives something. */
  readonly instead?: (asked: AskedQuery) => Response | Promise<Response> | undefined
  /** Added to answers: `warnings`, `isPartial`. */
  readonly beside?: Readonly<Record<string, unknown>>
}

export interface AskedQuery {
  readonly url: string
  readonly query: string
  readonly form: URLSearchParams
  readonly headers: Headers
}

/** As much of Prometheus' HTTP API as a collector asks: selectors over a range, and expressions that are given here. */
export function createPrometheusEmulator(options: EmulatorOptions): {
  readonly fetch: typeof fetch
  readonly asked: AskedQuery[]
} {
  const asked: AskedQuery[] = []
  const emulated: typeof fetch = async (input, init) => {
    const url = input instanceof Request ? input.url : input.toString()
    const form = new URLSearchParams(typeof init?.body === 'string' ? init.body : '')
    const query = form.get('query') ?? ''
    const question = { url, query, form, headers: new Headers(init?.headers) }
    asked.push(question)
    const instead = await options.instead?.(question)
    if (instead !== undefined) return instead
    const result = url.endsWith('/query_range') ? rangeOf(options, question) : samplesOf(options, question)
    if (result === undefined) return failure(400, 'bad_data', `the emulator does not know ${query}`)
    return json({ status: 'success', data: { resultType: 'matrix', result }, ...options.beside })
  }
  return { fetch: emulated, asked }
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  })
}

export function failure(status: number, errorType: string, error: string): Response {
  return json({ status: 'error', errorType, error }, status)
}

function samplesOf({ series }: EmulatorOptions, { query, form }: AskedQuery): unknown[] | undefined {
  const found = /^(?<selector>.*)\[(?<seconds>\d+)s\]$/s.exec(query)
  const matches = found?.groups && matcherOf(found.groups['selector'] ?? '')
  if (!matches) return undefined
  const to = Number(form.get('time'))
  const from = to - Number(found?.groups?.['seconds'])
  return series()
    .filter(({ labels }) => matches(labels))
    .map(({ labels, samples }) => ({
      metric: labels,
      values: samples.filter(([at]) => at > from && at <= to).map(([at, value]) => [at, String(value)]),
    }))
    .filter(({ values }) => values.length > 0)
}

function rangeOf(
  { expressions, series }: EmulatorOptions,
  { query, form }: AskedQuery,
): unknown[] | undefined {
  const [from, to, step] = ['start', 'end', 'step'].map((name) => Number(form.get(name)))
  const bounds = /^count by \(le\) \((?<selector>.*)\)$/s.exec(query)?.groups?.['selector']
  if (bounds !== undefined) {
    const matches = matcherOf(bounds)
    const les = series().flatMap(({ labels }) => (matches?.(labels) ? [labels['le'] ?? ''] : []))
    return [...new Set(les)].map((le) => ({ metric: { le }, values: [[from, '1']] }))
  }
  const expression = expressions?.[query]
  if (expression === undefined || from === undefined || to === undefined || !step) return undefined
  const found = new Map<string, { metric: Record<string, string>; values: [number, string][] }>()
  for (let at = from; at <= to; at += step)
    for (const { labels, value } of expression(at)) {
      const key = JSON.stringify(labels)
      const one = found.get(key) ?? { metric: labels, values: [] }
      found.set(key, one)
      one.values.push([at, String(value)])
    }
  return [...found.values()]
}

/** `name{a="b",c=~"d|e"}` as a test of labels. */
function matcherOf(selector: string): ((labels: EmulatedSeries['labels']) => boolean) | undefined {
  const found = /^(?<name>[a-zA-Z_:][\w:]*)?\s*(?:\{(?<inside>.*)\})?$/s.exec(selector)
  if (!found?.groups) return undefined
  const matchers = [
    ...(found.groups['inside'] ?? '').matchAll(/([\w]+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"/g),
  ]
  const tests = matchers.map(([, name = '', operator, text = '']) => {
    const value = JSON.parse(`"${text}"`) as string
    const pattern = new RegExp(`^(?:${value})$`)
    return (labels: EmulatedSeries['labels']): boolean => {
      const own = labels[name] ?? ''
      if (operator === '=') return own === value
      if (operator === '!=') return own !== value
      return pattern.test(own) === (operator === '=~')
    }
  })
  const { name } = found.groups
  return (labels) =>
    (name === undefined || labels['__name__'] === name) && tests.every((each) => each(labels))
}
