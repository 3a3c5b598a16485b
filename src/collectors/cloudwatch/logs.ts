import type { CloudWatchLogsClient, ResultField } from '@aws-sdk/client-cloudwatch-logs'
import {
  failed,
  type Labels,
  ok,
  type Range,
  type Result,
  startOfDate,
  unixSeconds,
  type World,
} from '../../base/index.ts'
import type { ExternalQuery } from '../../traffic/index.ts'
import { awsCredentials, failureOfAws } from '../aws/client.ts'
import { createAwsHandler } from '../aws/handler.ts'
import { type Answer, answerOfValues, type MinuteValue, type PullFailure } from '../pull/index.ts'
import type { CloudWatchOptions } from './options.ts'
import type { CloudWatchQuestion } from './question.ts'

type Question = Extract<CloudWatchQuestion, { kind: 'logs' }>

const POLL_MS = 1_000
/** Rows that a query may give; with as many some may be missing. */
const MOST_ROWS = 10_000

/** Asks Logs Insights: starts a query, waits for it, and stops it when it takes too long or nobody waits any more. */
export async function askLogs(
  { world, options }: { readonly world: World; readonly options: CloudWatchOptions },
  {
    asked,
    question,
    range,
  }: { readonly asked: ExternalQuery; readonly question: Question; readonly range: Range },
  signal: AbortSignal,
): Promise<Result<Answer, PullFailure>> {
  const api = await import('@aws-sdk/client-cloudwatch-logs')
  const credentials = await awsCredentials(options.access)
  const { region, endpoint } = options.access
  const { limits } = options.pull
  // Stopping a query must reach the server after the signal has ended everything else.
  const clientFor = (own: AbortSignal): CloudWatchLogsClient =>
    new api.CloudWatchLogsClient({
      region,
      maxAttempts: 1,
      requestHandler: createAwsHandler(world, limits, own),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(credentials === undefined ? {} : { credentials }),
    })
  const client = clientFor(signal)
  let queryId: string | undefined
  let isOver = false
  try {
    const started = await client.send(
      new api.StartQueryCommand({
        logGroupNames: [...question.groups],
        queryString: question.query,
        startTime: range.from,
        // Both ends are inside.
        endTime: range.to - 1,
        limit: MOST_ROWS,
      }),
    )
    queryId = started.queryId
    const until = world.clock.monotonicMs() + limits.totalMs
    while (world.clock.monotonicMs() < until) {
      await world.clock.sleep(POLL_MS, signal)
      const {
        status,
        results = [],
        statistics,
      } = await client.send(new api.GetQueryResultsCommand({ queryId }))
      if (status === 'Running' || status === 'Scheduled') continue
      isOver = true
      if (status !== 'Complete') return failed(ended(status ?? 'Unknown'))
      if (results.length >= MOST_ROWS) return failed(TOO_MANY)
      const values = results.flatMap(toValue)
      if (values.length < results.length) return failed(UNREADABLE)
      const isSilent = results.length === 0 && statistics?.recordsScanned === 0
      return ok(answerOfValues(asked, { range, values, silent: isSilent ? 'unknown' : question.silent }))
    }
    return failed(TOO_SLOW)
  } catch (error) {
    if (signal.aborted) return failed(STOPPED)
    return failed(failureOfAws('CloudWatch Logs', error))
  } finally {
    client.destroy()
    if (queryId !== undefined && !isOver) {
      const last = clientFor(new AbortController().signal)
      await last.send(new api.StopQueryCommand({ queryId })).catch((error: unknown) => {
        world.log.warn('a query of Logs Insights could not be stopped', { queryId, err: error })
      })
      last.destroy()
    }
  }
}

const STOPPED: PullFailure = { kind: 'unavailable', text: 'the query was stopped', remedy: 'ask again' }
const TOO_SLOW: PullFailure = {
  kind: 'too-much',
  text: 'Logs Insights did not end in time, and the query was stopped',
  remedy: 'write a larger timeout or a smaller chunk',
}
const TOO_MANY: PullFailure = {
  kind: 'too-much',
  text: `Logs Insights gave ${MOST_ROWS} rows, and perhaps not all`,
  remedy: 'group by less, or write a smaller chunk',
}
const UNREADABLE: PullFailure = {
  kind: 'refused',
  text: 'a row of the answer has no minute or no value',
  remedy: 'end the query with: stats count(*) as value by bin(1m) as minute',
}
const ended = (status: string): PullFailure => ({
  kind: status === 'Timeout' ? 'too-much' : 'refused',
  text: `Logs Insights ended the query as ${status}`,
  remedy: 'try it in the console',
})

/** Columns `minute` (or `bin(1m)`) and `value` (or `count(*)`); all others are labels. */
function toValue(row: readonly ResultField[]): readonly MinuteValue[] {
  const fields = new Map(row.map(({ field = '', value = '' }) => [field, value]))
  const isTime = (name: string): boolean => name === 'minute' || name.startsWith('bin(')
  const isValue = (name: string): boolean => name === 'value' || name.startsWith('count(')
  const minute = minuteIn([...fields].find(([name]) => isTime(name))?.[1])
  const text = [...fields].find(([name]) => isValue(name))?.[1]
  if (minute === undefined || text === undefined || text === '') return []
  const labels: Labels = Object.fromEntries(
    [...fields]
      .filter(([name, value]) => !isTime(name) && !isValue(name) && name !== '@ptr' && value !== '')
      .map(([name, value]) => [name.replaceAll(/[^a-zA-Z0-9_]/g, '_'), value]),
  )
  return [{ labels, minute: unixSeconds(minute), value: Number(text) }]
}

/** `2026-11-30 21:44:00.000`, in UTC. */
function minuteIn(text: string | undefined): number | undefined {
  const found = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):00(?:\.0+)?$/.exec(text ?? '')
  const [year, month, day, hour, minute] = (found ?? []).slice(1).map(Number)
  if (year === undefined || month === undefined || day === undefined) return undefined
  return startOfDate({ year, month, day }) + (hour ?? 0) * 3_600 + (minute ?? 0) * 60
}
