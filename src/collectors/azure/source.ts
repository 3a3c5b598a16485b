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
  plainsOf,
  type Reply,
  secondsOf,
} from '../pull/index.ts'
import type { TokenSource } from '../token.ts'
import type { AzureOptions } from './options.ts'
import { type AzureQuestion, describeQuestion, readQuestion } from './question.ts'
import { createAzureToken, RIGHTS } from './token.ts'

type Plain = Readonly<Record<string, unknown>>

interface Context {
  readonly world: World
  readonly options: AzureOptions
  readonly token: TokenSource
}

/** Azure Monitor's metrics as a source of counts. See docs/collectors-azure.md. */
export function createAzureSource(world: World, options: AzureOptions): CountSource {
  const { identity, authority, pull } = options
  const token = createAzureToken(world, { identity, authority, limits: pull.limits })
  return {
    together: 1,
    describe: describeQuestion,
    ask: ({ questions, range }, signal) =>
      Promise.all(
        questions.map(async (asked): Promise<Reply> => {
          const read = readQuestion(asked)
          if (read.kind === 'failed') return { key: asked.key, result: read }
          const result = await ask({ world, options, token }, { asked, question: read.value, range }, signal)
          return { key: asked.key, result }
        }),
      ),
  }
}

async function ask(
  { world, options, token }: Context,
  {
    asked,
    question,
    range,
  }: { readonly asked: ExternalQuery; readonly question: AzureQuestion; readonly range: Range },
  signal: AbortSignal,
): Promise<Result<Answer, PullFailure>> {
  const access = await token(signal)
  if (access.kind === 'failed') return access
  const { resource, metric, aggregation, filter } = question
  const params = new URLSearchParams({
    'api-version': '2023-10-01',
    metricnames: metric,
    aggregation,
    interval: 'PT1M',
    timespan: `${isoSecond(range.from)}/${isoSecond(range.to)}`,
    ...(filter === undefined ? {} : { $filter: filter, top: '1000' }),
  })
  const url = `${options.url}${resource}/providers/Microsoft.Insights/metrics?${params.toString()}`
  const headers = { authorization: `Bearer ${access.value}` }
  const { limits } = options.pull
  const answer = await askJson(world, { url, method: 'GET', headers, limits, credentials: RIGHTS }, signal)
  if (answer.kind === 'failed') return answer
  const body = isPlain(answer.value) ? answer.value : {}
  // A longer timespan may be answered by longer intervals.
  if (body['interval'] !== 'PT1M')
    return failed({
      kind: body['interval'] === undefined ? 'unavailable' : 'too-much',
      text: `Azure answered by ${JSON.stringify(body['interval'] ?? 'no interval')}, not by the minute`,
      remedy: 'write a smaller chunk',
    })
  const values = plainsOf(body['value']).flatMap((each) =>
    plainsOf(each['timeseries']).flatMap((series) => valuesOf(series, aggregation.toLowerCase())),
  )
  return ok(answerOfValues(asked, { range, values, silent: question.silent }))
}

/** A point without the aggregation is a minute of which nothing was reported. */
function valuesOf(series: Plain, aggregation: string): readonly MinuteValue[] {
  const labels: Labels = Object.fromEntries(
    plainsOf(series['metadatavalues']).flatMap(({ name, value }) =>
      isPlain(name) && typeof value === 'string' ? [[labelOf(String(name['value'])), value]] : [],
    ),
  )
  return plainsOf(series['data']).flatMap((point) => {
    const at = secondsOf(point['timeStamp'])
    const value = point[aggregation]
    return at === undefined || typeof value !== 'number' ? [] : [{ labels, minute: minuteOf(at), value }]
  })
}

/** Azure writes dimensions as it likes: `HttpStatusGroup`, `httpstatusgroup`. */
const labelOf = (name: string): string => {
  const plain = name.toLowerCase()
  return plain === 'httpstatus' ? 'http_response_status_code' : plain.replaceAll(/[^a-z0-9_]/g, '_')
}
