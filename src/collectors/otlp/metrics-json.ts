import { failed, ok, type Result } from '../../base/index.ts'
import { type Attribute, attributesOf } from './metrics-attributes.ts'
import type {
  Attributes,
  RawExample,
  RawExponential,
  RawMetric,
  RawPoint,
  RawRequest,
  RawScope,
} from './metrics-model.ts'
import { isTraceId, MOST_BUCKETS, MOST_EXAMPLES, MOST_POINTS } from './metrics-protobuf.ts'

const KINDS = [
  ['gauge', 'gauge'],
  ['sum', 'sum'],
  ['histogram', 'histogram'],
  ['exponentialHistogram', 'exponential'],
  ['summary', 'summary'],
] as const

/** As deep as any request, with room for maps within maps of attributes. */
const DEEPEST = 100
/** The shortest attribute has two objects in 34 bytes; what has far more is made to fill the memory, not to be read. */
const BYTES_AN_OBJECT = 8
const FREE_OBJECTS = 1_000

/** Reads an ExportMetricsServiceRequest in protobuf's JSON, as OTLP writes it. */
export function readJson(body: Uint8Array, wanted: (metric: string) => boolean): Result<RawRequest, string> {
  const shape = wrongShapeOf(body)
  if (shape !== undefined) return failed(shape)
  try {
    return ok(new RequestReader(wanted).read(JSON.parse(new TextDecoder().decode(body))))
  } catch (error) {
    if (error instanceof SyntaxError) return failed(`the body is no JSON: ${error.message}`)
    if (error instanceof ShapeError)
      return failed(`the body is no ExportMetricsServiceRequest: ${error.message}`)
    throw error
  }
}

/** A small body can make the parser build something far larger. Lists of numbers may be long, so commas are free. */
function wrongShapeOf(body: Uint8Array): string | undefined {
  let depth = 0
  let objects = 0
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]
    if (byte === QUOTE) {
      at++
      while (at < body.length && body[at] !== QUOTE) at += body[at] === BACKSLASH ? 2 : 1
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      objects++
      if (++depth > DEEPEST) return `the body is nested more than ${DEEPEST} deep`
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth--
  }
  return objects > body.length / BYTES_AN_OBJECT + FREE_OBJECTS
    ? 'the body has more objects than metrics of its size can have'
    : undefined
}

