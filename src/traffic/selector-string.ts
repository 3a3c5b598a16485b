import { failed, ok, type Result } from '../base/index.ts'
import type { SelectorError } from './selector.ts'

type ReadString = Result<{ readonly value: string; readonly end: number }, SelectorError>
type ReadEscape = Result<{ readonly bytes: readonly number[]; readonly end: number }, SelectorError>

const SIMPLE: ReadonlyMap<string, number> = new Map([
  ['a', 7],
  ['b', 8],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
  ['v', 11],
  ['\\', 92],
])
/** Escapes written in a fixed number of digits: how many, and to which base. */
const NUMERIC: ReadonlyMap<string, { readonly digits: number; readonly base: number }> = new Map([
  ['x', { digits: 2, base: 16 }],
  ['u', { digits: 4, base: 16 }],
  ['U', { digits: 8, base: 16 }],
])

/**
 * Reads a PromQL string that begins at `start`: in double or single quotes with Go's escapes, or raw in backticks.
 * `\x` and octal escapes are bytes, so several of them may spell one character in UTF-8.
 */
export function readQuoted(text: string, start: number): ReadString {
  const quote = text[start]
  if (quote === '`') return readRaw(text, start)
  if (quote !== '"' && quote !== "'") return fail('write the value in quotes, as in "checkout"', start)
  const bytes: number[] = []
  let value = ''
  const flush = (): boolean => {
    const decoded = decodeUtf8(bytes)
    if (decoded === undefined) return false
    value += decoded
    bytes.length = 0
    return true
  }
  let at = start + 1
  while (at < text.length && text[at] !== quote) {
    if (text[at] === '\n') return fail('a line break inside quotes is written \\n', at)
    if (text[at] === '\\') {
      const escape = readEscape(text, at, quote)
      if (escape.kind === 'failed') return escape
      bytes.push(...escape.value.bytes)
      at = escape.value.end
    } else {
      if (!flush()) return fail('the escapes before this do not spell UTF-8', at)
      value += text[at]
      at++
    }
  }
  if (at >= text.length) return fail(`the value has no closing ${quote}`, start)
  if (!flush()) return fail('the escapes before this do not spell UTF-8', at)
  return ok({ value, end: at + 1 })
}

/** The text as a PromQL string in double quotes. */
export function quoted(text: string): string {
  const escaped = text.replace(/["\\]/g, (c) => `\\${c}`).replaceAll('\n', '\\n')
  return `"${escaped}"`
}

function readRaw(text: string, start: number): ReadString {
  const end = text.indexOf('`', start + 1)
  if (end < 0) return fail('the value has no closing `', start)
  return ok({ value: text.slice(start + 1, end), end: end + 1 })
}

function readEscape(text: string, at: number, quote: string): ReadEscape {
  const letter = text[at + 1] ?? ''
  const simple = letter === quote ? letter.charCodeAt(0) : SIMPLE.get(letter)
  if (simple !== undefined) return ok({ bytes: [simple], end: at + 2 })
  const isOctal = letter >= '0' && letter <= '7'
  const kind = isOctal ? { digits: 3, base: 8 } : NUMERIC.get(letter)
  if (kind === undefined) return fail(`\\${letter} is no escape; a backslash itself is written \\\\`, at)
  const from = isOctal ? at + 1 : at + 2
  const digits = text.slice(from, from + kind.digits)
  const wellFormed = kind.base === 8 ? /^[0-7]+$/ : /^[0-9a-fA-F]+$/
  if (digits.length < kind.digits || !wellFormed.test(digits))
    return fail(`\\${letter} needs ${kind.digits} digits to base ${kind.base}`, at)
  const number = Number.parseInt(digits, kind.base)
  const end = from + kind.digits
  if (kind.base === 8 || letter === 'x')
    return number > 255 ? fail('an octal escape is at most \\377', at) : ok({ bytes: [number], end })
  if (number > 0x10ffff || (number >= 0xd800 && number <= 0xdfff))
    return fail(`\\${letter}${digits} is no character of Unicode`, at)
  return ok({ bytes: [...new TextEncoder().encode(String.fromCodePoint(number))], end })
}

function decodeUtf8(bytes: readonly number[]): string | undefined {
  if (bytes.length === 0) return ''
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(new Uint8Array(bytes))
  } catch {
    return undefined
  }
}

function fail(message: string, offset: number): Result<never, SelectorError> {
  return failed({ message, offset })
}
