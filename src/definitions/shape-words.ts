import { DURATION_PATTERN } from './duration.ts'
import type { Field, ObjectShape, Shape } from './shape.ts'

/** Words in which shapes are written down. */

export const about = (text: string, ...examples: (string | number | boolean)[]) => ({ text, examples })
export const text = (what: string, ...examples: string[]): Shape => ({
  kind: 'text',
  about: about(what, ...examples),
})
export const choice = (what: string, choices: readonly string[]): Shape => ({
  kind: 'text',
  about: about(what),
  choices,
})
export const flag = (what: string): Shape => ({ kind: 'flag', about: about(what) })
export const list = (what: string, of: Shape): Shape => ({ kind: 'list', about: about(what), of })
export const filled = (what: string, of: Shape): Shape => ({
  kind: 'list',
  about: about(what),
  of,
  filled: true,
})
export const object = (
  what: string,
  fields: Readonly<Record<string, Field>>,
  groups: Pick<ObjectShape, 'oneOf' | 'atMostOne' | 'variant'> = {},
): ObjectShape => ({ kind: 'object', about: about(what), fields, ...groups })
export const decimal = (what: string, ...examples: number[]): Shape => ({
  kind: 'scalar',
  about: about(what, ...examples),
})
export const duration = (what: string, ...examples: string[]): Shape => ({
  kind: 'scalar',
  about: about(what, ...examples),
  pattern: DURATION_PATTERN,
})
export const needed = (shape: Shape): Field => ({ shape, required: true })
export const optional = (shape: Shape): Field => ({ shape })
export const expected = (shape: Shape): Field => ({ shape, required: 'strict' })

export const record = (what: string, of: Shape): Shape => ({ kind: 'record', about: about(what), of })
export const anything = (what: string): Shape => ({ kind: 'any', about: about(what) })

export const scalarText = (what: string): Shape => ({ kind: 'scalar', about: about(what) })
