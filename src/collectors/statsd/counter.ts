import { minuteOf } from '../../base/index.ts'
import { createJudge } from '../../traffic/index.ts'
import { inMicroseconds } from '../otlp/metrics-buckets.ts'
import { factsOf, routeOf } from '../otlp/metrics-rules.ts'
import type { Counting } from '../push/intake.ts'
import { createNaming } from '../request/naming.ts'
import { parseLine, type StatsdMetric } from './line.ts'
import { createMatcher, type Matched } from './names.ts'
import type { StatsdOptions } from './options.ts'

/** A datagram as it came. */
export interface Datagram {
  readonly bytes: Uint8Array
  /** Seconds since 1970. */
  readonly at: number
}

export interface StatsdCounter {
  readonly count: (datagram: Datagram, into: Counting) => void
  readonly numbers: () => StatsdNumbers
}

/** Of lines, since the counter was made. */
export interface StatsdNumbers {
  readonly lines: number
  /** Of metrics that no rule names. */
  readonly unnamed: number
  readonly malformed: number
  /** The last one that could not be used, with why; undefined when there was none. */
  readonly lastMalformed: string | undefined
}

const MILLISECOND = 1_000
/** What a line may say of the past, and of the future. */
const LATEST_S = 300
const EARLIEST_S = 86_400
/** Beyond it a line is a mistake. */
const MOST_AT_ONCE = 1e9
const MOST_CARRIED = 20_000
const SHOWN = 120

/** Counts what datagrams say of requests. */
export function createStatsdCounter(options: StatsdOptions): StatsdCounter {
  const counter = new Counter(options)
  return { count: (datagram, into) => counter.count(datagram, into), numbers: () => ({ ...counter.numbers }) }
}

class Counter {
  readonly numbers: { -readonly [K in keyof StatsdNumbers]: StatsdNumbers[K] } = {
    lines: 0,
    unnamed: 0,
    malformed: 0,
    lastMalformed: undefined,
  }
  readonly #judge: ReturnType<typeof createJudge>
  readonly #match: ReturnType<typeof createMatcher>
  readonly #naming: ReturnType<ReturnType<typeof createNaming>>
  readonly #field: string
  /** What is left of weights that are no whole numbers, by series and reason; below 1. */
  readonly #carried = new Map<string, number>()
  #into: Counting | undefined

  constructor(options: StatsdOptions) {
    const { healthChecks, outcomes, abort, service } = options
    this.#judge = createJudge({ ...healthChecks, outcomes, ...(abort === undefined ? {} : { abort }) })
    this.#match = createMatcher(options.metrics)
    this.#field = service.kind === 'from' ? service.field : ''
    this.#naming = createNaming(options, {
      series: (labels) => {
        if (this.#into === undefined) throw new Error('series are named while a datagram is counted')
        return this.#into.series(labels)
      },
    })('')
  }

  count({ bytes, at }: Datagram, into: Counting): void {
    this.#into = into
    for (const text of Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString().split('\n')) {
      const line = parseLine(text.endsWith('\r') ? text.slice(0, -1) : text)
      if (line.kind === 'other') continue
      this.numbers.lines++
      const why = line.kind === 'malformed' ? line.why : this.#countMetric(line.metric, at, into)
      if (why === undefined) continue
      into.reject(1)
      this.numbers.malformed++
      this.numbers.lastMalformed = `${why}: ${shown(text)}`
    }
  }

  /** Gives why it cannot be counted. */
  #countMetric(metric: StatsdMetric, at: number, into: Counting): string | undefined {
    const matched = this.#match(metric.name, metric.tags)
    if (matched === undefined) {
      this.numbers.unnamed++
      return undefined
    }
    if (metric.kind === 'state') return 'gauges and sets count no requests'
    const seconds = metric.timestamp ?? at
    if (seconds > at + LATEST_S || seconds < at - EARLIEST_S) return 'its time is too far from now'
    if (!metric.values.every((value) => value >= 0 && value / metric.rate <= MOST_AT_ONCE))
      return metric.kind === 'counter'
        ? 'it counts less than nothing, or far too much'
        : 'it took less than nothing'
    const minute = minuteOf(seconds)
    for (const value of metric.values) {
      if (metric.kind === 'counter') this.#add(matched, { minute, weight: value / metric.rate }, into)
      else {
        const unit = metric.kind === 'timer' ? MILLISECOND : matched.rule.unit
        const duration = inMicroseconds(value, unit)
        this.#add(matched, { minute, weight: 1 / metric.rate, duration }, into)
      }
    }
    return undefined
  }

  #add(
    { rule, attributes }: Matched,
    event: { readonly minute: number; readonly weight: number; readonly duration?: number },
    into: Counting,
  ): void {
    const { minute, weight, duration } = event
    const facts = factsOf(rule, attributes)
    const { outcome, reason, timed } = this.#judge({ ...facts, duration })
    const series = this.#naming({
      ...facts,
      route: routeOf(rule, attributes),
      service: attributes.values.get(this.#field),
      authority: undefined,
      upstreamCluster: undefined,
      endMs: 0,
      traceId: undefined,
      requestId: undefined,
    })
    const whole = this.#whole(`${series.id} ${reason}`, weight)
    if (whole > 0)
      into.add(series, { minute, outcome, reason, duration: timed ? duration : undefined }, whole)
  }

  /** Of a weight the whole part, with what was left of those before: one of three is 3, 3, 4 for each that is told. */
  #whole(key: string, weight: number): number {
    if (Number.isInteger(weight)) return weight
    if (this.#carried.size >= MOST_CARRIED) this.#carried.clear()
    const sum = weight + (this.#carried.get(key) ?? 0)
    // Nine tenths and a tenth are one, although their doubles are a little less.
    const whole = Math.floor(sum + 1e-9)
    this.#carried.set(key, Math.max(0, sum - whole))
    return whole
  }
}

/** As people can be shown it: short, and without what a terminal would obey. */
function shown(text: string): string {
  const printable = text.replaceAll(/[^ -~]/g, '?')
  return printable.length > SHOWN ? `${printable.slice(0, SHOWN)}…` : printable
}
