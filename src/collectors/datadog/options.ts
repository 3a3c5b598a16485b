import { failed, ok, type Result } from '../../base/index.ts'
import { type OptionProblem, OptionReader } from '../option-reader.ts'
import { PULL_OPTIONS, type PullOptions, pullOptions } from '../pull/index.ts'
import { type Secret, type SecretPlaces, secretOf } from '../secret.ts'

export interface DatadogOptions {
  /** `https://api.datadoghq.eu`: without a slash at the end. */
  readonly url: string
  readonly secrets: { readonly apiKey: Secret; readonly appKey: Secret }
  /** From names of tags there to labels here. */
  readonly labelNames: ReadonlyMap<string, string>
  /** Questions that go in one call. */
  readonly together: number
  readonly pull: PullOptions
}

const KEYS = [
  'site',
  'url',
  'apiKeyFile',
  'apiKeyEnv',
  'appKeyFile',
  'appKeyEnv',
  'labelNames',
  'together',
  ...PULL_OPTIONS,
]

/** Where Datadog answers; an organisation lives on one of them. */
export const DATADOG_SITES = [
  'datadoghq.com',
  'us3.datadoghq.com',
  'us5.datadoghq.com',
  'datadoghq.eu',
  'uk1.datadoghq.com',
  'ap1.datadoghq.com',
  'ap2.datadoghq.com',
  'ddog-gov.com',
  'us2.ddog-gov.com',
] as const

/** Their tags that have a name here. */
const LABEL_NAMES: ReadonlyMap<string, string> = new Map([
  ['service', 'service_name'],
  ['resource_name', 'operation'],
  ['resource', 'operation'],
  ['http.status_code', 'http_response_status_code'],
  ['rpc.grpc.status_code', 'rpc_status'],
  ['region', 'cloud_region'],
  ['availability-zone', 'cloud_availability_zone'],
  ['kube_cluster_name', 'k8s_cluster_name'],
])

/** Checks the `connectionDetails` of a DataSource of type `Datadog`. */
export function datadogOptions(
  details: Readonly<Record<string, unknown>>,
  context: SecretPlaces & { readonly name: string },
): Result<DatadogOptions, readonly OptionProblem[]> {
  const reader = new OptionReader(details, KEYS)
  // Agents send as their ten seconds close, and what a network holds back comes within minutes.
  const pull = pullOptions(reader, { name: context.name, lagSeconds: 120, overlapSeconds: 900 }).options
  const url = urlOf(reader, context)
  const apiKey = secretOf(reader, { name: 'apiKey', variable: 'DD_API_KEY' }, context)
  const appKey = secretOf(reader, { name: 'appKey', variable: 'DD_APP_KEY' }, context)
  if (apiKey === undefined)
    reader.problem('apiKeyFile', 'there is no API key', {
      remedy: 'set DD_API_KEY or DD_API_KEY_FILE, or write apiKeyFile or apiKeyEnv',
    })
  if (appKey === undefined)
    reader.problem('appKeyFile', 'there is no application key', {
      remedy: 'set DD_APP_KEY or DD_APP_KEY_FILE, or write appKeyFile or appKeyEnv',
    })
  const labelNames = new Map([...LABEL_NAMES, ...reader.entries('labelNames')])
  const together = reader.whole('together', { fallback: 20, least: 1, most: 100 })
  if (reader.problems.length > 0 || !apiKey || !appKey) return failed(reader.problems)
  return ok({ url, secrets: { apiKey, appKey }, labelNames, together, pull })
}

function urlOf(reader: OptionReader, { environment }: SecretPlaces): string {
  const url = reader.text('url')
  const site = reader.text('site') ?? environment['DD_SITE'] ?? 'datadoghq.com'
  if (url === undefined) {
    if (!DATADOG_SITES.some((each) => each === site))
      reader.problem('site', `'${site}' is no site of Datadog`, {
        remedy: `write one of ${DATADOG_SITES.join(', ')}; or url for a proxy or an emulator`,
      })
    return `https://api.${site}`
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol))
    reader.problem('url', `'${url}' is no address of a server`, {
      remedy: 'write site: datadoghq.eu instead',
    })
  return url.replace(/\/+$/, '')
}
