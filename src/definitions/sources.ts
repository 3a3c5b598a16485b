import { type Context, metadataOf, originOf, pairsOf, specOf } from './context.ts'
import type { DocumentNode } from './documents.ts'
import type { DataSource, NotificationTarget, ServiceDefinition } from './model.ts'
import { get, type Node, textOf, toPlain, toPlainRecord } from './tree.ts'

/** Kinds that need no more than their shape. */

export function buildDataSource(document: DocumentNode, context: Context): DataSource {
  const spec = specOf(document)
  const { displayName, labels } = metadataOf(document)
  const details = get(spec, 'connectionDetails')
  warnOfSecrets(details, context)
  return {
    name: document.name,
    displayName,
    type: textOf(get(spec, 'type')) ?? '',
    labels: Object.fromEntries(Object.entries(labels).map(([key, values]) => [key, values.join(',')])),
    connectionDetails: detailsOf(details),
    origin: originOf(context, document),
  }
}

/** OpenSLO's own examples write the details as a list of maps; they are then read as one map. */
function detailsOf(node: Node | undefined): Readonly<Record<string, unknown>> {
  if (node?.kind !== 'list') return node?.kind === 'map' ? toPlainRecord(node) : { value: toPlain(node) }
  return Object.fromEntries(node.items.flatMap((item) => Object.entries(toPlainRecord(item))))
}

const SECRET = /(secret|password|passwd|token|api_?key|app_?key|access_?key|private_?key|credential)/i
const REFERENCE = /(file|path|env|ref|name|id)$/i

/** Definitions live in git, so a secret in one is a secret told. References to secrets are what belongs there. */
function warnOfSecrets(node: Node | undefined, context: Context): void {
  if (node?.kind === 'list') for (const item of node.items) warnOfSecrets(item, context)
  for (const [key, value] of pairsOf(node)) {
    if (value.kind === 'map' || value.kind === 'list') warnOfSecrets(value, context)
    else if (SECRET.test(key) && !REFERENCE.test(key) && !(textOf(value) ?? '').startsWith('${'))
      context.report.warn('NINES-1117', value.place, {
        message: `${key} looks like a secret, and this file is in git`,
        remedy: `Write ${key}File with the path of a file that holds it, and change the secret.`,
      })
  }
}

export function buildService(document: DocumentNode): ServiceDefinition {
  const { displayName, labels } = metadataOf(document)
  return {
    name: document.name,
    displayName,
    description: textOf(get(get(document.node, 'spec'), 'description')) ?? '',
    labels,
  }
}

export function buildTarget(document: DocumentNode): NotificationTarget {
  const spec = specOf(document)
  return {
    name: document.name,
    displayName: metadataOf(document).displayName,
    description: textOf(get(spec, 'description')) ?? '',
    target: textOf(get(spec, 'target')) ?? '',
  }
}
