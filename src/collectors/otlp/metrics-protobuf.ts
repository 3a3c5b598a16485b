import { failed, ok, type Result } from '../../base/index.ts'
import { type Attribute, attributesOf, NO_ATTRIBUTES } from './metrics-attributes.ts'
import type {
  RawExample,
  RawExponential,
  RawMetric,
  RawPoint,
  RawRequest,
  RawResource,
  RawScope,
} from './metrics-model.ts'
import { bytesTag, fixed64Tag, varintTag, WIRE_FAULTS, WireReader } from './wire.ts'

/** More data points or metrics in one request than any exporter sends; without a bound a request could fill the memory. */
export const MOST_POINTS = 100_000
/** More buckets than any histogram has. What has more is cut, one above, so that it is seen to have more. */
export const MOST_BUCKETS = 4_096
/** Of a point's examples so many are read. */
export const MOST_EXAMPLES = 8

// Fields of opentelemetry.proto.metrics.v1 and what stands around it, by tag.
const RESOURCE_METRICS = bytesTag(1)
const RESOURCE = bytesTag(1)
const SCOPE_METRICS = bytesTag(2)
const SCOPE = bytesTag(1)
const METRICS = bytesTag(2)
const DATA_POINTS = bytesTag(1)
const TEMPORALITY = varintTag(2)
const IS_MONOTONIC = varintTag(3)
const KINDS: ReadonlyMap<number, RawMetric['kind']> = new Map([
  [bytesTag(5), 'gauge'],
  [bytesTag(7), 'sum'],
  [bytesTag(9), 'histogram'],
  [bytesTag(10), 'exponential'],
  [bytesTag(11), 'summary'],
])

/** Reads an ExportMetricsServiceRequest. Of the metrics only those that are wanted are read, the others' points are counted. */
export function readProtobuf(
  body: Uint8Array,
  wanted: (metric: string) => boolean,
): Result<RawRequest, string> {
  return new RequestReader(body, wanted).read()
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] }

class RequestReader {
  readonly #reader = new WireReader()
  readonly #wanted: (metric: string) => boolean
  /** Data points of all metrics. */
  #points = 0
  /** Metrics and data points that are kept. */
  #kept = 0

  constructor(body: Uint8Array, wanted: (metric: string) => boolean) {
    this.#reader.begin(body)
    this.#wanted = wanted
  }

