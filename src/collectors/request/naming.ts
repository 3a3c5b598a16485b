import type { Labels } from '../../base/index.ts'
import { createOperations, type SeriesHandle, type SeriesTable } from '../../traffic/index.ts'
import type { RequestOptions, ServiceRule } from './options.ts'
import { ownText } from './own-text.ts'
import type { RequestRecord } from './record.ts'

/** Which series a record belongs to. One for each file, since the file's path may name the service; sources without files give an empty path. */
export type SeriesOf = (record: RequestRecord) => SeriesHandle

const MOST_REMEMBERED = 20_000

/** Prepares the naming of a source's series: its labels, the service, the operation. */
export function createNaming(
  options: Pick<RequestOptions, 'labels' | 'service' | 'operations'>,
  table: Pick<SeriesTable, 'series'>,
): (file: string) => SeriesOf {
  const toOperation = remember(createOperations(options.operations))
  const routeName = remember((route) => route)
  return (file) => {
    const serviceName = createServiceName(options.service, file)
    const handles = new Map<string, Map<string, SeriesHandle>>()
    return (record) => {
      const service = serviceName(record)
      const operation = operationOf(record, toOperation, routeName)
      let ofService = handles.get(service)
      if (ofService === undefined || ofService.size > MOST_REMEMBERED) {
        if (handles.size > MOST_REMEMBERED) handles.clear()
        ofService = new Map()
        handles.set(service, ofService)
      }
      let handle = ofService.get(operation)
      if (handle === undefined) {
        handle = table.series(labelsOf(options.labels, service, operation))
        ofService.set(operation, handle)
      }
      return handle
    }
  }
}

/** The full gRPC method; else the route's name, unless it is the one that meshes give every route; else the path. */
function operationOf(
  record: RequestRecord,
  toOperation: (path: string) => string,
  routeName: (route: string) => string,
): string {
  const { route, path } = record
  const isGrpc =
    record.grpcStatus !== undefined || record.contentType?.startsWith('application/grpc') === true
  if (route !== undefined && route !== 'default' && !(isGrpc && path !== undefined)) return routeName(route)
  return path === undefined ? '' : toOperation(path)
}

function labelsOf(fixed: Labels, service: string, operation: string): Labels {
  const labels: Record<string, string> = { ...fixed }
  if (service !== '') labels['service_name'] = service
  if (operation !== '') labels['operation'] = operation
  return labels
}

function createServiceName(rule: ServiceRule, file: string): (record: RequestRecord) => string {
  if (rule.kind === 'fixed') return () => rule.name
  const { map, otherwise } = rule
  const hasMap = Object.keys(map).length > 0
  const named = (found: string | undefined): string => {
    if (found === undefined || found === '') return otherwise
    return Object.hasOwn(map, found) ? (map[found] ?? otherwise) : hasMap ? otherwise : found
  }
  switch (rule.from) {
    case 'authority':
      return byText(
        (record) => record.authority,
        (text) => named(hostOf(text)),
        otherwise,
      )
    case 'upstream_cluster':
      return byText(
        (record) => record.upstreamCluster,
        (text) => named(Object.hasOwn(map, text) ? text : clusterOf(text)),
        otherwise,
      )
    case 'grpc_service':
      return byText((record) => grpcServiceOf(record.path), named, otherwise)
    case 'field':
      return byText((record) => record.service, named, otherwise)
    case 'file': {
      const name = named(serviceInPath(rule.pattern, file))
      return () => name
    }
    default:
      return rule.from satisfies never
  }
}

function byText(
  pick: (record: RequestRecord) => string | undefined,
  name: (text: string) => string,
  otherwise: string,
): (record: RequestRecord) => string {
  const remembered = remember(name)
  return (record) => {
    const text = pick(record)
    return text === undefined ? otherwise : remembered(text)
  }
}

/** An authority without its port, in lower case: `Shop.example.com:443` is `shop.example.com`. */
function hostOf(authority: string): string {
  return authority.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '')
}

/**
 * A cluster's service. Istio writes `outbound|8080|v1|reviews.default.svc.cluster.local` (or `_.` between the parts in
 * stats); the service is the first word of the host.
 */
function clusterOf(cluster: string): string {
  const parts = cluster.split('|')
  const host = parts.length === 4 ? (parts[3] ?? '') : cluster
  return /\.svc(?:\.|$)/.test(host) ? (host.split('.')[0] ?? host) : host
}

/** `shop.v1.Checkout` of `/shop.v1.Checkout/Pay`. */
function grpcServiceOf(path: string | undefined): string | undefined {
  const end = path === undefined ? -1 : path.indexOf('/', 1)
  return path === undefined || end < 0 ? undefined : path.slice(1, end)
}

function serviceInPath(pattern: string, file: string): string | undefined {
  const source = pattern
    .split(/(\{service\}|\*)/)
    .map((part) => {
      if (part === '{service}') return '([^/]+?)'
      return part === '*' ? '[^/]*' : part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&')
    })
    .join('')
  return new RegExp(`^${source}$`).exec(file)?.[1]
}

/** The same text gives the same answer, so most of the work is done once. Bounded, since clients choose the texts. */
function remember(answer: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found
    if (known.size >= MOST_REMEMBERED) known.clear()
    const kept = ownText(text)
    const fresh = ownText(answer(kept))
    known.set(kept, fresh)
    return fresh
  }
}
