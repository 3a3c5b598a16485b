import type { WrittenExemplar, WrittenSeries } from '../prometheus-push/write-request.ts'

/** What one scrape showed. */
export interface Exposition {
  readonly series: readonly WrittenSeries[]
  /** Lines that are neither samples nor comments, and samples that are there twice. */
  readonly rejected: number
  /** OpenMetrics ends with `# EOF`; what does not was cut. Undefined for the older format, which has no end. */
  readonly ended: boolean | undefined
}

/** Reads scrapes of one target, each faster for having seen the one before. */
export interface ExpositionReader {
  /** Never throws, whatever the text. `atMs`: of samples that have no time of their own. */
  readonly read: (text: string, options: { readonly atMs: number; readonly format: Format }) => Exposition
}

/** OpenMetrics 1.0, or the text format 0.0.4 that came before it. They differ in units of time, and in their end. */
export type Format = 'openmetrics' | 'text'

interface Head {
  readonly labels: readonly string[]
  readonly name: string
}

interface Found {
  readonly head: Head
  readonly atMs: number
  readonly value: number
  readonly exemplar: WrittenExemplar | undefined
}

const MOST_HEADS = 200_000
const CREATED = '_created'
const NUMBER = /^[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|[iI]nf(?:inity)?|[nN]a[nN])$/

/**
 * `fixed`: labels of the target. As when Prometheus scrapes, they win, and what the exposition says under their names
 * is called `exported_…`.
 */
export function createExpositionReader(fixed: Readonly<Record<string, string>>): ExpositionReader {
  // Names and labels stand in the same words in every scrape: they are taken apart once.
  const heads = new Map<string, Head | undefined>()
  const headOf = (text: string): Head | undefined => {
    if (heads.has(text)) return heads.get(text)
    // A slice would keep all of its scrape in memory.
    const own = Buffer.from(text).toString()
    const head = parseHead(own, fixed)
    if (heads.size >= MOST_HEADS) heads.clear()
    heads.set(own, head)
    return head
  }
  return {
    read: (text, { atMs, format }) => {
      const found: Found[] = []
      const created = new Map<string, number>()
      const types = new Map<string, string>()
      let rejected = 0
      let ended = false
      for (let from = 0; from < text.length && !ended; ) {
        let end = text.indexOf('\n', from)
        if (end < 0) end = text.length
        const line = text.slice(from, text.charCodeAt(end - 1) === 13 ? end - 1 : end)
        from = end + 1
        if (line === '' || line.charCodeAt(0) === 35) {
          ended = format === 'openmetrics' && line === '# EOF'
          noteType(line, types)
          continue
        }
        const sample = parseSample(line, { headOf, atMs, format })
        if (sample === undefined) rejected++
        else if (isCreated(sample.head.name, types)) created.set(keyOf(sample.head), sample.value * 1_000)
        else found.push(sample)
      }
      const { series, repeated } = seriesOf(found, created)
      return { series, rejected: rejected + repeated, ended: format === 'openmetrics' ? ended : undefined }
    },
  }
}

function noteType(line: string, types: Map<string, string>): void {
  const type = /^# TYPE ("(?:[^"\\]|\\.)*"|\S+) (\w+)$/.exec(line)
  if (type !== null) types.set((type[1] ?? '').replace(/^"|"$/g, ''), type[2] ?? '')
}

/** `_created` says when a counter or a histogram began, unless somebody named a metric so. */
function isCreated(name: string, types: ReadonlyMap<string, string>): boolean {
  if (!name.endsWith(CREATED)) return false
  const family = name.slice(0, -CREATED.length)
  const type = types.get(family) ?? types.get(`${family}_total`)
  return type === 'counter' || type === 'histogram' || type === 'summary'
}

/** The metric without the ends that its samples have, and its labels without bounds and quantiles. */
function keyOf({ name, labels }: Head): string {
  const family = name.replace(/_(?:created|total|bucket|count|sum)$/, '')
  let key = family
  for (let i = 0; i < labels.length; i += 2) {
    const label = labels[i]
    if (label !== '__name__' && label !== 'le' && label !== 'quantile')
      key += `\u0000${label}\u0000${labels[i + 1]}`
  }
  return key
}

function seriesOf(
  found: readonly Found[],
  created: ReadonlyMap<string, number>,
): { readonly series: readonly WrittenSeries[]; readonly repeated: number } {
  const seen = new Set<Head>()
  const series: WrittenSeries[] = []
  let repeated = 0
  for (const { head, atMs, value, exemplar } of found) {
    if (seen.has(head)) {
      repeated++
      continue
    }
    seen.add(head)
    const startMs = created.size === 0 ? 0 : Math.round(created.get(keyOf(head)) ?? 0)
    series.push({
      labels: head.labels,
      samples: [{ atMs, value, stale: false, startMs }],
      histograms: [],
      exemplars: exemplar === undefined ? [] : [exemplar],
    })
  }
  return { series, repeated }
}