const [QUOTE, BACKSLASH, OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [34, 92, 123, 125, 91, 93]

/** Caught where reading began. */
class ShapeError extends Error {
  override readonly name = 'ShapeError'
}

type Plain = Readonly<Record<string, unknown>>

class RequestReader {
  readonly #wanted: (metric: string) => boolean
  #points = 0
  #kept = 0

  constructor(wanted: (metric: string) => boolean) {
    this.#wanted = wanted
  }

  read(body: unknown): RawRequest {
    const resources = listIn(recordOf(body, 'the body'), 'resourceMetrics').map((each) => {
      const resource = recordOf(each, 'resourceMetrics')
      const scopes = listIn(resource, 'scopeMetrics').map((scope) => this.#scope(scope))
      return {
        attributes: attributesIn(recordIn(resource, 'resource') ?? {}),
        scopes: scopes.filter(({ metrics }) => metrics.length > 0),
      }
    })
    return { resources: resources.filter(({ scopes }) => scopes.length > 0), points: this.#points }
  }

  #scope(plain: unknown): RawScope {
    const scopeMetrics = recordOf(plain, 'scopeMetrics')
    const scope = recordIn(scopeMetrics, 'scope') ?? {}
    return {
      name: `${textIn(scope, 'name')} ${textIn(scope, 'version')}`,
      metrics: listIn(scopeMetrics, 'metrics').flatMap((metric) => this.#metric(metric) ?? []),
    }
  }

  #metric(plain: unknown): RawMetric | undefined {
    const metric = recordOf(plain, 'metrics')
    const name = textIn(metric, 'name')
    const isWanted = this.#wanted(name)
    if (isWanted) this.#keep(1)
    for (const [key, kind] of KINDS) {
      const data = recordIn(metric, key)
      if (data === undefined) continue
      const points = listIn(data, 'dataPoints')
      this.#points += points.length
      if (!isWanted) return undefined
      this.#keep(points.length)
      return {
        name,
        unit: textIn(metric, 'unit'),
        kind,
        temporality: numberIn(data, 'aggregationTemporality') ?? 0,
        monotonic: data['isMonotonic'] === true,
        points: points.map((point) => pointOf(point, kind)),
      }
    }
    return undefined
  }

  #keep(more: number): void {
    this.#kept += more
    if (this.#kept > MOST_POINTS)
      throw new ShapeError(`it has more than ${MOST_POINTS} metrics and data points; send less at once`)
  }
}

function pointOf(plain: unknown, kind: RawMetric['kind']): RawPoint {
  const point = recordOf(plain, 'dataPoints')
  return {
    attributes: attributesIn(point),
    startNs: numberIn(point, 'startTimeUnixNano') ?? 0,
    timeNs: numberIn(point, 'timeUnixNano') ?? 0,
    flags: numberIn(point, 'flags') ?? 0,
    count:
      kind === 'sum' || kind === 'gauge'
        ? (numberIn(point, 'asInt') ?? numberIn(point, 'asDouble'))
        : (numberIn(point, 'count') ?? 0),
    max: numberIn(point, 'max'),
    bounds: numbersIn(point, 'explicitBounds'),
    bucketCounts: numbersIn(point, 'bucketCounts'),
    exponential: kind === 'exponential' ? exponentialOf(point) : undefined,
    examples: kind === 'histogram' || kind === 'exponential' ? examplesIn(point) : [],
  }
}

function examplesIn(point: Plain): readonly RawExample[] {
  return listIn(point, 'exemplars')
    .map((each) => {
      const example = recordOf(each, 'exemplars')
      return {
        timeNs: numberIn(example, 'timeUnixNano') ?? 0,
        value: numberIn(example, 'asDouble') ?? numberIn(example, 'asInt') ?? 0,
        traceId: textIn(example, 'traceId').toLowerCase(),
      }
    })
    .filter(({ traceId }) => isTraceId(traceId))
    .slice(0, MOST_EXAMPLES)
}

function exponentialOf(point: Plain): RawExponential {
  const positive = recordIn(point, 'positive') ?? {}
  const negative = recordIn(point, 'negative') ?? {}
  return {
    scale: numberIn(point, 'scale') ?? 0,
    zeroCount: numberIn(point, 'zeroCount') ?? 0,
    zeroThreshold: numberIn(point, 'zeroThreshold') ?? 0,
    offset: numberIn(positive, 'offset') ?? 0,
    counts: numbersIn(positive, 'bucketCounts'),
    hasNegative: numbersIn(negative, 'bucketCounts').some((count) => count > 0),
  }
}

function attributesIn(plain: Plain): Attributes {
  return attributesOf(
    listIn(plain, 'attributes').map((each) => {
      const pair = recordOf(each, 'attributes')
      return { key: textIn(pair, 'key'), ...anyValueOf(recordIn(pair, 'value') ?? {}) }
    }),
  )
}

function anyValueOf(value: Plain): Omit<Attribute, 'key'> {
  if (value['stringValue'] !== undefined) return { kind: 'text', value: textIn(value, 'stringValue') }
  if (value['boolValue'] !== undefined) return { kind: 'truth', value: String(value['boolValue'] === true) }
  const integer = numberIn(value, 'intValue')
  if (integer !== undefined) return { kind: 'integer', value: String(integer) }
  const number = numberIn(value, 'doubleValue')
  if (number !== undefined) return { kind: 'number', value: String(number) }
  const [nested] = Object.entries(value)
  return nested === undefined
    ? { kind: 'none', value: '' }
    : { kind: 'nested', value: JSON.stringify(nested) }
}

function recordOf(value: unknown, place: string): Plain {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new ShapeError(`${place} is no object, or holds something else than objects`)
}

function recordIn(plain: Plain, key: string): Plain | undefined {
  const value = plain[key]
  return value === undefined || value === null ? undefined : recordOf(value, key)
}

function listIn(plain: Plain, key: string): readonly unknown[] {
  const value = plain[key]
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value
  throw new ShapeError(`${key} is no list`)
}

function textIn(plain: Plain, key: string): string {
  const value = plain[key]
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  throw new ShapeError(`${key} is no text`)
}

function numberIn(plain: Plain, key: string): number | undefined {
  const value = plain[key]
  return value === undefined || value === null ? undefined : numberOf(value, key)
}

function numbersIn(plain: Plain, key: string): readonly number[] {
  return listIn(plain, key)
    .slice(0, MOST_BUCKETS + 1)
    .map((value) => numberOf(value, key))
}

const SPECIAL: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

/** 64-bit numbers are texts in protobuf's JSON; numbers are taken too. */
function numberOf(value: unknown, key: string): number {
  if (typeof value === 'number') return value
  if (typeof value === 'string') {
    const special = SPECIAL.get(value)
    if (special !== undefined) return special
    if (/^-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?$/.test(value)) return Number(value)
  }
  throw new ShapeError(`${key} is no number, or holds something else than numbers`)
}
