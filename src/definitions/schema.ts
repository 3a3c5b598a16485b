import { documentShape } from './documents.ts'
import { OPENSLO_KINDS } from './openslo-shapes.ts'
import { OUR_KINDS } from './our-shapes.ts'
import type { ObjectShape, Shape } from './shape.ts'

/** A JSON Schema, as plain JSON. */
export type JsonSchema = Readonly<Record<string, unknown>>

/**
 * The JSON Schema (draft 2020-12) of every kind, for editors: `# yaml-language-server: $schema=…`. It comes from the
 * shapes that files are checked with, so an editor and `nines validate` never disagree about a field.
 */
export function definitionsJsonSchema(): JsonSchema {
  const kinds = { ...OPENSLO_KINDS, ...OUR_KINDS }
  const defs: Record<string, JsonSchema> = {}
  for (const [kind, spec] of Object.entries(kinds)) defs[kind] = schemaOf(documentShape(kind, spec), defs)
  defs['Document'] = {
    type: 'object',
    required: ['apiVersion', 'kind'],
    properties: { kind: { enum: Object.keys(kinds) } },
    allOf: Object.keys(kinds).map((kind) => whenField('kind', kind, { $ref: `#/$defs/${kind}` })),
  }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Definitions of Nines: OpenSLO v1 and nines.dev/v1',
    type: ['object', 'array'],
    allOf: [
      implies({ type: 'object' }, { $ref: '#/$defs/Document' }),
      implies({ type: 'array' }, { items: { $ref: '#/$defs/Document' } }),
    ],
    $defs: defs,
  }
}

function schemaOf(shape: Shape, defs: Record<string, JsonSchema>): JsonSchema {
  const { text, examples } = shape.about
  const about = { description: text, ...(examples && examples.length > 0 ? { examples } : {}) }
  switch (shape.kind) {
    case 'any':
      return about
    case 'flag':
      return { ...about, type: 'boolean' }
    case 'text':
      return { ...about, type: 'string', ...(shape.choices ? { enum: shape.choices } : {}) }
    case 'number':
      return {
        ...about,
        type: 'number',
        ...(shape.least === undefined ? {} : { minimum: shape.least }),
        ...(shape.most === undefined ? {} : { maximum: shape.most }),
      }
    case 'scalar':
      return { ...about, type: ['string', 'number'], ...(shape.pattern ? { pattern: shape.pattern } : {}) }
    case 'list':
      return {
        ...about,
        type: 'array',
        items: schemaOf(shape.of, defs),
        ...(shape.filled ? { minItems: 1 } : {}),
      }
    case 'record':
      return {
        ...about,
        type: 'object',
        additionalProperties: schemaOf(shape.of, defs),
        ...(shape.filled ? { minProperties: 1 } : {}),
        ...(shape.known ? { properties: described(shape.known) } : {}),
      }
    case 'either':
      return { ...about, anyOf: shape.of.map((option) => schemaOf(option, defs)) }
    case 'named': {
      // The place is taken before the shape is walked, because the shape holds itself.
      if (!Object.hasOwn(defs, shape.name)) {
        defs[shape.name] = {}
        defs[shape.name] = schemaOf(shape.shape(), defs)
      }
      return { $ref: `#/$defs/${shape.name}` }
    }
    case 'object':
      return { ...about, ...objectSchema(shape, defs) }
    default:
      return shape satisfies never
  }
}

function described(known: Readonly<Record<string, string>>): JsonSchema {
  return Object.fromEntries(
    Object.entries(known).map(([key, description]) => [
      key,
      { description, type: ['string', 'number', 'boolean'] },
    ]),
  )
}

function objectSchema(shape: ObjectShape, defs: Record<string, JsonSchema>): JsonSchema {
  const entries = Object.entries(shape.fields)
  const required = entries.flatMap(([key, field]) => (field.required === true ? [key] : []))
  const oneOf = (shape.oneOf ?? []).map((group) => ({ oneOf: group.map((key) => ({ required: [key] })) }))
  const atMostOne = (shape.atMostOne ?? []).map((group) => ({ not: { required: group } }))
  const { variant } = shape
  const special = variant
    ? [whenField(variant.field, variant.is, { properties: schemasOf(variant.fields, defs) })]
    : []
  const all = [...oneOf, ...atMostOne, ...special]
  return {
    type: 'object',
    // What is optional may be written and left empty.
    properties: Object.fromEntries(
      entries.map(([key, field]) => [
        key,
        field.required === true
          ? schemaOf(field.shape, defs)
          : { anyOf: [schemaOf(field.shape, defs), { type: 'null' }], description: field.shape.about.text },
      ]),
    ),
    additionalProperties: false,
    ...(required.length > 0 ? { required } : {}),
    ...(all.length > 0 ? { allOf: all } : {}),
  }
}

function schemasOf(shapes: Readonly<Record<string, Shape>>, defs: Record<string, JsonSchema>): JsonSchema {
  return Object.fromEntries(Object.entries(shapes).map(([key, shape]) => [key, schemaOf(shape, defs)]))
}

function whenField(field: string, is: string, schema: JsonSchema): JsonSchema {
  return implies({ properties: { [field]: { const: is } }, required: [field] }, schema)
}

function implies(condition: JsonSchema, schema: JsonSchema): JsonSchema {
  // oxlint-disable-next-line unicorn/no-thenable -- it is the keyword of JSON Schema, and nobody awaits a schema
  return { if: condition, then: schema }
}
