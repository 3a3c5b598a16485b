import { closeSync, openSync, writeSync } from 'node:fs'
import { createRandom } from '../../world.ts'

const SERVICES = ['shop.v1.Cart', 'shop.v1.Checkout', 'shop.v1.Search']
const METHODS = ['Get', 'List', 'Put']
const STATUSES = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 3, 8, 1, 2, 4, 12, 13, 14, 15, 16]

/**
 * Writes an Envoy log of gRPC traffic, one of each thing that Envoy logs now and then among it: the same for the same
 * seed. Lines are spread over an hour, as they end; keys are sorted, as Envoy sorts them.
 */
export function writeEnvoyLog(
  path: string,
  { lines, seed, startMs }: { readonly lines: number; readonly seed: number; readonly startMs: number },
): void {
  const random = createRandom(seed)
  const file = openSync(path, 'w')
  let batch = ''
  for (let i = 0; i < lines; i++) {
    batch += `${envoyLine(random, { i, atMs: startMs + Math.floor((i / lines) * 3_590_000) })}\n`
    if (batch.length < 1 << 20) continue
    writeSync(file, batch)
    batch = ''
  }
  writeSync(file, batch)
  closeSync(file)
}

function envoyLine(random: () => number, { i, atMs }: { readonly i: number; readonly atMs: number }): string {
  const kind = random()
  const service = SERVICES[Math.floor(random() * SERVICES.length)]
  let path = `/${service}/${METHODS[Math.floor(random() * METHODS.length)]}`
  let agent = 'grpc-go/1.62.0'
  let flags = '-'
  let code = 200
  let status: number | null = STATUSES[Math.floor(random() * STATUSES.length)] ?? 0
  let duration = Math.floor(5 + random() ** 6 * 3_000)
  let logType = 'DownstreamEnd'
  if (kind < 0.03) [path, agent] = ['/grpc.health.v1.Health/Check', 'grpc_health_probe/0.4.25']
  else if (kind < 0.035) agent = 'kube-probe/1.29'
  else if (kind < 0.045) flags = ['UF', 'UC', 'UT', 'UF,URX', 'UH'][i % 5] ?? 'UH'
  else if (kind < 0.055) {
    flags = 'DC'
    status = null
    code = 0
    duration = Math.floor(random() * 20_000)
  } else if (kind < 0.06) status = null
  else if (kind < 0.065) flags = ['RL', 'FI', 'NR'][i % 3] ?? 'RL'
  else if (kind < 0.07) logType = 'DownstreamPeriodic'
  return (
    `{"authority":"${service?.slice(8).toLowerCase()}.shop.svc:8080","backend_address":"10.3.${i % 200}.17:8080",` +
    `"bytes_rcvd":${i % 900},"bytes_snt":${i % 7919},"client":"10.9.8.7:${30_000 + (i % 30_000)}",` +
    `"content_type":"application/grpc","duration":${duration},"grpc_status":${status},"log_type":"${logType}",` +
    `"method":"POST","path":"${path}","protocol":"HTTP/2","referer":null,"response_code":${code},` +
    `"response_code_details":"via_upstream","response_duration":${duration},"response_flags":"${flags}",` +
    `"route_name":"default","start_time":"${new Date(atMs).toISOString()}","trace_id":null,` +
    `"upstream_cluster":"outbound|8080||cart.shop.svc.cluster.local","upstream_transport_failure_reason":null,` +
    `"useragent":"${agent}","x-envoy-upstream-svc-time":"${duration}","x-forwarded-for":"203.0.113.${i % 250}",` +
    `"x-request-id":"8c2f6f0e-0b5c-4c5d-9a0f-${String(i).padStart(12, '0')}"}`
  )
}
