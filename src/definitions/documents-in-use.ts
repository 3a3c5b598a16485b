import type { DocumentNode, ReadFile } from './documents.ts'

/** Documents by kind and name, as they last were sound. */
export type SoundDocuments = ReadonlyMap<string, DocumentNode>

export interface DocumentsInUse {
  readonly documents: readonly DocumentNode[]
  /** Those that stand in for a document that is broken now. */
  readonly standIns: ReadonlySet<DocumentNode>
}

export const keyOf = (document: DocumentNode): string => `${document.kind} ${document.name}`

/**
 * The documents of all files, with the last sound version of each that is broken now. A document counts as broken
 * rather than deleted while its file is there and cannot be read, or holds something whose kind or name cannot be.
 */
export function documentsInUse(files: readonly ReadFile[], earlier: SoundDocuments): DocumentsInUse {
  const sound = new Set<string>()
  const broken = new Set<string>()
  const doubtful = new Set<string>()
  for (const file of files) {
    if (!file.readable || file.nameless) doubtful.add(file.file)
    for (const document of file.documents) (document.sound ? sound : broken).add(keyOf(document))
  }
  const standIns = new Set<DocumentNode>()
  for (const [key, document] of earlier)
    if (!sound.has(key) && (broken.has(key) || doubtful.has(document.source.file))) standIns.add(document)
  const replaced = new Set([...standIns].map(keyOf))
  const current = files.flatMap((file) =>
    file.documents.filter((document) => document.sound || !replaced.has(keyOf(document))),
  )
  // A stand-in takes the place of what it stands in for, so that nothing moves when something breaks.
  const order = new Map(files.map((file, at) => [file.file, at]))
  const at = (document: DocumentNode): number => order.get(document.source.file) ?? files.length
  const documents = [...current, ...standIns].sort(
    (a, b) => at(a) - at(b) || a.node.place.start - b.node.place.start,
  )
  return { documents, standIns }
}

/** What the next load may fall back to. */
export function soundDocuments(documents: readonly DocumentNode[]): SoundDocuments {
  const sound = new Map<string, DocumentNode>()
  for (const document of documents)
    if (document.sound && document.name !== '' && !sound.has(keyOf(document)))
      sound.set(keyOf(document), document)
  return sound
}
