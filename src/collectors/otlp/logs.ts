import { failed, type Labels, minuteOf, ok, type Result, type UnixSeconds } from '../../base/index.ts'
import {
  type Addition,
  createJudge,
  type Exemplar,
  type Judgement,
  type RequestFacts,
  type SeriesHandle,
} from '../../traffic/index.ts'
import { ExemplarPick } from '../log/exemplars.ts'
import type { KeyField } from '../log/json-format.ts'
import type { LogRecord, Rejection } from '../log/record.ts'
import type { Counting } from '../push/intake.ts'
import { createNaming, type SeriesOf } from '../request/naming.ts'
import type { RequestOptions } from '../request/options.ts'
import { type AttributeValue, attributeText, resourceLabels } from './attributes-resource.ts'
import { readJson } from './json.ts'
import { readJsonLogs } from './logs-json.ts'
import { readProtobufLogs } from './logs-protobuf.ts'
import { createLogReader, type LogFacts } from './logs-record.ts'
import type { OtlpOptions } from './options.ts'
import type { Encoding, Reading, Signal } from './signal.ts'
import { Rejections } from './spans-rejections.ts'
import { WIRE_FAULTS } from './wire.ts'

/** How access logs that come as log records are read. */
export interface LogSettings {
  /** The DataSource's name. */
  readonly source: string
  /** On every series whose resource does not say better. */
  readonly labels: Labels
  readonly options: Omit<RequestOptions, 'labels' | 'maxSeries'> &
    Pick<OtlpOptions, 'late'> & {
      /** Keys that come before the ones that are known anyway, as for log files. */
      readonly fields?: readonly KeyField[]
    }
  readonly now: () => UnixSeconds
}

/** Further in the future than clocks go wrong, in seconds. */
const FUTURE = 300
const MOST_RESOURCES = 1_000

const WHY: Readonly<Record<Rejection | 'future', string>> = {
  'no-time': 'no time',
  'no-status': 'no access log, for want of a status, a gRPC status or response flags',
  'too-old': 'ended longer ago than this source takes',
  future: 'the end more than five minutes in the future',
  'not-json': 'a body that is no JSON',
  'not-the-format': 'a body of another format',
  'line-too-long': 'too long',
}

/** Reads log records as the access logs of a proxy, one request each. */
export function createLogSignal(settings: LogSettings): Signal {
  const reader = new LogReader(settings)
  return { read: (body, encoding) => reader.read(body, encoding) }
}

interface Resource {
  readonly seriesOf: SeriesOf
  readonly service: string | undefined
}

class LogReader {
  readonly #settings: LogSettings
  readonly #judge: (facts: RequestFacts) => Judgement
  readonly #recordOf: (facts: LogFacts) => LogRecord | Rejection
  readonly #serviceField: string
  readonly #rejections = new Rejections()
  #resources = new Map<string, Resource>()
  /** The series of the source's table, by how they are named here. */
  readonly #handles = new WeakMap<SeriesHandle, SeriesHandle>()
  #events: { readonly series: SeriesHandle; readonly addition: Addition }[] = []
  #exemplars: readonly Exemplar[] = []
  #pick: ExemplarPick
  #items = 0
  #now: UnixSeconds

  constructor(settings: LogSettings) {
    const { healthChecks, outcomes, abort, service, fields = [] } = settings.options
    this.#settings = settings
    this.#judge = createJudge({ ...healthChecks, outcomes, ...(abort === undefined ? {} : { abort }) })
    this.#serviceField = service.kind === 'from' && service.from === 'field' ? service.field : 'service.name'
    this.#recordOf = createLogReader(fields)
    this.#pick = new ExemplarPick(settings.source)
    this.#now = settings.now()
  }

  read(body: Uint8Array, encoding: Encoding): Result<Reading, string> {
    this.#events = []
    this.#rejections.clear()
    this.#items = 0
    this.#now = this.#settings.now()
    const problem = encoding === 'protobuf' ? this.#readProtobuf(body) : this.#readJson(body)
    this.#exemplars = this.#pick.take()
    if (problem !== undefined) return failed(problem)
    const [events, exemplars] = [this.#events, this.#exemplars]
    const { total, message } = this.#rejections
    return ok({
      items: this.#items,
      rejected: total,
      message,
      count: (into) => {
        for (const { series, addition } of events) into.add(this.#handle(into, series), addition)
        for (const exemplar of exemplars) into.exemplar(exemplar)
        if (total > 0) into.reject(total)
      },
    })
  }

  #readProtobuf(body: Uint8Array): string | undefined {
    const fault = readProtobufLogs(body, this)
    if (fault === undefined) return undefined
    return `the body is no ExportLogsServiceRequest: ${WIRE_FAULTS[fault.fault]}, near byte ${fault.at}`
  }

  #readJson(body: Uint8Array): string | undefined {
    const json = readJson(body)
    return json.kind === 'failed' ? json.error : readJsonLogs(json.value, this)
  }

  #handle(into: Counting, series: SeriesHandle): SeriesHandle {
    let handle = this.#handles.get(series)
    if (handle === undefined) {
      handle = into.series(series.labels)
      this.#handles.set(series, handle)
    }
    return handle
  }

  /** What records of a resource have in common. */
  resource(attributes: ReadonlyMap<string, AttributeValue>): Resource {
    const key = JSON.stringify([...attributes])
    const known = this.#resources.get(key)
    if (known !== undefined) return known
    const { options, labels } = this.#settings
    const table = { series: (found: Labels) => ({ labels: found, id: -1, overflow: false }) }
    const naming = { ...options, labels: resourceLabels(attributes, labels) }
    const service = attributeText(attributes.get(this.#serviceField))
    const resource = { seriesOf: createNaming(naming, table)(''), service }
    if (this.#resources.size >= MOST_RESOURCES) this.#resources = new Map()
    this.#resources.set(key, resource)
    return resource
  }

  record(resource: Resource, facts: LogFacts): void {
    this.#items++
    const read = this.#recordOf(facts)
    if (typeof read === 'string') return this.#rejections.add(WHY[read])
    const ended = read.endMs / 1000
    if (ended > this.#now + FUTURE) return this.#rejections.add(WHY.future)
    if (ended < this.#now - this.#settings.options.late) return this.#rejections.add(WHY['too-old'])
    const service = attributeText(facts.attributes.get(this.#serviceField)) ?? resource.service
    const record = { ...read, service: service ?? read.service }
    const judgement = this.#judge(record)
    const { outcome, reason, timed } = judgement
    const series = resource.seriesOf(record)
    const duration = timed ? record.duration : undefined
    this.#events.push({ series, addition: { minute: minuteOf(ended), outcome, reason, duration } })
    this.#pick.offer(record, judgement, series.labels)
  }
}
