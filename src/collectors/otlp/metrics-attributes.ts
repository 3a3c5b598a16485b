import { createHash } from 'node:crypto'
import type { Attributes } from './metrics-model.ts'

/** One attribute. `kind` tells the text `1` from the number 1; what is nested is told by its encoding alone. */
export interface Attribute {
  readonly key: string
  readonly kind: 'text' | 'truth' | 'integer' | 'number' | 'nested' | 'none'
  readonly value: string
}

export const NO_ATTRIBUTES: Attributes = { values: new Map(), identity: '[]' }

/** Of attributes with one name the last one counts. */
export function attributesOf(list: readonly Attribute[]): Attributes {
  if (list.length === 0) return NO_ATTRIBUTES
  const last = new Map(list.map((each) => [each.key, each]))
  const values = new Map<string, string>()
  for (const { key, kind, value } of last.values())
    if (kind !== 'nested' && kind !== 'none') values.set(key, value)
  const sorted = [...last.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
  return { values, identity: JSON.stringify(sorted.map(({ key, kind, value }) => [key, kind, value])) }
}

/** A short name for something long: 96 bits, so that among a million the chance of two alike is below 10^-16. */
export function shortName(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 16)
}
