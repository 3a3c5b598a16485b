import type { v2 } from '@datadog/datadog-api-client'
import { failed, type Labels, ok, type Result, unixSeconds, type World } from '../../base/index.ts'
import type { ExternalQuery } from '../../traffic/index.ts'
import {
  type Answer,
  type Asked,
  answerOfValues,
  type CountSource,
  type MinuteValue,
  type PullFailure,
  type Reply,
} from '../pull/index.ts'
import { createRateBudget, type RateBudget } from './budget.ts'
import { callDatadog } from './client.ts'
import type { DatadogOptions } from './options.ts'
import { type DatadogQuery, type DatadogQuestion, describeQuestion, readQuestion } from './question.ts'

/** A range that ends before this many seconds ago is not urgent. */
const RECENT = 3_600
/** Reading the past waits at most so long for the budget in one go; then it says that it is throttled. */
const LONGEST_WAIT_MS = 60_000

interface Valid {
  readonly asked: ExternalQuery
  readonly question: DatadogQuestion
}

/** One organisation of Datadog as a source of counts. See docs/collectors-datadog.md. */
export function createDatadogSource(world: World, options: DatadogOptions): CountSource {
  const budget = createRateBudget(world)
  const context = { world, options, budget }
  return {
    together: options.together,
    describe: describeQuestion,
    ask: async (asked, signal) => {
      const replies: Reply[] = []
      const valid: Valid[] = []
      for (const each of asked.questions) {
        const question = readQuestion(each)
        if (question.kind === 'failed') replies.push({ key: each.key, result: question })
        else valid.push({ asked: each, question: question.value })
      }
      if (valid.length === 0) return replies
      return [...replies, ...(await askAll(context, { valid, range: asked.range }, signal))]
    },
  }
}

interface Context {
  readonly world: World
  readonly options: DatadogOptions
  readonly budget: RateBudget
}

interface Asking extends Pick<Asked, 'range'> {
  readonly valid: readonly Valid[]
}

/** One call for all. When it is refused, each is asked alone, so that a wrong one is found and the others are answered. */
async function askAll(context: Context, asking: Asking, signal: AbortSignal): Promise<readonly Reply[]> {
  const { valid, range } = asking
  const answered = await call(context, asking, signal)
  const isShared = answered.kind === 'failed' && answered.error.kind === 'refused' && valid.length > 1
  if (isShared) {
    const replies: Reply[] = []
    for (const one of valid) replies.push(...(await askAll(context, { valid: [one], range }, signal)))
    return replies
  }
  return valid.map(({ asked, question }, index) => ({
    key: asked.key,
    result:
      answered.kind === 'failed'
        ? answered
        : answerOf({ asked, question, range }, seriesOf(answered.value, index, context.options)),
  }))
}

async function call(
  { world, options, budget }: Context,
  { valid, range }: Asking,
  signal: AbortSignal,
): Promise<Result<v2.TimeseriesFormulaQueryResponse, PullFailure>> {
  const isPast = range.to < world.clock.now() - RECENT
  const wait = budget.waitMs(isPast ? 'past' : 'live')
  if (wait > 0) {
    const spent: PullFailure = {
      kind: 'throttled',
      text: `the calls that Datadog allows are used up for ${Math.ceil(wait / 1_000)} s`,
      remedy: 'raise the limit at Datadog, write a rarer schedule, or a larger together',
      retryAfterMs: wait,
    }
    if (!isPast || wait > LONGEST_WAIT_MS) return failed(spent)
    await world.clock.sleep(wait, signal).catch(() => undefined)
    if (signal.aborted) return failed(spent)
  }
  return callDatadog(
    world,
    { ...options, limits: options.pull.limits, budget },
    { operation: 'queryTimeseriesData', asked: { body: bodyOf({ valid, range }) } },
    signal,
  )
}

/** Each question is one formula over queries whose names say whose they are. */
function bodyOf({ valid, range }: Asking): v2.TimeseriesFormulaQueryRequest {
  const named = (index: number, name: string): string => `q${index}_${name}`
  return {
    data: {
      type: 'timeseries_request',
      attributes: {
        from: range.from * 1_000,
        to: range.to * 1_000,
        interval: 60_000,
        formulas: valid.map(({ question }, index) => ({
          formula: question.formula.replaceAll(/[a-z][a-z0-9_]*/g, (word) =>
            question.queries.has(word) ? named(index, word) : word,
          ),
        })),
        queries: valid.flatMap(({ question }, index) =>
          [...question.queries].map(([name, query]) => queryOf(named(index, name), query)),
        ),
      },
    },
  }
}