  read(): Result<RawRequest, string> {
    const reader = this.#reader
    const resources: RawResource[] = []
    while (this.#next())
      if (reader.tag === RESOURCE_METRICS) {
        const resource = this.#resourceMetrics()
        if (resource.scopes.length > 0) resources.push(resource)
      } else reader.skip()
    if (this.#kept > MOST_POINTS)
      return failed(`the request has more than ${MOST_POINTS} metrics and data points; send less at once`)
    if (reader.fault !== undefined)
      return failed(`the body is no ExportMetricsServiceRequest: ${WIRE_FAULTS[reader.fault]}`)
    return ok({ resources, points: this.#points })
  }

  #next(): boolean {
    return this.#kept <= MOST_POINTS && this.#reader.next()
  }

  #resourceMetrics(): RawResource {
    const reader = this.#reader
    const attributes: Attribute[] = []
    const scopes: RawScope[] = []
    const outer = reader.enter()
    while (this.#next())
      if (reader.tag === RESOURCE) {
        const inner = reader.enter()
        while (reader.next()) {
          if (reader.tag === bytesTag(1)) this.#attribute(attributes)
          else reader.skip()
        }
        reader.leave(inner)
      } else if (reader.tag === SCOPE_METRICS) {
        const scope = this.#scopeMetrics()
        if (scope.metrics.length > 0) scopes.push(scope)
      } else reader.skip()
    reader.leave(outer)
    return { attributes: attributesOf(attributes), scopes }
  }

  #scopeMetrics(): RawScope {
    const reader = this.#reader
    const metrics: RawMetric[] = []
    let name = ''
    let version = ''
    const outer = reader.enter()
    while (this.#next())
      if (reader.tag === SCOPE) {
        const inner = reader.enter()
        while (reader.next()) {
          if (reader.tag === bytesTag(1)) name = reader.text()
          else if (reader.tag === bytesTag(2)) version = reader.text()
          else reader.skip()
        }
        reader.leave(inner)
      } else if (reader.tag === METRICS) this.#metric(metrics)
      else reader.skip()
    reader.leave(outer)
    return { name: `${name} ${version}`, metrics }
  }

  /** Its name may stand behind its points, so it is looked for first. */
  #metric(into: RawMetric[]): void {
    const reader = this.#reader
    const outer = reader.enter()
    const from = reader.at
    let name = ''
    let unit = ''
    while (reader.next()) {
      if (reader.tag === bytesTag(1)) name = reader.text()
      else if (reader.tag === bytesTag(3)) unit = reader.text()
      else reader.skip()
    }
    const wanted = this.#wanted(name)
    if (wanted) this.#kept++
    reader.at = from
    let data: Mutable<RawMetric> | undefined
    while (this.#next()) {
      const kind = KINDS.get(reader.tag)
      if (kind === undefined) {
        reader.skip()
        continue
      }
      // They are alternatives: the last kind that stands there is the metric's.
      if (data?.kind !== kind) data = { name, unit, kind, temporality: 0, monotonic: false, points: [] }
      this.#data(data, wanted)
    }
    reader.leave(outer)
    if (wanted && data !== undefined) into.push(data)
  }

  #data(metric: Mutable<RawMetric>, wanted: boolean): void {
    const reader = this.#reader
    const outer = reader.enter()
    while (this.#next())
      if (reader.tag === DATA_POINTS) {
        this.#points++
        if (wanted) {
          this.#kept++
          metric.points.push(metric.kind === 'exponential' ? this.#exponential() : this.#point(metric.kind))
        } else reader.skip()
      } else if (reader.tag === TEMPORALITY) metric.temporality = reader.int32()
      else if (reader.tag === IS_MONOTONIC) metric.monotonic = reader.bool()
      else reader.skip()
    reader.leave(outer)
  }

  /** A NumberDataPoint, HistogramDataPoint or SummaryDataPoint: what they share stands in the same fields. */
  #point(kind: RawMetric['kind']): RawPoint {
    const reader = this.#reader
    const attributes: Attribute[] = []
    const isHistogram = kind === 'histogram'
    const isNumber = kind === 'sum' || kind === 'gauge'
    const point = emptyPoint(isNumber ? undefined : 0)
    const outer = reader.enter()
    while (reader.next()) {
      const { tag } = reader
      if (tag === fixed64Tag(2)) point.startNs = reader.fixed64()
      else if (tag === fixed64Tag(3)) point.timeNs = reader.fixed64()
      else if (tag === fixed64Tag(4)) point.count = isNumber ? reader.double() : reader.fixed64()
      else if (tag === fixed64Tag(6) && isNumber) point.count = reader.sfixed64()
      else if (tag === bytesTag(isHistogram ? 9 : 7)) this.#attribute(attributes)
      else if (tag === varintTag(isHistogram ? 10 : 8)) point.flags = reader.varint()
      else if (!isHistogram) reader.skip()
      else if (tag === fixed64Tag(12)) point.max = reader.double()
      else if (tag === bytesTag(8)) this.#example(point.examples)
      else if (tag === bytesTag(6) || tag === fixed64Tag(6))
        this.#numbers(point.bucketCounts, () => reader.fixed64())
      else if (tag === bytesTag(7) || tag === fixed64Tag(7))
        this.#numbers(point.bounds, () => reader.double())
      else reader.skip()
    }
    reader.leave(outer)
    point.attributes = attributesOf(attributes)
    return point
  }

  #exponential(): RawPoint {
    const reader = this.#reader
    const point = emptyPoint(0)
    const attributes: Attribute[] = []
    const found: Mutable<RawExponential> = {
      scale: 0,
      zeroCount: 0,
      zeroThreshold: 0,
      offset: 0,
      counts: [],
      hasNegative: false,
    }
    const outer = reader.enter()
    while (reader.next()) {
      const { tag } = reader
      if (tag === bytesTag(1)) this.#attribute(attributes)
      else if (tag === fixed64Tag(2)) point.startNs = reader.fixed64()
      else if (tag === fixed64Tag(3)) point.timeNs = reader.fixed64()
      else if (tag === fixed64Tag(4)) point.count = reader.fixed64()
      else if (tag === varintTag(6)) found.scale = reader.sint32()
      else if (tag === fixed64Tag(7)) found.zeroCount = reader.fixed64()
      else if (tag === bytesTag(8)) found.offset = this.#exponentialBuckets(found.counts, found.offset)
      else if (tag === bytesTag(9)) {
        const negative: number[] = []
        this.#exponentialBuckets(negative, 0)
        if (negative.some((count) => count > 0)) found.hasNegative = true
      } else if (tag === varintTag(10)) point.flags = reader.varint()
      else if (tag === bytesTag(11)) this.#example(point.examples)
      else if (tag === fixed64Tag(13)) point.max = reader.double()
      else if (tag === fixed64Tag(14)) found.zeroThreshold = reader.double()
      else reader.skip()
    }
    reader.leave(outer)
    point.attributes = attributesOf(attributes)
    point.exponential = found
    return point
  }

  /** An Exemplar. Without a trace it shows nothing that the histogram does not. */
  #example(into: RawExample[]): void {
    const reader = this.#reader
    let timeNs = 0
    let value = 0
    let traceId = ''
    const outer = reader.enter()
    while (reader.next()) {
      const { tag } = reader
      if (tag === fixed64Tag(2)) timeNs = reader.fixed64()
      else if (tag === fixed64Tag(3)) value = reader.double()
      else if (tag === fixed64Tag(6)) value = reader.sfixed64()
      else if (tag === bytesTag(5)) {
        const length = reader.length()
        traceId = Buffer.from(reader.bytes.subarray(reader.at, reader.at + length)).toString('hex')
        reader.at += length
      } else reader.skip()
    }
    reader.leave(outer)
    if (isTraceId(traceId) && into.length < MOST_EXAMPLES) into.push({ timeNs, value, traceId })
  }

