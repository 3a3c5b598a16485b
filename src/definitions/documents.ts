import { metadata as metadataShape, OPENSLO_KINDS } from './openslo-shapes.ts'
import { OUR_KINDS } from './our-shapes.ts'
import type { Source } from './place.ts'
import { type Report } from './report.ts'
import { check, type ObjectShape } from './shape.ts'
import { someOf, suggest } from './suggest.ts'
import { at, get, keyPlace, type MapNode, type Node, textOf } from './tree.ts'
import { readYaml } from './yaml.ts'

export const OPENSLO_V1 = 'openslo/v1'
export const NINES_V1 = 'nines.dev/v1'

/** One document of a file, its shape checked. */
export interface DocumentNode {
  readonly kind: string
  /** `metadata.name`; empty when it cannot be read. */
  readonly name: string
  readonly node: MapNode
  readonly source: Source
  /** False when its shape has faults: it is known to be there, and not used. */
  readonly sound: boolean
}

export interface DefinitionFile {
  /** Relative to the definitions' directory, with `/`. */
  readonly file: string
  readonly text: string
}

/** What one file holds. Depends on the file alone, so it may be kept for as long as the text stays the same. */
export interface ReadFile {
  readonly file: string
  readonly readable: boolean
  readonly documents: readonly DocumentNode[]
  /** True when there are documents whose kind or name cannot be read. */
  readonly nameless: boolean
}

/** Reads one file into its documents: several, separated by `---`, or a list of them. */
export function readFile(input: DefinitionFile, report: Report): ReadFile {
  const yaml = readYaml(input.file, input.text, report)
  const documents: DocumentNode[] = []
  let nameless = false
  for (const node of yaml.roots.flatMap((root) => (root.kind === 'list' ? root.items : [root]))) {
    const document = readDocument(node, yaml.source, report)
    if (document) documents.push(document)
    if (!document || document.name === '') nameless = true
  }
  return { file: input.file, readable: yaml.readable, documents, nameless }
}

function readDocument(node: Node, source: Source, report: Report): DocumentNode | undefined {
  if (node.kind !== 'map') {
    report.error('NINES-1101', node.place, {
      message: 'a document must be a map with apiVersion, kind, metadata and spec',
      remedy: 'Begin with "apiVersion: openslo/v1".',
    })
    return undefined
  }
  const before = report.errors()
  const kinds = kindsOf(node, report)
  if (!kinds) return undefined
  const spec = specShapeOf(node, kinds, report)
  if (!spec) return undefined
  check(node, documentShape(spec.name, spec.shape), report, spec.name)
  checkMetadata(get(node, 'metadata'), report)
  checkDescription(at(node, 'spec', 'description'), report)
  const name = textOf(at(node, 'metadata', 'name')) ?? ''
  return { kind: spec.name, name, node, source, sound: report.errors() === before }
}

export function documentShape(kind: string, spec: ObjectShape): ObjectShape {
  const fixed = (text: string, value: string) =>
    ({ kind: 'text', about: { text }, choices: [value] }) as const
  const version = Object.hasOwn(OUR_KINDS, kind) ? NINES_V1 : OPENSLO_V1
  return {
    kind: 'object',
    about: { text: spec.about.text },
    fields: {
      apiVersion: { shape: fixed('the version of the format', version), required: true },
      kind: { shape: fixed('what the document is', kind), required: true },
      metadata: { shape: metadataShape, required: true },
      spec: { shape: spec, required: Object.values(spec.fields).some((field) => field.required === true) },
    },
  }
}

function kindsOf(node: MapNode, report: Report): Readonly<Record<string, ObjectShape>> | undefined {
  const written = get(node, 'apiVersion')
  const version = textOf(written)
  if (version === OPENSLO_V1) return OPENSLO_KINDS
  if (version === NINES_V1) return OUR_KINDS
  const place = written?.place ?? keyPlace(node, 'apiVersion')
  if (version === 'openslo/v1alpha' || version === 'openslo.com/v2alpha' || version === 'openslo/v2alpha') {
    report.error('NINES-1103', place, {
      message: `this is OpenSLO ${version.split('/')[1]}; version v1 is read`,
      remedy: conversionHint(node, version),
    })
    return undefined
  }
  const meant = suggest(version ?? '', [OPENSLO_V1, NINES_V1])
  report.error('NINES-1102', place, {
    message: version === undefined ? 'apiVersion is missing' : `apiVersion ${version} is unknown`,
    remedy: meant
      ? `Did you mean ${meant}?`
      : `Write "apiVersion: ${OPENSLO_V1}", or ${NINES_V1} for our own kinds.`,
  })
  return undefined
}

