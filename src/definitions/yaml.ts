import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Pair,
  Parser,
} from 'yaml'
import { guard, LIMITS, lexemesOf, STOPS } from './guard.ts'
import { createSource, type Place, placeName, type Source } from './place.ts'
import type { Report } from './report.ts'
import type { Entry, Node } from './tree.ts'

export interface YamlFile {
  readonly source: Source
  /** One for each document that holds something. */
  readonly roots: readonly Node[]
  /** False when the file has a fault that hides what it holds. */
  readonly readable: boolean
}

/** Reads a file of one or more YAML 1.2 documents. Never throws; faults go to the report. */
export function readYaml(file: string, text: string, report: Report): YamlFile {
  const source = createSource(file, text)
  const unreadable = { source, roots: [], readable: false }
  if (!guard(source, report)) return unreadable
  const errorsBefore = report.errors()
  const composer = new Composer({
    uniqueKeys: false,
    prettyErrors: false,
    resolveKnownTags: false,
    logLevel: 'silent',
  })
  const roots: Node[] = []
  const walk: Walk = { source, report, anchors: new Map(), nodes: 0, aliases: 0, stopped: false }
  for (const document of composer.compose(shallowTokens(source, report), true, source.text.length)) {
    if (!checkDocument(document, source, report)) continue
    if (document.contents === null) continue
    walk.anchors.clear()
    const place = { source, start: 0, end: 0 }
    const node = walkValue(walk, document.contents, 1, { place, repeated: false })
    if (node !== undefined && node.kind !== 'empty') roots.push(node)
  }
  return report.errors() > errorsBefore ? unreadable : { source, roots, readable: true }
}

/**
 * The tokens of a file up to the first that nests too deep. The composer walks them by recursion, and a recursion that
 * comes near the end of the stack ends the process, not only the call; so depth is measured before it.
 */
function* shallowTokens(source: Source, report: Report): Generator<CST.Token> {
  for (const token of parse(lexemesOf(source, report))) {
    const deep = placeTooDeep(token)
    if (deep !== undefined) {
      report.error('NINES-1006', { source, start: deep, end: deep + 1 }, STOPS['NINES-1006'])
      return
    }
    yield token
  }
}

function* parse(lexemes: Iterable<string>): Generator<CST.Token> {
  const parser = new Parser()
  for (const lexeme of lexemes) yield* parser.next(lexeme)
  yield* parser.end()
}

/** The offset of a value below the limit of depth, looked for without recursion. */
function placeTooDeep(root: CST.Token): number | undefined {
  const waiting: { readonly token: CST.Token; readonly depth: number }[] = [{ token: root, depth: 0 }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { token, depth } = next
    if (depth > LIMITS.depth) return token.offset
    if (token.type === 'document' && token.value) waiting.push({ token: token.value, depth: depth + 1 })
    if (!('items' in token)) continue
    for (const item of token.items) {
      if (item.key) waiting.push({ token: item.key, depth: depth + 1 })
      if (item.value) waiting.push({ token: item.value, depth: depth + 1 })
    }
  }
  return undefined
}

function checkDocument(document: Document.Parsed, source: Source, report: Report): boolean {
  for (const fault of [...document.errors, ...document.warnings]) {
    const place = { source, start: fault.pos[0], end: Math.max(fault.pos[1], fault.pos[0] + 1) }
    const message = fault.message.replace(/\.$/, '')
    if (fault.code === 'TAB_AS_INDENT')
      report.error('NINES-1005', place, { message: 'a tab indents this line', remedy: 'Indent with spaces.' })
    else if (fault.code === 'TAG_RESOLVE_FAILED')
      report.error('NINES-1011', place, {
        message,
        remedy: 'Remove the tag; plain YAML is all that is read.',
      })
    else report.error('NINES-1004', place, { message, remedy: remedyFor(fault.code) })
  }
  const version = document.directives.yaml
  if (version.explicit && version.version !== '1.2') {
    report.error(
      'NINES-1011',
      { source, start: 0, end: 1 },
      {
        message: `the file asks for YAML ${version.version}, which reads dates and yes/no differently`,
        remedy: 'Remove the %YAML line; files are read as YAML 1.2.',
      },
    )
    return false
  }
  return document.errors.length === 0
}

function remedyFor(code: string): string {
  switch (code) {
    case 'BAD_INDENT':
    case 'BAD_COLLECTION_ITEM':
    case 'MISSING_CHAR':
      return 'Check the indentation and that brackets, braces and quotes are closed.'
    case 'MULTILINE_IMPLICIT_KEY':
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'Write one "key: value" a line, and put a value that holds ": " into quotes.'
    case 'UNEXPECTED_TOKEN':
      return 'Put the value into quotes when it begins with one of @ ` % & * ! | > { [ or holds ": ".'
    default:
      return 'Correct the YAML; an editor with the JSON Schema of "nines schema" shows it while you write.'
  }
}

