import { failed, ok, type Range, type Result, type World } from '../../base/index.ts'
import type { ExternalQuery } from '../../traffic/index.ts'
import type { Answer, Asked, CountSource, PullFailure, Reply } from '../pull/index.ts'
import { Tally } from '../pull/index.ts'
import { type Api, createApi, type Matrix, type Samples } from './api.ts'
import { describeQuestion, type PrometheusQuestion, readQuestion } from './asked.ts'
import { bucketFault, bucketMatcher, inBucket } from './buckets.ts'
import { countTotals, countValues } from './evaluated.ts'
import { countIncreases, joinSamples, seriesKey } from './increase.ts'
import { Knowledge, NEAR_MS } from './knowledge.ts'
import { labelling } from './labels.ts'
import type { PrometheusOptions } from './options.ts'
import { quoted, withMatcher } from './promql.ts'

const NEAR = NEAR_MS / 1_000
/** Targets that are asked about by name; beyond it all of their jobs are. */
const MAX_INSTANCES = 50

/** A Prometheus, or what speaks its API, as a source of counts. See docs/collectors-prometheus.md. */
export function createPrometheusSource(world: World, options: PrometheusOptions): CountSource {
  const api = createApi(world, options)
  const answerOf = (
    asked: ExternalQuery,
    range: Range,
    signal: AbortSignal,
  ): Promise<Result<Answer, PullFailure>> => {
    const question = readQuestion(asked)
    if (question.kind === 'failed') return Promise.resolve(question)
    return answer({ world, api, options, question: question.value, range }, signal)
  }
  return {
    together: 1,
    describe: describeQuestion,
    ask: ({ questions, range }: Asked, signal) =>
      Promise.all(
        questions.map(
          async (each): Promise<Reply> => ({ key: each.key, result: await answerOf(each, range, signal) }),
        ),
      ),
  }
}

interface Answering {
  readonly world: World
  readonly api: Api
  readonly options: PrometheusOptions
  readonly question: PrometheusQuestion
  readonly range: Range
}

function answer(asked: Answering, signal: AbortSignal): Promise<Result<Answer, PullFailure>> {
  const { query, reading } = asked.question
  if (query.kind === 'series' && reading === 'increase') return answerIncrease(asked, query.selector, signal)
  const isPoint = reading === 'points' || reading === 'points-passing'
  if (query.kind === 'series' && isPoint && query.grouping === undefined && !query.rises)
    return answerPoints(asked, query.selector, signal)
  return answerEvaluated(asked, signal)
}

/** Counters are read sample by sample, with what lies before and behind the range to tell where they come from. */
async function answerIncrease(
  { world, api, options, question, range }: Answering,
  written: string,
  signal: AbortSignal,
): Promise<Result<Answer, PullFailure>> {
  const { bucket } = question
  const selector = bucket === undefined ? written : withMatcher(written, bucketMatcher(bucket))
  const until = Math.min(range.to + NEAR, world.clock.now())
  const found = await api.samples(selector, { seconds: until - range.from + NEAR, to: until }, signal)
  if (found.kind === 'failed') return found
  const read = inBucket(found.value.series, bucket)
  if (bucket !== undefined && read.length === 0) {
    const fault = await bucketFault({ api, selector: written, bucket, at: until }, signal)
    if (fault !== undefined) return failed(fault)
  }
  const origins = await originsOf({ api, options, selector, read, range, until }, signal)
  if (origins.kind === 'failed') return origins
  const { tally, knowledge } = gathering(range)
  const { series, beganAtZero } = origins.value
  const labelsOf = labelling(question, options.labelNames)
  const lookbackMs = options.lookbackSeconds * 1_000
  countIncreases(series, { range, lookbackMs, labelsOf, beganAtZero }, { tally, knowledge })
  const told = knowledge.told({
    untilMs: until * 1_000,
    silentIsZero: question.silentIsZero,
    partial: found.value.partial,
  })
  return ok({ ...told, ...gentle(found.value, range), rows: tally.rows(), rejected: tally.rejected })
}

/** Bytes of an answer that are read within some fifty milliseconds, in which nothing else is done. */
const GENTLE_BYTES = 2_000_000

function gentle({ bytes }: Matrix, range: Range): Pick<Answer, 'rather'> {
  // What lies before and behind the range is asked for whatever its length.
  const seconds = ((range.to - range.from + 2 * NEAR) * GENTLE_BYTES) / Math.max(1, bytes) - 2 * NEAR
  return { rather: Math.max(NEAR, Math.floor(seconds / 60) * 60) }
}

interface Origins {
  readonly series: readonly Samples[]
  readonly beganAtZero: (series: Samples, time: number) => boolean
}

/**
 * Where series come from that have no sample shortly before the range: from a longer silence, or from nowhere. Of the
 * latter it is asked whether their target had been scraped before; then they began at zero.
 */
