import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Collector, SOURCE_KINDS } from '../../src/collectors/index.ts'
import { createJudge, type RequestFacts } from '../../src/traffic/index.ts'
import { createRandom } from '../world.ts'
import { findEnvoy } from './envoy/binary.ts'
import { CLUSTERS, cluster } from './envoy/bootstrap.ts'
import { createEnvoyRig, type EnvoyRig, until } from './envoy/envoy.ts'
import { createLoad, type Load, type Seen } from './envoy/load.ts'
import { createStorage, type MemoryLedger, openLedger, totals } from './envoy/sink.ts'
import { startUpstream, type Upstream } from './envoy/upstream.ts'
import { createRealWorld } from './envoy/world.ts'

// Goal: what a real Envoy pushes is counted request for request: the ledger, the client and Envoy's own access log file
// agree on every outcome and reason. Method: one load through one Envoy that tells each of its requests three times.

const binary = findEnvoy()
if (binary === undefined) console.log('Envoy is not tested: name one with NINES_ENVOY or put it on the PATH')

const TYPE = 'type.googleapis.com'
const REQUESTS = { first: 12_000, afterRestart: 6_000 }
const world = createRealWorld(3)
const judge = createJudge()

interface Receiver {
  readonly collector: Collector
  readonly ledger: MemoryLedger
  readonly port: number
  readonly stop: () => Promise<void>
}

async function receive(
  storage: ReturnType<typeof createStorage>,
  {
    type,
    run,
    details,
  }: { readonly type: string; readonly run: string; readonly details: Record<string, unknown> },
): Promise<Receiver> {
  const opened = SOURCE_KINDS.get(type)?.open(world, {
    name: 'edge',
    labels: { cloud_provider: 'rack' },
    details,
    base: '/',
    run,
    questions: () => [],
  })
  if (opened?.kind !== 'ok') throw new Error(JSON.stringify(opened?.error))
  const ledger = openLedger(storage)
  const stopping = new AbortController()
  const told = world.lines.length
  const done = opened.value.run(ledger.sink, stopping.signal)
  let port = 0
  await until(() => {
    const line = world.lines.slice(told).find(({ fields }) => typeof fields['address'] === 'string')
    port = Number(String(line?.fields['address']).split(':').at(-1))
    return Promise.resolve(port > 0)
  })
  return {
    collector: opened.value,
    ledger,
    port,
    stop: async () => {
      stopping.abort()
      await done
    },
  }
}

/** Resolves when the collector has counted so many events and the ledger has them. */
async function counted(receiver: Receiver, events: number): Promise<void> {
  await until(() => Promise.resolve(receiver.collector.status().events >= events))
  await until(() => {
    const inLedger = receiver.ledger.rows().reduce((sum, { count }) => sum + count, 0)
    return Promise.resolve(inLedger >= events)
  })
}

function accessLogService(name: string, clusterName: string): unknown {
  return {
    name: 'envoy.access_loggers.http_grpc',
    typed_config: {
      '@type': `${TYPE}/envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig`,
      common_config: {
        log_name: name,
        transport_api_version: 'V3',
        grpc_service: { envoy_grpc: { cluster_name: clusterName } },
        buffer_size_bytes: 16_384,
        custom_tags: [{ tag: 'tier', literal: { value: 'gold' } }],
      },
      additional_request_headers_to_log: ['content-type'],
      additional_response_headers_to_log: ['grpc-status'],
      additional_response_trailers_to_log: ['grpc-status'],
    },
  }
}

const NODE = {
  id: 'edge-1',
  cluster: 'edge',
  locality: { region: 'tokyo-1', zone: 'tokyo-1a' },
  metadata: { NAMESPACE: 'shop', WORKLOAD_NAME: 'edge-gateway' },
}

function tally<T>(all: readonly T[], keyOf: (each: T) => string): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const each of all) sums[keyOf(each)] = (sums[keyOf(each)] ?? 0) + 1
  return Object.fromEntries(Object.entries(sums).sort(([a], [b]) => (a < b ? -1 : 1)))
}

interface LogLine extends RequestFacts {
  readonly cluster: string
}

function readLog(file: string): readonly LogLine[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const entry = JSON.parse(line) as Record<string, string | number | null>
      const text = (name: string): string | undefined => entry[name]?.toString()
      return {
        code: Number(entry['response_code']),
        flags: text('response_flags'),
        codeDetails: text('response_code_details'),
        grpcStatus: entry['grpc_status'] ?? undefined,
        contentType: text('content_type'),
        path: text('path'),
        userAgent: text('useragent'),
        logType: text('log_type'),
        duration: Number(entry['duration']) * 1000,
        cluster: text('upstream_cluster') ?? '',
      }
    })
}

function clusterOf(path: string | undefined): string {
  if (path?.startsWith('/one/')) return CLUSTERS.http1
  return path?.startsWith('/two/') ? CLUSTERS.http2 : CLUSTERS.grpc
}

