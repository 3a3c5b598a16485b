import type { Labels } from '../../base/index.ts'

/** A value of an attribute, as far as Nines reads it; lists, maps and bytes are undefined. */
export type AttributeValue = string | number | boolean | undefined

export type Attributes = ReadonlyMap<string, AttributeValue>

/**
 * Which attributes of a resource become labels, newest name first. Few, since each value of each is another series: what
 * names one instance (a pod, a host, a version) says nothing about an SLO that a trace does not say better.
 */
export const RESOURCE_LABELS: ReadonlyMap<string, readonly string[]> = new Map([
  ['service_namespace', ['service.namespace']],
  ['deployment_environment', ['deployment.environment.name', 'deployment.environment']],
  ['cloud_provider', ['cloud.provider']],
  ['cloud_region', ['cloud.region']],
  ['cloud_account_id', ['cloud.account.id']],
  ['k8s_cluster_name', ['k8s.cluster.name']],
  ['k8s_namespace_name', ['k8s.namespace.name']],
])

/** The labels of what a resource sends. `fixed` are those of the DataSource, for resources that do not say better. */
export function resourceLabels(attributes: Attributes, fixed: Labels): Labels {
  const labels: Record<string, string> = { ...fixed }
  for (const [label, keys] of RESOURCE_LABELS)
    for (const key of keys) {
      const text = attributeText(attributes.get(key))
      if (text === undefined) continue
      labels[label] = text
      break
    }
  return labels
}

/** A value as a label has it; undefined when there is none, or an empty one. */
export function attributeText(value: AttributeValue): string | undefined {
  return value === undefined || value === '' ? undefined : String(value)
}