async function originsOf(
  asked: {
    readonly api: Api
    readonly options: PrometheusOptions
    readonly selector: string
    readonly read: readonly Samples[]
    readonly range: Range
    readonly until: number
  },
  signal: AbortSignal,
): Promise<Result<Origins, PullFailure>> {
  const { api, options, selector, read, range, until } = asked
  const lookback = options.lookbackSeconds
  const from = range.from - NEAR
  const isNew = ({ times }: Samples): boolean => (times[0] ?? 0) > range.from * 1_000
  const late = read.filter((one) => isNew(one) && (one.times[0] ?? 0) <= (from + lookback) * 1_000)
  let series = read
  if (late.length > 0 && lookback > NEAR) {
    const narrowed = narrow(selector, late)
    const before = await api.samples(narrowed, { seconds: lookback - NEAR, to: from }, signal)
    if (before.kind === 'failed') return before
    series = joinSamples(before.value.series, read)
  }
  const begun = series.filter(isNew)
  const targets = begun.filter(({ labels }) => labels['job'] && labels['instance'])
  if (targets.length === 0) return ok({ series, beganAtZero: () => false })
  const up = await api.samples(upOf(targets), { seconds: until - from, to: until }, signal)
  if (up.kind === 'failed') return up
  const scrapes = new Map(up.value.series.map((one) => [targetKey(one), one]))
  const newKeys = new Set(begun.map(seriesKey))
  return ok({
    series,
    beganAtZero: (one, time) => {
      const scraped = scrapes.get(targetKey(one))
      if (scraped === undefined || !newKeys.has(seriesKey(one)) || time !== one.times[0]) return false
      return scraped.times.some((at, i) => at < time && time - at <= NEAR_MS && scraped.values[i] === 1)
    },
  })
}

const targetKey = ({ labels }: Samples): string => JSON.stringify([labels['job'], labels['instance']])

/** The selector for some of its series only, where their targets have names. */
function narrow(selector: string, series: readonly Samples[]): string {
  const instances = valuesOf(series, 'instance')
  const isNamed = series.every(({ labels }) => labels['instance'])
  if (!isNamed || instances.length > MAX_INSTANCES) return selector
  return withMatcher(selector, `instance=~${oneOf(instances)}`)
}

function upOf(series: readonly Samples[]): string {
  const jobs = `job=~${oneOf(valuesOf(series, 'job'))}`
  const instances = valuesOf(series, 'instance')
  return instances.length > MAX_INSTANCES ? `up{${jobs}}` : `up{${jobs},instance=~${oneOf(instances)}}`
}

function valuesOf(series: readonly Samples[], name: string): readonly string[] {
  return [...new Set(series.flatMap(({ labels }) => labels[name] ?? []))].sort()
}

function oneOf(values: readonly string[]): string {
  return quoted(values.map((value) => value.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join('|'))
}

/** Each sample of a selector is a data point. */
async function answerPoints(
  { world, api, options, question, range }: Answering,
  selector: string,
  signal: AbortSignal,
): Promise<Result<Answer, PullFailure>> {
  const until = Math.min(range.to + NEAR, world.clock.now())
  const found = await api.samples(selector, { seconds: until - range.from + NEAR, to: until }, signal)
  if (found.kind === 'failed') return found
  const { tally, knowledge } = gathering(range)
  countValues(found.value.series, question, {
    tally,
    knowledge,
    labelsOf: labelling(question, options.labelNames),
  })
  // Between two near points nothing is missing: sources may report less often than each minute.
  for (const { times } of found.value.series)
    for (const [i, time] of times.entries()) knowledge.sample(time, times[i - 1])
  const told = knowledge.told({
    untilMs: until * 1_000,
    silentIsZero: question.silentIsZero,
    partial: found.value.partial,
  })
  return ok({ ...told, ...gentle(found.value, range), rows: tally.rows(), rejected: tally.rejected })
}

/** What only the server can compute is asked for at the end of each minute. */
async function answerEvaluated(
  { api, options, question, range }: Answering,
  signal: AbortSignal,
): Promise<Result<Answer, PullFailure>> {
  const { query, reading, silentIsZero } = question
  const isTotal = reading === 'increase'
  const from = isTotal ? range.from - NEAR : range.from + 60
  const found = await api.minutes(query.text, { from, to: range.to }, signal)
  if (found.kind === 'failed') return found
  const { tally, knowledge } = gathering(range)
  const into = { tally, knowledge, labelsOf: labelling(question, options.labelNames) }
  let fell: Answer['gaps'] = []
  if (isTotal) fell = countTotals(found.value.series, range.from, into)
  else countValues(found.value.series, question, into)
  // The server looks back by itself, so a minute without a value is a minute without data.
  const { gaps } = knowledge.told({
    untilMs: Number.POSITIVE_INFINITY,
    silentIsZero,
    partial: found.value.partial,
  })
  return ok({ rows: tally.rows(), gaps: [...gaps, ...fell], rejected: tally.rejected })
}

function gathering(range: Range): { readonly tally: Tally; readonly knowledge: Knowledge } {
  return { tally: new Tally(range), knowledge: new Knowledge(range) }
}
