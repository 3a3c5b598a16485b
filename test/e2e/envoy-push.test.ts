import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createJudge } from '../../src/traffic/index.ts'
import { createRandom } from '../world.ts'
import { findEnvoy } from './envoy/binary.ts'
import { CLUSTERS, cluster } from './envoy/bootstrap.ts'
import { createEnvoyRig, type EnvoyRig, until } from './envoy/envoy.ts'
import { createLoad, type Load, type Seen } from './envoy/load.ts'
import { createStorage, type MemoryLedger, openLedger, totals } from './envoy/sink.ts'
import { startUpstream, type Upstream } from './envoy/upstream.ts'
import { createRealWorld } from './envoy/world.ts'
import { type LogLine, readLog, tally } from './envoy-push/log.ts'
import {
  accessLogService,
  metricsService,
  NODE,
  openTelemetryLogger,
  openTelemetrySink,
} from './envoy-push/loggers.ts'
import { counted, receive, settled } from './envoy-push/receiver.ts'

// Goal: what a real Envoy pushes is counted request for request: the ledger, the client and Envoy's own access log file
// agree on every outcome and reason. Method: one load through one Envoy that tells each of its requests three times.

const binary = findEnvoy()
if (binary === undefined) console.log('Envoy is not tested: name one with NINES_ENVOY or put it on the PATH')

const REQUESTS = { first: 9_000, afterRestart: 4_500 }
const world = createRealWorld(3)
const judge = createJudge()

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

describe.skipIf(binary === undefined)('a real Envoy that pushes', () => {
  const storage = createStorage()
  const otlp = createStorage()
  const metrics = createStorage()
  const sunk = createStorage()
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
    let receiver = await receive(world, storage, { type: 'EnvoyAccessLogService', run: 'run-1', details })
    const { port } = receiver
    const logs = await receive(world, otlp, {
      type: 'OpenTelemetry',
      run: 'run-1',
      details: {
        http: 'off',
        grpc: '127.0.0.1:0',
        signals: ['logs'],
        service: { from: 'upstream_cluster' },
        operations: ['/one/**', '/two/**'],
      },
    })
    const statistics = await receive(world, metrics, {
      type: 'EnvoyMetricsService',
      run: 'run-1',
      details: { listen: '127.0.0.1:0', include: Object.values(CLUSTERS).map((name) => `\\Q${name}\\E`) },
    })
    const sink = await receive(world, sunk, {
      type: 'OpenTelemetry',
      run: 'run-1',
      details: {
        http: 'off',
        grpc: '127.0.0.1:0',
        signals: ['metrics'],
        service: { from: 'field', field: 'envoy.cluster_name' },
        metrics: [{ name: 'cluster.upstream_rq', status: 'envoy.response_code' }],
      },
    })
    rig = await createEnvoyRig(binary ?? '', upstream.ports, {
      accessLogs: [accessLogService('all', 'nines'), openTelemetryLogger('all', 'nines-otlp')],
      clusters: [
        cluster('nines', port, true),
        cluster('nines-otlp', logs.port, true),
        cluster('nines-metrics', statistics.port, true),
        cluster('nines-sink', sink.port, true),
      ],
      top: {
        node: NODE,
        stats_sinks: [metricsService('nines-metrics'), openTelemetrySink('nines-sink')],
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
    receiver = await receive(world, storage, {
      type: 'EnvoyAccessLogService',
      run: 'run-2',
      details: { ...details, listen: `127.0.0.1:${port}` },
    })
    seen.push(...(await load.send(REQUESTS.afterRestart)))
    await counted(receiver, REQUESTS.afterRestart)
    await load.stop()
    await counted(logs, seen.length)
    await settled(world, statistics)
    await Promise.all([receiver, logs, statistics, sink].map((each) => each.stop()))
    await rig.stop()
    log = readLog(rig.accessLog)
  }, 240_000)

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

  test('its OpenTelemetry stat sink counts the statuses of a cluster of HTTP', () => {
    const stayed = log.filter(
      ({ cluster: name, path }) => name === CLUSTERS.http1 && !path?.includes('/leave'),
    )
    const byLog = tally(stayed, ({ code }) => judge({ code }).reason)
    const counts = totals(
      openLedger(sunk)
        .rows()
        .filter(({ labels }) => labels['service_name'] === CLUSTERS.http1),
      ({ reason }) => reason,
    )
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

describe.skipIf(binary === undefined)('a real Envoy whose pushes cannot be taken', () => {
  const TYPE_OF_SOURCE = 'EnvoyAccessLogService'
  let upstream: Upstream
  let rig: EnvoyRig
  let load: Load
  let port: number
  const storage = createStorage()

  const dropped = async (): Promise<Record<string, number>> => {
    const answer = await fetch(`http://${rig.admin}/stats?filter=grpc_access_log`)
    const lines = (await answer.text()).trim().split('\n')
    return Object.fromEntries(
      lines.map((line) => [line.split(': ')[0]?.split('.').at(-1) ?? '', Number(line.split(': ')[1])]),
    )
  }
  const inLedger = (): number =>
    openLedger(storage)
      .rows()
      .reduce((sum, { count }) => sum + count, 0)

  beforeAll(async () => {
    upstream = await startUpstream()
    const first = await receive(world, storage, {
      type: TYPE_OF_SOURCE,
      run: 'run-0',
      details: { listen: '127.0.0.1:0' },
    })
    port = first.port
    await first.stop()
    rig = await createEnvoyRig(binary ?? '', upstream.ports, {
      accessLogs: [accessLogService('all', 'nines')],
      clusters: [cluster('nines', port, true)],
      top: { node: NODE },
    })
    await rig.start()
    load = createLoad(rig.listener, createRandom(5))
  })

  afterAll(async () => {
    await load?.stop()
    await rig?.cleanUp()
    await upstream?.stop()
  })

  test('what is told while nobody listens is lost, and what follows is counted', async () => {
    await load.send(300)
    // Envoy has sent it away, and counts it as sent.
    await until(async () => (await dropped())['grpc_entries_flushed'] === 300)
    const receiver = await receive(world, storage, {
      type: TYPE_OF_SOURCE,
      run: 'run-1',
      details: { listen: `127.0.0.1:${port}` },
    })
    await load.send(600)
    await counted(receiver, 600)
    await world.clock.sleep(1_500)
    expect(inLedger()).toBe(600)
    expect((await dropped())['logs_dropped']).toBe(0)
    await receiver.stop()
  })

  test('what is told while the ledger is stuck waits in Envoy, and what does not fit there Envoy counts', async () => {
    const SENT = 6_000
    let stuck = true
    const had = inLedger()
    const receiver = await receive(world, storage, {
      type: TYPE_OF_SOURCE,
      run: 'run-2',
      details: { listen: `127.0.0.1:${port}`, maxWaiting: 1024 * 1024 },
      isStuck: () => stuck,
    })
    await load.send(SENT)
    await world.clock.sleep(1_500)
    const taken = receiver.collector.status().events
    expect(taken).toBeGreaterThan(0)
    expect(taken).toBeLessThan(SENT)
    expect(inLedger()).toBe(had)
    stuck = false
    const lost = (await dropped())['logs_dropped'] ?? 0
    await until(() => Promise.resolve(inLedger() - had >= SENT - lost))
    expect(inLedger() - had).toBe(SENT - lost)
    expect(receiver.collector.status().rejected).toBe(0)
    console.log('while stuck', { sent: SENT, taken, dropped: lost })
    await receiver.stop()
  })
})
