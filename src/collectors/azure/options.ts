import { failed, ok, type Result } from '../../base/index.ts'
import { type OptionProblem, OptionReader } from '../option-reader.ts'
import { PULL_OPTIONS, type PullOptions, pullOptions } from '../pull/index.ts'
import { type SecretPlaces, secretOf } from '../secret.ts'
import type { AzureIdentity } from './token.ts'

export interface AzureOptions {
  readonly identity: AzureIdentity
  readonly authority: string
  readonly url: string
  readonly pull: PullOptions
}

const KEYS = ['tenant', 'client', 'clientSecretFile', 'clientSecretEnv', 'authority', 'url', ...PULL_OPTIONS]

/** Checks the `connectionDetails` of a DataSource of type `AzureMonitor`. */
export function azureOptions(
  details: Readonly<Record<string, unknown>>,
  context: SecretPlaces & { readonly name: string },
): Result<AzureOptions, readonly OptionProblem[]> {
  const reader = new OptionReader(details, KEYS)
  // Values are there up to three minutes after their minute.
  const pull = pullOptions(reader, { name: context.name, lagSeconds: 240, overlapSeconds: 900 }).options
  const identity = identityOf(reader, context)
  const address = (key: string, fallback: string): string => {
    const text = reader.text(key) ?? fallback
    if (!URL.canParse(text)) reader.problem(key, `'${text}' is no address`, { remedy: `leave ${key} out` })
    return text.replace(/\/+$/, '')
  }
  const authority = address('authority', 'https://login.microsoftonline.com')
  const url = address('url', 'https://management.azure.com')
  return reader.problems.length > 0 ? failed(reader.problems) : ok({ identity, authority, url, pull })
}

function identityOf(reader: OptionReader, context: SecretPlaces): AzureIdentity {
  const { environment } = context
  const tenant = reader.text('tenant') ?? environment['AZURE_TENANT_ID']
  const client = reader.text('client') ?? environment['AZURE_CLIENT_ID']
  const secret = secretOf(reader, { name: 'clientSecret', variable: 'AZURE_CLIENT_SECRET' }, context)
  const tokenFile = environment['AZURE_FEDERATED_TOKEN_FILE']
  if (secret === undefined && tokenFile === undefined) return { kind: 'managed', client }
  if (tenant === undefined || client === undefined)
    reader.problem(
      tenant === undefined ? 'tenant' : 'client',
      'an application is named by tenant and client',
      {
        remedy: 'write tenant and client, or set AZURE_TENANT_ID and AZURE_CLIENT_ID',
      },
    )
  const named = { tenant: tenant ?? '', client: client ?? '' }
  if (secret !== undefined) return { kind: 'secret', ...named, secret }
  return { kind: 'federated', ...named, tokenFile: tokenFile ?? '' }
}
