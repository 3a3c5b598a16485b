import { isDeepStrictEqual } from 'node:util'
import { expect, test } from 'vitest'
import {
  type AccessLogMessage,
  createAccessLogReader,
} from '../../../src/collectors/envoy-push/access-log.ts'
import type { AccessLogEntry } from '../../../src/collectors/envoy-push/access-log-entry.ts'
import { createJudge } from '../../../src/traffic/index.ts'
import { createRandom } from '../../world.ts'
import { endFuzz, fuzzRuns } from '../fuzz-runs.ts'
import { mutate } from './mutate.ts'
import { hasBothKinds, type OracleEntry, type OracleMessage, oracle } from './oracle.ts'
import { ACCESS_LOGS, encode, pairs, STRUCT, structOf } from './schema.ts'

// Damaged messages beside another library: what one refuses the other refuses, and what both take says the same.
// Method: messages with every field that matters, each damaged by a few of the ways in which bytes are; the number is
// NINES_FUZZ_RUNS, and each run has a seed that is told when it fails.

const RUNS = fuzzRuns(400, 200_000)
const LONGEST_MS = 100
const judge = createJudge()

function draw(random: () => number): Buffer {
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T
  const sometimes = <T extends object>(part: T): T | object => (random() < 0.5 ? part : {})
  const entry = (): { readonly common: object } => ({
    common: {
      ...(random() < 0.95
        ? { start_time: { seconds: Math.floor(random() * 4.2e9), nanos: Math.floor(random() * 1e9) } }
        : {}),
      ...sometimes({ duration: { seconds: Math.floor(random() * 20), nanos: Math.floor(random() * 1e9) } }),
      ...sometimes({ last_byte: { nanos: Math.floor(random() * 1e9) } }),
      ...sometimes({ upstream_cluster: pick(['web', 'outbound|80||cart.shop.svc.cluster.local', 'ü']) }),
      ...sometimes({
        response_flags: { [`f${pick([1, 2, 6, 9, 15, 28])}`]: true, f13: { reason: pick([0, 1]) } },
      }),
      ...sometimes({ route_name: pick(['default', 'cart']) }),
      ...sometimes({ custom_tags: pairs({ tenant: pick(['a', 'b']), zone: 'z' }) }),
      ...sometimes({ metadata: { filters: [{ key: 'istio', value: structOf({ a: { b: 'c' } }) }] } }),
      ...sometimes({
        filter_state: [
          {
            key: 'peer',
            value: {
              type_url: 'type.googleapis.com/google.protobuf.Struct',
              value: encode(STRUCT, structOf({ workload: 'cart', n: 1 })),
            },
          },
        ],
      }),
      ...sometimes({ access_log_type: pick([3, 4, 5, 6]) }),
      ...sometimes({ intermediate: pick([true, false]) }),
    },
    ...sometimes({
      request: {
        authority: 'shop',
        path: pick(['/a?b', '/grpc.health.v1.Health/Check', '/shop.v1.Cart/Add']),
        ...sometimes({ user_agent: pick(['kube-probe/1', 'curl']), request_id: 'r', original_path: '/o' }),
        ...sometimes({ headers: pairs({ 'content-type': 'application/grpc' }) }),
      },
    }),
    ...sometimes({
      response: {
        code: pick([{ value: 200 }, { value: 503 }, {}]),
        ...sometimes({ headers: pairs({ 'grpc-status': '14' }), trailers: pairs({ 'grpc-status': '0' }) }),
        ...sometimes({ code_details: 'via_upstream' }),
      },
    }),
  })
  const isHttp = random() < 0.85
  const drawn = Array.from({ length: Math.floor(random() * 4) }, entry)
  const entries = { log_entry: isHttp ? drawn : drawn.map(({ common }) => ({ common })) }
  return encode(ACCESS_LOGS, {
    ...sometimes({
      identifier: {
        node: {
          id: 'n-1',
          cluster: 'edge',
          locality: { region: 'r', zone: 'z' },
          metadata: structOf({ A: 'b' }),
        },
        log_name: 'all',
      },
    }),
    ...(isHttp ? { http_logs: entries } : { tcp_logs: entries }),
  })
}

function timed(work: () => unknown): number {
  const began = process.cpuUsage()
  work()
  return process.cpuUsage(began).user / 1_000
}

function seen(message: AccessLogMessage | undefined): OracleMessage | undefined {
  if (message === undefined) return undefined
  const { node, entries, rejected } = message
  return {
    node: node === undefined ? undefined : [node.id, node.cluster, node.region, node.zone],
    entries: entries.map(seenEntry),
    rejected,
  }
}

function seenEntry(entry: AccessLogEntry): OracleEntry {
  const { endMs, duration, code, grpcStatus } = entry
  return {
    endMs,
    duration,
    code,
    flags: entry.flags ?? '',
    grpcStatus: grpcStatus?.toString(),
    codeDetails: entry.codeDetails ?? '',
    path: entry.path ?? '',
    userAgent: entry.userAgent ?? '',
    logType: String(entry.logType),
    authority: entry.authority ?? '',
    upstreamCluster: entry.upstreamCluster ?? '',
    route: entry.route ?? '',
    requestId: entry.requestId ?? '',
    tags: Object.fromEntries(entry.extras.tags),
  }
}

test(`${RUNS} damaged messages end neither the reader nor the oracle's agreement`, {
  timeout: 86_400_000,
}, () => {
  const random = createRandom(20_261_120)
  const read = createAccessLogReader({ tags: true, filterState: true, metadata: true })
  let [taken, refused, slowest] = [0, 0, 0]
  for (let run = 0; run < RUNS; run++) {
    const whole = draw(random)
    const bytes = run % 10 === 0 ? whole : mutate(whole, draw(random), random)
    const began = process.cpuUsage()
    const message = read(bytes)
    let took = process.cpuUsage(began).user / 1_000
    // What hangs hangs each time; a machine that was busy does not.
    for (let again = 0; took > LONGEST_MS && again < 3; again++)
      took = Math.min(
        took,
        timed(() => read(bytes)),
      )
    slowest = Math.max(slowest, took)
    if (message === undefined) refused++
    else taken++
    for (const entry of message?.entries ?? []) judge(entry)
    if (hasBothKinds(bytes)) continue
    const [found, expected] = [seen(message), oracle(bytes)]
    // Comparing first by hand: a million calls of expect take longer than all the rest.
    if (!isDeepStrictEqual(found, expected))
      expect(found, `run ${run}: ${bytes.toString('hex')}`).toEqual(expected)
  }
  expect(slowest).toBeLessThan(LONGEST_MS)
  // Damage that is always seen, or never, would test nothing.
  expect(Math.min(taken, refused)).toBeGreaterThan(RUNS / 20)
  endFuzz('Envoy access logs', { bodies: RUNS, taken, refused, 'ms the longest': slowest })
})