function specShapeOf(
  node: MapNode,
  kinds: Readonly<Record<string, ObjectShape>>,
  report: Report,
): { readonly name: string; readonly shape: ObjectShape } | undefined {
  const written = get(node, 'kind')
  const name = textOf(written) ?? ''
  const shape = Object.hasOwn(kinds, name) ? kinds[name] : undefined
  if (shape) return { name, shape }
  const other = kinds === OUR_KINDS ? OPENSLO_KINDS : OUR_KINDS
  const otherVersion = kinds === OUR_KINDS ? OPENSLO_V1 : NINES_V1
  const meant = suggest(name, Object.keys(kinds))
  report.error('NINES-1104', written?.place ?? keyPlace(node, 'kind'), {
    message: name === '' ? 'kind is missing' : `there is no kind ${name} here`,
    remedy: Object.hasOwn(other, name)
      ? `Write "apiVersion: ${otherVersion}" for a ${name}.`
      : meant
        ? `Did you mean ${meant}?`
        : `Write one of ${someOf(Object.keys(kinds))}.`,
  })
  return undefined
}

/** What to rename, as far as it stands in this document. */
function conversionHint(node: MapNode, version: string): string {
  const renames: readonly (readonly [string, string])[] =
    version === 'openslo/v1alpha'
      ? [
          ['timeWindows', 'timeWindows [{unit: Day, count: 30}] becomes timeWindow [{duration: 30d}]'],
          ['ratioMetrics', 'ratioMetrics moves to spec.indicator.spec.ratioMetric'],
          ['incremental', 'incremental becomes counter'],
          ['thresholdMetric', 'indicator.thresholdMetric moves to indicator.spec.thresholdMetric'],
          ['queryType', 'source, queryType and query become metricSource {type, spec}'],
        ]
      : [
          ['sli', 'sli becomes indicator'],
          ['sliRef', 'sliRef becomes indicatorRef'],
          ['serviceRef', 'serviceRef becomes service'],
          ['dataSourceRef', 'dataSourceRef becomes metricSource.metricSourceRef'],
          ['dataSourceSpec', 'dataSourceSpec becomes a DataSource that metricSourceRef names'],
        ]
  const keys = new Set<string>()
  collectKeys(node, keys)
  const hints = renames.filter(([key]) => keys.has(key)).map(([, hint]) => hint)
  return `Write "apiVersion: ${OPENSLO_V1}"${hints.length > 0 ? `; ${hints.join('; ')}` : ''}.`
}

function collectKeys(node: Node, keys: Set<string>): void {
  if (node.kind === 'list') for (const item of node.items) collectKeys(item, keys)
  if (node.kind !== 'map') return
  for (const { key, value } of node.entries.values()) {
    keys.add(key)
    collectKeys(value, keys)
  }
}

const RFC_1123 = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const TOLERABLE = /^[A-Za-z0-9]([-._A-Za-z0-9]{0,251}[A-Za-z0-9])?$/

/** Also of the metadata of what is written in place. */
export function checkMetadata(node: Node | undefined, report: Report): void {
  const name = get(node, 'name')
  const written = textOf(name)
  if (name && written !== undefined && !RFC_1123.test(written)) checkName(name, written, report)
  checkKeys(get(node, 'labels'), /^[a-zA-Z0-9]([-._a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$/, report)
  checkKeys(
    get(node, 'annotations'),
    /^([a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?\/)?[a-zA-Z0-9]([-._a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$/,
    report,
  )
}

function checkName(name: Node, written: string, report: Report): void {
  const plain = written
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
  const remedy = plain === '' ? 'Use lower-case letters, digits and "-".' : `Write ${plain}.`
  const odd = /[^-._A-Za-z0-9]/u.exec(written)?.[0]
  if (TOLERABLE.test(written))
    report.tolerate('NINES-1112', name.place, {
      message: `the name ${written} is not an RFC 1123 label, which OpenSLO asks for`,
      remedy,
    })
  else
    report.error('NINES-1111', name.place, {
      message:
        odd === undefined
          ? `the name ${written.slice(0, 80)} cannot be used`
          : `the name holds ${JSON.stringify(odd)} (U+${codePoint(odd)})`,
      // A letter of another alphabet may look like one of this; leaving it out would hide which was meant.
      remedy: odd !== undefined && odd > '~' ? 'Type it again with a to z, digits and "-".' : remedy,
    })
}

const codePoint = (character: string): string =>
  (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')

function checkKeys(node: Node | undefined, pattern: RegExp, report: Report): void {
  if (node?.kind !== 'map') return
  for (const { key, keyPlace: place } of node.entries.values())
    if (!pattern.test(key))
      report.tolerate('NINES-1114', place, {
        message: `${key} is not a key that OpenSLO allows`,
        remedy: 'Use letters, digits, "-", "_" and ".", beginning and ending with a letter or digit.',
      })
}

/** OpenSLO keeps descriptions to 1050 characters. */
export function checkDescription(node: Node | undefined, report: Report): void {
  const length = Array.from(textOf(node) ?? '').length
  if (node && length > 1_050)
    report.tolerate('NINES-1113', node.place, {
      message: `the description has ${length} characters; OpenSLO allows 1050`,
      remedy: 'Shorten it, or link to a page.',
    })
}
