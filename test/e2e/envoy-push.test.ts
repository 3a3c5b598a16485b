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

/** Resolves when statistics have not changed for a few flushes. */
async function settled({ collector }: Receiver): Promise<void> {
  let [events, quiet] = [-1, 0]
  await until(async () => {
    await world.clock.sleep(500)
    const now = collector.status().events
    quiet = now === events ? quiet + 1 : 0
    events = now
    return quiet >= 8
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

/** What OpenTelemetry's access logger is told to say: values are texts, whatever they are. */
const ATTRIBUTES = {
  response_code: '%RESPONSE_CODE%',
  response_flags: '%RESPONSE_FLAGS%',
  response_code_details: '%RESPONSE_CODE_DETAILS%',
  duration: '%DURATION%',
  grpc_status: '%GRPC_STATUS_NUMBER%',
  content_type: '%REQ(CONTENT-TYPE)%',
  path: '%REQ(:PATH)%',
  user_agent: '%REQ(USER-AGENT)%',
  upstream_cluster: '%UPSTREAM_CLUSTER%',
  access_log_type: '%ACCESS_LOG_TYPE%',
}

function openTelemetryLogger(name: string, clusterName: string): unknown {
  return {
    name: 'envoy.access_loggers.open_telemetry',
    typed_config: {
      '@type': `${TYPE}/envoy.extensions.access_loggers.open_telemetry.v3.OpenTelemetryAccessLogConfig`,
      common_config: {
        log_name: name,
        transport_api_version: 'V3',
        grpc_service: { envoy_grpc: { cluster_name: clusterName } },
      },
      attributes: {
        values: Object.entries(ATTRIBUTES).map(([key, format]) => ({ key, value: { string_value: format } })),
      },
    },
  }
}

function metricsService(clusterName: string): unknown {
  return {
    name: 'envoy.stat_sinks.metrics_service',
    typed_config: {
      '@type': `${TYPE}/envoy.config.metrics.v3.MetricsServiceConfig`,
      transport_api_version: 'V3',
      grpc_service: { envoy_grpc: { cluster_name: clusterName } },
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

/**
 * Envoy gave up on the answer after its status had passed: statistics count the status. Its own whole reply to a gRPC
 * request has status 14; of a cut one the log says 2, or nothing.
 */
function asStatistic(line: LogLine): LogLine {
  const isCut = line.flags !== undefined && line.flags !== '-' && line.code === 200
  if (!isCut || (line.cluster === CLUSTERS.grpc && String(line.grpcStatus) === '14')) return line
  return { code: 200, cluster: line.cluster }
}

describe.skipIf(binary === undefined)('what a real Envoy pushes', () => {
  const storage = createStorage()
  const otlp = createStorage()
  const metrics = createStorage()
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
    const logs = await receive(otlp, {
      type: 'OpenTelemetry',
      run: 'run-1',
      details: {
        http: 'off',
        grpc: '127.0.0.1:0',
        service: { from: 'upstream_cluster' },
        operations: ['/one/**', '/two/**'],
      },
    })
    const statistics = await receive(metrics, {
      type: 'EnvoyMetricsService',
      run: 'run-1',
      details: { listen: '127.0.0.1:0', include: Object.values(CLUSTERS).map((name) => `\\Q${name}\\E`) },
    })
    rig = await createEnvoyRig(binary ?? '', upstream.ports, {
      accessLogs: [accessLogService('all', 'nines'), openTelemetryLogger('all', 'nines-otlp')],
      clusters: [
        cluster('nines', port, true),
        cluster('nines-otlp', logs.port, true),
        cluster('nines-metrics', statistics.port, true),
      ],
      top: {
        node: NODE,
        stats_sinks: [metricsService('nines-metrics')],
        stats_flush_interval: '1s',
        stats_flush_on_admin: undefined,
      },
    })
    await rig.start()
    await until(() => Promise.resolve(statistics.collector.status().targets.some(({ ok }) => ok)))
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
    await counted(logs, seen.length)
    await settled(statistics)
    await Promise.all([receiver, logs, statistics].map((each) => each.stop()))
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

  test('its OpenTelemetry access logger is counted as exactly', () => {
    const byLog = tally(log, (line) => `${line.cluster} ${judge(line).outcome} ${judge(line).reason}`)
    const counts = totals(
      openLedger(otlp).rows(),
      ({ labels, outcome, reason }) => `${labels['service_name']} ${outcome} ${reason}`,
    )
    expect(counts).toEqual(byLog)
  })

  test('its metrics service is counted as statistics are', () => {
    // Who left before there was an answer is in no statistic of a cluster.
    const stayed = log.filter(({ path }) => !path?.includes('/leave'))
    const byLog = tally(stayed, (line) => {
      const { outcome, reason } = judge(asStatistic(line))
      return `${line.cluster} ${outcome} ${line.cluster === CLUSTERS.grpc ? asSeen(reason, line.cluster) : reason}`
    })
    const counts = totals(openLedger(metrics).rows(), ({ labels, outcome, reason }) => {
      const service = labels['service_name'] ?? ''
      return `${service} ${outcome} ${service === CLUSTERS.grpc ? asSeen(reason, service) : reason}`
    })
    console.log('by metrics service', counts)
    expect(counts).toEqual(byLog)
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
