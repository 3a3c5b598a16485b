import { PLACES } from './attributes.ts'
import type { AttributeValue } from './attributes-resource.ts'
import type { TextTable } from './attributes-text.ts'
import {
  anyValueOf,
  attributesOf,
  enumOf,
  hexInto,
  isObject,
  type JsonObject,
  listIn,
  uint64Of,
} from './json.ts'
import type { SpanFacts } from './spans.ts'
import type { SpanAttributes } from './spans-attributes.ts'
import type { SpanResource } from './spans-naming.ts'

export interface JsonTraceTarget {
  readonly facts: SpanFacts
  readonly attributes: SpanAttributes
  readonly texts: TextTable
  readonly isWanted: (kind: number) => boolean
  readonly resource: (attributes: ReadonlyMap<string, AttributeValue>) => SpanResource | undefined
  readonly span: (resource: SpanResource) => void
  readonly item: () => void
}

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
const STATUSES = ['UNSET', 'OK', 'ERROR']
const encoder = new TextEncoder()

/** Reads the spans of a request in OTLP's JSON. Fields that are not known are passed over; gives what is wrong. */
export function readJsonTraces(body: unknown, target: JsonTraceTarget): string | undefined {
  const resourceSpans = isObject(body) ? listIn(body, 'resourceSpans') : undefined
  if (resourceSpans === undefined) return 'the body has no list resourceSpans'
  for (const each of resourceSpans) {
    if (!isObject(each)) return 'an element of resourceSpans is no object'
    const scopeSpans = listIn(each, 'scopeSpans')
    const attributes = attributesOf(each['resource'])
    if (scopeSpans === undefined || attributes === undefined) return 'scopeSpans or attributes is no list'
    const resource = target.resource(attributes)
    if (resource === undefined) return 'the attributes of a resource cannot be read'
    for (const scope of scopeSpans) {
      const spans = isObject(scope) ? listIn(scope, 'spans') : undefined
      if (spans === undefined) return 'an element of scopeSpans has no list of spans'
      for (const span of spans) {
        if (!isObject(span)) return 'a span is no object'
        target.item()
        const kind = enumOf(span['kind'], KINDS)
        if (!target.isWanted(kind)) continue
        const attributeList = listIn(span, 'attributes')
        if (attributeList === undefined) return 'the attributes of a span are no list'
        readSpan(span, attributeList, target)
        target.facts.kind = kind
        target.span(resource)
      }
    }
  }
  return undefined
}

function readSpan(span: JsonObject, attributes: readonly unknown[], target: JsonTraceTarget): void {
  const { facts } = target
  facts.clear()
  const { status, traceState, name } = span
  const start = uint64Of(span['startTimeUnixNano']) ?? 0n
  const end = uint64Of(span['endTimeUnixNano']) ?? 0n
  facts.startHigh = Number(BigInt.asIntN(32, start >> 32n))
  facts.startLow = Number(BigInt.asIntN(32, start))
  facts.endHigh = Number(BigInt.asIntN(32, end >> 32n))
  facts.endLow = Number(BigInt.asIntN(32, end))
  facts.status = isObject(status) ? enumOf(status['code'], STATUSES) : 0
  facts.traceState = typeof traceState === 'string' && traceState !== '' ? traceState : undefined
  hexInto(span['traceId'], facts.ids, [0, 4])
  hexInto(span['spanId'], facts.ids, [4, 2])
  for (const each of attributes) if (isObject(each)) readAttribute(each, target)
  if (facts.text(PLACES.route) !== undefined || facts.text(PLACES.rpcMethod) !== undefined) return
  if (typeof name !== 'string' || name === '') return
  const bytes = encoder.encode(name)
  facts.name = target.texts.take(bytes, 0, bytes.length)
}

function readAttribute({ key, value }: JsonObject, { attributes }: JsonTraceTarget): void {
  const index = typeof key === 'string' ? attributes.keys.findText(key) : -1
  if (index < 0) return
  const found = anyValueOf(value)
  if (typeof found === 'number') attributes.putNumber(index, found)
  else if (typeof found === 'string') {
    attributes.bytes = encoder.encode(found)
    attributes.putText(index, 0, attributes.bytes.length)
  } else attributes.putOther(index)
}
