import type { GetMetricDataCommandOutput, MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import { failed, ok, type Range, type Result, unixSeconds, type World } from '../../base/index.ts'
import type { ExternalQuery } from '../../traffic/index.ts'
import { awsCredentials, failureOfAws } from '../aws/client.ts'
import { createAwsHandler } from '../aws/handler.ts'
import {
  type Answer,
  answerOfValues,
  type KnowledgeGap,
  type MinuteValue,
  type PullFailure,
  type Reply,
} from '../pull/index.ts'
import { type CloudWatchOptions, MINUTES_KEPT } from './options.ts'
import type { CloudWatchMetric, CloudWatchQuestion } from './question.ts'

export type MetricsQuestion = Extract<CloudWatchQuestion, { kind: 'metrics' }>

export interface AskedMetrics {
  readonly asked: ExternalQuery
  readonly question: MetricsQuestion
}

/** Metrics and data points that one call may ask for, and how many pages it may have. */
const MOST_METRICS = 500
const MOST_POINTS = 100_800
const MOST_PAGES = 100

/** What one metric said, by the minute. */
interface Told {
  readonly points: ReadonlyMap<number, number>
  /** Why some of it may be missing. */
  readonly partial: string | undefined
}

/** Answers questions about metrics of one region, as few calls as their number allows. */
export async function askMetrics(
  context: { readonly world: World; readonly options: CloudWatchOptions; readonly region: string },
  { all, range }: { readonly all: readonly AskedMetrics[]; readonly range: Range },
  signal: AbortSignal,
): Promise<readonly Reply[]> {
  const wanted = new Map<string, CloudWatchMetric>()
  for (const { question } of all) for (const metric of question.metrics) wanted.set(keyOf(metric), metric)
  const told = await readMetrics(context, { metrics: [...wanted.values()], range }, signal)
  const now = context.world.clock.now()
  return all.map(({ asked, question }) => ({
    key: asked.key,
    result:
      told.kind === 'failed' ? told : ok(answerOf({ asked, question }, { range, told: told.value, now })),
  }))
}

async function readMetrics(
  {
    world,
    options,
    region,
  }: { readonly world: World; readonly options: CloudWatchOptions; readonly region: string },
  { metrics, range }: { readonly metrics: readonly CloudWatchMetric[]; readonly range: Range },
  signal: AbortSignal,
): Promise<Result<ReadonlyMap<string, Told>, PullFailure>> {
  const { CloudWatchClient, GetMetricDataCommand } = await import('@aws-sdk/client-cloudwatch')
  const credentials = await awsCredentials(options.access)
  const client = new CloudWatchClient({
    region,
    maxAttempts: 1,
    requestHandler: createAwsHandler(world, options.pull.limits, signal),
    ...(options.access.endpoint === undefined ? {} : { endpoint: options.access.endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  })
  const atOnce = Math.max(1, Math.min(MOST_METRICS, Math.floor(MOST_POINTS / ((range.to - range.from) / 60))))
  const found = new Map<string, Told>()
  try {
    for (let begin = 0; begin < metrics.length; begin += atOnce) {
      const part = metrics.slice(begin, begin + atOnce)
      let token: string | undefined
      for (let page = 0; page < MOST_PAGES; page++) {
        const answer: GetMetricDataCommandOutput = await client.send(
          new GetMetricDataCommand({
            MetricDataQueries: part.map(queryOf),
            StartTime: instant(range.from),
            EndTime: instant(range.to),
            ScanBy: 'TimestampAscending',
            ...(token === undefined ? {} : { NextToken: token }),
          }),
        )
        const fault = takePage(found, part, answer)
        if (fault !== undefined) return failed(fault)
        token = answer.NextToken
        if (token === undefined) break
      }
      if (token !== undefined) return failed(ENDLESS)
    }
    return ok(found)
  } catch (error) {
    return failed(failureOfAws('CloudWatch', error))
  } finally {
    client.destroy()
  }
}

const ENDLESS: PullFailure = {
  kind: 'too-much',
  text: `CloudWatch answers with more than ${MOST_PAGES} pages`,
  remedy: 'write a smaller chunk',
}

function takePage(
  found: Map<string, Told>,
  part: readonly CloudWatchMetric[],
  { MetricDataResults: results = [], Messages: messages = [] }: GetMetricDataCommandOutput,
): PullFailure | undefined {
  for (const {
    Id: id,
    Timestamps: times = [],
    Values: values = [],
    StatusCode: status,
    Messages: own = [],
  } of results) {
    const metric = part[Number(id?.slice(1))]
    if (metric === undefined) continue
    const said = [...own, ...messages].map(({ Value: text }) => text ?? '').join('; ')
    if (status === 'Forbidden')
      return {
        kind: 'unavailable',
        text: `CloudWatch refuses ${metric.metric}: ${said}`,
        remedy: 'see the rights of the role',
      }
    if (times.length !== values.length)
      return {
        kind: 'unavailable',
        text: 'CloudWatch answered half: fewer values than instants',
        remedy: 'is there a proxy before it?',
      }
    const before = found.get(keyOf(metric))
    const points = new Map(before?.points)
    for (const [i, time] of times.entries())
      points.set(Math.floor(time.getTime() / 1_000), values[i] ?? Number.NaN)
    // A page that says PartialData is followed by one that says Complete when all is there.
    const isWhole = status === 'Complete' || status === undefined
    found.set(keyOf(metric), {
      points,
      partial: isWhole ? undefined : `CloudWatch answers ${status}${said === '' ? '' : `: ${said}`}`,
    })
  }
  return undefined
}

function queryOf({ namespace, metric, dimensions, stat }: CloudWatchMetric, index: number): MetricDataQuery {
  return {
    Id: `m${index}`,
    ReturnData: true,
    MetricStat: {
      Period: 60,
      Stat: stat,
      Metric: {
        Namespace: namespace,
        MetricName: metric,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
    },
  }
}

const TOO_OLD: Pick<KnowledgeGap, 'state' | 'reason'> = {
  state: 'missing',
  reason: 'CloudWatch keeps minutes for 15 days',
}

function answerOf(
  { asked, question }: AskedMetrics,
  {
    range,
    told,
    now,
  }: { readonly range: Range; readonly told: ReadonlyMap<string, Told>; readonly now: number },
): Answer {
  const all = question.metrics.map((metric) => told.get(keyOf(metric)) ?? NOTHING)
  const values: MinuteValue[] = []
  for (let minute: number = range.from; minute < range.to; minute += 60) {
    const parts = all.map(({ points }) => points.get(minute))
    const value = combined(parts, question.combine)
    if (value !== undefined) values.push({ labels: {}, minute: unixSeconds(minute), value })
  }
  const partial = all.find((each) => each.partial !== undefined)?.partial
  const kept = unixSeconds(
    Math.max(range.from, Math.min(range.to, Math.ceil((now - MINUTES_KEPT) / 60) * 60)),
  )
  const gaps: KnowledgeGap[] = [
    ...(kept > range.from ? [{ from: range.from, to: kept, ...TOO_OLD }] : []),
    ...(partial === undefined
      ? []
      : [{ from: kept, to: range.to, state: 'partial' as const, reason: partial }]),
  ]
  return answerOfValues(asked, { range, values, silent: question.silent, gaps })
}

const NOTHING: Told = { points: new Map(), partial: undefined }

/** Of several metrics those that said nothing count as none, when one did. */
function combined(
  parts: readonly (number | undefined)[],
  combine: MetricsQuestion['combine'],
): number | undefined {
  if (parts.every((part) => part === undefined)) return undefined
  if (combine === 'sum') return parts.reduce<number>((sum, part) => sum + (part ?? 0), 0)
  const [whole = 0, percent = 0] = parts
  return Math.round((whole * percent) / 100)
}

const keyOf = ({ namespace, metric, dimensions, stat }: CloudWatchMetric): string =>
  JSON.stringify([namespace, metric, Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1)), stat])

// oxlint-disable-next-line eslint/no-restricted-globals -- The client takes instants as Date; no clock is read.
export const instant = (seconds: number): Date => new Date(seconds * 1_000)
