const QUOTE = 34
const COMMA = 44
const COLON = 58
const OPEN = 123
const CLOSE = 125

/** A key that is wanted, by where its value goes. */
export type Columns = ReadonlyMap<string, number>

/** Reads the line `text[from, to)`; false when it must be parsed as JSON instead. */
export type FlatReader = (text: string, from: number, to: number, into: unknown[]) => boolean

/**
 * Reads the wanted values out of a flat JSON object without making the object: strings, whole numbers, true, false and
 * null between quotes, colons and commas, which is what proxies write. Gives false for whatever is not that (an escape,
 * a nested value, blanks, anything malformed). What it does take, it takes as `JSON.parse` does, but for raw control
 * characters inside strings, which it lets pass.
 *
 * Proxies write the same keys in the same order line after line, so it tries the key that came last time first. It
 * works within the whole stretch of text: reading a character of a slice costs several times as much.
 */
export function createFlatReader(columns: Columns): FlatReader {
  const layout: Head[] = []
  const hasEscape = createEscapeSearch()
  return (text, from, to, into) => {
    // Without a backslash every quote begins or ends a string.
    if (text.charCodeAt(from) !== OPEN || hasEscape(text, from, to)) return false
    let at = from + 1
    for (let i = 0; ; i++) {
      let head = layout[i]
      if (head === undefined || !standsAt(head.codes, text, at)) {
        head = headAt(text, at, { to, columns })
        if (head === undefined) return false
        layout[i] = head
      }
      const start = at + head.codes.length
      const end = valueEnd(text, start)
      if (end < 0 || end >= to) return false
      if (head.target >= 0) into[head.target] = valueOf(text, start, end)
      const next = text.charCodeAt(end)
      if (next === CLOSE) return end + 1 === to
      if (next !== COMMA) return false
      at = end + 1
    }
  }
}

/** What stands before a value, `"key":`, and where the value goes; -1: nowhere. */
interface Head {
  readonly codes: Uint16Array
  readonly target: number
}

function standsAt(codes: Uint16Array, text: string, at: number): boolean {
  for (let i = 0; i < codes.length; i++) if (text.charCodeAt(at + i) !== codes[i]) return false
  return true
}

function headAt(
  text: string,
  at: number,
  { to, columns }: { readonly to: number; readonly columns: Columns },
): Head | undefined {
  if (text.charCodeAt(at) !== QUOTE) return undefined
  const end = text.indexOf('"', at + 1)
  if (end < 0 || end >= to || text.charCodeAt(end + 1) !== COLON) return undefined
  const codes = Uint16Array.from({ length: end + 2 - at }, (_, i) => text.charCodeAt(at + i))
  return { codes, target: columns.get(text.slice(at + 1, end)) ?? -1 }
}

/** Whether a backslash stands in a line. Asked line by line of one text, it looks at each character once. */
function createEscapeSearch(): (text: string, from: number, to: number) => boolean {
  let searched = ''
  let next = 0
  return (text, from, to) => {
    if (text !== searched || from === 0) {
      searched = text
      next = -1
    }
    if (next < from) {
      const found = text.indexOf('\\', from)
      next = found < 0 ? Infinity : found
    }
    return next < to
  }
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
