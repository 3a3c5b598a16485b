import { failed, type Labels, ok, type Result, type UnixSeconds } from '../../base/index.ts'
import type { JudgeOptions } from '../../traffic/index.ts'
import type { Counting } from '../push/intake.ts'
import type { RequestOptions } from '../request/options.ts'
import { PLACES } from './attributes.ts'
import type { AttributeValue } from './attributes-resource.ts'
import { type Text, TextTable } from './attributes-text.ts'
import { readJson } from './json.ts'
import type { OtlpOptions } from './options.ts'
import type { Encoding, Reading, Signal } from './signal.ts'
import { CONSUMER, SERVER, SpanFacts } from './spans.ts'
import { SpanAttributes } from './spans-attributes.ts'
import { SpanBatch } from './spans-batch.ts'
import { SpanExamples } from './spans-examples.ts'
import { SpanJudge } from './spans-judge.ts'
import { SpanNaming, type SpanResource, sampledTwin } from './spans-naming.ts'
import { Rejections, SPAN_REJECTIONS } from './spans-rejections.ts'
import { type Sampling, samplingOf } from './spans-sampling.ts'
import { SeenSpans } from './spans-seen.ts'
import { readJsonTraces } from './traces-json.ts'
import { TraceScanner } from './traces-protobuf.ts'
import { WIRE_FAULTS } from './wire.ts'

/** How spans become requests. What is absent has the value that is said. */
export interface TraceSettings {
  /** The DataSource's name. */
  readonly source: string
  /** On every series whose resource does not say better. */
  readonly labels: Labels
  readonly options: Omit<RequestOptions, 'labels' | 'maxSeries'> &
    Pick<OtlpOptions, 'duplicates' | 'late'> & {
      /** Whether spans that took a message from a queue are requests too. No. */
      readonly consumers?: boolean
      /** Whether a span that stands for several counts as several. Yes; if not, its series is marked as sampled. */
      readonly weigh?: boolean
    }
  readonly now: () => UnixSeconds
}

export interface TraceSignal extends Signal {
  /** Since the signal was made. */
  readonly numbers: () => {
    /** Spans that were not counted because they had been. */
    readonly duplicates: number
    /** Spans that call themselves failed while their status code says otherwise; the code was trusted. */
    readonly disagreements: number
  }
}

/** Further in the future than clocks go wrong, in seconds. */
const FUTURE = 300
const MOST_TEXTS = 20_000
const MOST_RESOURCES = 4_000

/** Reads spans as requests: those that a server answered, each in the minute in which it ended. */
export function createTraceSignal(settings: TraceSettings): TraceSignal {
  const reader = new TraceReader(settings)
  return {
    read: (body, encoding) => reader.read(body, encoding),
    numbers: () => ({ duplicates: reader.duplicates, disagreements: reader.disagreements }),
  }
}

class TraceReader {
  disagreements = 0
  readonly #settings: TraceSettings
  readonly #facts = new SpanFacts()
  readonly #texts: TextTable
  readonly #resourceTexts: TextTable
  readonly #resources = new Map<Text, SpanResource>()
  readonly #naming: SpanNaming
  readonly #judge: SpanJudge
  readonly #attributes: SpanAttributes
  readonly #batch: SpanBatch
  readonly #scanner: TraceScanner
  readonly #rejections = new Rejections()
  #items = 0
  #now: UnixSeconds
  /** Rises with every request that is read. */
  #turn = 0

