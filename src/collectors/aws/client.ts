import type { PullFailure } from '../pull/index.ts'
import { AwsNetworkError } from './handler.ts'
import type { AwsAccess } from './options.ts'

/** Credentials that a client takes; undefined: its own chain. The package is loaded by the first call that needs it. */
export async function awsCredentials({ profile, assumeRole, region }: AwsAccess) {
  if (assumeRole === undefined && profile === undefined) return undefined
  const { fromNodeProviderChain, fromTemporaryCredentials } = await import('@aws-sdk/credential-providers')
  const own = fromNodeProviderChain(profile === undefined ? {} : { profile })
  if (assumeRole === undefined) return own
  const { arn, externalId } = assumeRole
  return fromTemporaryCredentials({
    masterCredentials: own,
    params: {
      RoleArn: arn,
      RoleSessionName: 'nines',
      ...(externalId === undefined ? {} : { ExternalId: externalId }),
    },
    clientConfig: { region },
  })
}

const THROTTLED = /throttl|TooManyRequests|LimitExceeded|RequestLimitExceeded|SlowDown/i
const DENIED =
  /AccessDenied|UnauthorizedOperation|UnrecognizedClient|InvalidClientTokenId|SignatureDoesNotMatch|ExpiredToken|InvalidSignature|IncompleteSignature|MissingAuthenticationToken|CredentialsProviderError|TokenProviderError/i
const WRONG =
  /Validation|InvalidParameter|MissingRequiredParameter|Malformed|ResourceNotFound|InvalidNextToken/i

/** What a call's failure means, from what the vendor's client throws. Rethrows what is our own mistake. */
export function failureOfAws(service: string, error: unknown): PullFailure {
  if (!(error instanceof Error)) throw error
  const network = networkOf(error)
  if (network !== undefined) {
    const { kind, text, remedy } = network.failure
    return { kind: kind === 'slow' || kind === 'too-large' ? 'too-much' : 'unavailable', text, remedy }
  }
  const status = statusOf(error)
  const words = `${service}: ${error.message.replaceAll(/\s+/g, ' ').slice(0, 300)}`
  if (THROTTLED.test(error.name))
    return {
      kind: 'throttled',
      text: words,
      remedy: 'raise the quota of the account, or write a rarer schedule',
    }
  if (DENIED.test(error.name))
    return {
      kind: 'unavailable',
      text: words,
      remedy: 'see the credentials, assumeRole, and the rights of the role',
    }
  if (WRONG.test(error.name)) return { kind: 'refused', text: words, remedy: 'correct the question' }
  if (status === undefined && !(error.name.endsWith('Exception') || error.name.endsWith('Error'))) throw error
  return { kind: 'unavailable', text: words, remedy: 'see https://health.aws.amazon.com' }
}

function networkOf(error: unknown): AwsNetworkError | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++)
    if (at instanceof AwsNetworkError) return at
  return undefined
}

function statusOf(error: Error): number | undefined {
  if (!('$metadata' in error)) return undefined
  const { $metadata: about } = error
  return typeof about === 'object' &&
    about !== null &&
    'httpStatusCode' in about &&
    typeof about.httpStatusCode === 'number'
    ? about.httpStatusCode
    : undefined
}
