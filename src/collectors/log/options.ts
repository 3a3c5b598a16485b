import { failed, ok, type Result, type Seconds, seconds } from '../../base/index.ts'
import { parseThreshold } from '../../traffic/index.ts'
import { type OptionProblem, OptionReader } from '../option-reader.ts'
import { REQUEST_KEYS, type RequestOptions, requestOptionsOf } from '../request/options.ts'
import { createEnvoyTextDecoder, fieldOfOperator } from './envoy-format.ts'
import type { KeyField } from './json-format.ts'
import { FIELDS, type Field, isField } from './record.ts'

/** How the lines of a source are written. */
export const LOG_FORMATS = [
  'envoy-json',
  'envoy-text',
  'envoy-format',
  'combined',
  'common',
  'vhost_combined',
  'nginx-json',
  'alb',
  'cloudfront',
] as const
export type LogFormat = (typeof LOG_FORMATS)[number]

/** A source of access logs, checked. */
export interface LogOptions extends RequestOptions {
  /** Globs of absolute or relative paths; `.gz` files are unpacked. */
  readonly files: readonly string[]
  readonly format: LogFormat
  /** For `envoy-format` with text lines. */
  readonly formatString: string | undefined
  /** Keys that come before the format's own ones; for `envoy-format` with JSON lines, all of them. */
  readonly fields: readonly KeyField[]
  /** For web logs: what follows the user agent, in order; undefined is passed over. */
  readonly trailing: readonly (Field | undefined)[]
  /** How long a rotated file or an unfinished last line is waited for. */
  readonly patience: Seconds
  /** How long after a minute ended its lines may still be on their way. */
  readonly lag: Seconds
  /** Where a chunk of a file ends, in bytes; only for tests. */
  readonly chunkBytes: number
}

/** The keys that `logOptionsOf` reads. */
export const LOG_KEYS: readonly string[] = [
  'files',
  'format',
  'formatString',
  'fields',
  'trailing',
  ...REQUEST_KEYS,
  'patience',
  'lag',
  'chunkBytes',
]
const SOURCES = ['authority', 'upstream_cluster', 'grpc_service', 'field', 'file'] as const

/** Checks a DataSource's `connectionDetails`. All problems come back at once, each with what to write. */
export function logSourceOptions(details: unknown): Result<LogOptions, readonly OptionProblem[]> {
  const reader = new OptionReader(details, LOG_KEYS)
  const options = logOptionsOf(reader)
  return reader.problems.length > 0 ? failed(reader.problems) : ok(options)
}

/** The same for a source whose details have keys of its own too; what is wrong is gathered by the reader. */
export function logOptionsOf(reader: OptionReader): LogOptions {
  const format = reader.oneOf('format', LOG_FORMATS) ?? 'envoy-json'
  const formatString = reader.text('formatString')
  const options: LogOptions = {
    files: reader.texts('files', { remedy: 'write the paths, as in files: ["/var/log/envoy/*.json"]' }),
    format,
    formatString,
    fields: fieldsOf(reader),
    trailing: trailingOf(reader),
    ...requestOptionsOf(reader, SOURCES),
    patience: durationOf(reader, 'patience', 5),
    lag: durationOf(reader, 'lag', 10),
    chunkBytes: reader.whole('chunkBytes', { fallback: 32 * 1024 * 1024, least: 1, most: 1024 ** 3 }),
  }
  checkFormat(reader, options)
  return options
}

function checkFormat(reader: OptionReader, options: LogOptions): void {
  const { format, formatString, fields, service } = options
  if (format === 'envoy-format' && (formatString === undefined) === (fields.length === 0))
    reader.problem('format', 'envoy-format needs formatString for text lines, or fields for JSON lines', {
      remedy: "write formatString with your Envoy's format, or fields: { took: '%DURATION%', … }",
    })
  if (format !== 'envoy-format' && formatString !== undefined)
    reader.problem('formatString', `${format} has a fixed format`, { remedy: 'write format: envoy-format' })
  if (options.trailing.length > 0 && !['combined', 'common', 'vhost_combined'].includes(format))
    reader.problem('trailing', `${format} has no trailing fields`, { remedy: 'leave trailing out' })
  if (formatString !== undefined) {
    const decoder = createEnvoyTextDecoder(formatString)
    if (decoder.kind === 'failed')
      reader.problem('formatString', decoder.error, { remedy: "copy the format string from Envoy's config" })
  }
  if (format === 'envoy-format' && fields.length > 0 && !fields.some(({ field }) => field.endsWith('_time')))
    reader.problem('fields', 'no key has the time', { remedy: "write the key, as in ts: '%START_TIME%'" })
  if (service.kind === 'from' && service.from === 'field' && !fields.some(({ field }) => field === 'service'))
    reader.problem('service', 'no field has the service', { remedy: 'write fields: { app: service }' })
}

/** `fields: { took: duration_ms, code: '%RESPONSE_CODE%' }`: the key in the line, and our field or Envoy's operator. */
export function fieldsOf(reader: OptionReader): readonly KeyField[] {
  const fields: KeyField[] = []
  for (const [key, value] of reader.entries('fields')) {
    const field = isField(value) ? value : fieldOfOperator(value)
    if (field !== undefined) fields.push({ key, field })
    // The whole json_format may be pasted: operators that say nothing about an SLO are passed over.
    else if (!/^%.*%$/.test(value) || !/^%[A-Z_]+/.test(value))
      reader.problem(`fields.${key}`, `'${value}' is no field`, {
        remedy: `write one of ${FIELDS.join(', ')}, or the Envoy operator`,
      })
  }
  return fields
}

function trailingOf(reader: OptionReader): readonly (Field | undefined)[] {
  return reader.texts('trailing', { optional: true }).map((name, i) => {
    if (isField(name)) return name
    if (name !== '-')
      reader.problem(`trailing[${i}]`, `'${name}' is no field`, {
        remedy: `write one of ${FIELDS.join(', ')}, or - to pass over it`,
      })
    return undefined
  })
}

function durationOf(reader: OptionReader, key: string, fallback: number): Seconds {
  const text = reader.text(key)
  if (text === undefined) return seconds(fallback)
  const duration = parseThreshold(text)
  if (duration.kind === 'ok' && duration.value % 1_000_000 === 0) return seconds(duration.value / 1_000_000)
  reader.problem(key, `'${text}' is no whole number of seconds`, { remedy: `write ${key}: ${fallback}s` })
  return seconds(fallback)
}