/**
 * Why a request ended as it did, as far as its sender can know: of what Envoy answered itself, only the status. A gRPC
 * call that Envoy gave up on is status 14 to its client, and 13 when the answer had begun.
 */
function reasonOfSeen({ facts, left }: Seen): string {
  return left ? 'client-left-early' : plain(judge(facts).reason)
}

function plain(reason: string): string {
  return reason === 'grpc-internal' || reason === 'grpc-unavailable' ? 'grpc-failed' : reason
}

/** The same for what Envoy told: a flag that made up a status is the status that its client saw. */
function asSeen(reason: string, service: string): string {
  if (!reason.startsWith('flag-')) return plain(reason)
  if (service === CLUSTERS.grpc) return 'grpc-failed'
  return reason === 'flag-UT' ? 'http-504' : 'http-503'
}

describe.skipIf(binary === undefined)('the access log service of a real Envoy', () => {
  const storage = createStorage()
  const seen: Seen[] = []
  let upstream: Upstream
  let rig: EnvoyRig
  let load: Load
  let log: readonly LogLine[] = []

  beforeAll(async () => {
    upstream = await startUpstream()
    const details = {
      listen: '127.0.0.1:0',
      operations: ['/one/**', '/two/**'],
      labelsFrom: {
        k8s_namespace_name: 'node.metadata.NAMESPACE',
        cloud_region: 'node.region',
        tier: 'tag.tier',
      },
    }
    let receiver = await receive(storage, { type: 'EnvoyAccessLogService', run: 'run-1', details })
    const { port } = receiver
    rig = await createEnvoyRig(binary ?? '', upstream.ports, {
      accessLogs: [accessLogService('all', 'nines')],
      clusters: [cluster('nines', port, true)],
      top: { node: NODE },
    })
    await rig.start()
    load = createLoad(rig.listener, createRandom(11))
    seen.push(...(await load.send(REQUESTS.first)))
    await counted(receiver, seen.length)

    // Nines restarts while nobody sends: Envoy finds it again by itself.
    await receiver.stop()
    receiver = await receive(storage, {
      type: 'EnvoyAccessLogService',
      run: 'run-2',
      details: { ...details, listen: `127.0.0.1:${port}` },
    })
    seen.push(...(await load.send(REQUESTS.afterRestart)))
    await counted(receiver, REQUESTS.afterRestart)
    await load.stop()
    await receiver.stop()
    await rig.stop()
    log = readLog(rig.accessLog)
  }, 110_000)

  afterAll(async () => {
    await rig?.cleanUp()
    await upstream?.stop()
  })

  const rows = (): ReturnType<MemoryLedger['rows']> => openLedger(storage).rows()

  test('every request is counted once', () => {
    expect(totals(rows(), () => 'all')).toEqual({ all: seen.length })
    expect(log.length).toBe(seen.length)
  })

  test('the client saw the same outcomes, of each service', () => {
    const byClient = tally(
      seen,
      (each) => `${clusterOf(each.facts.path)} ${each.left ? 'ignored' : judge(each.facts).outcome}`,
    )
    const counts = totals(rows(), ({ labels, outcome }) => `${labels['service_name']} ${outcome}`)
    console.log('by outcome', counts)
    expect(counts).toEqual(byClient)
  })

  test('the client saw the same reasons, as far as a client sees them', () => {
    const byClient = tally(seen, (each) => `${clusterOf(each.facts.path)} ${reasonOfSeen(each)}`)
    const counts = totals(rows(), ({ labels, reason }) => {
      const service = labels['service_name'] ?? ''
      return `${service} ${asSeen(reason, service)}`
    })
    expect(counts).toEqual(byClient)
  })

  test('Envoy wrote the same reasons into its log', () => {
    const byLog = tally(log, (line) => `${line.cluster} ${judge(line).reason}`)
    const counts = totals(rows(), ({ labels, reason }) => `${labels['service_name']} ${reason}`)
    console.log('by reason', counts)
    expect(counts).toEqual(byLog)
  })

  test('gRPC failures inside HTTP 200 are bad, and health checks are ignored', () => {
    const counts = totals(
      rows().filter(({ labels }) => labels['service_name'] === CLUSTERS.grpc),
      ({ outcome, reason }) => `${outcome} ${reason}`,
    )
    expect(counts['bad grpc-unavailable']).toBeGreaterThan(0)
    expect(counts['bad grpc-internal']).toBeGreaterThan(0)
    expect(counts['good grpc-not-found']).toBeGreaterThan(0)
    expect(counts['ignored health-check']).toBeGreaterThan(0)
  })

  test('labels come from the node and from tags', () => {
    for (const { labels } of rows())
      expect(labels).toMatchObject({
        cloud_provider: 'rack',
        cloud_region: 'tokyo-1',
        k8s_namespace_name: 'shop',
        tier: 'gold',
      })
  })
})
