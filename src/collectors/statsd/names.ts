import type { Attributes } from '../otlp/metrics-model.ts'
import { applies, type MetricRule } from '../otlp/metrics-rules.ts'

/** A metric that counts requests, and what is known of it besides its value. */
export interface Matched {
  readonly rule: MetricRule
  /** Its tags, and what stands in its name in the places that the rule names. */
  readonly attributes: Attributes
}

interface Pattern {
  readonly rule: MetricRule
  readonly expression: RegExp
  readonly places: readonly string[]
}

interface Named {
  readonly pattern: Pattern
  readonly found: readonly (readonly [string, string])[]
}

/** Names are many, and come again and again: what was found out is kept, up to a bound, since senders choose them. */
const MOST_NAMES = 20_000

/** Why a name is no pattern: letters, `{place}` for a part of a name, `*` for anything but a dot. Undefined: it is one. */
export function patternProblem(name: string): string | undefined {
  if (/[{}]/.test(name.replaceAll(/\{\w+\}/g, ''))) return 'a brace does not enclose a name'
  // A few are plenty, and matching stays quick whatever the name.
  if (name.split('.').some((part) => (part.match(/\{\w+\}|\*/g) ?? []).length > 2))
    return 'there are more than two places or * between two dots'
  const places = [...name.matchAll(/\{(\w+)\}/g)].map(([, place]) => place)
  return new Set(places).size < places.length ? 'a place stands there twice' : undefined
}

/** Prepares the rules; the first whose pattern fits a name counts. */
export function createMatcher(
  rules: readonly MetricRule[],
): (name: string, tags: ReadonlyMap<string, string>) => Matched | undefined {
  const patterns = rules.map(patternOf)
  const known = new Map<string, readonly Named[]>()
  return (name, tags) => {
    let candidates = known.get(name)
    if (candidates === undefined) {
      if (known.size >= MOST_NAMES) known.clear()
      candidates = patterns.flatMap((pattern) => fit(pattern, name) ?? [])
      known.set(name, candidates)
    }
    for (const { pattern, found } of candidates) {
      const values = found.length === 0 ? tags : new Map([...tags, ...found])
      const attributes = { values, identity: '' }
      if (applies(pattern.rule, attributes)) return { rule: pattern.rule, attributes }
    }
    return undefined
  }
}

function patternOf(rule: MetricRule): Pattern {
  const places: string[] = []
  const source = rule.name
    .split(/(\{\w+\}|\*)/)
    .map((part) => {
      if (part === '*') return '[^.]*'
      const place = /^\{(\w+)\}$/.exec(part)?.[1]
      if (place === undefined) return part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&')
      places.push(place)
      return '([^.]+?)'
    })
    .join('')
  return { rule, expression: new RegExp(`^${source}$`), places }
}

function fit(pattern: Pattern, name: string): Named | undefined {
  const match = pattern.expression.exec(name)
  if (match === null) return undefined
  const found = pattern.places.map((place, i) => [place, match[i + 1] ?? ''] as const)
  // A place of the name that is to hold a status must hold one: `upstream_rq_{code}` is not `upstream_rq_total`.
  const { rule } = pattern
  const isStatus = ([place, value]: readonly [string, string]): boolean =>
    !rule.status.includes(place) || /^[1-5]\d\d$/.test(value) || Object.hasOwn(rule.values, value)
  return found.every(isStatus) ? { pattern, found } : undefined
}
