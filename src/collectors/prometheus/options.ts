import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { failed, ok, type Result } from '../../base/index.ts'
import type { OptionProblem } from '../option-reader.ts'
import { OptionReader } from '../option-reader.ts'
import { type HttpLimits, PULL_OPTIONS, type PullOptions, pullOptions } from '../pull/index.ts'

export interface PrometheusOptions {
  /** Without a slash at the end; what stands before `/api/v1`. */
  readonly url: string
  readonly limits: HttpLimits
  readonly headers: () => Promise<Readonly<Record<string, string>>>
  readonly params: Readonly<Record<string, string>>
  /** From names of labels there to ours. */
  readonly labelNames: ReadonlyMap<string, string>
  /** A series that was silent for longer begins anew. */
  readonly lookbackSeconds: number
  readonly pull: PullOptions
}

const KEYS = [
  'url',
  'tenant',
  'headers',
  'headerFiles',
  'bearerTokenFile',
  'basic',
  'params',
  'labelNames',
  'lookback',
  ...PULL_OPTIONS,
]

/** Checks the `connectionDetails` of a DataSource of type `Prometheus`. */
export function prometheusOptions(
  details: Readonly<Record<string, unknown>>,
  context: { readonly name: string; readonly base: string },
): Result<PrometheusOptions, readonly OptionProblem[]> {
  const reader = new OptionReader(details, KEYS)
  const pull = pullOptions(reader, { name: context.name, lagSeconds: 60, overlapSeconds: 600 })
  const url = urlOf(reader)
  const headers = headersOf(reader, context.base)
  const params = Object.fromEntries(reader.entries('params'))
  const labelNames = new Map(reader.entries('labelNames'))
  const lookbackSeconds = pull.seconds('lookback', { fallback: 3_600, least: 300, most: 86_400 })
  if (reader.problems.length > 0) return failed(reader.problems)
  const { limits } = pull.options
  return ok({ url, limits, headers, params, labelNames, lookbackSeconds, pull: pull.options })
}

const URL_REMEDY = 'write url: http://prometheus.example.com:9090'

function urlOf(reader: OptionReader): string {
  const text = reader.text('url')
  if (text === undefined) {
    if (reader.problems.every(({ path }) => path !== 'url'))
      reader.problem('url', 'url is missing', { remedy: URL_REMEDY })
    return ''
  }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    reader.problem('url', `'${text}' is no address of a server`, { remedy: URL_REMEDY })
  else if (url.username !== '' || url.password !== '')
    reader.problem('url', 'the url holds credentials', { remedy: 'write basic: { username, passwordFile }' })
  else if (url.search !== '' || url.hash !== '')
    reader.problem('url', 'the url has more than a path', { remedy: 'write params: { name: value }' })
  return text.replace(/\/+$/, '').replace(/\/api\/v1$/, '')
}

/** Secrets are read from their files for each request, so that a new one holds at once. */
function headersOf(reader: OptionReader, base: string): PrometheusOptions['headers'] {
  const plain = Object.fromEntries(
    reader.entries('headers').map(([name, value]) => [name.toLowerCase(), value]),
  )
  for (const name of Object.keys(plain))
    if (name === 'authorization' || name === 'cookie')
      reader.problem(`headers.${name}`, 'a secret is told in a file that is in git', {
        remedy: 'write bearerTokenFile, basic or headerFiles',
      })
  const tenant = reader.text('tenant')
  const files = reader
    .entries('headerFiles')
    .map(([name, file]) => [name.toLowerCase(), resolve(base, file)] as const)
  const bearer = reader.text('bearerTokenFile')
  const basic = reader.section('basic', ['username', 'passwordFile'])
  const username = basic?.text('username')
  const passwordFile = basic?.text('passwordFile')
  if (basic && (username === undefined || passwordFile === undefined))
    reader.problem('basic', 'basic needs both', {
      remedy: 'write basic: { username: nines, passwordFile: /run/secrets/prom }',
    })
  if (basic && bearer !== undefined)
    reader.problem('bearerTokenFile', 'there are two ways to sign in', {
      remedy: 'write bearerTokenFile or basic',
    })
  return async () => {
    const headers: Record<string, string> = {
      ...plain,
      ...(tenant === undefined ? {} : { 'x-scope-orgid': tenant }),
    }
    for (const [name, file] of files) headers[name] = await secretIn(file)
    if (bearer !== undefined) headers['authorization'] = `Bearer ${await secretIn(resolve(base, bearer))}`
    if (username !== undefined && passwordFile !== undefined) {
      const password = await secretIn(resolve(base, passwordFile))
      headers['authorization'] = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    }
    return headers
  }
}

async function secretIn(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).trim()
}
