import type { Histogram } from '../../traffic/index.ts'
import { BinCollector, isCount, type Reading } from './reading.ts'

/** Reads scrapes of one Envoy, each faster for having seen the one before. */
export interface TextReader {
  /** Never throws, whatever the text. */
  readonly read: (text: string) => Reading
  /** From now on, statistics seen so far that are not among these are passed over. */
  readonly keepOnly: (names: { readonly has: (name: string) => boolean }) => void
}

interface Line {
  /** The name with what stands between it and its value: `cluster.web.upstream_rq_200: `. */
  readonly prefix: string
  readonly name: string
  wanted: boolean
}

const [SPACE, ZERO, NINE, COLON] = [32, 48, 57, 58]
const TOTALS = '  totals='

/**
 * Reads the text form of `/stats?histogram_buckets=detailed`. Envoy writes statistics in the same order every time, so
 * each line is first compared with the line that stood there in the scrape before; when it is the same statistic, only
 * its value is read and no name is cut out or looked up.
 */
export function createTextReader(isWanted: (name: string) => boolean): TextReader {
  const lines = new Map<string, Line>()
  let order: Line[] = []

  const lineAt = (text: string, from: number, end: number): Line | undefined => {
    const colon = text.charCodeAt(end - 1) === COLON ? end - 1 : separatorIn(text, from, end)
    if (colon <= from) return undefined
    const known = lines.get(text.slice(from, Math.min(colon + 2, end)))
    if (known !== undefined) return known
    // A slice would keep all of its scrape in memory.
    const prefix = Buffer.from(text.slice(from, Math.min(colon + 2, end))).toString()
    const name = prefix.slice(0, colon - from)
    const line = { prefix, name, wanted: isWanted(name) }
    lines.set(prefix, line)
    return line
  }

  return {
    keepOnly: (names) => {
      for (const line of lines.values()) line.wanted &&= names.has(line.name)
    },
    read: (text) => {
      const counters = new Map<string, number>()
      const histograms = new Map<string, Histogram>()
      const seen: Line[] = []
      let rejected = 0
      let summaries = false
      let current: Line | undefined
      let at = 0
      while (at < text.length) {
        const guess = order[seen.length]
        // Comparing a slice is several times faster than startsWith.
        const hit = guess !== undefined && text.substring(at, at + guess.prefix.length) === guess.prefix
        // What is not wanted is passed over whole; the value of what is wanted is short.
        let end = text.indexOf('\n', hit ? at + guess.prefix.length : at)
        if (end < 0) end = text.length
        const from = at
        at = end + 1
        if (text.charCodeAt(from) === SPACE) {
          if (current?.wanted === true && text.startsWith(TOTALS, from)) {
            const histogram = totalsOf(text, from + TOTALS.length, end)
            if (histogram === undefined) rejected++
            else histograms.set(current.name, histogram)
          }
          continue
        }
        if (end === from) continue
        current = hit && endsWhole(text, guess, end, from) ? guess : lineAt(text, from, end)
        if (current === undefined) {
          rejected++
          continue
        }
        seen.push(current)
        if (!current.wanted || end <= from + current.prefix.length) continue
        const value = countAt(text, from + current.prefix.length, end)
        if (value !== undefined) counters.set(current.name, value)
        else if (text.charCodeAt(from + current.prefix.length) === 80) summaries = true
        else if (!text.startsWith('No recorded values', from + current.prefix.length)) rejected++
      }
      order = seen
      if (lines.size > 4 * seen.length + 1_000) lines.clear()
      return { counters, histograms, rejected, summaries }
    },
  }
}

/** A histogram's name ends its line; a counter's prefix must be followed by something. */
function endsWhole(text: string, guess: Line, end: number, from: number): boolean {
  const rest = end - from - guess.prefix.length
  return guess.prefix.charCodeAt(guess.prefix.length - 1) === COLON
    ? rest === 0
    : text.charCodeAt(end - 1) !== COLON
}

// The value of a counter has no colon, but a name may: the last colon before a space is the one.
function separatorIn(text: string, from: number, end: number): number {
  const at = text.lastIndexOf(': ', end - 2)
  const found = at < from ? -1 : at
  // A text readout is quoted and may hold anything; what comes before the quote is the name.
  if (text.charCodeAt(end - 1) !== 34) return found
  const quoted = text.indexOf(': "', from)
  return quoted >= from && quoted < end ? quoted : found
}

function countAt(text: string, from: number, end: number): number | undefined {
  let value = 0
  for (let i = from; i < end; i++) {
    const digit = text.charCodeAt(i)
    if (digit < ZERO || digit > NINE) return i === end - 1 && digit === 13 && i > from ? value : undefined
    value = value * 10 + digit - ZERO
  }
  return end > from && isCount(value) ? value : undefined
}

/** `1,0.1:24, 2,0.1:2`: lower edge, width, count. An empty one holds nothing, which is known. */
function totalsOf(text: string, from: number, end: number): Histogram | undefined {
  const collector = new BinCollector()
  let at = from
  while (at < end) {
    const comma = text.indexOf(',', at)
    const colon = text.indexOf(':', at)
    if (comma < 0 || colon < comma || colon >= end) return undefined
    let next = text.indexOf(',', colon)
    if (next < 0 || next > end) next = end
    const lower = Number(text.slice(at, comma))
    const count = countAt(text, colon + 1, next)
    if (!(lower >= 0) || count === undefined || comma === at) return undefined
    collector.add(lower, count)
    at = next + 1
    while (at < end && text.charCodeAt(at) === SPACE) at++
  }
  return collector.build()
}
