import { failed, microseconds, ok, type Result } from '../../base/index.ts'
import { createJudge, type Judgement, type RequestFacts, type SeriesHandle } from '../../traffic/index.ts'
import type { Counting } from '../push/intake.ts'
import { shortName } from './metrics-attributes.ts'
import { place } from './metrics-buckets.ts'
import { readJson } from './metrics-json.ts'
import type { Attributes, Point, RawMetric, RawRequest, RawResource, RawScope } from './metrics-model.ts'
import { createSeriesNaming, type Named, type SeriesNaming } from './metrics-naming.ts'
import { pointOf, REFUSALS, type Refusal, refusalOf } from './metrics-points.ts'
import { readProtobuf } from './metrics-protobuf.ts'
import { type Resolution, ResolutionSeen } from './metrics-resolution.ts'
import { applies, CONVENTIONS, factsOf, type MetricRule, routeOf } from './metrics-rules.ts'
import { spread } from './metrics-spread.ts'
import { metricTargets } from './metrics-status.ts'
import { Streams } from './metrics-streams.ts'
import type { Encoding, Reading, Signal, SignalSettings } from './signal.ts'

export interface MetricSettings extends SignalSettings {
  /** How many running totals are remembered. 20,000 unless given. */
  readonly mostTotals?: number
}

/** Data points that count requests. */
export interface MetricSignal extends Signal {
  /** How finely durations were told since this began. */
  readonly resolution: () => Resolution
  readonly numbers: () => MetricNumbers
}

/** Of data points since this began. */
export interface MetricNumbers {
  /** Of metrics that count requests. */
  readonly used: number
  /** Running totals that began before we did: what they held was not counted. */
  readonly baselines: number
  /** Seen before, or older than what was seen. */
  readonly repeated: number
  /** Totals that fell: whoever counts was restarted without saying so. */
  readonly resets: number
  /** Of metrics whose requests a newer metric of the same process counts. */
  readonly doubles: number
  /** How many totals are remembered, and how many were given up for want of room. */
  readonly followed: number
  readonly forgotten: number
}

/** A point that will be counted, with all that is known of it before. */
interface Candidate {
  readonly point: Point
  readonly resource: Attributes
  readonly rule: MetricRule
  readonly facts: RequestFacts
  readonly named: Named
}

const FUTURE_US = 300_000_000
const LONGEST_US = 86_400_000_000

/** Reads metrics of requests. See docs/collectors-opentelemetry.md. */
export function createMetricSignal(settings: MetricSettings): MetricSignal {
  const signal = new MetricSignalReader(settings)
  return {
    read: (body, encoding) => signal.read(body, encoding),
    resolution: () => signal.resolution(),
    numbers: () => signal.numbers(),
    targets: () => metricTargets(signal.numbers(), signal.resolution()),
  }
}

class MetricSignalReader {
  readonly #settings: MetricSettings
  readonly #rules: ReadonlyMap<string, MetricRule>
  /** Families that have more than one metric. */
  readonly #doubled: ReadonlySet<string>
  readonly #judge: (facts: RequestFacts) => Judgement
  readonly #naming: SeriesNaming
  readonly #streams: Streams
  readonly #resolution = new ResolutionSeen()
  readonly #numbers = { used: 0, baselines: 0, repeated: 0, resets: 0, doubles: 0 }

