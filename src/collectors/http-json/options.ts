import { failed, ok, type Result } from '../../base/index.ts'
import { type OptionProblem, OptionReader } from '../option-reader.ts'
import { PULL_OPTIONS, type PullOptions, pullOptions } from '../pull/index.ts'
import { type Secret, type SecretPlaces, secretOf } from '../secret.ts'

export interface HttpJsonOptions {
  /** With `{from}`, `{to}` and the names of a question's `params` in braces. */
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  /** Headers whose value is a secret, by name. */
  readonly secretHeaders: ReadonlyMap<string, Secret>
  /** The text before a secret: `Bearer `, `ApiKey `. */
  readonly secretPrefix: string
  /** Sent when the question says none; with the same braces. */
  readonly body: string | undefined
  /** How instants are written in the url and the body. */
  readonly timeFormat: TimeFormat
  readonly pull: PullOptions
}

export const TIME_FORMATS = ['seconds', 'milliseconds', 'nanoseconds', 'iso'] as const
export type TimeFormat = (typeof TIME_FORMATS)[number]

const KEYS = [
  'url',
  'method',
  'headers',
  'secretHeader',
  'secretPrefix',
  'secretFile',
  'secretEnv',
  'body',
  'timeFormat',
  ...PULL_OPTIONS,
]

/** Checks the `connectionDetails` of a DataSource of type `HttpJson`. */
export function httpJsonOptions(
  details: Readonly<Record<string, unknown>>,
  context: SecretPlaces & { readonly name: string },
): Result<HttpJsonOptions, readonly OptionProblem[]> {
  const reader = new OptionReader(details, KEYS)
  const pull = pullOptions(reader, { name: context.name, lagSeconds: 120, overlapSeconds: 900 }).options
  const url = reader.text('url') ?? ''
  if (!/^https?:\/\//.test(url) || !URL.canParse(url.replaceAll(/[{}]/g, '')))
    reader.problem('url', url === '' ? 'url is missing' : `'${url}' is no address`, {
      remedy: 'write url: "https://metrics.example.com/counts?from={from}&to={to}"',
    })
  const body = reader.text('body')
  const method =
    reader.text('method') === undefined ? 'GET' : (reader.oneOf('method', ['GET', 'POST']) ?? 'GET')
  if (body !== undefined && method === 'GET')
    reader.problem('body', 'a GET has no body', { remedy: 'write method: POST' })
  const headers = Object.fromEntries(
    reader.entries('headers').map(([name, value]) => [name.toLowerCase(), value]),
  )
  for (const name of Object.keys(headers))
    if (/^(authorization|cookie|x-api-key|api-key)$/.test(name))
      reader.problem(`headers.${name}`, 'a secret is told in a file that is in git', {
        remedy: 'write secretHeader with secretFile or secretEnv',
      })
  const secret = secretOf(reader, { name: 'secret' }, context)
  const secretHeader = reader.text('secretHeader')?.toLowerCase()
  if ((secret === undefined) !== (secretHeader === undefined))
    reader.problem(secret === undefined ? 'secretFile' : 'secretHeader', 'a secret goes into a header', {
      remedy: 'write secretHeader: authorization, secretPrefix: "Bearer ", secretFile: /run/secrets/token',
    })
  const timeFormat =
    reader.text('timeFormat') === undefined
      ? 'seconds'
      : (reader.oneOf('timeFormat', TIME_FORMATS) ?? 'seconds')
  const secretPrefix = reader.text('secretPrefix') ?? ''
  if (reader.problems.length > 0) return failed(reader.problems)
  const secretHeaders = new Map(secret && secretHeader ? [[secretHeader, secret] as const] : [])
  return ok({ url, method, headers, secretHeaders, secretPrefix, body, timeFormat, pull })
}
