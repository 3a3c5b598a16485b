/** The ledger could not do what it was asked, because of the world and not of the caller. Its writes may be repeated. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  /** Whether the same call can succeed later with nothing changed: the server is away, busy, or out of memory. */
  readonly retryable: boolean

  constructor(message: string, options: { readonly retryable: boolean; readonly cause?: unknown }) {
    super(message, { cause: options.cause })
    this.retryable = options.retryable
  }
}

/**
 * ClickHouse's error codes that pass by themselves (ErrorCodes.cpp): timeouts, networks, memory, too many queries or
 * parts, read-only replicas, Keeper away, no space, inserts whose fate is not known.
 */
const PASSING = new Set([
  '3',
  '159',
  '164',
  '202',
  '209',
  '210',
  '225',
  '241',
  '242',
  '243',
  '252',
  '279',
  '285',
  '319',
  '425',
  '999',
])

const NETWORK =
  /ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|socket hang up|Timeout|aborted/i

/** What went wrong, in one sentence that says what was being done and where. */
export function storeError(doing: string, place: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause
  const text = cause instanceof Error ? cause.message : String(cause)
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const retryable = /^\d+$/.test(code) ? PASSING.has(code) : NETWORK.test(`${code} ${text}`)
  const advice = retryable ? ' (can be retried)' : ''
  return new StoreError(`${place} failed to ${doing}${advice}: ${firstLine(text || code)}`, {
    retryable,
    cause,
  })
}

function firstLine(text: string): string {
  const line = text.split('\n')[0] ?? ''
  return line.length > 500 ? `${line.slice(0, 500)}…` : line
}
