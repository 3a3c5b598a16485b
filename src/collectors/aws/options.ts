import type { OptionReader } from '../option-reader.ts'

/** How AWS is signed in to: its own chain (variables, shared files, roles of containers and machines), and from there. */
export interface AwsAccess {
  readonly region: string
  /** Instead of the region's own address: an emulator, or a private endpoint. */
  readonly endpoint: string | undefined
  readonly profile: string | undefined
  readonly assumeRole: { readonly arn: string; readonly externalId: string | undefined } | undefined
}

export const AWS_OPTIONS = ['region', 'endpoint', 'profile', 'assumeRole'] as const

/** Reads them. */
export function awsOptions(
  reader: OptionReader,
  environment: Readonly<Record<string, string | undefined>>,
): AwsAccess {
  const region = reader.text('region') ?? environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION']
  if (region === undefined)
    reader.problem('region', 'region is missing', { remedy: 'write region: eu-central-1, or set AWS_REGION' })
  const endpoint = reader.text('endpoint')
  if (endpoint !== undefined && !URL.canParse(endpoint))
    reader.problem('endpoint', `'${endpoint}' is no address`, { remedy: 'leave it out' })
  const role = reader.section('assumeRole', ['arn', 'externalId'])
  const arn = role?.text('arn')
  if (role && (arn === undefined || !/^arn:[\w-]+:iam::\d{12}:role\/.+$/.test(arn)))
    role.problem('arn', 'assumeRole needs the ARN of a role', {
      remedy: 'write arn: arn:aws:iam::123456789012:role/nines',
    })
  return {
    region: region ?? '',
    endpoint,
    profile: reader.text('profile'),
    assumeRole: arn === undefined ? undefined : { arn, externalId: role?.text('externalId') },
  }
}