  constructor(settings: TraceSettings) {
    const { options, labels, now, source } = settings
    const { healthChecks, outcomes, abort, duplicates, service } = options
    const judging: JudgeOptions = { ...healthChecks, outcomes, ...(abort === undefined ? {} : { abort }) }
    this.#settings = settings
    this.#now = now()
    this.#judge = new SpanJudge(judging)
    this.#naming = new SpanNaming({ ...options, labels }, this.#judge.isHealthCheck)
    this.#texts = new TextTable({ most: MOST_TEXTS, onForget: () => this.#forget() })
    this.#resourceTexts = new TextTable({ most: MOST_RESOURCES, onForget: () => this.#resources.clear() })
    this.#attributes = new SpanAttributes(this.#facts, this.#texts, { service, healthChecks })
    this.#batch = new SpanBatch(this.#facts, {
      seen: duplicates === undefined ? undefined : new SeenSpans(duplicates),
      examples: new SpanExamples(source),
      now,
    })
    this.#scanner = new TraceScanner({
      facts: this.#facts,
      attributes: this.#attributes,
      texts: this.#texts,
      isWanted: (kind) => kind === SERVER || (kind === CONSUMER && options.consumers === true),
      resource: (key, attributes) => this.#resource(key, attributes),
      span: (resource) => this.#span(resource),
      item: () => {
        this.#items++
      },
    })
  }

  get duplicates(): number {
    return this.#batch.duplicates
  }

  read(body: Uint8Array, encoding: Encoding): Result<Reading, string> {
    this.#turn++
    this.#items = 0
    this.#now = this.#settings.now()
    this.#batch.clear()
    this.#rejections.clear()
    if (this.#naming.begin() === 'full') this.#forget()
    const problem = encoding === 'protobuf' ? this.#readProtobuf(body) : this.#readJson(body)
    if (problem !== undefined) return failed(problem)
    const rejected = this.#rejections.total
    const turn = this.#turn
    return ok({
      items: this.#items,
      rejected,
      message: this.#rejections.message,
      count: (into) => this.#count(into, { turn, rejected }),
    })
  }

  #count(into: Counting, { turn, rejected }: { readonly turn: number; readonly rejected: number }): void {
    if (turn !== this.#turn) throw new Error('spans must be counted before the next request is read')
    this.#turn++
    this.#batch.count(into)
    if (rejected > 0) into.reject(rejected)
  }

  #readProtobuf(body: Uint8Array): string | undefined {
    const fault = this.#scanner.scan(body)
    if (fault === undefined) return undefined
    return `the body is no ExportTraceServiceRequest: ${WIRE_FAULTS[fault.fault]}, near byte ${fault.at}`
  }

  #readJson(body: Uint8Array): string | undefined {
    const json = readJson(body)
    if (json.kind === 'failed') return json.error
    return readJsonTraces(json.value, {
      facts: this.#facts,
      attributes: this.#attributes,
      texts: this.#texts,
      resource: (attributes) => {
        const bytes = new TextEncoder().encode(JSON.stringify([...attributes]))
        return this.#resource({ bytes, from: 0, to: bytes.length }, () => attributes)
      },
      span: (resource) => this.#span(resource),
      item: () => {
        this.#items++
      },
      isWanted: (kind) => kind === SERVER || (kind === CONSUMER && this.#settings.options.consumers === true),
    })
  }

  /** What spans of a resource have in common, kept by its bytes; undefined when its attributes cannot be read. */
  #resource(
    key: { readonly bytes: Uint8Array; readonly from: number; readonly to: number } | undefined,
    attributes: () => ReadonlyMap<string, AttributeValue> | undefined,
  ): SpanResource | undefined {
    const text = key === undefined ? undefined : this.#resourceTexts.take(key.bytes, key.from, key.to)
    const known = text === undefined ? undefined : this.#resources.get(text)
    if (known !== undefined) return known
    const read = attributes()
    if (read === undefined) return undefined
    const resource = this.#naming.resource(read)
    if (text !== undefined) this.#resources.set(text, resource)
    return resource
  }

  /** Counts the span whose facts are there, or says why it cannot be. */
  #span(resource: SpanResource): void {
    const facts = this.#facts
    if (facts.hasNoTime) return this.#rejections.add(SPAN_REJECTIONS.time)
    if (facts.endsBeforeStart) return this.#rejections.add(SPAN_REJECTIONS.order)
    const { endSeconds } = facts
    if (endSeconds > this.#now + FUTURE) return this.#rejections.add(SPAN_REJECTIONS.future)
    if (endSeconds < this.#now - this.#settings.options.late)
      return this.#rejections.add(SPAN_REJECTIONS.late)
    const sampling = this.#sampling()
    if (sampling?.kind === 'too-heavy') return this.#rejections.add(SPAN_REJECTIONS.weight)
    const isWeighed = sampling?.kind === 'weight' && this.#settings.options.weigh !== false
    const weight = isWeighed ? sampling.weight : 1
    // A threshold tells everything that other marks of samplers leave open.
    const isSampled =
      sampling === undefined
        ? resource.isSampled || facts.value(PLACES.sampler) !== undefined
        : !isWeighed && !(sampling.kind === 'weight' && sampling.weight === 1)
    const series = this.#naming.series(resource, facts)
    const judgement = this.#judge.judge(facts, series)
    if (facts.saysError && judgement.outcome === 'good') this.disagreements++
    this.#batch.add(isSampled ? sampledTwin(series) : series, judgement, weight)
  }

  #sampling(): Sampling | undefined {
    const { traceState } = this.#facts
    return traceState === undefined ? undefined : samplingOf(traceState)
  }

  #forget(): void {
    this.#naming.forget()
    this.#resources.clear()
  }
}
