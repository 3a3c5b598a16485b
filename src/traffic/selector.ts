import { failed, type Labels, ok, type Result } from '../base/index.ts'
import { quoted, readQuoted } from './selector-string.ts'

/** Prometheus matchers over labels: `{service_name="checkout", operation=~"/v1/pay.*", cloud_provider!="azure"}`. */
export interface Selector {
  /** As it was written, normalised: matchers in order of name, one space after a comma. */
  readonly text: string
  readonly matches: (labels: Labels) => boolean
  /**
   * Labels as the selector reads them, for whoever groups what it matches: a label that was renamed is found under its
   * present name. Absent: as they are.
   */
  readonly reads?: (labels: Labels) => Labels
}

export interface Matcher {
  readonly name: string
  readonly operator: '=' | '!=' | '=~' | '!~'
  readonly value: string
}

/** A selector with its parts, for those who translate it into a query. */
export interface ParsedSelector extends Selector {
  /** In order of name; all must hold. */
  readonly matchers: readonly Matcher[]
}

export interface SelectorError {
  readonly message: string
  /** Where in the text, counted in UTF-16 units from 0. */
  readonly offset: number
}

/**
 * Prepares a regular expression. The function given back says whether the *whole* value matches. It must run in time
 * linear in the value: selectors come from people, values from the internet. `.` matches a line break, as in Prometheus.
 */
export type RegexCompiler = (pattern: string) => Result<(value: string) => boolean, string>

/**
 * The selector with more equalities: an absent label is an empty value. Its text says so too, because selectors with the
 * same text are the same to whoever remembers what they match.
 */
export function narrowSelector(selector: Selector, labels: Labels): Selector {
  const wanted = Object.entries(labels)
  if (wanted.length === 0) return selector
  const added = wanted.map(([name, value]) => `${name}=${quoted(value)}`).join(', ')
  return {
    ...selector,
    text: `${selector.text.slice(0, -1)}${selector.text.endsWith('{}') ? '' : ', '}${added}}`,
    matches: (found) => {
      const read = selector.reads?.(found) ?? found
      return selector.matches(found) && wanted.every(([name, value]) => (read[name] ?? '') === value)
    },
  }
}

/**
 * The selector for labels of which some were called otherwise before: `formers` has the former name of each present
 * one. Where both stand, the present one counts.
 */
export function renameLabels(selector: Selector, formers: Readonly<Record<string, string>>): Selector {
  const names = Object.entries(formers)
  if (names.length === 0) return selector
  const reads = (labels: Labels): Labels => {
    const read: Record<string, string> = { ...labels }
    for (const [present, former] of names) {
      const value = labels[former]
      if (value !== undefined && (labels[present] ?? '') === '') {
        read[present] = value
        if (formers[former] === undefined) delete read[former]
      }
    }
    return read
  }
  const told = names.map(([present, former]) => `${present}=${former}`).join(', ')
  return { text: `${told}: ${selector.text}`, matches: (labels) => selector.matches(reads(labels)), reads }
}

type Read<T> = Result<{ readonly value: T; readonly end: number }, SelectorError>

/** Reads `{name="value", …}`. An absent label matches as an empty one does. `{}` matches everything. */
export function parseSelector(
  text: string,
  compileRegex: RegexCompiler,
): Result<ParsedSelector, SelectorError> {
  let at = skipSpace(text, 0)
  if (text[at] !== '{') return fail('a selector begins with {, as in {service_name="checkout"}', at)
  at = skipSpace(text, at + 1)
  const found: { readonly matcher: Matcher; readonly test: (value: string) => boolean }[] = []
  while (text[at] !== '}') {
    const read = readMatcher(text, at)
    if (read.kind === 'failed') return read
    const { matcher, valueAt } = read.value.value
    const test = testOf(matcher, compileRegex)
    if (test.kind === 'failed') return fail(`${matcher.name}: ${test.error}`, valueAt)
    found.push({ matcher, test: test.value })
    at = skipSpace(text, read.value.end)
    if (text[at] === ',') at = skipSpace(text, at + 1)
    else if (text[at] !== '}')
      return fail(at >= text.length ? 'the selector has no closing }' : 'write , or } after a matcher', at)
  }
  const rest = skipSpace(text, at + 1)
  if (rest < text.length) return fail('nothing may follow the closing }', rest)
  found.sort((a, b) => compare(matcherText(a.matcher), matcherText(b.matcher)))
  return ok({
    text: `{${found.map(({ matcher }) => matcherText(matcher)).join(', ')}}`,
    matchers: found.map(({ matcher }) => matcher),
    matches: (labels) => found.every(({ matcher, test }) => test(labels[matcher.name] ?? '')),
  })
}

function readMatcher(
  text: string,
  start: number,
): Read<{ readonly matcher: Matcher; readonly valueAt: number }> {
  const name = readName(text, start)
  if (name.kind === 'failed') return name
  const operatorAt = skipSpace(text, name.value.end)
  const operator = operatorIn(text, operatorAt)
  if (operator === undefined)
    return fail(`write =, !=, =~ or !~ after the label ${name.value.value}`, operatorAt)
  const valueAt = skipSpace(text, operatorAt + operator.length)
  const value = readQuoted(text, valueAt)
  if (value.kind === 'failed') return value
  return ok({
    value: { matcher: { name: name.value.value, operator, value: value.value.value }, valueAt },
    end: value.value.end,
  })
}

function readName(text: string, start: number): Read<string> {
  if (text[start] === '"' || text[start] === "'" || text[start] === '`') return readQuoted(text, start)
  const name = /^[A-Za-z_][A-Za-z0-9_]*/.exec(text.slice(start))?.[0]
  if (name === undefined)
    return fail(
      start >= text.length ? 'the selector has no closing }' : 'write a label name: letters, digits and _',
      start,
    )
  const end = start + name.length
  if (text[end] === '.' || text[end] === '-')
    return fail(
      `label names have _ where OpenTelemetry has ${text[end]}: write ${underscored(text, start)}`,
      end,
    )
  return ok({ value: name, end })
}

function underscored(text: string, start: number): string {
  return (/^[\w.-]+/.exec(text.slice(start))?.[0] ?? '').replace(/[.-]/g, '_')
}

function operatorIn(text: string, at: number): Matcher['operator'] | undefined {
  const two = text.slice(at, at + 2)
  if (two === '!=' || two === '=~' || two === '!~') return two
  return text[at] === '=' ? '=' : undefined
}

function testOf(matcher: Matcher, compileRegex: RegexCompiler): Result<(value: string) => boolean, string> {
  const { operator, value: wanted } = matcher
  if (operator === '=') return ok((value) => value === wanted)
  if (operator === '!=') return ok((value) => value !== wanted)
  const compiled = compileRegex(wanted)
  if (compiled.kind === 'failed' || operator === '=~') return compiled
  const matches = compiled.value
  return ok((value) => !matches(value))
}

function matcherText(matcher: Matcher): string {
  const name = /^[A-Za-z_][A-Za-z0-9_]*$/.test(matcher.name) ? matcher.name : quoted(matcher.name)
  return `${name}${matcher.operator}${quoted(matcher.value)}`
}

function skipSpace(text: string, start: number): number {
  let at = start
  while (at < text.length && ' \t\r\n'.includes(text[at] ?? '')) at++
  return at
}

// By code unit, so that the order is the same on every machine.
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function fail(message: string, offset: number): Result<never, SelectorError> {
  return failed({ message, offset })
}
