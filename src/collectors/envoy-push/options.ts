import { failed, ok, type Result, type Seconds, seconds } from '../../base/index.ts'
import { type OptionProblem, OptionReader } from '../option-reader.ts'
import { REQUEST_KEYS, type RequestOptions, requestOptionsOf, type ServiceFrom } from '../request/options.ts'
import { type LabelFrom, labelsFromOf } from './labels-from.ts'
import { LISTEN_KEYS, type ListenOptions, listenOptionsOf } from './listen.ts'
import { PLACES, type Place, placeOf } from './places.ts'

/** A receiver of Envoy's access log service, checked. */
export interface AccessLogOptions extends RequestOptions, ListenOptions {
  /** Labels of which each entry or its sender carries the value. */
  readonly labelsFrom: readonly LabelFrom[]
  /** Where the service's name stands; undefined unless `service.from` is `field`. */
  readonly servicePlace: Place | undefined
  /** Bytes of messages that wait for the ledger; beyond them no more is read from the streams. */
  readonly maxWaiting: number
  /** Events that ended longer ago are rejected. */
  readonly late: Seconds
  /** After so long without an open stream the source's minutes are missing. */
  readonly silence: Seconds
  /** How long after a minute ended its entries may still be on their way. */
  readonly lag: Seconds
}

const KEYS = [...LISTEN_KEYS, 'labelsFrom', 'maxWaiting', 'late', 'silence', 'lag', ...REQUEST_KEYS]
const SOURCES: readonly ServiceFrom[] = ['upstream_cluster', 'authority', 'grpc_service', 'field']
const MIB = 1024 * 1024

/** Checks the `connectionDetails` of a DataSource of type `EnvoyAccessLogService`: all problems at once. */
export function accessLogOptions(
  details: Readonly<Record<string, unknown>>,
): Result<AccessLogOptions, readonly OptionProblem[]> {
  const service = details['service'] ?? { from: 'upstream_cluster' }
  const reader = new OptionReader({ ...details, service }, KEYS)
  const request = requestOptionsOf(reader, SOURCES)
  const options: AccessLogOptions = {
    ...request,
    ...listenOptionsOf(reader, { fallback: '127.0.0.1:9001', open: details['open'] }),
    labelsFrom: labelsFromOf(reader),
    servicePlace: servicePlaceOf(reader, request),
    maxWaiting: reader.whole('maxWaiting', { fallback: 64 * MIB, least: MIB, most: 4096 * MIB }),
    late: durationOf(reader, 'late', 86_400),
    silence: durationOf(reader, 'silence', 180),
    lag: durationOf(reader, 'lag', 10),
  }
  return reader.problems.length > 0 ? failed(reader.problems) : ok(options)
}

function servicePlaceOf(reader: OptionReader, { service }: RequestOptions): Place | undefined {
  if (service.kind !== 'from' || service.from !== 'field') return undefined
  const place = placeOf(service.field)
  if (place === undefined)
    reader.problem('service.field', `'${service.field}' is no place`, { remedy: `write one of ${PLACES}` })
  return place
}

const SECONDS_IN: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3_600],
  ['d', 86_400],
])

/** A whole number of seconds, from one second to 30 days. */
function durationOf(reader: OptionReader, key: string, fallback: number): Seconds {
  const text = reader.text(key)
  if (text === undefined) return seconds(fallback)
  const found = /^(\d{1,8})\s*([smhd])$/.exec(text)
  const duration = Number(found?.[1]) * (SECONDS_IN.get(found?.[2] ?? '') ?? Number.NaN)
  if (duration >= 1 && duration <= 30 * 86_400) return seconds(duration)
  reader.problem(key, `'${text}' is no duration from 1s to 30d`, { remedy: `write ${key}: ${fallback}s` })
  return seconds(fallback)
}
