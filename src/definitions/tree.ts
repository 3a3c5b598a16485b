import type { Place } from './place.ts'

/**
 * YAML as the definitions read it: every node knows its place and scalars keep their source text, so that
 * `target: 0.999` is read as a decimal and never through a binary float.
 */
export type Node = MapNode | ListNode | TextNode | NumberNode | FlagNode | EmptyNode

export interface MapNode {
  readonly kind: 'map'
  readonly place: Place
  readonly entries: ReadonlyMap<string, Entry>
}

export interface Entry {
  readonly key: string
  readonly keyPlace: Place
  readonly value: Node
}

export interface ListNode {
  readonly kind: 'list'
  readonly place: Place
  readonly items: readonly Node[]
}

export interface TextNode {
  readonly kind: 'text'
  readonly place: Place
  readonly value: string
}

export interface NumberNode {
  readonly kind: 'number'
  readonly place: Place
  readonly value: number
  /** The characters of the file: `0.9990`. */
  readonly source: string
}

export interface FlagNode {
  readonly kind: 'flag'
  readonly place: Place
  readonly value: boolean
  readonly source: string
}

/** `null`, `~` or nothing at all. */
export interface EmptyNode {
  readonly kind: 'empty'
  readonly place: Place
}

/** What is written under the key; absent and `null` are the same. */
export function get(node: Node | undefined, key: string): Node | undefined {
  if (node?.kind !== 'map') return undefined
  const value = node.entries.get(key)?.value
  return value === undefined || value.kind === 'empty' ? undefined : value
}

/** What is written under a path of keys. */
export function at(node: Node | undefined, ...path: readonly string[]): Node | undefined {
  let here = node
  for (const key of path) here = get(here, key)
  return here
}

export function itemsOf(node: Node | undefined): readonly Node[] {
  return node?.kind === 'list' ? node.items : []
}

/** A scalar as the file has it: text, or a number's or flag's own characters. */
export function textOf(node: Node | undefined): string | undefined {
  if (node?.kind === 'text') return node.value
  return node?.kind === 'number' || node?.kind === 'flag' ? node.source : undefined
}

export function flagOf(node: Node | undefined): boolean | undefined {
  return node?.kind === 'flag' ? node.value : undefined
}

/** Where the key stands; the node itself when it has no such key. */
export function keyPlace(node: Node, key: string): Place {
  return (node.kind === 'map' ? node.entries.get(key)?.keyPlace : undefined) ?? node.place
}

/** Plain JSON. Numbers become floats here, so nothing that is compared may come through it. */
export function toPlain(node: Node | undefined): unknown {
  if (node === undefined || node.kind === 'empty') return null
  if (node.kind === 'map') return toPlainRecord(node)
  return node.kind === 'list' ? node.items.map(toPlain) : node.value
}

/** `__proto__` never gets here: it is refused as a key of any map. */
export function toPlainRecord(node: Node | undefined): Readonly<Record<string, unknown>> {
  const record: Record<string, unknown> = {}
  if (node?.kind === 'map') for (const { key, value } of node.entries.values()) record[key] = toPlain(value)
  return record
}

export function kindName(node: Node): string {
  switch (node.kind) {
    case 'map':
      return 'a map'
    case 'list':
      return 'a list'
    case 'text':
      return 'text'
    case 'number':
      return 'a number'
    case 'flag':
      return 'true or false'
    case 'empty':
      return 'nothing'
    default:
      return node satisfies never
  }
}
