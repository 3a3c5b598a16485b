import type { Report } from './report.ts'
import { someOf, suggest } from './suggest.ts'
import { keyPlace, kindName, type MapNode, type Node, textOf } from './tree.ts'

/**
 * What a document may look like, as data. One description gives both the checks with their places and the JSON Schema
 * that editors complete with. What a shape cannot say (exact decimals, references) the builders check.
 */
export type Shape =
  | {
      readonly kind: 'text'
      readonly about: About
      readonly choices?: readonly string[]
      readonly pattern?: string
    }
  | { readonly kind: 'number'; readonly about: About; readonly least?: number; readonly most?: number }
  /** A number or text; the builder reads its characters: durations, decimals, times. */
  | { readonly kind: 'scalar'; readonly about: About; readonly pattern?: string }
  | { readonly kind: 'flag'; readonly about: About }
  | { readonly kind: 'any'; readonly about: About }
  | { readonly kind: 'list'; readonly about: About; readonly of: Shape; readonly filled?: boolean }
  | {
      readonly kind: 'record'
      readonly about: About
      readonly of: Shape
      readonly filled?: boolean
      /** Keys that editors offer, with their meaning; others are allowed too. */
      readonly known?: Readonly<Record<string, string>>
    }
  | { readonly kind: 'either'; readonly about: About; readonly of: readonly Shape[] }
  | ObjectShape
  /** The shape of a name, for shapes that hold themselves. */
  | { readonly kind: 'named'; readonly about: About; readonly name: string; readonly shape: () => Shape }

export interface ObjectShape {
  readonly kind: 'object'
  readonly about: About
  readonly fields: Readonly<Record<string, Field>>
  /** Exactly one of each group must be there. */
  readonly oneOf?: readonly (readonly string[])[]
  /** At most one of each group may be there. */
  readonly atMostOne?: readonly (readonly string[])[]
  /** For editors: what some fields look like when `field` says `is`. The builder checks it. */
  readonly variant?: {
    readonly field: string
    readonly is: string
    readonly fields: Readonly<Record<string, Shape>>
  }
}

export interface Field {
  readonly shape: Shape
  /** `strict`: the letter of the spec needs it, and there is a sensible reading without it. */
  readonly required?: boolean | 'strict'
}

export interface About {
  readonly text: string
  readonly examples?: readonly (string | number | boolean)[]
}

/** Reports everything in which the node differs from the shape. */
export function check(node: Node, shape: Shape, report: Report, name: string): void {
  switch (shape.kind) {
    case 'any':
      return
    case 'named':
      return check(node, shape.shape(), report, name)
    case 'object':
      return node.kind === 'map' ? checkObject(node, shape, report) : wrong(node, 'a map', report, name)
    case 'record':
      if (node.kind !== 'map') return wrong(node, 'a map', report, name)
      if (shape.filled && node.entries.size === 0) return empty(node, report, name)
      for (const entry of node.entries.values()) check(entry.value, shape.of, report, entry.key)
      return
    case 'list':
      if (node.kind !== 'list') return wrong(node, 'a list', report, name)
      if (shape.filled && node.items.length === 0) return empty(node, report, name)
      for (const item of node.items) check(item, shape.of, report, name)
      return
    case 'either': {
      const fits = shape.of.find((option) => fitsKind(node, option))
      return fits
        ? check(node, fits, report, name)
        : wrong(node, shape.of.map(wanted).join(' or '), report, name)
    }
    case 'text':
    case 'number':
    case 'scalar':
    case 'flag':
      return fitsKind(node, shape)
        ? checkScalar(node, shape, report, name)
        : wrong(node, wanted(shape), report, name)
    default:
      return shape satisfies never
  }
}

