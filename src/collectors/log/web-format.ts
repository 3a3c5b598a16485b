import { type Decoder, emptyFields, type Field, placeOf, type RawFields, recordOf } from './record.ts'
import { bracketTimeOf } from './time.ts'

const END = placeOf('end_time')
const REQUEST = placeOf('request')
const CODE = placeOf('code')
const AGENT = placeOf('user_agent')
const AUTHORITY = placeOf('authority')

/**
 * Decodes the formats of Apache and Nginx: `common`, `combined`, and `vhost_combined`, which has the virtual host
 * before all. `trailing` says what the fields after the user agent are, in order; undefined passes one over.
 *
 * It takes what the internet writes into such logs: requests that are no HTTP, escaped and unescaped quotes, missing
 * referers and agents, IPv6, user names with blanks.
 */
export function createWebDecoder(
  options: { readonly vhost?: boolean; readonly trailing?: readonly (Field | undefined)[] } = {},
): Decoder {
  const trailing = (options.trailing ?? []).map((field) => (field === undefined ? undefined : placeOf(field)))
  const raw = emptyFields()
  return (line) => {
    raw.fill(undefined)
    const time = findTime(line)
    if (time === undefined) return line.includes('[') ? 'no-time' : 'not-the-format'
    raw[END] = time.ms
    if (options.vhost === true) raw[AUTHORITY] = line.slice(0, line.indexOf(' '))
    const request = readRequest(line, time.end, '\\') ?? readRequest(line, time.end, '')
    if (request === undefined) return 'not-the-format'
    raw[REQUEST] = request.text
    raw[CODE] = request.status
    const bytes = readToken(line, request.end)
    if (bytes === undefined) return recordOf(raw)
    readRest(line, bytes.end, { raw, trailing })
    return recordOf(raw)
  }
}

interface Token {
  readonly text: string
  readonly end: number
  readonly quoted: boolean
}

function readRest(
  line: string,
  start: number,
  into: { readonly raw: RawFields; readonly trailing: readonly (number | undefined)[] },
): void {
  let token = readToken(line, start)
  // `combined` goes on with two quoted fields, the referer and the agent; `common` does not.
  if (token?.quoted === true) {
    token = readToken(line, token.end)
    if (token?.quoted === true) {
      into.raw[AGENT] = token.text
      token = readToken(line, token.end)
    }
  }
  for (const place of into.trailing) {
    if (token === undefined) return
    if (place !== undefined) into.raw[place] = token.text
    token = readToken(line, token.end)
  }
}

/** The longest time in brackets, to the nanosecond. */
const LONGEST_TIME = 40

/** The first bracket that holds a time: a user's name may hold brackets of its own. */
function findTime(line: string): { readonly ms: number; readonly end: number } | undefined {
  for (let at = line.indexOf('['), tries = 0; at >= 0 && tries < 8; at = line.indexOf('[', at + 1), tries++) {
    const close = line[at + 27] === ']' ? at + 27 : line.indexOf(']', at)
    if (close < 0) return undefined
    const ms = close - at > LONGEST_TIME ? undefined : bracketTimeOf(line.slice(at + 1, close))
    if (ms !== undefined) return { ms, end: close + 1 }
  }
  return undefined
}

const STATUS = /" +(\d{3}|-|0)(?= |$)/y

/**
 * The request in quotes and the status behind it. Old servers write quotes inside as they are and a backslash as it
 * is, so the request ends at the first quote that a status follows; `escape` says what hides a quote.
 */
function readRequest(
  line: string,
  start: number,
  escape: '\\' | '',
): { readonly text: string; readonly status: string; readonly end: number } | undefined {
  let from = start
  while (line.charCodeAt(from) === 32) from++
  if (line.charCodeAt(from) !== 34) return undefined
  for (let at = ++from; at < line.length; at++) {
    const code = line.charCodeAt(at)
    if (code === 92 && escape !== '') at++
    else if (code === 34) {
      STATUS.lastIndex = at
      const status = STATUS.exec(line)?.[1]
      if (status !== undefined) return { text: line.slice(from, at), status, end: STATUS.lastIndex }
    }
  }
  return undefined
}

/** The next field: up to a blank, or in quotes up to the closing one. A quote inside is escaped with a backslash. */
function readToken(line: string, start: number): Token | undefined {
  let at = start
  while (line.charCodeAt(at) === 32) at++
  if (at >= line.length) return undefined
  if (line.charCodeAt(at) !== 34) {
    const blank = line.indexOf(' ', at)
    const end = blank < 0 ? line.length : blank
    return { text: line.slice(at, end), end, quoted: false }
  }
  const from = at + 1
  for (at = from; at < line.length; at++) {
    const code = line.charCodeAt(at)
    if (code === 92) at++
    else if (code === 34 && (at + 1 === line.length || line.charCodeAt(at + 1) === 32))
      return { text: line.slice(from, at), end: at + 1, quoted: true }
  }
  return { text: line.slice(from), end: line.length, quoted: true }
}
