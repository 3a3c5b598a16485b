import { failed, ok, type Result } from '../../base/index.ts'
import { LOG_KEYS, type LogOptions, logOptionsOf } from '../log/options.ts'
import { type OptionProblem, OptionReader } from '../option-reader.ts'

export interface S3LogOptions {
  readonly log: LogOptions
  readonly region: string
  readonly bucket: string
  /** Of the keys, with the date in braces: `AWSLogs/…/{yyyy/MM/dd}/`. */
  readonly prefix: string
  readonly endpoint: string | undefined
  readonly role: { readonly arn: string; readonly externalId: string | undefined } | undefined
  readonly pollSeconds: number
  /** How old the prefixes are that are still looked at for new objects. Seconds. */
  readonly lookbackSeconds: number
  /** How long after a minute ended its objects may still be on their way. Seconds. */
  readonly lagSeconds: number
  /** Objects that are read at a time. */
  readonly concurrency: number
}

const OWN = ['region', 'bucket', 'prefix', 'endpoint', 'role', 'poll', 'lookback', 'lag', 'concurrency']
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** Checks the `connectionDetails` of a DataSource of type `S3Logs`. */
export function s3LogOptions(
  details: Readonly<Record<string, unknown>>,
): Result<S3LogOptions, readonly OptionProblem[]> {
  const { lag: _, ...rest } = details
  const reader = new OptionReader({ files: ['s3'], ...rest }, [...LOG_KEYS, ...OWN])
  if ('files' in details)
    reader.problem('files', 'objects have no files', { remedy: 'write bucket and prefix' })
  const needed = (key: string, remedy: string): string => {
    const text = reader.text(key)
    if (text === undefined) reader.problem(key, `${key} is missing`, { remedy })
    return text ?? ''
  }
  const times = new OptionReader({ ...details }, [...LOG_KEYS, ...OWN], { place: '', problems: [] })
  const seconds = (key: string, fallback: number): number => {
    const text = times.text(key)
    const found = /^(\d{1,6})([smhd])$/.exec(text ?? '')
    if (text !== undefined && found === null)
      reader.problem(key, `'${text}' is no duration`, { remedy: `write ${key}: ${fallback / 60}m` })
    return found === null ? fallback : Number(found[1]) * (UNITS[found[2] ?? ''] ?? 1)
  }
  const prefix = needed(
    'prefix',
    'write prefix: "AWSLogs/123456789012/elasticloadbalancing/ap-northeast-1/{yyyy/MM/dd}/"',
  )
  if (prefix !== '' && !/\{[yMdH/._-]+\}/.test(prefix))
    reader.problem('prefix', 'the prefix has no date, so each look would list all objects there ever were', {
      remedy: 'write the date in braces, as in logs/{yyyy/MM/dd}/',
    })
  const role = reader.section('role', ['arn', 'externalId'])
  const arn = role?.text('arn')
  const options = {
    log: logOptionsOf(reader),
    region: needed('region', 'write region: ap-northeast-1'),
    bucket: needed('bucket', 'write bucket: and its name'),
    prefix,
    endpoint: reader.text('endpoint'),
    role: arn === undefined ? undefined : { arn, externalId: role?.text('externalId') },
    pollSeconds: Math.max(5, seconds('poll', 60)),
    lookbackSeconds: seconds('lookback', 26 * 3_600),
    lagSeconds: seconds('lag', 600),
    concurrency: reader.whole('concurrency', { fallback: 4, least: 1, most: 32 }),
  }
  return reader.problems.length > 0 ? failed(reader.problems) : ok(options)
}
