import { checkMetadata, type DocumentNode } from './documents.ts'
import type { Origin, PolicyTemplate } from './model.ts'
import { placeName, positionOf } from './place.ts'
import type { Report } from './report.ts'
import { someOf, suggest } from './suggest.ts'
import { get, keyPlace, type Node, textOf } from './tree.ts'

/** What building one document may look at: every document of every file, and where to tell what is wrong. */
export interface Context {
  readonly report: Report
  readonly registry: Registry
  readonly policies: ReadonlyMap<string, PolicyTemplate>
  readonly commitOf: (file: string) => Origin['commit']
}

export interface Registry {
  readonly all: (kind: string) => readonly DocumentNode[]
  readonly find: (kind: string, name: string) => DocumentNode | undefined
}

/**
 * Takes each name once: the second of two is told with both places and not used. For a Service, which holds names and
 * labels and no promise, that is a warning.
 */
export function createRegistry(documents: readonly DocumentNode[], report: Report): Registry {
  const kinds = new Map<string, Map<string, DocumentNode>>()
  const folded = new Map<string, DocumentNode>()
  for (const document of documents) {
    if (document.name === '') continue
    const byName = kinds.get(document.kind) ?? new Map<string, DocumentNode>()
    kinds.set(document.kind, byName)
    const earlier = byName.get(document.name)
    if (earlier) {
      const tell = document.kind === 'Service' ? report.warn : report.error
      tell('NINES-1201', namePlace(document), {
        message: `there are two ${document.kind} documents named ${document.name}; the first is at ${placeName(namePlace(earlier))}`,
        remedy: 'Rename one of them, or delete it.',
      })
      continue
    }
    byName.set(document.name, document)
    const key = `${document.kind} ${document.name.toLowerCase()}`
    const alike = folded.get(key)
    if (alike)
      report.warn('NINES-1205', namePlace(document), {
        message: `${document.name} and ${alike.name} (${placeName(namePlace(alike))}) differ only in case`,
        remedy: 'Give one of them another name, so that people can tell them apart.',
      })
    else folded.set(key, document)
  }
  return {
    all: (kind) => [...(kinds.get(kind)?.values() ?? [])],
    find: (kind, name) => kinds.get(kind)?.get(name),
  }
}

const namePlace = (document: DocumentNode) =>
  get(get(document.node, 'metadata'), 'name')?.place ?? document.node.place

/** The sound document that a reference names; undefined when there is none, which is then told. */
export function resolve(context: Context, kind: string, reference: Node): DocumentNode | undefined {
  const name = textOf(reference) ?? ''
  const found = context.registry.find(kind, name)
  if (found?.sound) return found
  if (found)
    context.report.error('NINES-1204', reference.place, {
      message: `the ${kind} ${name} has faults (${placeName(found.node.place)})`,
      remedy: 'Correct it there.',
    })
  else context.report.error('NINES-1203', reference.place, unresolved(context, kind, name))
  return undefined
}

export function unresolved(
  context: Context,
  kind: string,
  name: string,
): { message: string; remedy: string } {
  const names = context.registry.all(kind).map((document) => document.name)
  const meant = suggest(name, names)
  return {
    message: `there is no ${kind} named ${name}`,
    remedy: meant
      ? `Did you mean ${meant}?`
      : names.length > 0
        ? `Write one of ${someOf(names)}, or define ${name}.`
        : `Define ${article(kind)} ${kind} named ${name}.`,
  }
}

const article = (kind: string): string => (/^([AEIO]|SLI|SLO)/.test(kind) ? 'an' : 'a')

/** A document in place (`spec`), or the one that the reference names; its name, metadata and spec. */
export function inlineOrNamed(
  context: Context,
  node: Node,
  kind: string,
  reference: string,
): Named | undefined {
  const named = get(node, reference)
  if (named) {
    const found = resolve(context, kind, named)
    return found && { name: found.name, metadata: get(found.node, 'metadata'), spec: specOf(found) }
  }
  const metadata = get(node, 'metadata')
  checkMetadata(metadata, context.report)
  const spec = get(node, 'spec')
  return spec && { name: textOf(get(metadata, 'name')) ?? '', metadata, spec }
}

export interface Named {
  readonly name: string
  readonly metadata: Node | undefined
  readonly spec: Node
}

/** A document whose kind needs no spec may have none: then the document stands for it. */
export function specOf(document: DocumentNode): Node {
  return get(document.node, 'spec') ?? document.node
}

export function originOf(context: Context, document: DocumentNode): Origin {
  const { source, node } = document
  const position = positionOf(source, node.place.start)
  const indent = ' '.repeat(position.column - 1)
  const text = source.text
    .slice(node.place.start, node.place.end)
    .split('\n')
    .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
    .join('\n')
  return {
    file: source.file,
    line: position.line,
    text: `${text.trimEnd()}\n`,
    commit: context.commitOf(source.file),
  }
}

export function metadataOf(document: DocumentNode): {
  readonly displayName: string
  readonly labels: Readonly<Record<string, readonly string[]>>
  readonly annotations: Readonly<Record<string, string>>
} {
  const metadata = get(document.node, 'metadata')
  const labels: Record<string, readonly string[]> = {}
  for (const [key, value] of pairsOf(get(metadata, 'labels')))
    labels[key] =
      value.kind === 'list' ? value.items.flatMap((item) => textOf(item) ?? []) : [textOf(value) ?? '']
  const annotations: Record<string, string> = {}
  for (const [key, value] of pairsOf(get(metadata, 'annotations'))) annotations[key] = textOf(value) ?? ''
  return { displayName: textOf(get(metadata, 'displayName')) ?? document.name, labels, annotations }
}

/** Keys with their values, those without a value left out. */
export function pairsOf(node: Node | undefined): readonly (readonly [string, Node])[] {
  if (node?.kind !== 'map') return []
  return [...node.entries.values()].flatMap(({ key, value }) =>
    value.kind === 'empty' ? [] : [[key, value] as const],
  )
}

export function labelsOf(node: Node | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(pairsOf(node).map(([key, value]) => [key, textOf(value) ?? '']))
}

/** Where the value stands, or its key, or the map: for faults of what may be missing. */
export function placeOf(node: Node, key: string): Node['place'] {
  return get(node, key)?.place ?? keyPlace(node, key)
}
