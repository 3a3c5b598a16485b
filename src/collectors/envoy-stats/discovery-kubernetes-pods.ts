import { isIPv6 } from 'node:net'
import type { Labels } from '../../base/index.ts'
import type { Target } from './discovery.ts'
import { type KubernetesOptions, SCRAPE_ANNOTATION } from './discovery-kubernetes-options.ts'
import { field } from './json.ts'

/** What matters of a pod. */
export interface Pod {
  /** Two pods that follow each other under one name have two. */
  readonly uid: string
  readonly namespace: string
  readonly name: string
  /** Empty until it is scheduled. */
  readonly node: string
  /** Empty until it has one. */
  readonly address: string
  readonly phase: string
  readonly labels: Labels
  readonly annotations: Labels
  readonly owner: { readonly kind: string; readonly name: string } | undefined
  readonly ports: readonly { readonly name: string; readonly port: number }[]
}

/** Where a node is, as its cloud says. Empty: nobody knows. */
export interface Topology {
  readonly region: string
  readonly zone: string
}

/** Reads a pod as the API gives it; undefined when it is none. */
export function podOf(plain: unknown): Pod | undefined {
  const metadata = field(plain, 'metadata')
  const [spec, status] = [field(plain, 'spec'), field(plain, 'status')]
  const [uid, name] = [textOf(metadata, 'uid'), textOf(metadata, 'name')]
  if (uid === '' || name === '') return undefined
  const owner = listOf(metadata, 'ownerReferences').find((each) => field(each, 'controller') === true)
  return {
    uid,
    namespace: textOf(metadata, 'namespace'),
    name,
    node: textOf(spec, 'nodeName'),
    address: textOf(status, 'podIP'),
    phase: textOf(status, 'phase'),
    labels: textsOf(metadata, 'labels'),
    annotations: textsOf(metadata, 'annotations'),
    owner: owner === undefined ? undefined : { kind: textOf(owner, 'kind'), name: textOf(owner, 'name') },
    ports: [...listOf(spec, 'containers'), ...listOf(spec, 'initContainers')]
      .flatMap((container) => listOf(container, 'ports'))
      .flatMap((each) => {
        const port = field(each, 'containerPort')
        return typeof port === 'number' ? [{ name: textOf(each, 'name'), port }] : []
      }),
  }
}

/** Region and zone of a node as the API gives it. */
export function topologyOf(node: unknown): Topology {
  const labels = textsOf(field(node, 'metadata'), 'labels')
  return {
    region: labels['topology.kubernetes.io/region'] ?? '',
    zone: labels['topology.kubernetes.io/zone'] ?? '',
  }
}

/**
 * The admin interface of a pod; undefined when it has none that is meant for us, or does not run. A pod that is being
 * deleted is read to its end: it still answers requests.
 */
export function targetOf(pod: Pod, topology: Topology, options: KubernetesOptions): Target | undefined {
  if (!isMeant(pod, options) || pod.address === '' || pod.phase !== 'Running') return undefined
  const port = portOf(pod, options)
  if (port === undefined) return undefined
  const name = isIPv6(pod.address) ? `[${pod.address}]:${port}` : `${pod.address}:${port}`
  return { name, url: `http://${name}`, labels: labelsOf(pod, topology, options) }
}

/** Whether the pod would be a target once it runs, so that its node is worth asking for. */
export function isMeant(pod: Pod, options: KubernetesOptions): boolean {
  const { scrapeAnnotation } = options
  if (pod.annotations[SCRAPE_ANNOTATION] === 'false') return false
  if (scrapeAnnotation !== undefined && pod.annotations[scrapeAnnotation] !== 'true') return false
  return portOf(pod, options) !== undefined
}

/** What the pod says counts before what is said of all pods. */
function portOf(pod: Pod, { port, portName, portAnnotation }: KubernetesOptions): number | undefined {
  const said = pod.annotations[portAnnotation]
  if (said !== undefined) {
    const number = /^\d{1,5}$/.test(said) ? Number(said) : 0
    return number >= 1 && number <= 65_535 ? number : undefined
  }
  const named = portName === undefined ? undefined : pod.ports.find(({ name }) => name === portName)
  return named?.port ?? port
}

const WORKLOADS: Readonly<Record<string, string>> = {
  ReplicaSet: 'k8s_replicaset_name',
  StatefulSet: 'k8s_statefulset_name',
  DaemonSet: 'k8s_daemonset_name',
  Job: 'k8s_job_name',
}

function labelsOf(pod: Pod, { region, zone }: Topology, options: KubernetesOptions): Labels {
  const labels: Record<string, string> = { k8s_namespace_name: pod.namespace, ...workloadOf(pod) }
  if (region !== '') labels['cloud_region'] = region
  if (zone !== '') labels['cloud_availability_zone'] = zone
  for (const { label, from, name } of options.labelsFrom) {
    const value = {
      label: pod.labels[name],
      annotation: pod.annotations[name],
      'pod.name': pod.name,
      'node.name': pod.node,
    }[from]
    if (value !== undefined && value !== '') labels[label] = value
  }
  return labels
}

/** A Deployment owns its pods through a ReplicaSet, whose name is its own and the hash of the pods' template. */
function workloadOf({ owner, labels }: Pod): Labels {
  if (owner === undefined) return {}
  const hash = labels['pod-template-hash']
  if (owner.kind === 'ReplicaSet' && hash !== undefined && owner.name.endsWith(`-${hash}`))
    return { k8s_deployment_name: owner.name.slice(0, -hash.length - 1) }
  const label = WORKLOADS[owner.kind]
  return label === undefined ? {} : { [label]: owner.name }
}

function textOf(value: unknown, name: string): string {
  const text = field(value, name)
  return typeof text === 'string' ? text : ''
}

function listOf(value: unknown, name: string): readonly unknown[] {
  const list = field(value, name)
  return Array.isArray(list) ? list : []
}

function textsOf(value: unknown, name: string): Labels {
  const plain = field(value, name)
  if (typeof plain !== 'object' || plain === null) return {}
  return Object.fromEntries(
    Object.entries(plain).flatMap(([key, text]) => (typeof text === 'string' ? [[key, text]] : [])),
  )
}
