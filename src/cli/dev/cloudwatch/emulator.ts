import type { Clock } from '../../../base/index.ts'
import { createLogQueries, type LogRow } from './logs.ts'

export interface EmulatedMetric {
  readonly namespace: string
  readonly metric: string
  readonly dimensions: Readonly<Record<string, string>>
  readonly stat: string
}

export interface CloudWatchEmulatorOptions {
  readonly clock: Pick<Clock, 'now' | 'nowMs'>
  /** The value of a metric in a minute (Unix seconds); undefined: nothing was reported. */
  readonly stored: (metric: EmulatedMetric, minute: number, region: string) => number | undefined
  /** Rows of a Logs Insights query between two instants in seconds, both inside. */
  readonly logs?: (query: string, range: { readonly from: number; readonly to: number }) => readonly LogRow[]
  /** How often a query is seen to run before it is complete. */
  readonly runsFor?: number
  /** Points of a page; the API decides it, and may say PartialData before the last. */
  readonly pageSize?: number
  readonly fault?: (action: string) => 'throttled' | 'denied' | 'partial' | 'half' | undefined
}

export interface CloudWatchEmulator {
  readonly answer: (request: Request) => Promise<Response>
  readonly calls: Map<string, number>
  /** The most queries of Logs Insights that ran at once. */
  readonly mostQueries: () => number
  readonly stopped: Set<string>
}

type Plain = Readonly<Record<string, unknown>>

const MINUTES_KEPT = 15 * 86_400
const MOST_METRICS = 500
const MOST_POINTS = 100_800

/** CloudWatch's JSON protocol: GetMetricData, and the queries of Logs Insights, with their documented bounds. */
export function createCloudWatchEmulator(options: CloudWatchEmulatorOptions): CloudWatchEmulator {
  const calls = new Map<string, number>()
  const queries = createLogQueries(options)
  return {
    calls,
    mostQueries: queries.most,
    stopped: queries.stopped,
    answer: async (request) => {
      const action = request.headers.get('x-amz-target')?.split('.')[1] ?? ''
      calls.set(action, (calls.get(action) ?? 0) + 1)
      const body: unknown = await request.json()
      const region = /Credential=[^/]+\/\d{8}\/([\w-]+)\//.exec(
        request.headers.get('authorization') ?? '',
      )?.[1]
      if (region === undefined)
        return awsError(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token')
      const fault = options.fault?.(action)
      if (fault === 'throttled') return awsError(400, 'ThrottlingException', 'Rate exceeded')
      if (fault === 'denied')
        return awsError(403, 'AccessDeniedException', `is not authorized to perform ${action}`)
      if (!isPlain(body)) return awsError(400, 'SerializationException', 'no body')
      if (action === 'GetMetricData') return metricData(options, { body, region, fault })
      return queries.answer(action, body) ?? awsError(400, 'UnknownOperationException', action)
    },
  }
}

export function awsError(status: number, name: string, message: string): Response {
  return Response.json(
    { __type: name, message },
    { status, headers: { 'content-type': 'application/x-amz-json-1.0' } },
  )
}

function metricData(
  { stored, clock, pageSize = MOST_POINTS }: CloudWatchEmulatorOptions,
  {
    body,
    region,
    fault,
  }: { readonly body: Plain; readonly region: string; readonly fault: string | undefined },
): Response {
  const { StartTime: from, EndTime: to, MetricDataQueries: queries, NextToken: token } = body
  if (typeof from !== 'number' || typeof to !== 'number' || from >= to)
    return awsError(
      400,
      'ValidationError',
      'The parameter StartTime must be less than the parameter EndTime.',
    )
  if (!Array.isArray(queries) || queries.length === 0 || queries.length > MOST_METRICS)
    return awsError(
      400,
      'ValidationError',
      `The collection MetricDataQueries must have a size from 1 to ${MOST_METRICS}.`,
    )
  if (((to - from) / 60) * queries.length > MOST_POINTS)
    return awsError(400, 'ValidationError', `You have requested more than ${MOST_POINTS} datapoints.`)
  const skip = typeof token === 'string' ? Number(token) : 0
  let at = 0
  let left = pageSize
  const results = queries.filter(isPlain).map((query) => {
    const metric = metricOf(query)
    const times: number[] = []
    const values: number[] = []
    let isCut = false
    for (let minute = Math.ceil(from / 60) * 60; minute < to; minute += 60) {
      const value = minute < clock.now() - MINUTES_KEPT ? undefined : stored(metric, minute, region)
      if (value === undefined || at++ < skip) continue
      if (left-- <= 0) {
        isCut = true
        continue
      }
      times.push(minute)
      values.push(value)
    }
    if (fault === 'half') values.pop()
    const status = isCut || fault === 'partial' ? 'PartialData' : 'Complete'
    return { Id: query['Id'], Label: metric.metric, Timestamps: times, Values: values, StatusCode: status }
  })
  return Response.json(
    {
      MetricDataResults: results,
      Messages: [],
      ...(at > skip + pageSize ? { NextToken: String(skip + pageSize) } : {}),
    },
    { headers: { 'content-type': 'application/x-amz-json-1.0' } },
  )
}

function metricOf(query: Plain): EmulatedMetric {
  const stat = isPlain(query['MetricStat']) ? query['MetricStat'] : {}
  const metric = isPlain(stat['Metric']) ? stat['Metric'] : {}
  const dimensions: unknown = metric['Dimensions']
  return {
    namespace: text(metric['Namespace']),
    metric: text(metric['MetricName']),
    stat: text(stat['Stat']),
    dimensions: Object.fromEntries(
      (Array.isArray(dimensions) ? dimensions.filter(isPlain) : []).map((each) => [
        text(each['Name']),
        text(each['Value']),
      ]),
    ),
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

export function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
