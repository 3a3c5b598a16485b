import { readFile } from 'node:fs/promises'
import { failed, type World } from '../../base/index.ts'
import { askJson, type HttpLimits, type PullFailure } from '../pull/index.ts'
import { readSecrets, type Secret } from '../secret.ts'
import { remembered, type TokenSource } from '../token.ts'

/** As whom Azure is signed in to. */
export type AzureIdentity =
  /** An application with a secret. */
  | { readonly kind: 'secret'; readonly tenant: string; readonly client: string; readonly secret: Secret }
  /** A pod whose token Azure takes for the application's (workload identity). */
  | {
      readonly kind: 'federated'
      readonly tenant: string
      readonly client: string
      readonly tokenFile: string
    }
  /** The machine's own. */
  | { readonly kind: 'managed'; readonly client: string | undefined }

const RESOURCE = 'https://management.azure.com/'
const METADATA = 'http://169.254.169.254/metadata/identity/oauth2/token'
export const RIGHTS = 'see the application or identity and its role: Monitoring Reader'

export function createAzureToken(
  world: World,
  {
    identity,
    authority,
    limits,
  }: { readonly identity: AzureIdentity; readonly authority: string; readonly limits: HttpLimits },
): TokenSource {
  return remembered(world, async (signal) => {
    if (identity.kind === 'managed') {
      const params = new URLSearchParams({ 'api-version': '2018-02-01', resource: RESOURCE })
      if (identity.client !== undefined) params.set('client_id', identity.client)
      const url = `${METADATA}?${params.toString()}`
      return askJson(
        world,
        { url, method: 'GET', headers: { metadata: 'true' }, limits, credentials: RIGHTS },
        signal,
      )
    }
    const proof = await proofOf(identity)
    if (proof.kind === 'failed') return proof
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: identity.client,
      scope: `${RESOURCE}.default`,
      ...proof.value,
    }).toString()
    const url = `${authority}/${identity.tenant}/oauth2/v2.0/token`
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return askJson(world, { url, method: 'POST', headers, body, limits, credentials: RIGHTS }, signal)
  })
}

async function proofOf(
  identity: Exclude<AzureIdentity, { kind: 'managed' }>,
): Promise<{ kind: 'ok'; value: Readonly<Record<string, string>> } | { kind: 'failed'; error: PullFailure }> {
  if (identity.kind === 'secret') {
    const secrets = await readSecrets({ secret: identity.secret })
    if (secrets.kind === 'failed') return secrets
    return { kind: 'ok', value: { client_secret: secrets.value.get('secret') ?? '' } }
  }
  try {
    const assertion = (await readFile(identity.tokenFile, 'utf8')).trim()
    const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
    return { kind: 'ok', value: { client_assertion: assertion, client_assertion_type: type } }
  } catch (error) {
    const text = `the pod's token cannot be read: ${error instanceof Error ? error.message : String(error)}`
    return failed({ kind: 'unavailable', text, remedy: 'is workload identity set up for this pod?' })
  }
}