  constructor(settings: MetricSettings) {
    const { options, labels, source, recall, now } = settings
    const { abort, healthChecks, outcomes } = options
    this.#settings = settings
    this.#rules = new Map([...CONVENTIONS, ...options.metrics].map((rule) => [rule.name, rule]))
    const rules = [...this.#rules.values()]
    this.#doubled = new Set(rules.filter(({ rank }) => rank > 1).map(({ family }) => family))
    this.#judge = createJudge({ ...healthChecks, outcomes, ...(abort === undefined ? {} : { abort }) })
    this.#naming = createSeriesNaming(labels, options)
    this.#streams = new Streams({
      prefix: `otlp-metrics:${source}`,
      recall,
      nowUs: () => now() * 1_000_000,
      most: settings.mostTotals ?? 20_000,
    })
  }

  resolution(): Resolution {
    return this.#resolution.seen()
  }

  numbers(): MetricNumbers {
    return { ...this.#numbers, ...this.#streams.state() }
  }

  read(body: Uint8Array, encoding: Encoding): Result<Reading, string> {
    const wanted = (name: string): boolean => this.#rules.has(name)
    const request = encoding === 'json' ? readJson(body, wanted) : readProtobuf(body, wanted)
    if (request.kind === 'failed') return failed(request.error)
    const { candidates, refusals } = this.#check(request.value)
    const rejected = [...refusals.values()].reduce((sum, { points }) => sum + points, 0)
    return ok({
      items: request.value.points,
      rejected,
      message: messageOf(refusals),
      count: (into) => {
        if (rejected > 0) into.reject(rejected)
        this.#count(into, candidates)
      },
    })
  }

  #check(request: RawRequest): { readonly candidates: readonly Candidate[]; readonly refusals: Refusals } {
    const candidates: Candidate[] = []
    const refusals: Map<string, { readonly text: string; points: number }> = new Map()
    const refuse = (metric: RawMetric, refusal: Refusal, points: number): void => {
      const text = `${metric.name}: ${REFUSALS[refusal]}`
      const known = refusals.get(text)
      if (known === undefined) refusals.set(text, { text, points })
      else known.points += points
    }
    for (const resource of request.resources)
      for (const scope of resource.scopes)
        for (const metric of scope.metrics) {
          const rule = this.#rules.get(metric.name)
          if (rule === undefined) continue
          const refusal = refusalOf(metric, rule)
          if (refusal !== undefined) refuse(metric, refusal, metric.points.length)
          else
            this.#checkPoints({ resource, scope, metric, rule }, candidates, (found) =>
              refuse(metric, found, 1),
            )
        }
    return { candidates, refusals }
  }

  #checkPoints(
    known: {
      readonly resource: RawResource
      readonly scope: RawScope
      readonly metric: RawMetric
      readonly rule: MetricRule
    },
    into: Candidate[],
    refuse: (refusal: Refusal) => void,
  ): void {
    const { resource, scope, metric, rule } = known
    const now = this.#settings.now()
    const acceptance = {
      earliestUs: (now - this.#settings.options.late) * 1_000_000,
      latestUs: now * 1_000_000 + FUTURE_US,
    }
    const resourceName = shortName(resource.attributes.identity)
    const metricName = shortName(resourceName, scope.name, metric.name, metric.unit, metric.kind)
    for (const raw of metric.points) {
      if (!applies(rule, raw.attributes)) continue
      const series = shortName(raw.attributes.identity)
      const names = { resource: resourceName, metric: metricName, series }
      const point = pointOf(raw, { metric, rule, names, acceptance })
      if (point.kind === 'failed') refuse(point.error)
      else if (point.value !== undefined) {
        const facts = factsOf(rule, raw.attributes)
        const { path, grpcStatus } = facts
        const named = { path, grpcStatus, route: routeOf(rule, raw.attributes), attributes: raw.attributes }
        into.push({ point: point.value, resource: resource.attributes, rule, facts, named })
      }
    }
  }

  #count(into: Counting, candidates: readonly Candidate[]): void {
    for (const { point, rule } of candidates)
      if (rule.rank === 1 && this.#doubled.has(rule.family)) this.#streams.prefer(point.resource, rule.family)
    for (const candidate of candidates) this.#countPoint(into, candidate)
    for (const [key, value] of this.#streams.changes()) into.remember(key, value)
  }

  #countPoint(into: Counting, { point, resource, rule, facts, named }: Candidate): void {
    const numbers = this.#numbers
    if (rule.rank > 1 && this.#streams.prefers(point.resource, rule.family)) {
      numbers.doubles++
      return
    }
    numbers.used++
    const seen = this.#streams.observe(point)
    if (seen.kind !== 'added') {
      if (seen.kind === 'baseline') numbers.baselines++
      else numbers.repeated++
      return
    }
    if (seen.reset) numbers.resets++
    this.#resolution.see(seen.buckets)
    if (seen.count === 0) return
    const parts = this.#partsOf(facts, { ...seen, max: point.max })
    const series = this.#naming(into, named, resource)
    this.#offerExamples(into, { point, facts, series }, seen)
    const stretch = { fromUs: Math.max(seen.fromUs, seen.toUs - LONGEST_US), toUs: seen.toUs }
    for (const { minute, counts } of spread(
      parts.map(({ count }) => count),
      stretch,
    ))
      parts.forEach(({ outcome, reason, duration }, i) => {
        const weight = counts[i] ?? 0
        if (weight > 0) into.add(series, { minute, outcome, reason, duration }, weight)
      })
  }

  /** A point may show again what one before it showed. */
  #offerExamples(
    into: Counting,
    { point, facts, series }: Pick<Candidate, 'point' | 'facts'> & { readonly series: SeriesHandle },
    { fromUs, toUs }: { readonly fromUs: number; readonly toUs: number },
  ): void {
    for (const { timeUs, durationUs, traceId } of point.examples) {
      if (timeUs <= fromUs || timeUs > toUs) continue
      const { outcome, reason } = this.#judge({ ...facts, duration: durationUs })
      const duration = microseconds(Math.round(durationUs))
      const { source } = this.#settings
      into.exemplar({
        source,
        labels: series.labels,
        atMs: Math.floor(timeUs / 1_000),
        outcome,
        reason,
        duration,
        traceId,
      })
    }
  }

  /** The requests of a point by outcome and duration, the quickest first, those of unknown duration last. */
  #partsOf(
    facts: RequestFacts,
    { count, buckets, max }: Pick<Point, 'count' | 'buckets' | 'max'>,
  ): readonly {
    readonly count: number
    readonly outcome: Judgement['outcome']
    readonly reason: string
    readonly duration: number | undefined
  }[] {
    const placed = buckets === undefined ? [] : place(buckets, max)
    const whole = this.#judge(facts)
    // What all of a bucket lasted at least says how patient a client was that left; nothing else depends on it.
    const judgementOf = (atLeast: number): Judgement =>
      whole.reason === 'client-left-early' ? this.#judge({ ...facts, duration: atLeast }) : whole
    let untimed = count
    const parts = placed.map((part) => {
      untimed -= part.count
      const { outcome, reason, timed } = judgementOf(part.atLeast)
      return { count: part.count, outcome, reason, duration: timed ? part.counted : undefined }
    })
    if (untimed === 0) return parts
    const { outcome, reason } = whole
    return [...parts, { count: untimed, outcome, reason, duration: undefined }]
  }
}

type Refusals = ReadonlyMap<string, { readonly text: string; readonly points: number }>

const MOST_TOLD = 3

function messageOf(refusals: Refusals): string {
  const told = [...refusals.values()].slice(0, MOST_TOLD).map(({ text, points }) => `${points} of ${text}`)
  const more = refusals.size > MOST_TOLD ? [`and ${refusals.size - MOST_TOLD} more reasons`] : []
  return [...told, ...more].join('; ')
}
