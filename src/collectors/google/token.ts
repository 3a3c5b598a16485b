import { readFile } from 'node:fs/promises'
import { failed, ok, type Result, type World } from '../../base/index.ts'
import { askJson, type HttpLimits, isPlain, type PullFailure } from '../pull/index.ts'
import { remembered, type TokenSource } from '../token.ts'

const SCOPE = 'https://www.googleapis.com/auth/monitoring.read https://www.googleapis.com/auth/logging.read'
const METADATA = 'http://metadata.google.internal'
const CREDENTIALS = 'see the service account and its roles: monitoring.viewer, and logging.viewer for logs'

/**
 * A service account's key signs an assertion of ours that Google exchanges for a token; without a key the machine, pod or
 * function is asked for the account that it runs as.
 */
export function createGoogleToken(
  world: World,
  { keyFile, limits }: { readonly keyFile: string | undefined; readonly limits: HttpLimits },
): TokenSource {
  return remembered(world, async (signal) => {
    if (keyFile !== undefined) return exchange(world, { keyFile, limits }, signal)
    const url = `${METADATA}/computeMetadata/v1/instance/service-accounts/default/token`
    const headers = { 'metadata-flavor': 'Google' }
    return askJson(world, { url, method: 'GET', headers, limits, credentials: CREDENTIALS }, signal)
  })
}

async function exchange(
  world: World,
  { keyFile, limits }: { readonly keyFile: string; readonly limits: HttpLimits },
  signal: AbortSignal,
): Promise<Result<unknown, PullFailure>> {
  const key = await readKey(keyFile)
  if (key.kind === 'failed') return key
  const { email, privateKey, keyId, tokenUrl } = key.value
  const { importPKCS8, SignJWT } = await import('jose')
  let assertion: string
  try {
    const now = world.clock.now()
    assertion = await new SignJWT({ scope: SCOPE })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...(keyId === undefined ? {} : { kid: keyId }) })
      .setIssuer(email)
      .setAudience(tokenUrl)
      .setIssuedAt(now)
      .setExpirationTime(now + 3_600)
      .sign(await importPKCS8(privateKey, 'RS256'))
  } catch (error) {
    return failed(badKey(keyFile, error instanceof Error ? error.message : String(error)))
  }
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion,
  }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return askJson(
    world,
    { url: tokenUrl, method: 'POST', headers, body, limits, credentials: CREDENTIALS },
    signal,
  )
}

interface ServiceAccountKey {
  readonly email: string
  readonly privateKey: string
  readonly keyId: string | undefined
  readonly tokenUrl: string
}

async function readKey(file: string): Promise<Result<ServiceAccountKey, PullFailure>> {
  try {
    const key: unknown = JSON.parse(await readFile(file, 'utf8'))
    if (!isPlain(key)) return failed(badKey(file, 'it is no JSON object'))
    const {
      type,
      client_email: email,
      private_key: privateKey,
      private_key_id: keyId,
      token_uri: tokenUrl,
    } = key
    if (type !== 'service_account')
      return failed(badKey(file, `it is of type ${JSON.stringify(type)}, and only service_account is read`))
    if (typeof email !== 'string' || typeof privateKey !== 'string')
      return failed(badKey(file, 'it lacks an account or a key'))
    return ok({
      email,
      privateKey,
      keyId: typeof keyId === 'string' ? keyId : undefined,
      tokenUrl: typeof tokenUrl === 'string' ? tokenUrl : 'https://oauth2.googleapis.com/token',
    })
  } catch (error) {
    return failed(badKey(file, error instanceof Error ? error.message : String(error)))
  }
}

const badKey = (file: string, why: string): PullFailure => ({
  kind: 'unavailable',
  text: `the key ${file} cannot be used: ${why}`,
  remedy:
    'write credentialsFile with the JSON key of a service account, or leave it out where the machine has one',
})
