import { failed, type Labels, minuteOf, ok, type Range, type Result, type World } from '../../base/index.ts'
import type { ExternalQuery } from '../../traffic/index.ts'
import {
  type Answer,
  answerOfValues,
  askJson,
  type CountSource,
  isoSecond,
  isPlain,
  type MinuteValue,
  type PullFailure,
  secondsOf,
} from '../pull/index.ts'
import { readSecrets } from '../secret.ts'
import { type HttpJsonOptions, TIME_FORMATS, type TimeFormat } from './options.ts'
import { reach } from './path.ts'

/** Whatever answers in JSON with counts by the minute, by a mapping. See docs/collectors-http-json.md. */
export function createHttpJsonSource(world: World, options: HttpJsonOptions): CountSource {
  return {
    together: 1,
    describe: ({ spec }) =>
      [spec['value'], ...(isPlain(spec['params']) ? Object.values(spec['params']) : [])]
        .map(String)
        .join(' '),
    ask: ({ questions, range }, signal) =>
      Promise.all(
        questions.map(async (asked) => ({
          key: asked.key,
          result: await ask({ world, options }, { asked, range }, signal),
        })),
      ),
  }
}

interface Mapping {
  readonly rows: string
  readonly time: string
  readonly timeFormat: TimeFormat
  readonly value: string
  readonly labels: Readonly<Record<string, string>>
  readonly params: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly silent: 'zero' | 'unknown'
}

async function ask(
  { world, options }: { readonly world: World; readonly options: HttpJsonOptions },
  { asked, range }: { readonly asked: ExternalQuery; readonly range: Range },
  signal: AbortSignal,
): Promise<Result<Answer, PullFailure>> {
  const mapping = mappingOf(asked, options)
  if (mapping.kind === 'failed') return mapping
  const secrets = await readSecrets(Object.fromEntries(options.secretHeaders))
  if (secrets.kind === 'failed') return secrets
  const secret = Object.fromEntries(
    [...secrets.value].map(([name, text]) => [name, `${options.secretPrefix}${text}`]),
  )
  const { params, body = options.body } = mapping.value
  const words = { ...params, from: instantOf(range.from, options), to: instantOf(range.to, options) }
  const answer = await askJson(
    world,
    {
      url: filled(options.url, words, encodeURIComponent),
      method: options.method,
      headers: {
        accept: 'application/json',
        ...(options.method === 'POST' ? { 'content-type': 'application/json' } : {}),
        ...options.headers,
        ...secret,
      },
      // A word stands inside a text of JSON.
      ...(body === undefined || options.method === 'GET'
        ? {}
        : { body: filled(body, words, (word) => JSON.stringify(word).slice(1, -1)) }),
      limits: options.pull.limits,
      credentials: 'see secretHeader and its secret',
    },
    signal,
  )
  if (answer.kind === 'failed') return answer
  const values = valuesOf(answer.value, mapping.value)
  if (values.kind === 'failed') return values
  return ok(answerOfValues(asked, { range, values: values.value, silent: mapping.value.silent }))
}

function instantOf(at: number, { timeFormat }: Pick<HttpJsonOptions, 'timeFormat'>): string {
  switch (timeFormat) {
    case 'seconds':
      return String(at)
    case 'milliseconds':
      return `${at}000`
    case 'nanoseconds':
      return `${at}000000000`
    case 'iso':
      return isoSecond(at)
    default:
      return timeFormat satisfies never
  }
}

/** Only names that are known are replaced, so that the braces of JSON stay. */
function filled(
  text: string,
  words: Readonly<Record<string, string>>,
  quote: (word: string) => string,
): string {
  return text.replaceAll(/\{([A-Za-z_]\w*)\}/g, (all, name: string) => {
    const word = words[name]
    return word === undefined ? all : quote(word)
  })
}

function mappingOf(
  { spec, type }: ExternalQuery,
  { timeFormat }: HttpJsonOptions,
): Result<Mapping, PullFailure> {
  if (type !== 'HttpJson')
    return refused(`a question of type ${type} is asked of HttpJson`, 'write type: HttpJson')
  const { rows = '', time = 'time', value, labels = {}, params = {}, body, absent } = spec
  if (typeof rows !== 'string' || typeof time !== 'string' || typeof value !== 'string')
    return refused('rows, time and value are paths', 'write rows: data.points, time: at, value: count')
  const texts = (of: unknown): Readonly<Record<string, string>> | undefined =>
    isPlain(of) && Object.values(of).every((each) => typeof each === 'string' || typeof each === 'number')
      ? Object.fromEntries(Object.entries(of).map(([name, each]) => [name, String(each)]))
      : undefined
  const [own, words] = [texts(labels), texts(params)]
  if (own === undefined || words === undefined)
    return refused('labels and params are mappings of texts', 'write labels: { cloud_region: region }')
  const format = TIME_FORMATS.find((each) => each === (spec['timeFormat'] ?? timeFormat))
  if (format === undefined)
    return refused('timeFormat is not known', `write one of ${TIME_FORMATS.join(', ')}`)
  return ok({
    rows,
    time,
    timeFormat: format,
    value,
    labels: own,
    params: words,
    body: typeof body === 'string' ? body : undefined,
    silent: absent === 'zero' ? 'zero' : 'unknown',
  })
}

const DIVISORS: Readonly<Record<Exclude<TimeFormat, 'iso'>, number>> = {
  seconds: 1,
  milliseconds: 1_000,
  nanoseconds: 1e9,
}

function valuesOf(body: unknown, mapping: Mapping): Result<readonly MinuteValue[], PullFailure> {
  const rows = reach(body, mapping.rows)
  if (!Array.isArray(rows))
    return refused(`there is no list at ${mapping.rows === '' ? 'the top' : mapping.rows}`, 'correct rows')
  const values: MinuteValue[] = []
  for (const row of rows) {
    const at = timeOf(reach(row, mapping.time), mapping.timeFormat)
    if (at === undefined)
      return refused(
        `there is no instant at ${mapping.time}, in ${mapping.timeFormat}`,
        'correct time and timeFormat',
      )
    const value = reach(row, mapping.value)
    if (value === null || value === undefined) continue
    const labels: Labels = Object.fromEntries(
      Object.entries(mapping.labels).flatMap(([name, path]) => {
        const text = reach(row, path)
        return typeof text === 'string' || typeof text === 'number' ? [[name, String(text)]] : []
      }),
    )
    values.push({ labels, minute: minuteOf(at), value: numberOf(value) })
  }
  return ok(values)
}

/** What is no number is rejected and counted as such. */
function numberOf(value: unknown): number {
  if (typeof value === 'number') return value
  return typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value)) ? Number(value) : -1
}

function timeOf(said: unknown, format: TimeFormat): number | undefined {
  if (format === 'iso') return secondsOf(said)
  const number = typeof said === 'string' && said !== '' ? Number(said) : said
  return typeof number === 'number' && Number.isFinite(number) ? number / DIVISORS[format] : undefined
}

const refused = (text: string, remedy: string): Result<never, PullFailure> =>
  failed({ kind: 'refused', text, remedy })
