import type { AccessLogEntry, WantedExtras } from './access-log-entry.ts'
import type { EnvoyNode } from './node.ts'
import { textAt } from './struct.ts'

/** Where a label's value, or the service's name, stands. */
export type Place =
  | { readonly kind: 'node'; readonly of: 'id' | 'cluster' | 'region' | 'zone' | 'log' }
  | { readonly kind: 'node-metadata'; readonly path: string }
  | { readonly kind: 'tag'; readonly name: string }
  | { readonly kind: 'filter-state'; readonly path: string }
  | { readonly kind: 'metadata'; readonly path: string }
  | { readonly kind: 'request-header'; readonly name: string }
  | { readonly kind: 'response-header'; readonly name: string }

/** Who sends a stream's entries. */
export interface Sender {
  readonly node: EnvoyNode
  readonly logName: string
}

const FIXED: Readonly<Record<string, Place>> = {
  'node.id': { kind: 'node', of: 'id' },
  'node.cluster': { kind: 'node', of: 'cluster' },
  'node.region': { kind: 'node', of: 'region' },
  'node.zone': { kind: 'node', of: 'zone' },
  log_name: { kind: 'node', of: 'log' },
}

/** What people write, for messages. */
export const PLACES =
  'node.id, node.cluster, node.region, node.zone, node.metadata.<path>, log_name, tag.<name>, ' +
  'filter_state.<path>, metadata.<path>, request_header.<name>, response_header.<name>'

/** Reads `tag.tenant`; undefined when it is no place. */
export function placeOf(text: string): Place | undefined {
  if (Object.hasOwn(FIXED, text)) return FIXED[text]
  const found = /^(node\.metadata|tag|filter_state|metadata|request_header|response_header)\.(.+)$/.exec(text)
  const path = found?.[2] ?? ''
  const kind = found?.[1] ?? ''
  switch (kind) {
    case 'node.metadata':
      return { kind: 'node-metadata', path }
    case 'tag':
      return { kind: 'tag', name: path }
    case 'filter_state':
      return { kind: 'filter-state', path }
    case 'metadata':
      return { kind: 'metadata', path }
    case 'request_header':
      return { kind: 'request-header', name: path.toLowerCase() }
    case 'response_header':
      return { kind: 'response-header', name: path.toLowerCase() }
    default:
      return undefined
  }
}

/** What has to be decoded for these places. */
export function extrasFor(places: readonly Place[]): WantedExtras {
  const has = (kind: Place['kind']): boolean => places.some((place) => place.kind === kind)
  return { tags: has('tag'), filterState: has('filter-state'), metadata: has('metadata') }
}

/** What stands at the place; undefined when nothing does. */
export function valueAt(place: Place, sender: Sender, { extras }: AccessLogEntry): string | undefined {
  switch (place.kind) {
    case 'node':
    case 'node-metadata':
      return nodeValueAt(place, sender)
    case 'tag':
      return given(extras.tags.get(place.name))
    case 'filter-state':
      return given(textAt(extras.filterState, place.path))
    case 'metadata':
      return given(textAt(extras.metadata, place.path))
    case 'request-header':
      return given(extras.requestHeaders.get(place.name))
    case 'response-header':
      return given(extras.responseHeaders.get(place.name) ?? extras.trailers.get(place.name))
    default:
      return place satisfies never
  }
}

/** The same for what is known of the sender alone. */
export function nodeValueAt(place: Place, { node, logName }: Sender): string | undefined {
  if (place.kind === 'node') return given(place.of === 'log' ? logName : node[place.of])
  return place.kind === 'node-metadata' ? given(textAt(node.metadata, place.path)) : undefined
}

function given(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}
