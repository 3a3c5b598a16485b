import { describe, expect, test } from 'vitest'
import {
  type KubernetesOptions,
  readKubernetes,
} from '../../../src/collectors/envoy-stats/discovery-kubernetes-options.ts'
import { podOf, targetOf } from '../../../src/collectors/envoy-stats/discovery-kubernetes-pods.ts'
import { envoyStatsOptions } from '../../../src/collectors/index.ts'

const PLACE = { region: 'tokyo', zone: 'tokyo-a' }

function options(plain: Record<string, unknown> = {}): KubernetesOptions {
  const checked = readKubernetes(plain, [])
  if (checked === undefined) throw new Error('there are no options')
  return checked
}

interface PodParts {
  readonly metadata?: object
  readonly spec?: object
  readonly status?: object
}

function pod({ metadata, spec, status }: PodParts = {}): NonNullable<ReturnType<typeof podOf>> {
  const found = podOf({
    metadata: { uid: 'u', namespace: 'shop', name: 'edge-0', ...metadata },
    spec: { nodeName: 'node-1', containers: [{ ports: [{ name: 'admin', containerPort: 9901 }] }], ...spec },
    status: { phase: 'Running', podIP: '10.0.0.7', ...status },
  })
  if (found === undefined) throw new Error('that is no pod')
  return found
}

const nameOf = (parts: PodParts, plain: Record<string, unknown>): string | undefined =>
  targetOf(pod(parts), PLACE, options(plain))?.name

const annotated = (annotations: Record<string, string>): PodParts => ({ metadata: { annotations } })

describe('a pod is a target', () => {
  test('when something says which port its admin interface has', () => {
    expect(nameOf({}, {})).toBeUndefined()
    expect(nameOf({}, { port: 9000 })).toBe('10.0.0.7:9000')
    expect(nameOf({}, { portName: 'admin' })).toBe('10.0.0.7:9901')
    expect(nameOf({}, { portName: 'other', port: 9000 })).toBe('10.0.0.7:9000')
    expect(nameOf({}, { portName: 'other' })).toBeUndefined()
    expect(nameOf(annotated({ 'nines.dev/envoy-admin-port': '19000' }), { port: 9000 })).toBe(
      '10.0.0.7:19000',
    )
    expect(
      nameOf(annotated({ 'prometheus.io/port': '8001' }), { annotations: { port: 'prometheus.io/port' } }),
    ).toBe('10.0.0.7:8001')
    expect(nameOf(annotated({ 'nines.dev/envoy-admin-port': 'admin' }), { port: 9000 })).toBeUndefined()
  })

  test('unless it does not want to, or has to want to and does not', () => {
    expect(nameOf(annotated({ 'nines.dev/scrape': 'false' }), { port: 9000 })).toBeUndefined()
    const asked = { port: 9000, annotations: { scrape: 'prometheus.io/scrape' } }
    expect(nameOf({}, asked)).toBeUndefined()
    expect(nameOf(annotated({ 'prometheus.io/scrape': 'true' }), asked)).toBe('10.0.0.7:9000')
  })

  test('while it runs and has an address, of either family', () => {
    expect(nameOf({ status: { phase: 'Pending' } }, { port: 1 })).toBeUndefined()
    expect(nameOf({ status: { phase: 'Succeeded' } }, { port: 1 })).toBeUndefined()
    expect(nameOf({ status: { podIP: undefined } }, { port: 1 })).toBeUndefined()
    expect(nameOf({ status: { podIP: 'fd00::7' } }, { port: 9901 })).toBe('[fd00::7]:9901')
    expect(nameOf({ metadata: { deletionTimestamp: '2026-11-20T12:00:00Z' } }, { port: 1 })).toBe(
      '10.0.0.7:1',
    )
  })
})

describe('its labels', () => {
  const owned = (kind: string, name: string, labels = {}): PodParts => ({
    metadata: { labels, ownerReferences: [{ kind, name, controller: true }] },
  })
  const labelsOf = (parts: PodParts, plain: Record<string, unknown> = {}): unknown =>
    targetOf(pod(parts), PLACE, options({ port: 1, ...plain }))?.labels

  test.each([
    [owned('ReplicaSet', 'edge-5b7d', { 'pod-template-hash': '5b7d' }), { k8s_deployment_name: 'edge' }],
    [owned('ReplicaSet', 'edge'), { k8s_replicaset_name: 'edge' }],
    [owned('StatefulSet', 'edge'), { k8s_statefulset_name: 'edge' }],
    [owned('DaemonSet', 'edge'), { k8s_daemonset_name: 'edge' }],
    [owned('Rollout', 'edge'), {}],
    [{}, {}],
  ])('name its workload and its place: %j', (parts, workload) => {
    expect(labelsOf(parts)).toEqual({
      k8s_namespace_name: 'shop',
      cloud_region: 'tokyo',
      cloud_availability_zone: 'tokyo-a',
      ...workload,
    })
  })

  test('are what else is asked for', () => {
    const metadata = { labels: { team: 'payments' }, annotations: { tier: 'gold' } }
    const labelsFrom = {
      team: 'label.team',
      tier: 'annotation.tier',
      pod: 'pod.name',
      node: 'node.name',
      none: 'label.none',
    }
    expect(labelsOf({ metadata }, { labelsFrom })).toMatchObject({
      team: 'payments',
      tier: 'gold',
      pod: 'edge-0',
      node: 'node-1',
    })
    expect(labelsOf({ metadata }, { labelsFrom })).not.toHaveProperty('none')
  })
})

test('what is no pod is none', () => {
  for (const plain of [undefined, null, 1, 'x', [], {}, { metadata: {} }, { metadata: { uid: 1, name: 2 } }])
    expect(podOf(plain)).toBeUndefined()
})

test('options are checked all at once', () => {
  const checked = envoyStatsOptions({
    kubernetes: {
      namespaces: ['Shop'],
      api: 'http://10.0.0.1',
      nodes: 'yes',
      labelsFrom: { team: 'team' },
      port: 70_000,
      more: 1,
    },
  })
  expect(checked.kind === 'failed' ? checked.error.map(({ path }) => path).sort() : []).toEqual([
    'kubernetes.api',
    'kubernetes.labelsFrom.team',
    'kubernetes.more',
    'kubernetes.namespaces',
    'kubernetes.nodes',
    'kubernetes.port',
  ])
})
