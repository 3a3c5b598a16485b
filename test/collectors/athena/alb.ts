import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'

/** A random number in [0, 1) from a seed; the same sequence for the same seed. */
export function draws(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}

const PATHS = [
  '/cart',
  '/v1/users/81723/orders',
  '/v1/items/9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d?ref=mail',
  '/search?q=a%20b',
  '/healthz',
  '/shop.v1.Checkout/Pay',
  '/assets/app-4f9d8c7b6a51.js',
]
const HOSTS = ['shop.example.com', 'api.example.com']
const AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64)',
  'curl/8.5.0',
  'ELB-HealthChecker/2.0',
  'kube-probe/1.29',
  '-',
]

/** The time as a load balancer writes it. */
export const albTime = (ms: number, micros: number): string =>
  new Date(ms)
    .toISOString()
    .replace(
      /\d{3}Z$/,
      `${String(Math.floor(ms) % 1_000).padStart(3, '0')}${String(micros).padStart(3, '0')}Z`,
    )

/** A line that ended at an instant: good and bad, refused, cut off by the client, with and without a target. */
export function albLine(endMs: number, random: () => number): string {
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)] ?? ''
  const draw = random()
  const host = pick(HOSTS)
  const path = pick(PATHS)
  const tookMs = Math.floor(10 ** (random() * 4))
  const left = draw > 0.985
  const noTarget = draw > 0.975
  const elb = left
    ? 460
    : noTarget
      ? 503
      : draw > 0.95
        ? 502
        : draw > 0.93
          ? 500
          : draw > 0.9
            ? 404
            : draw > 0.87
              ? 301
              : 200
  const target = noTarget || left || elb === 502 ? '-' : String(elb)
  const times =
    noTarget || left ? '-1 -1 -1' : `0.00${Math.floor(random() * 9)} ${(tookMs / 1_000).toFixed(3)} 0.000`
  const end = albTime(endMs, Math.floor(random() * 1_000))
  const began = albTime(endMs - tookMs * (left ? 10 : 1), Math.floor(random() * 1_000))
  const group = `arn:aws:elasticloadbalancing:ap-northeast-1:123456789012:targetgroup/${host.split('.')[0]}-tg/73e2d6bc24d8a067`
  return `https ${end} app/edge/50dc6c495c0c9188 192.168.131.39:2817 ${noTarget ? '-' : '10.0.0.1:80'} ${times} ${elb} ${target} 34 366 "GET https://${host}:443${path} HTTP/1.1" "${pick(AGENTS)}" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 ${noTarget ? '-' : group} "Root=1-58337262-36d228ad5d99923122bbe354" "${host}" "session-reused" 0 ${began} "forward" "-" "-" "10.0.0.1:80" "${target}" "-" "-" TID_1234abcd5678ef90`
}

/** Puts an object into the emulated S3. */
export function putObject(root: string, key: string, lines: readonly string[]): void {
  const path = join(root, key)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, gzipSync(`${lines.join('\n')}\n`, { level: 1 }))
}