function checkObject(node: MapNode, shape: ObjectShape, report: Report): void {
  for (const { key, keyPlace: place } of node.entries.values()) {
    if (Object.hasOwn(shape.fields, key)) continue
    const meant = suggest(key, Object.keys(shape.fields))
    report.error('NINES-1106', place, {
      message: `there is no field ${key} here`,
      remedy: meant ? `Did you mean ${meant}?` : `Write one of ${someOf(Object.keys(shape.fields), 12)}.`,
    })
  }
  for (const [key, field] of Object.entries(shape.fields)) {
    const value = node.entries.get(key)?.value
    if (value !== undefined && value.kind !== 'empty') check(value, field.shape, report, key)
    else if (field.required === true)
      report.error('NINES-1105', value ? keyPlace(node, key) : beginning(node), {
        message: `${key} is missing`,
        remedy: `Write "${key}:" with ${field.shape.about.text}.`,
      })
  }
  for (const group of shape.oneOf ?? []) checkGroup(node, group, { report, needed: true })
  for (const group of shape.atMostOne ?? []) checkGroup(node, group, { report, needed: false })
}

function checkGroup(node: MapNode, group: readonly string[], how: { report: Report; needed: boolean }): void {
  const present = group.filter((key) => (node.entries.get(key)?.value.kind ?? 'empty') !== 'empty')
  if (present.length > 1)
    how.report.error('NINES-1109', keyPlace(node, present[1] ?? ''), {
      message: `${present.join(' and ')} exclude each other`,
      remedy: `Keep one of ${present.join(', ')}.`,
    })
  if (present.length === 0 && how.needed)
    how.report.error('NINES-1110', beginning(node), {
      message: `one of ${group.join(', ')} is missing`,
      remedy: `Write one of ${group.join(', ')}.`,
    })
}

type ScalarShape = Extract<Shape, { readonly kind: 'text' | 'number' | 'scalar' | 'flag' }>

function checkScalar(node: Node, shape: ScalarShape, report: Report, name: string): void {
  const written = textOf(node) ?? ''
  if (shape.kind === 'text' && shape.choices && !shape.choices.includes(written)) {
    const meant = suggest(written, shape.choices)
    report.error('NINES-1108', node.place, {
      message: `${name} cannot be ${written}`,
      remedy: meant ? `Did you mean ${meant}?` : `Write one of ${shape.choices.join(', ')}.`,
    })
  }
  if (shape.kind === 'number' && node.kind === 'number') {
    const low = shape.least !== undefined && !(node.value >= shape.least)
    const high = shape.most !== undefined && !(node.value <= shape.most)
    if (low || high || !Number.isFinite(node.value))
      report.error('NINES-1116', node.place, {
        message: `${name} cannot be ${written}`,
        remedy: `Write ${shape.about.text}.`,
      })
  }
}

function fitsKind(node: Node, shape: Shape): boolean {
  switch (shape.kind) {
    case 'text':
      return node.kind === 'text'
    case 'number':
      return node.kind === 'number'
    case 'scalar':
      return node.kind === 'text' || node.kind === 'number'
    case 'flag':
      return node.kind === 'flag'
    case 'list':
      return node.kind === 'list'
    case 'record':
    case 'object':
      return node.kind === 'map'
    case 'named':
      return fitsKind(node, shape.shape())
    case 'either':
      return shape.of.some((option) => fitsKind(node, option))
    case 'any':
      return true
    default:
      return shape satisfies never
  }
}

function wanted(shape: Shape): string {
  if (shape.kind === 'flag') return 'true or false'
  if (shape.kind === 'list') return 'a list'
  if (shape.kind === 'record' || shape.kind === 'object') return 'a map'
  return shape.kind === 'number' ? 'a number' : 'text'
}

function wrong(node: Node, want: string, report: Report, name: string): void {
  const written = textOf(node)
  const quoted = want === 'text' && written !== undefined
  report.error('NINES-1107', node.place, {
    message: `${name} must be ${want}, and is ${kindName(node)}`,
    remedy: quoted ? `Write it in quotes: "${written}".` : `Write ${want}.`,
  })
}

function empty(node: Node, report: Report, name: string): void {
  report.error('NINES-1115', node.place, { message: `${name} is empty`, remedy: 'Write at least one item.' })
}

/** Faults of a whole map are shown at its first key: the caret is then one line long. */
function beginning(node: MapNode): Node['place'] {
  return node.entries.values().next().value?.keyPlace ?? node.place
}
