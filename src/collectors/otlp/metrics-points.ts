import { failed, ok, type Result } from '../../base/index.ts'
import { type Buckets, inMicroseconds } from './metrics-buckets.ts'
import type { Point, RawExponential, RawMetric, RawPoint } from './metrics-model.ts'
import { MOST_BUCKETS } from './metrics-protobuf.ts'
import { type MetricRule, unitOf } from './metrics-rules.ts'

/** Why a data point cannot be used, for its sender. */
export type Refusal = keyof typeof REFUSALS

export const REFUSALS = {
  gauge: 'it is a gauge, which counts nothing',
  summary: 'it is a summary, which does not say whether its count is a running total',
  'not-monotonic': 'it is a sum that may fall, which counts nothing',
  temporality: 'its temporality is neither delta nor cumulative',
  unit: 'its unit is no unit of time',
  time: 'it has no time',
  future: 'its time is in the future: is the clock right?',
  late: 'it is too old',
  count: 'its count is no whole number from 0 to 2^53',
  buckets: 'its buckets do not fit its bounds',
  bounds: 'its bounds do not rise',
  'too-many-buckets': `it has more than ${MOST_BUCKETS} buckets`,
  sum: 'its buckets hold more than its count',
  scale: 'its scale is not within -10..20',
  negative: 'it has durations below zero',
} as const

/** Between which instants points are taken, in microseconds since 1970. */
export interface Acceptance {
  readonly earliestUs: number
  readonly latestUs: number
}

const NO_RECORDED_VALUE = 1

/** What is wrong with a metric, whatever its points. */
export function refusalOf(metric: RawMetric, rule: MetricRule): Refusal | undefined {
  if (metric.kind === 'gauge') return 'gauge'
  if (metric.kind === 'summary') return 'summary'
  if (metric.kind === 'sum' && !metric.monotonic) return 'not-monotonic'
  if (metric.temporality !== 1 && metric.temporality !== 2) return 'temporality'
  if (metric.kind !== 'sum' && microsecondsIn(metric, rule) === undefined) return 'unit'
  return undefined
}

/** Checks a point of a metric that is not refused. Undefined: it says that there is no value. */
export function pointOf(
  raw: RawPoint,
  known: {
    readonly metric: RawMetric
    readonly rule: MetricRule
    readonly names: Pick<Point, 'metric' | 'resource' | 'series'>
    readonly acceptance: Acceptance
  },
): Result<Point | undefined, Refusal> {
  const { metric, rule, names, acceptance } = known
  // Nothing was recorded: the series has ended, its value is of no use.
  if (raw.flags % 2 === NO_RECORDED_VALUE) return ok(undefined)
  const timeUs = Math.floor(raw.timeNs / 1_000)
  if (!(timeUs > 0)) return failed('time')
  if (timeUs > acceptance.latestUs) return failed('future')
  if (timeUs < acceptance.earliestUs) return failed('late')
  const { count } = raw
  if (count === undefined || !isCount(count)) return failed('count')
  const unit = microsecondsIn(metric, rule) ?? 1
  const buckets = bucketsOf(raw, { count, unit })
  if (buckets.kind === 'failed') return buckets
  return ok({
    ...names,
    temporality: metric.temporality === 1 ? 'delta' : 'cumulative',
    startUs: Math.max(0, Math.floor(raw.startNs / 1_000)),
    timeUs,
    count,
    buckets: buckets.value,
    examples: raw.examples.map(({ timeNs, value, traceId }) => ({
      timeUs: Math.floor(timeNs / 1_000),
      durationUs: inMicroseconds(value, unit),
      traceId,
    })),
    max: raw.max === undefined || Number.isNaN(raw.max) ? undefined : inMicroseconds(raw.max, unit),
  })
}

/** Of a histogram's values. A metric that does not say its unit has the one of its convention. */
function microsecondsIn(metric: RawMetric, rule: MetricRule): number | undefined {
  return metric.unit === '' ? rule.unit : unitOf(metric.unit)
}

function bucketsOf(
  raw: RawPoint,
  { count, unit }: { readonly count: number; readonly unit: number },
): Result<Buckets | undefined, Refusal> {
  if (raw.exponential !== undefined) return exponentialOf(raw.exponential, { count, unit })
  const { bounds, bucketCounts } = raw
  if (bucketCounts.length === 0 && bounds.length === 0) return ok(undefined)
  if (bucketCounts.length > MOST_BUCKETS || bounds.length > MOST_BUCKETS) return failed('too-many-buckets')
  if (bucketCounts.length !== bounds.length + 1) return failed('buckets')
  const wrong = refusalOfCounts(bucketCounts, count)
  if (wrong !== undefined) return failed(wrong)
  // One bucket for everything says nothing about durations.
  if (bounds.length === 0) return ok(undefined)
  for (let i = 0; i < bounds.length; i++)
    if (!((bounds[i] ?? Number.NaN) > (bounds[i - 1] ?? Number.NEGATIVE_INFINITY))) return failed('bounds')
  return ok({
    kind: 'explicit',
    bounds: bounds.map((bound) => inMicroseconds(bound, unit)),
    counts: bucketCounts,
  })
}

function exponentialOf(
  raw: RawExponential,
  { count, unit }: { readonly count: number; readonly unit: number },
): Result<Buckets, Refusal> {
  const { scale, offset, counts, zeroCount, zeroThreshold, hasNegative } = raw
  if (hasNegative) return failed('negative')
  if (!Number.isInteger(scale) || scale < -10 || scale > 20 || !Number.isInteger(offset))
    return failed('scale')
  if (counts.length > MOST_BUCKETS) return failed('too-many-buckets')
  if (!(zeroThreshold >= 0)) return failed('bounds')
  const wrong = refusalOfCounts([zeroCount, ...counts], count)
  if (wrong !== undefined) return failed(wrong)
  return ok({ kind: 'exponential', scale, offset, counts, zeroCount, zeroThreshold, unit })
}

/** Fewer in the buckets than there are: of the rest the duration is unknown. More: one of both is wrong. */
function refusalOfCounts(counts: readonly number[], total: number): Refusal | undefined {
  let sum = 0
  for (const count of counts) {
    if (!isCount(count)) return 'count'
    sum += count
  }
  return sum > total ? 'sum' : undefined
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