/** One file on its way from composed nodes to ours, with what was counted so far. */
interface Walk {
  readonly source: Source
  readonly report: Report
  /** The last value that carried each anchor, in the order of the document. */
  readonly anchors: Map<string, unknown>
  nodes: number
  aliases: number
  stopped: boolean
}

/** Follows aliases within the caps. Undefined once a cap is reached: the file is then not readable. */
function walkValue(walk: Walk, value: unknown, depth: number, from: From): Node | undefined {
  if (walk.stopped) return undefined
  if (depth > LIMITS.depth) return stop(walk, 'NINES-1006', from.place)
  walk.nodes += 1
  if (walk.nodes > LIMITS.nodes) return stop(walk, 'NINES-1007', from.place)
  if (isAlias(value)) return walkAlias(walk, value, depth)
  if (!from.repeated && isNode(value) && 'anchor' in value && typeof value.anchor === 'string')
    walk.anchors.set(value.anchor, value)
  if (isScalar(value)) return scalar(value.value, value.source, placeOf(walk, value.range))
  if (isSeq(value)) {
    const place = placeOf(walk, value.range)
    const items = value.items.flatMap((item) => walkValue(walk, item, depth + 1, { ...from, place }) ?? [])
    return { kind: 'list', place, items }
  }
  if (isMap(value)) {
    const place = placeOf(walk, value.range)
    return { kind: 'map', place, entries: walkPairs(walk, value.items, depth, { ...from, place }) }
  }
  return { kind: 'empty', place: from.place }
}

/** Where a value hangs, for faults of values that have no place; and whether an alias repeats it. */
interface From {
  readonly place: Place
  readonly repeated: boolean
}

function walkAlias(walk: Walk, alias: Alias, depth: number): Node | undefined {
  const place = placeOf(walk, alias.range)
  walk.aliases += 1
  if (walk.aliases > LIMITS.aliases) return stop(walk, 'NINES-1008', place)
  const target = walk.anchors.get(alias.source)
  if (target !== undefined) return walkValue(walk, target, depth + 1, { place, repeated: true })
  walk.report.error('NINES-1008', place, {
    message: `the alias *${alias.source} names no anchor before it`,
    remedy: `Write &${alias.source} at the value it should repeat, above this line.`,
  })
  return undefined
}

function walkPairs(walk: Walk, pairs: readonly Pair[], depth: number, from: From): Map<string, Entry> {
  const entries = new Map<string, Entry>()
  for (const pair of pairs) {
    const named = keyOf(walk, pair.key, from.place)
    if (named === undefined) continue
    const earlier = entries.get(named.key)
    if (earlier) reportTwice(walk.report, named, earlier)
    else {
      const value = walkValue(walk, pair.value, depth + 1, { ...from, place: named.keyPlace })
      if (value) entries.set(named.key, { ...named, value })
    }
  }
  return entries
}

function keyOf(walk: Walk, key: unknown, map: Place): Omit<Entry, 'value'> | undefined {
  const keyPlace = isScalar(key) ? placeOf(walk, key.range) : map
  const written = isScalar(key) ? (typeof key.value === 'string' ? key.value : (key.source ?? '')) : ''
  if (written !== '' && written !== '__proto__' && written !== '<<') return { key: written, keyPlace }
  walk.report.error('NINES-1010', keyPlace, {
    message: written === '' ? 'a key must be text' : `the key ${written} is not allowed`,
    remedy:
      written === '<<'
        ? 'Write the fields out: merge keys are not part of YAML 1.2.'
        : 'Write a plain name as key.',
  })
  return undefined
}

function placeOf(walk: Walk, range: readonly number[] | null | undefined): Place {
  const start = range?.[0] ?? 0
  return { source: walk.source, start, end: Math.max(start, range?.[1] ?? start) }
}

function stop(walk: Walk, code: keyof typeof STOPS, place: Place): undefined {
  if (!walk.stopped) walk.report.error(code, place, STOPS[code])
  walk.stopped = true
}

function reportTwice(report: Report, entry: Omit<Entry, 'value'>, earlier: Entry): void {
  report.error('NINES-1009', entry.keyPlace, {
    message: `the key ${entry.key} is written twice; the first is at ${placeName(earlier.keyPlace)}`,
    remedy: 'Keep one of the two.',
  })
}

function scalar(value: unknown, written: string | undefined, place: Place): Node {
  if (typeof value === 'string') return { kind: 'text', place, value }
  if (typeof value === 'boolean') return { kind: 'flag', place, value, source: written ?? String(value) }
  if (typeof value === 'number') return { kind: 'number', place, value, source: written ?? String(value) }
  return { kind: 'empty', place }
}
