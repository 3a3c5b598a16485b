/** Every id of a path becomes this word, so that one endpoint is one operation. */
export const ID = '{id}'

const GRPC_METHOD = /^\/(?:[A-Za-z_]\w*\.)+[A-Za-z_]\w*\/[A-Za-z_]\w*$/
const NUMBER = /^[-+]?\d+(?:[.,]\d+)*$/
const UUID = /^\{?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?$/i
const HEX = /^(?:0x)?(?=[a-f]*\d)[0-9a-f]{8,}$/i
const TOKEN = /^(?=.*\d)[\w.~=+-]{20,}$/
/** `order-10542`, `cus_9s6XKzkNRiz8i3`: a word, a separator, and what is itself an id. */
const PREFIXED = /^[A-Za-z]{1,16}[-_:](?=[A-Za-z]*\d)(?:\d{3,}|[A-Za-z0-9]{10,})$/
const LONGEST_SEGMENT = 64
const MOST_SEGMENTS = 12

/**
 * The operation of a path: without query, ids replaced by `{id}`, never the raw path. A full gRPC method stays as it
 * is. Patterns that fit win: `/v1/users/{user}` where `{…}` and `*` stand for one segment and `**` for any rest; the
 * pattern itself is then the operation.
 */
export function operationOf(path: string, patterns: readonly string[] = []): string {
  return createOperations(patterns)(path)
}

/** Prepares the patterns once. The first that fits wins. */
export function createOperations(patterns: readonly string[]): (path: string) => string {
  const prepared = patterns.map((pattern) => ({ pattern, segments: segmentsOf(pattern) }))
  return (path) => {
    const bare = barePath(path)
    if (prepared.length > 0) {
      const segments = segmentsOf(bare)
      for (const each of prepared) if (fits(each.segments, segments)) return each.pattern
    }
    return GRPC_METHOD.test(bare) && bare.length <= 200 ? bare : withoutIds(bare)
  }
}

// Proxies may log the absolute form, `http://host/path`.
function barePath(path: string): string {
  const end = path.search(/[?#]/)
  const bare = end < 0 ? path : path.slice(0, end)
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/[^/]*/i.exec(bare)
  return absolute === null ? bare : bare.slice(absolute[0].length) || '/'
}

function segmentsOf(path: string): readonly string[] {
  return path.split('/').filter((segment) => segment !== '')
}

function fits(pattern: readonly string[], path: readonly string[]): boolean {
  for (let i = 0; i < pattern.length; i++) {
    const wanted = pattern[i] ?? ''
    if (wanted === '**') return true
    const segment = path[i]
    if (segment === undefined) return false
    if (wanted !== '*' && !(wanted.startsWith('{') && wanted.endsWith('}')) && wanted !== segment)
      return false
  }
  return pattern.length === path.length
}

function withoutIds(path: string): string {
  const segments = segmentsOf(path)
  let operation = ''
  for (const segment of segments.slice(0, MOST_SEGMENTS)) operation += `/${isId(segment) ? ID : segment}`
  if (segments.length > MOST_SEGMENTS) operation += '/**'
  return operation === '' ? '/' : operation
}

function isId(segment: string): boolean {
  if (segment.length > LONGEST_SEGMENT) return true
  // Most segments are words: no digit and no address in them.
  if (!/[\d@]/.test(segment)) return false
  return (
    NUMBER.test(segment) ||
    UUID.test(segment) ||
    HEX.test(segment) ||
    TOKEN.test(segment) ||
    PREFIXED.test(segment) ||
    segment.includes('@')
  )
}
