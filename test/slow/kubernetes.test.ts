import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Collector, createEnvoyStatsCollector, envoyStatsOptions } from '../../src/collectors/index.ts'
import { FakeEnvoy, FakeLedger, network } from '../collectors/envoy-stats/fake-envoy.ts'
import { CA_FILE, FakeKubernetes, type FakePod } from '../collectors/envoy-stats/fake-kubernetes.ts'
import { createTestWorld, type TestWorld } from '../world.ts'

const START = 1_790_000_040
const OK = 'cluster.web.upstream_rq_200'
const ENVOY: FakePod = {
  namespace: 'shop',
  name: 'edge-5b7d-abcde',
  ip: '10.0.0.7',
  node: 'node-1',
  labels: { app: 'edge', 'pod-template-hash': '5b7d' },
  annotations: { 'nines.dev/envoy-admin-port': '9901' },
  owner: { kind: 'ReplicaSet', name: 'edge-5b7d' },
}

let folder: string
let tokenFile: string
let cluster: FakeKubernetes

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nines-kubernetes-'))
  tokenFile = join(folder, 'token')
  writeFileSync(tokenFile, 'first\n')
  cluster = new FakeKubernetes()
  cluster.nodes.set('node-1', {
    'topology.kubernetes.io/region': 'tokyo',
    'topology.kubernetes.io/zone': 'tokyo-a',
  })
})

afterEach(async () => {
  await cluster.stop()
  rmSync(folder, { recursive: true, force: true })
})

interface Stage {
  readonly world: TestWorld
  readonly collector: Collector
  readonly ledger: FakeLedger
  readonly envoys: Record<string, FakeEnvoy>
  /** Lets time pass, a little at a time, until it is so. */
  readonly until: (isSo: () => boolean) => Promise<void>
  readonly targets: () => readonly string[]
  readonly end: () => Promise<void>
}