function queryOf(name: string, query: DatadogQuery): v2.TimeseriesQuery {
  if (query.kind === 'metrics') return { name, dataSource: 'metrics', query: query.query }
  const { stat, service, operation, resource, filter, spanKind, groupBy } = query
  return {
    name,
    dataSource: 'apm_metrics',
    // The client's list of stats is closed and the API's is not; ours were checked.
    stat: STAT_NAMES.get(stat) ?? 'hits',
    spanKind: SPAN_KIND_NAMES.get(spanKind) ?? 'server',
    ...(service === undefined ? {} : { service }),
    ...(operation === undefined ? {} : { operationName: operation }),
    ...(resource === undefined ? {} : { resourceName: resource }),
    ...(filter === undefined ? {} : { queryFilter: filter }),
    ...(groupBy.length === 0 ? {} : { groupBy: [...groupBy] }),
  }
}

const STAT_NAMES: ReadonlyMap<string, v2.ApmMetricsStat> = new Map(
  (
    [
      'hits',
      'errors',
      'hits_per_second',
      'errors_per_second',
      'error_rate',
      'apdex',
      'latency_avg',
      'latency_max',
      'latency_p50',
      'latency_p75',
      'latency_p90',
      'latency_p95',
      'latency_p99',
      'latency_p999',
    ] as const
  ).map((name) => [name, name]),
)

const SPAN_KIND_NAMES: ReadonlyMap<string, v2.ApmMetricsSpanKind> = new Map(
  (['server', 'client', 'consumer', 'producer', 'internal'] as const).map((name) => [name, name]),
)

interface Series {
  readonly values: readonly MinuteValue[]
  /** How many there are, empty or not. */
  readonly count: number
  /** Seconds between their points: more than a minute when the range was too long for minutes. */
  readonly width: number | undefined
  /** What of the answer does not hold together. */
  readonly fault: string | undefined
}

/** The series of one formula. All series of an answer share their instants. */
function seriesOf(
  response: v2.TimeseriesFormulaQueryResponse,
  index: number,
  { labelNames }: Pick<DatadogOptions, 'labelNames'>,
): Series {
  const { times = [], series = [], values = [] } = response.data?.attributes ?? {}
  const steps = times.slice(1).map((time, i) => (time - (times[i] ?? 0)) / 1_000)
  const width = steps.length === 0 ? undefined : Math.min(...steps)
  const own = series.flatMap((one, i) =>
    (one.queryIndex ?? 0) === index ? [{ one, points: values[i] }] : [],
  )
  const isHalf = own.some(({ points }) => points === undefined || points.length !== times.length)
  const isAstray = times.some((time) => time % 60_000 !== 0) || steps.some((step) => step <= 0)
  const fault =
    response.errors !== undefined && response.errors !== ''
      ? response.errors
      : response.data?.attributes === undefined
        ? 'the answer has no data'
        : isHalf
          ? 'the answer has fewer values than instants'
          : isAstray
            ? 'the instants of the answer are no whole minutes in order'
            : undefined
  const found = own.flatMap(({ one, points }) => {
    const labels = labelsOf(one.groupTags ?? [], labelNames)
    return times.flatMap((time, i) => {
      const value: unknown = points?.[i]
      return typeof value === 'number' ? [{ labels, minute: unixSeconds(time / 1_000), value }] : []
    })
  })
  return { values: found, count: own.length, width, fault }
}

function answerOf(
  { asked, question, range }: Valid & Pick<Asked, 'range'>,
  { values, count, width, fault }: Series,
): Result<Answer, PullFailure> {
  if (fault !== undefined)
    return failed({
      kind: 'unavailable',
      text: `Datadog answered half: ${fault}`,
      remedy: 'is the API whole (https://status.datadoghq.com), or does a proxy before it cut answers?',
    })
  if (width !== undefined && width > 60)
    return failed({
      kind: 'too-much',
      text: `Datadog answered by ${width} s, not by the minute`,
      remedy: 'write a smaller chunk',
    })
  // Without any series nothing was reported at all, which may be a wrong name as well as a quiet night.
  const isSaid = count > 0 || asked.spec['absent'] === 'zero'
  return ok(answerOfValues(asked, { range, values, silent: isSaid ? question.silent : 'unknown' }))
}

/** `service:web` as `service_name="web"`. */
export function labelsOf(tags: readonly string[], names: ReadonlyMap<string, string>): Labels {
  return Object.fromEntries(
    tags.flatMap((tag) => {
      const at = tag.indexOf(':')
      if (at <= 0 || at === tag.length - 1 || tag.slice(at + 1) === 'N/A') return []
      const name = tag.slice(0, at)
      return [[names.get(name) ?? name.replaceAll(/[^a-zA-Z0-9_]/g, '_'), tag.slice(at + 1)]]
    }),
  )
}
