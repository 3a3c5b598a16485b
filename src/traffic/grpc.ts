/** The gRPC status codes by number, named as our reasons name them. Source: grpc.io, status codes. */
export const GRPC_NAMES = [
  'ok',
  'cancelled',
  'unknown',
  'invalid-argument',
  'deadline-exceeded',
  'not-found',
  'already-exists',
  'permission-denied',
  'resource-exhausted',
  'failed-precondition',
  'aborted',
  'out-of-range',
  'unimplemented',
  'internal',
  'unavailable',
  'data-loss',
  'unauthenticated',
] as const

export const GRPC_CANCELLED = 1
export const GRPC_UNKNOWN = 2

/**
 * Codes that say the server failed, as OpenTelemetry's conventions for gRPC server spans list them. They are the ones
 * that Envoy maps to a 5xx. The others are answers: the caller asked for something it could not have.
 */
export const GRPC_SERVER_ERRORS: ReadonlySet<number> = new Set([2, 4, 12, 13, 14, 15])

const BY_NAME: ReadonlyMap<string, number> = new Map([
  ...GRPC_NAMES.map((name, code) => [name.replaceAll('-', ''), code] as const),
  // Envoy and Go write it with one l.
  ['canceled', 1] as const,
])

/**
 * Reads a status as sources write it: `14`, `"14"`, `Unavailable`, `UNAVAILABLE`, `DEADLINE_EXCEEDED`. A code or a
 * name that gRPC does not have is UNKNOWN, as every gRPC client treats it. Undefined: there is none (`-`, empty).
 */
export function grpcStatusOf(status: number | string | undefined): number | undefined {
  if (status === undefined || status === '' || status === '-') return undefined
  if (typeof status === 'string' && !/^\d+$/.test(status))
    return BY_NAME.get(status.replace(/[_\- ]/g, '').toLowerCase()) ?? GRPC_UNKNOWN
  const code = Number(status)
  return code in GRPC_NAMES ? code : GRPC_UNKNOWN
}