  /** Gives the offset. */
  #exponentialBuckets(counts: number[], before: number): number {
    const reader = this.#reader
    let offset = before
    const outer = reader.enter()
    while (reader.next())
      if (reader.tag === varintTag(1)) offset = reader.sint32()
      else if (reader.tag === bytesTag(2) || reader.tag === varintTag(2))
        this.#numbers(counts, () => reader.varint())
      else reader.skip()
    reader.leave(outer)
    return offset
  }

  /** A list of numbers, packed or one by one: writers may do either. */
  #numbers(into: number[], read: () => number): void {
    const reader = this.#reader
    const push = (): void => {
      const value = read()
      if (into.length <= MOST_BUCKETS) into.push(value)
    }
    if ((reader.tag & 7) !== 2) {
      push()
      return
    }
    const outer = reader.enter()
    while (reader.at < reader.end && reader.fault === undefined) push()
    reader.leave(outer)
  }

  #attribute(into: Attribute[]): void {
    const reader = this.#reader
    let key = ''
    let value: Omit<Attribute, 'key'> = { kind: 'none', value: '' }
    const outer = reader.enter()
    while (reader.next())
      if (reader.tag === bytesTag(1)) key = reader.text()
      else if (reader.tag === bytesTag(2)) value = this.#anyValue() ?? value
      else reader.skip()
    reader.leave(outer)
    into.push({ key, ...value })
  }

  #anyValue(): Omit<Attribute, 'key'> | undefined {
    const reader = this.#reader
    let value: Omit<Attribute, 'key'> | undefined
    const outer = reader.enter()
    while (reader.next())
      switch (reader.tag) {
        case bytesTag(1):
          value = { kind: 'text', value: reader.text() }
          break
        case varintTag(2):
          value = { kind: 'truth', value: String(reader.bool()) }
          break
        case varintTag(3):
          value = { kind: 'integer', value: String(reader.int64()) }
          break
        case fixed64Tag(4):
          value = { kind: 'number', value: String(reader.double()) }
          break
        case bytesTag(5):
        case bytesTag(6):
        case bytesTag(7): {
          const from = reader.at
          reader.skip()
          const bytes = reader.bytes.subarray(from, reader.at)
          value = { kind: 'nested', value: Buffer.from(bytes).toString('base64') }
          break
        }
        default:
          reader.skip()
      }
    reader.leave(outer)
    return value
  }
}

/** All zeros are no trace. */
export function isTraceId(text: string): boolean {
  return /^(?=.*[^0])[0-9a-f]{32}$/.test(text)
}

/** A count that is zero is not written; a value that is not there is not zero. */
function emptyPoint(count: 0 | undefined): Mutable<RawPoint> {
  return {
    attributes: NO_ATTRIBUTES,
    startNs: 0,
    timeNs: 0,
    flags: 0,
    count,
    max: undefined,
    bounds: [],
    bucketCounts: [],
    exponential: undefined,
    examples: [],
  }
}
