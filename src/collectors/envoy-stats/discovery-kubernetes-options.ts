import type { OptionProblem } from '../option-reader.ts'
import { OptionReader } from '../option-reader.ts'

/** Which pods of a cluster are Envoys, and how the cluster is asked. */
export interface KubernetesOptions {
  /** Undefined: that of the pod in which Nines runs. Empty: all. */
  readonly namespaces: readonly string[] | undefined
  /** A label selector as `kubectl -l` takes it; empty: all pods. */
  readonly selector: string
  /** The admin port of pods that do not say another one. */
  readonly port: number | undefined
  /** The name of the container port that is the admin port. */
  readonly portName: string | undefined
  /** The annotation that names the admin port. */
  readonly portAnnotation: string
  /** The annotation that must be "true"; undefined: pods need not say so. */
  readonly scrapeAnnotation: string | undefined
  /** Whether nodes are asked for region and zone. */
  readonly nodes: boolean
  readonly labelsFrom: readonly PodLabel[]
  /** Undefined: the cluster in which Nines runs. */
  readonly api: string | undefined
  readonly tokenFile: string
  readonly caFile: string
  readonly namespaceFile: string
}

/** A label of a series, and where a pod has its value. */
export interface PodLabel {
  readonly label: string
  readonly from: 'label' | 'annotation' | 'pod.name' | 'node.name'
  /** Of the pod's label or annotation. */
  readonly name: string
}

const KEYS = [
  'namespaces',
  'selector',
  'port',
  'portName',
  'annotations',
  'nodes',
  'labelsFrom',
  'api',
  'tokenFile',
  'caFile',
]
/** Where the kubelet puts what a pod needs to speak to its cluster. */
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'
export const PORT_ANNOTATION = 'nines.dev/envoy-admin-port'
/** "false" keeps a pod out whatever else is written. */
export const SCRAPE_ANNOTATION = 'nines.dev/scrape'

/** Reads `kubernetes:` of a DataSource; what is wrong goes to `faults`. Undefined when it is not there. */
export function readKubernetes(value: unknown, faults: OptionProblem[]): KubernetesOptions | undefined {
  if (value === undefined) return undefined
  const reader = new OptionReader(value, KEYS, { place: 'kubernetes', problems: faults })
  const annotations = reader.section('annotations', ['port', 'scrape'])
  const port = reader.whole('port', { fallback: 0, least: 0, most: 65_535 })
  const api = reader.text('api')
  if (api !== undefined && !/^https:\/\/[^/?#]+$/.test(api))
    reader.problem('api', `'${api}' is no address of an API server`, {
      remedy: 'write api: https://10.0.0.1:6443',
    })
  return {
    namespaces: namespacesOf(reader),
    selector: reader.text('selector') ?? '',
    port: port === 0 ? undefined : port,
    portName: reader.text('portName'),
    portAnnotation: annotations?.text('port') ?? PORT_ANNOTATION,
    scrapeAnnotation: annotations?.text('scrape'),
    nodes: flagOf(value, reader),
    labelsFrom: labelsFromOf(reader),
    api,
    tokenFile: reader.text('tokenFile') ?? `${ACCOUNT}/token`,
    caFile: reader.text('caFile') ?? `${ACCOUNT}/ca.crt`,
    namespaceFile: `${ACCOUNT}/namespace`,
  }
}

function namespacesOf(reader: OptionReader): readonly string[] | undefined {
  const remedy = 'write namespaces: [shop], or ["*"] for all'
  const names = reader.texts('namespaces', { optional: true, remedy })
  for (const name of names)
    if (name !== '*' && !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))
      reader.problem('namespaces', `'${name}' is no name of a namespace`, { remedy })
  if (names.includes('*')) return []
  return names.length === 0 ? undefined : names
}

function flagOf(value: unknown, reader: OptionReader): boolean {
  const given: unknown = typeof value === 'object' && value !== null && 'nodes' in value ? value.nodes : true
  if (typeof given === 'boolean') return given
  reader.problem('nodes', 'nodes is true or false', { remedy: 'write nodes: false' })
  return true
}

function labelsFromOf(reader: OptionReader): readonly PodLabel[] {
  return reader.entries('labelsFrom').flatMap(([label, place]): readonly PodLabel[] => {
    if (!/^[a-zA-Z_]\w*$/.test(label) || label.startsWith('__'))
      reader.problem(`labelsFrom.${label}`, `'${label}' is no label name`, {
        remedy: `write ${label.replace(/\W/g, '_')}`,
      })
    if (place === 'pod.name' || place === 'node.name') return [{ label, from: place, name: '' }]
    const found = /^(label|annotation)\.(.+)$/.exec(place)
    if (found?.[1] === 'label' || found?.[1] === 'annotation')
      return [{ label, from: found[1], name: found[2] ?? '' }]
    reader.problem(`labelsFrom.${label}`, `'${place}' is no place`, {
      remedy: 'write label.<name>, annotation.<name>, pod.name or node.name',
    })
    return []
  })
}
