const QUOTE = 34
const COMMA = 44
const COLON = 58
const OPEN = 123
const CLOSE = 125

/** A key that is wanted, by where its value goes. */
export type Columns = ReadonlyMap<string, number>

/**
 * Reads the wanted values out of a flat JSON object without making the object: strings, numbers, true, false and null
 * between quotes, colons and commas, which is what proxies write. Gives false for whatever is not that (an escape, a
 * nested value, blanks, anything malformed); the caller then parses the line as JSON. What it does take, it takes as
 * `JSON.parse` does, but for raw control characters inside strings, which it lets pass.
 *
 * Proxies write the same keys in the same order line after line, so it tries the key that came last time first.
 */
export function createFlatReader(columns: Columns): (line: string, into: unknown[]) => boolean {
  /** What stood before each value in the line before: `"key":`, and where the value goes; -1: nowhere. */
  const heads: string[] = []
  const targets: number[] = []
  return (line, into) => {
    // Without a backslash every quote begins or ends a string.
    if (line.charCodeAt(0) !== OPEN || line.includes('\\')) return false
    let at = 1
    for (let i = 0; ; i++) {
      let head = heads[i]
      if (head === undefined || !line.startsWith(head, at)) {
        head = headAt(line, at)
        if (head === undefined) return false
        heads[i] = head
        targets[i] = columns.get(head.slice(1, -2)) ?? -1
      }
      const from = at + head.length
      const end = valueEnd(line, from)
      if (end < 0) return false
      const target = targets[i] ?? -1
      if (target >= 0) into[target] = valueOf(line, from, end)
      const next = line.charCodeAt(end)
      if (next === CLOSE) return end + 1 === line.length
      if (next !== COMMA) return false
      at = end + 1
    }
  }
}

function headAt(line: string, at: number): string | undefined {
  if (line.charCodeAt(at) !== QUOTE) return undefined
  const end = line.indexOf('"', at + 1)
  return end < 0 || line.charCodeAt(end + 1) !== COLON ? undefined : line.slice(at, end + 2)
}

/** Where the value that begins here is over; below zero when it is none that can be read this way. */
function valueEnd(line: string, from: number): number {
  const first = line.charCodeAt(from)
  if (first === QUOTE) return line.indexOf('"', from + 1) + 1 || -1
  if (first === 110) return line.startsWith('null', from) ? from + 4 : -1
  if (first === 116) return line.startsWith('true', from) ? from + 4 : -1
  if (first === 102) return line.startsWith('false', from) ? from + 5 : -1
  // Whole numbers without a leading zero; anything else that is a number is left to JSON.
  let at = first === 45 ? from + 1 : from
  const digits = at
  while (isDigit(line.charCodeAt(at))) at++
  if (at === digits || at - digits > 15 || (line.charCodeAt(digits) === 48 && at - digits > 1)) return -1
  return at
}

function valueOf(line: string, from: number, end: number): unknown {
  const first = line.charCodeAt(from)
  if (first === QUOTE) return line.slice(from + 1, end - 1)
  if (first === 110) return null
  if (first === 116) return true
  if (first === 102) return false
  let number = 0
  for (let at = first === 45 ? from + 1 : from; at < end; at++)
    number = number * 10 + line.charCodeAt(at) - 48
  return first === 45 ? -number : number
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}
