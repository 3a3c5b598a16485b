import type { PullFailure } from '../pull/index.ts'

/** What a failed call or query means for its reader, and what to do about it. */
export function callFailure(error: unknown): PullFailure {
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) }
  const text = message === '' ? name : message
  if (/^(TooManyRequests|Throttl|RequestLimit|SlowDown|ServiceUnavailable)/.test(name))
    return {
      kind: 'throttled',
      text: `Athena asks for patience: ${text}`,
      remedy: 'lower quota, ask less often with schedule, or have the quota of active queries raised',
      retryAfterMs: 30_000,
    }
  if (
    /^(AccessDenied|UnrecognizedClient|InvalidSignature|ExpiredToken|CredentialsProvider|InvalidClientTokenId)/.test(
      name,
    )
  )
    return {
      kind: 'unavailable',
      text: `Athena does not let us in: ${text}`,
      remedy:
        'check the credentials of the process, role.arn with role.externalId, and the policy in docs/collectors-athena.md',
    }
  if (name === 'InvalidRequestException') return { kind: 'refused', ...reasonFailure(text) }
  return {
    kind: 'unavailable',
    text: `Athena could not be asked: ${text}`,
    remedy: 'is the region right, and the network open?',
  }
}

const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /bytes scanned limit|exceeded.*scan/i,
    "narrow partitions, ask for a shorter chunk, or raise the workgroup's BytesScannedCutoffPerQuery",
  ],
  [/output location/i, 'write output: s3://bucket/prefix/, or set one in the workgroup'],
  [
    /TABLE_NOT_FOUND|SCHEMA_NOT_FOUND|does not exist/i,
    'check database and table; `nines athena ddl` prints the statement that makes one',
  ],
  [
    /COLUMN_NOT_FOUND|cannot be resolved/i,
    'check layout and columns against the table; `nines athena sql` prints the query',
  ],
  [
    /HIVE_BAD_DATA|HIVE_CURSOR_ERROR|malformed/i,
    'an object cannot be read as the table says: check its SerDe, and narrow where',
  ],
  [/HIVE_EXCEEDED_PARTITION_LIMIT/i, 'write partitions, so that few are read'],
  [
    /Access ?Denied|not authorized|Insufficient permissions/i,
    'see the policy in docs/collectors-athena.md: the logs are read and results written with our credentials',
  ],
  [/workgroup/i, 'check workgroup'],
  [/SYNTAX_ERROR|mismatched input/i, 'run the query in the console; `nines athena sql` prints it'],
]

/** What a query that failed, or was refused, tells. */
export function reasonFailure(text: string): Pick<PullFailure, 'text' | 'remedy'> {
  const remedy = REMEDIES.find(([pattern]) => pattern.test(text))?.[1]
  return {
    text: text === '' ? 'Athena gave no reason' : text.slice(0, 400),
    remedy: remedy ?? 'run the query in the console',
  }
}
