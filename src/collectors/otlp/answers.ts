import type { SignalName } from './options.ts'
import type { Encoding } from './signal.ts'

/** What a sender is told, before it is put into the words of a transport. */
export type Answer =
  | { readonly kind: 'taken'; readonly rejected: number; readonly message: string }
  /** It cannot be read and never will be. */
  | { readonly kind: 'refused'; readonly message: string }
  /** Too much is waiting. */
  | { readonly kind: 'full'; readonly message: string; readonly retryAfterMs: number }
  /** It could not be kept. */
  | { readonly kind: 'failed'; readonly message: string; readonly retryAfterMs: number }

/** Codes of google.rpc.Code. */
export const CODE = {
  invalidArgument: 3,
  notFound: 5,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const

const REJECTED: Readonly<Record<SignalName, string>> = {
  traces: 'rejectedSpans',
  metrics: 'rejectedDataPoints',
  logs: 'rejectedLogRecords',
}

/** `Export…ServiceResponse`: empty when all was taken; the three signals number their fields alike. */
export function encodeTaken(
  { rejected, message }: { readonly rejected: number; readonly message: string },
  { signal, encoding }: { readonly signal: SignalName; readonly encoding: Encoding },
): Buffer {
  const isWhole = rejected === 0 && message === ''
  if (encoding === 'json') {
    const partialSuccess = { [REJECTED[signal]]: String(rejected), errorMessage: message }
    return Buffer.from(JSON.stringify(isWhole ? {} : { partialSuccess }))
  }
  return isWhole
    ? Buffer.alloc(0)
    : bytesField(1, Buffer.concat([numberField(1, rejected), textField(2, message)]))
}

/** `google.rpc.Status`, with how long to wait when that is known. */
export function encodeStatus(
  status: { readonly code: number; readonly message: string; readonly retryAfterMs?: number },
  encoding: Encoding,
): Buffer {
  const { code, message, retryAfterMs } = status
  if (encoding === 'json') {
    const details =
      retryAfterMs === undefined ? [] : [{ '@type': RETRY_INFO, retryDelay: `${retryAfterMs / 1000}s` }]
    return Buffer.from(JSON.stringify({ code, message, ...(details.length === 0 ? {} : { details }) }))
  }
  const details = retryAfterMs === undefined ? [] : [bytesField(3, retryInfo(retryAfterMs))]
  return Buffer.concat([numberField(1, code), textField(2, message), ...details])
}

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo'

/** `google.protobuf.Any` of a `google.rpc.RetryInfo` of a `google.protobuf.Duration`. */
function retryInfo(ms: number): Buffer {
  const duration = Buffer.concat([numberField(1, Math.floor(ms / 1000)), numberField(2, (ms % 1000) * 1e6)])
  return Buffer.concat([textField(1, RETRY_INFO), bytesField(2, bytesField(1, duration))])
}

function numberField(field: number, value: number): Buffer {
  return value === 0 ? Buffer.alloc(0) : Buffer.from([field << 3, ...varint(value)])
}

function textField(field: number, text: string): Buffer {
  return text === '' ? Buffer.alloc(0) : bytesField(field, Buffer.from(text))
}

function bytesField(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...varint(bytes.length)]), bytes])
}

function varint(value: number): number[] {
  const bytes: number[] = []
  for (let rest = Math.floor(value); ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest]
    bytes.push((rest % 128) + 128)
  }
}
