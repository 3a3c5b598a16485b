import {
  failed,
  type Labels,
  ok,
  type Range,
  type Result,
  unixSeconds,
  type World,
} from '../../base/index.ts'
import type { ExternalQuery } from '../../traffic/index.ts'
import {
  type Answer,
  answerOfValues,
  askJson,
  isoSecond,
  isPlain,
  type MinuteValue,
  type PullFailure,
  plainsOf,
  secondsOf,
} from '../pull/index.ts'
import type { TokenSource } from '../token.ts'
import { countBelow } from './distribution.ts'
import type { GoogleOptions } from './options.ts'
import type { GoogleQuestion } from './question.ts'

type Question = Extract<GoogleQuestion, { kind: 'metrics' }>
type Plain = Readonly<Record<string, unknown>>

export interface GoogleContext {
  readonly world: World
  readonly options: GoogleOptions
  readonly token: TokenSource
}

const PAGE_SIZE = 10_000
const MOST_PAGES = 200
export const RIGHTS = 'see the service account and its roles: monitoring.viewer, and logging.viewer for logs'

/** `projects.timeSeries.list`, by the minute. */
export async function askSeries(
  { world, options, token }: GoogleContext,
  {
    asked,
    question,
    range,
  }: { readonly asked: ExternalQuery; readonly question: Question; readonly range: Range },
  signal: AbortSignal,
): Promise<Result<Answer, PullFailure>> {
  const values: MinuteValue[] = []
  let partial: string | undefined
  let pageToken = ''
  for (let page = 0; page < MOST_PAGES; page++) {
    const access = await token(signal)
    if (access.kind === 'failed') return access
    const url = `${options.monitoringUrl}/v3/projects/${options.project}/timeSeries?${paramsOf(question, range, pageToken).toString()}`
    const headers = { authorization: `Bearer ${access.value}`, accept: 'application/json' }
    const { limits } = options.pull
    const answer = await askJson(world, { url, method: 'GET', headers, limits, credentials: RIGHTS }, signal)
    if (answer.kind === 'failed') return answer
    const body = isPlain(answer.value) ? answer.value : {}
    const errors = plainsOf(body['executionErrors']).map(({ message }) => String(message))
    if (errors.length > 0) partial = `Google could not read all: ${errors.join('; ').slice(0, 200)}`
    for (const series of plainsOf(body['timeSeries'])) {
      const found = valuesOf(series, question)
      if (found.kind === 'failed') return found
      values.push(...found.value)
    }
    const { nextPageToken: next } = body
    if (typeof next !== 'string' || next === '') {
      const gaps = partial === undefined ? [] : [{ ...range, state: 'partial' as const, reason: partial }]
      return ok(answerOfValues(asked, { range, values, silent: question.silent, gaps }))
    }
    pageToken = next
  }
  return failed({
    kind: 'too-much',
    text: `Google answers with more than ${MOST_PAGES} pages`,
    remedy: 'group by less',
  })
}

function paramsOf(
  { filter, groupBy, aligner }: Question,
  { from, to }: Range,
  pageToken: string,
): URLSearchParams {
  const params = new URLSearchParams({
    filter,
    'interval.startTime': `${isoSecond(from)}`,
    'interval.endTime': `${isoSecond(to)}`,
    'aggregation.alignmentPeriod': '60s',
    'aggregation.perSeriesAligner': aligner,
    'aggregation.crossSeriesReducer': aligner === 'ALIGN_MEAN' ? 'REDUCE_MEAN' : 'REDUCE_SUM',
    view: 'FULL',
    pageSize: String(PAGE_SIZE),
  })
  for (const field of groupBy) params.append('aggregation.groupByFields', field)
  if (pageToken !== '') params.set('pageToken', pageToken)
  return params
}

/** An aligned point speaks of the minute that ends at its end. */
function valuesOf(series: Plain, { below }: Question): Result<readonly MinuteValue[], PullFailure> {
  const labels = labelsOf(series)
  const values: MinuteValue[] = []
  for (const point of plainsOf(series['points'])) {
    const end = secondsOf(isPlain(point['interval']) ? point['interval']['endTime'] : undefined)
    const said = isPlain(point['value']) ? point['value'] : undefined
    if (end === undefined || said === undefined)
      return failed({
        kind: 'unavailable',
        text: 'a point has no end or no value',
        remedy: 'is there a proxy before Google?',
      })
    const minute = unixSeconds(Math.ceil(end / 60) * 60 - 60)
    const { distributionValue: distribution } = said
    if (below !== undefined && !isPlain(distribution))
      return failed({
        kind: 'refused',
        text: 'within needs a metric of distributions',
        remedy: 'write total_latencies',
      })
    if (isPlain(distribution) && below !== undefined) {
      const count = countBelow(distribution, below)
      if (count.kind === 'failed') return count
      values.push({ labels, minute, value: count.value })
    } else if (isPlain(distribution))
      values.push({ labels, minute, value: Number(distribution['count'] ?? 0) })
    else
      values.push({ labels, minute, value: Number(said['int64Value'] ?? said['doubleValue'] ?? Number.NaN) })
  }
  return ok(values)
}

/** Their names that have one here. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['region', 'cloud_region'],
  ['zone', 'cloud_availability_zone'],
  ['project_id', 'cloud_account_id'],
  ['cluster_name', 'k8s_cluster_name'],
  ['backend_service_name', 'service_name'],
  ['backend_target_name', 'service_name'],
  ['service_name', 'service_name'],
  ['response_code', 'http_response_status_code'],
])

function labelsOf(series: Plain): Labels {
  const of = (key: string): Plain => {
    const part = series[key]
    return isPlain(part) && isPlain(part['labels']) ? part['labels'] : {}
  }
  return Object.fromEntries(
    Object.entries({ ...of('resource'), ...of('metric') }).flatMap(([name, value]) => {
      const text = typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
      return text === '' ? [] : [[NAMES.get(name) ?? name.replaceAll(/[^a-zA-Z0-9_]/g, '_'), text]]
    }),
  )
}