async function begin(kubernetes: Record<string, unknown> = {}, api?: string): Promise<Stage> {
  const origin = api ?? (await cluster.listen())
  // Every address has an Envoy that serves nobody, unless a test puts one there.
  const quiet = new FakeEnvoy((START - 3_600) * 1_000)
  const envoys = new Proxy<Record<string, FakeEnvoy>>({}, { get: (own, host) => own[String(host)] ?? quiet })
  let now = (): number => 0
  const world = createTestWorld({ start: START, fetch: (input, init) => network(envoys, now)(input, init) })
  now = world.clock.nowMs
  const checked = envoyStatsOptions({
    kubernetes: { namespaces: ['shop'], api: origin, tokenFile, caFile: CA_FILE, ...kubernetes },
  })
  if (checked.kind === 'failed') throw new Error(JSON.stringify(checked.error))
  const collector = createEnvoyStatsCollector(world, {
    name: 'mesh',
    run: 'run-1',
    labels: { cloud_provider: 'rack' },
    options: checked.value,
  })
  const ledger = new FakeLedger()
  const stopping = new AbortController()
  const done = collector.run(ledger, stopping.signal)
  return {
    world,
    collector,
    ledger,
    envoys,
    until: async (isSo) => {
      for (let i = 0; i < 2_000; i++) {
        if (isSo()) return
        await world.advance(50)
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
      throw new Error('it did not come to pass')
    },
    targets: () =>
      collector
        .status()
        .targets.map(({ name }) => name)
        .sort(),
    end: async () => {
      stopping.abort()
      await done
    },
  }
}

const numbered = (i: number): FakePod => ({ ...ENVOY, name: `edge-${i}`, ip: `10.0.1.${i}` })

describe('pods', () => {
  test('are found page by page, and counted with the labels of their workload and place', async () => {
    cluster.largestPage = 2
    for (let i = 1; i <= 5; i++) cluster.put(numbered(i))
    const { until, targets, envoys, ledger, world, end } = await begin()
    await until(() => targets().length === 5)
    expect(targets()).toEqual([1, 2, 3, 4, 5].map((i) => `10.0.1.${i}:9901`))
    expect(cluster.asked.filter(({ searchParams }) => searchParams.has('continue'))).toHaveLength(2)
    await world.advance(10_000)
    const envoy = new FakeEnvoy(world.clock.nowMs())
    envoys['10.0.1.1:9901'] = envoy
    envoy.add(OK, 4)
    await until(() => ledger.total() === 4)
    expect(ledger.rows()[0]?.labels).toEqual({
      cloud_provider: 'rack',
      cloud_region: 'tokyo',
      cloud_availability_zone: 'tokyo-a',
      k8s_namespace_name: 'shop',
      k8s_deployment_name: 'edge',
      service_name: 'web',
    })
    await end()
  })

  test('that come and go are followed at once, and counts of those that went stay', async () => {
    cluster.put(ENVOY)
    const { until, targets, envoys, ledger, world, collector, end } = await begin()
    await until(() => targets().length === 1 && cluster.watchers === 1)
    // It is there before it has an address, and runs a moment later.
    const { ip: _, ...scheduled } = numbered(2)
    cluster.put({ ...scheduled, phase: 'Pending' })
    await world.advance(5_000)
    const began = world.clock.nowMs()
    const envoy = new FakeEnvoy(began)
    envoys['10.0.1.2:9901'] = envoy
    envoy.add(OK, 3)
    cluster.put(numbered(2))
    await until(() => ledger.total() === 3)
    expect(world.clock.nowMs() - began).toBeLessThan(10_000)
    cluster.remove('shop', 'edge-2')
    await until(() => targets().length === 1)
    expect(targets()).toEqual(['10.0.0.7:9901'])
    expect(collector.status().events).toBe(3)
    await end()
  })

  test('of another selector or namespace are not read', async () => {
    cluster.put(ENVOY)
    cluster.put({ ...ENVOY, name: 'other', ip: '10.0.0.8', labels: { app: 'web' } })
    cluster.put({ ...ENVOY, namespace: 'bank', ip: '10.0.0.9' })
    const { until, targets, end } = await begin({ selector: 'app=edge' })
    await until(() => targets().length === 1 && cluster.watchers === 1)
    // One that gets the label is read, one that loses it no longer.
    cluster.put({ ...ENVOY, name: 'other', ip: '10.0.0.8' })
    cluster.put({ ...ENVOY, labels: { app: 'none' } })
    await until(() => targets().join() === '10.0.0.8:9901')
    await end()
  })

  test('of all namespaces are read when that is what is written', async () => {
    cluster.put(ENVOY)
    cluster.put({ ...ENVOY, namespace: 'bank', ip: '10.0.0.9' })
    const { until, targets, end } = await begin({ namespaces: ['*'] })
    await until(() => targets().length === 2)
    expect(cluster.asked[0]?.pathname).toBe('/api/v1/pods')
    await end()
  })

  test('whose address went over to another workload are counted as that', async () => {
    cluster.put(ENVOY)
    const { until, targets, envoys, ledger, world, end } = await begin()
    await until(() => targets().length === 1)
    await world.advance(5_000)
    const envoy = new FakeEnvoy(world.clock.nowMs())
    envoys['10.0.0.7:9901'] = envoy
    envoy.add(OK, 2)
    await until(() => ledger.total() === 2)
    await world.advance(5_000)
    cluster.remove('shop', ENVOY.name)
    cluster.put({ ...ENVOY, name: 'cart-0', owner: { kind: 'StatefulSet', name: 'cart' } })
    envoy.restart(world.clock.nowMs())
    envoy.add(OK, 5)
    await until(() => ledger.total() === 7)
    expect(targets()).toEqual(['10.0.0.7:9901'])
    const counts = ledger
      .rows()
      .map(
        ({ labels, count }) => `${labels['k8s_deployment_name'] ?? labels['k8s_statefulset_name']} ${count}`,
      )
    expect(counts.sort()).toEqual(['cart 5', 'edge 2'])
    await end()
  })
})

describe('what the API server does', () => {
  test('a version that it forgot is listed anew, and goes on without a gap', async () => {
    cluster.put(ENVOY)
    const { until, targets, world, collector, end } = await begin()
    await until(() => cluster.watchers === 1)
    // The watch is cut, pods change meanwhile, and what changed is compacted away.
    cluster.faults.push((response) => response.destroy())
    cluster.cut()
    cluster.remove('shop', ENVOY.name)
    cluster.put(numbered(3))
    cluster.compact()
    await until(() => targets().join() === '10.0.1.3:9901')
    await until(() => cluster.watchers === 1)
    expect(world.lines.some(({ message }) => message === 'pods cannot be followed')).toBe(true)
    await until(() => collector.status().problem?.text.startsWith('the API server') !== true)
    await end()
  })

  test('a list whose continuation it forgot is begun anew', async () => {
    cluster.largestPage = 2
    for (let i = 1; i <= 5; i++) cluster.put(numbered(i))
    const origin = await cluster.listen()
    const { until, targets, end } = await begin({}, origin)
    await until(() => cluster.asked.some(({ searchParams }) => searchParams.has('continue')))
    cluster.compact()
    await until(() => targets().length === 5)
    await end()
  })

  test('a watch that it ends goes on from the last bookmark', async () => {
    cluster.put(ENVOY)
    const { until, targets, end } = await begin()
    await until(() => cluster.watchers === 1)
    cluster.elsewhere(500)
    cluster.bookmark()
    cluster.compact()
    await until(() => true)
    const lists = (): number =>
      cluster.asked.filter(
        ({ pathname, searchParams }) => pathname.endsWith('/pods') && !searchParams.has('watch'),
      ).length
    const before = lists()
    cluster.endWatches()
    await until(() => cluster.watchers === 1)
    cluster.put(numbered(2))
    await until(() => targets().length === 2)
    // Without the bookmark the version would have been too old, and all would have been listed again.
    expect(lists()).toBe(before)
    await end()
  })

  test('a token that has ended is read again from its file', async () => {
    cluster.put(ENVOY)
    const { until, targets, collector, end } = await begin()
    await until(() => cluster.watchers === 1)
    cluster.tokens = new Set(['second'])
    cluster.endWatches()
    await until(() => collector.status().problem?.text.includes('HTTP 401') === true)
    expect(targets()).toEqual(['10.0.0.7:9901'])
    writeFileSync(tokenFile, 'second')
    cluster.put(numbered(2))
    await until(() => targets().length === 2)
    await end()
  })

  test('a namespace that may not be read is told, and the others are followed', async () => {
    cluster.allowed.clear()
    cluster.allowed.add('shop')
    cluster.put(ENVOY)
    const { until, targets, collector, end } = await begin({ namespaces: ['bank', 'shop'] })
    await until(() => targets().length === 1)
    await until(() => collector.status().problem?.text.includes('pods is forbidden') === true)
    expect(collector.status().problem?.remedy).toContain('docs/collectors-envoy-stats.md')
    await end()
  })

  test('a busy server is asked again when it says', async () => {
    cluster.put(ENVOY)
    const origin = await cluster.listen()
    cluster.faults.push((response) => response.writeHead(429, { 'retry-after': '20' }).end('{}'))
    const { until, targets, world, end } = await begin({}, origin)
    await until(() => cluster.asked.length === 1)
    const began = world.clock.nowMs()
    await until(() => targets().length === 1)
    expect(world.clock.nowMs() - began).toBeGreaterThanOrEqual(19_000)
    await end()
  })

  test('nodes that may not be read leave region and zone out, and nothing else', async () => {
    cluster.mayReadNodes = false
    cluster.put(ENVOY)
    const { until, targets, world, end } = await begin()
    await until(() => targets().length === 1)
    expect(world.lines.some(({ message }) => message.startsWith('nodes cannot be read'))).toBe(true)
    await end()
  })

  test('a server that is gone leaves the targets as they were, and one that is not there yet is waited for', async () => {
    const origin = await cluster.listen()
    await cluster.stop()
    const { until, targets, collector, end } = await begin({}, origin)
    await until(() => collector.status().problem?.text.includes('ECONNREFUSED') === true)
    cluster.put(ENVOY)
    const port = Number(new URL(origin).port)
    const again = new FakeKubernetes()
    again.put(ENVOY)
    await again.listen(port)
    await until(() => targets().length === 1)
    await again.stop()
    await until(() => collector.status().problem?.text.startsWith('the API server') === true)
    expect(targets()).toEqual(['10.0.0.7:9901'])
    await end()
    await cluster.listen()
  })

  test('answers that make no sense end nothing', async () => {
    cluster.put(ENVOY)
    const origin = await cluster.listen()
    cluster.faults.push(
      (response) => response.end('<html>'),
      (response) => response.end('[]'),
    )
    const { until, targets, end } = await begin({}, origin)
    await until(() => targets().length === 1)
    await end()
  })
})

test('outside a cluster it is said what to write', async () => {
  const checked = envoyStatsOptions({ kubernetes: {} })
  if (checked.kind === 'failed') throw new Error(JSON.stringify(checked.error))
  const world = createTestWorld({ start: START })
  const collector = createEnvoyStatsCollector(world, { name: 'mesh', run: 'run-1', options: checked.value })
  const stopping = new AbortController()
  const done = collector.run(new FakeLedger(), stopping.signal)
  await world.advance(1_000)
  expect(collector.status().problem).toMatchObject({
    text: expect.stringContaining('does not run in a Kubernetes cluster'),
    remedy: 'write kubernetes: { api, tokenFile, caFile }',
  })
  stopping.abort()
  await done
  await cluster.listen()
})