interface Reading {
  readonly headOf: (text: string) => Head | undefined
  readonly atMs: number
  readonly format: Format
}

/** `name{label="value"} 1 1700000000 # {trace_id="…"} 0.3 1700000000` */
function parseSample(line: string, { headOf, atMs, format }: Reading): Found | undefined {
  const brace = line.indexOf('{')
  const space = line.search(/[ \t]/)
  const headEnd = brace >= 0 && (space < 0 || brace < space) ? afterBraces(line, brace) : space
  if (headEnd < 0) return undefined
  const head = headOf(line.slice(0, headEnd))
  if (head === undefined) return undefined
  const mark = line.indexOf(' # {', headEnd)
  const [value = '', time, more] = line
    .slice(headEnd, mark < 0 ? line.length : mark)
    .trim()
    .split(/[ \t]+/)
  const number = numberOf(value)
  const unit = format === 'openmetrics' ? 1_000 : 1
  const own = time === undefined ? atMs : Math.round(Number(time) * unit)
  if (number === undefined || more !== undefined || !Number.isSafeInteger(own)) return undefined
  return {
    head,
    value: number,
    atMs: own,
    exemplar: mark < 0 ? undefined : exemplarIn(line.slice(mark + 3), own),
  }
}

function exemplarIn(text: string, atMs: number): WrittenExemplar | undefined {
  const end = afterBraces(text, 0)
  if (end < 0) return undefined
  const labels = parseLabels(text, 1)?.labels
  const [value = '', time] = text
    .slice(end)
    .trim()
    .split(/[ \t]+/)
  const number = numberOf(value)
  if (labels === undefined || number === undefined) return undefined
  const own = time === undefined ? atMs : Math.round(Number(time) * 1_000)
  const traceId = labels.find(([name]) => /^trace_?id$/i.test(name))?.[1]
  return { atMs: Number.isSafeInteger(own) ? own : atMs, value: number, traceId }
}

function numberOf(text: string): number | undefined {
  if (!NUMBER.test(text)) return undefined
  if (/inf/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  return /nan/i.test(text) ? Number.NaN : Number(text)
}

/** Where the braces that begin at `brace` end; below zero when they do not. */
function afterBraces(text: string, brace: number): number {
  let quoted = false
  for (let i = brace + 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (quoted && code === 92) i++
    else if (code === 34) quoted = !quoted
    else if (!quoted && code === 125) return i + 1
  }
  return -1
}

function parseHead(text: string, fixed: Readonly<Record<string, string>>): Head | undefined {
  const brace = text.indexOf('{')
  const bare = brace < 0 ? text : text.slice(0, brace)
  const parsed = brace < 0 ? { labels: [], name: undefined } : parseLabels(text, brace + 1)
  // Names that are no identifiers stand in quotes among the labels.
  const name = bare === '' ? parsed?.name : bare
  if (parsed === undefined || name === undefined || !/\S/.test(name)) return undefined
  const labels = new Map<string, string>([['__name__', name]])
  for (const [label, value] of parsed.labels) {
    if (labels.has(label)) return undefined
    if (value !== '') labels.set(Object.hasOwn(fixed, label) ? `exported_${label}` : label, value)
  }
  for (const [label, value] of Object.entries(fixed)) labels.set(label, value)
  return { name, labels: [...labels].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).flat() }
}

const LABEL =
  /[ \t]*(?:([a-zA-Z_][\w:]*)|"((?:[^"\\]|\\.)*)")(?:[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)")?[ \t]*([,}])/y

/** The labels from `from` to the closing brace; a text without a value is the metric's name. */
function parseLabels(
  text: string,
  from: number,
):
  | { readonly labels: readonly (readonly [string, string])[]; readonly name: string | undefined }
  | undefined {
  const labels: (readonly [string, string])[] = []
  let name: string | undefined
  let at = from
  if (/^[ \t]*\}/.test(text.slice(at))) return { labels, name }
  for (;;) {
    LABEL.lastIndex = at
    const found = LABEL.exec(text)
    if (found === null) return undefined
    const [all, bare, quoted, value, mark] = found
    if (value !== undefined) labels.push([bare ?? unescaped(quoted ?? ''), unescaped(value)])
    else if (quoted !== undefined && name === undefined) name = unescaped(quoted)
    else return undefined
    at += all.length
    if (mark === '}' || /^[ \t]*\}/.test(text.slice(at, at + 8))) return { labels, name }
  }
}

function unescaped(text: string): string {
  return text.includes('\\')
    ? text.replace(/\\(.)/g, (_, each: string) => (each === 'n' ? '\n' : each))
    : text
}
