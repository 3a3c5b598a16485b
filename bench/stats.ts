import { fold, type ScopeState } from '../src/collectors/envoy-stats/fold.ts'
import { isRelevant, meaningsOf } from '../src/collectors/envoy-stats/names.ts'
import { subtract, type Totals } from '../src/collectors/envoy-stats/subtract.ts'
import { createTextReader } from '../src/collectors/envoy-stats/text.ts'
import { createJudge } from '../src/traffic/index.ts'

// How long one scrape of a large Envoy takes from text to rows: 50,000 lines of `/stats`, each scrape a little further
// than the one before, beside code that splits lines and names with regular expressions into labels and adds them up.

const LINES = 50_000
const SCRAPES = 40
const CODES = [200, 201, 204, 301, 302, 304, 400, 401, 403, 404, 409, 429, 500, 502, 503, 504]
const OTHERS = [
  'upstream_rq_total',
  'upstream_rq_active',
  'upstream_rq_timeout',
  'upstream_rq_pending_total',
  'membership_total',
]
const LINES_OF_CLUSTER = 2 * CODES.length + OTHERS.length + 4

/**
 * What an Envoy with many clusters says at its `step`th scrape, in the bytes that come from the network. Successes move
 * everywhere, each other status in one cluster of ten.
 */
function scrapeBytes(step: number): Buffer {
  const parts: string[] = []
  const clusters = Math.ceil(LINES / LINES_OF_CLUSTER)
  for (let c = 0; c < clusters; c++) {
    const cluster = `cluster.outbound|8080||service-${c}.shop.svc.cluster.local`
    const valueOf = (code: number): number =>
      code * 1_000 + c + (code === 200 ? 3 * step : Math.floor((step + c + code) / 10))
    for (const code of CODES) parts.push(`${cluster}.external.upstream_rq_${code}: ${valueOf(code)}\n`)
    for (const other of OTHERS) parts.push(`${cluster}.${other}: ${1_000 + step}\n`)
    for (const code of CODES) parts.push(`${cluster}.upstream_rq_${code}: ${valueOf(code)}\n`)
    const bins = Array.from({ length: 40 }, (_, i) => `${10 + i},1:${100 * step + i + c}`).join(', ')
    parts.push(`${cluster}.upstream_rq_time:\n  totals=${bins}\n  intervals=10,1:3\n`)
    parts.push('  summary=P0(10,10) P50(20,20)\n')
  }
  return Buffer.from(parts.join(''))
}

function createOurs(): (text: string) => number {
  const reader = createTextReader((name) => isRelevant(name, 'upstream'))
  const states = new Map<string, ScopeState>()
  const options = { judge: createJudge(), isGrpcOnly: () => false }
  let before: Totals | undefined
  let meanings: ReturnType<typeof meaningsOf> | undefined
  return (text) => {
    const reading = reader.read(text)
    if (meanings === undefined) {
      const found = meaningsOf([...reading.counters.keys(), ...reading.histograms.keys()], 'upstream')
      reader.keepOnly({ has: (name) => (found.get(name)?.kind ?? 'sign') !== 'sign' })
      meanings = found
    }
    const added = subtract(before, reading, before === undefined ? 'first-sight' : 'continue')
    before = reading
    return fold(added, { meanings, gauges: reading.counters }, states, options).reduce(
      (sum, { count }) => sum + count,
      0,
    )
  }
}

interface Sample {
  readonly labels: Record<string, string>
  readonly value: number
}

function createNaive(): (text: string) => number {
  const last = new Map<string, number>()
  const lastTimes = new Map<string, Map<string, number>>()
  return (text) => {
    const samples: Sample[] = []
    let name = ''
    for (const line of text.split('\n')) {
      const counter = /^(.+): (\d+)$/.exec(line)
      const header = /^(\S.*):$/.exec(line)
      const totals = /^ {2}totals=(.*)$/.exec(line)
      if (header !== null) name = header[1] ?? ''
      if (counter !== null) {
        const key = counter[1] ?? ''
        const value = Number(counter[2])
        const parts = /^cluster\.(.+)\.upstream_rq_(\d\d\d)$/.exec(key)
        const added = value - (last.get(key) ?? value)
        last.set(key, value)
        if (parts !== null && !/\.(internal|external|canary|retry)$/.test(parts[1] ?? ''))
          samples.push({ labels: { service_name: parts[1] ?? '', code: parts[2] ?? '' }, value: added })
      }
      if (totals !== null) {
        const bins = lastTimes.get(name) ?? new Map<string, number>()
        for (const bin of (totals[1] ?? '').split(', ')) {
          const [edge = '', count = ''] = bin.split(':')
          bins.set(edge, Number(count))
        }
        lastTimes.set(name, bins)
      }
    }
    const sums = new Map<string, number>()
    for (const { labels, value } of samples) {
      const key = JSON.stringify(labels)
      sums.set(key, (sums.get(key) ?? 0) + value)
    }
    return [...sums.values()].reduce((a, b) => a + b, 0)
  }
}

const scrapes = Array.from({ length: SCRAPES }, (_, step) => scrapeBytes(step))
interface Times {
  readonly wall: number[]
  readonly cpu: number[]
}

/** Each in its own turn, so that neither pays for collecting the other's garbage. */
function run(name: string, read: (text: string) => number): Times {
  globalThis.gc?.()
  const times: Times = { wall: [], cpu: [] }
  let counted = 0
  for (const bytes of scrapes) {
    const cpu = process.cpuUsage()
    const from = performance.now()
    counted += read(bytes.toString())
    times.wall.push(performance.now() - from)
    const { user, system } = process.cpuUsage(cpu)
    times.cpu.push((user + system) / 1000)
  }
  results.set(name, counted)
  return times
}

const results = new Map<string, number>()
const ours = run('ours', createOurs())
const naive = run('naive', createNaive())
if (results.get('ours') !== results.get('naive')) throw new Error(`they disagree: ${[...results].join(' ')}`)
const median = (all: readonly number[]): number =>
  [...all].sort((x, y) => x - y)[Math.floor(all.length / 2)] ?? 0
const lines = scrapes[0]?.toString().split('\n').length ?? 0
console.log(`${lines} lines, ${((scrapes[0]?.length ?? 0) / 1e6).toFixed(1)} MB a scrape, ${SCRAPES} scrapes`)
const later = ({ wall, cpu }: Times): string =>
  `${median(wall.slice(1)).toFixed(1)} ms (${median(cpu.slice(1)).toFixed(1)} ms of CPU)`
console.log(`first scrape   ours ${ours.wall[0]?.toFixed(1)} ms   naive ${naive.wall[0]?.toFixed(1)} ms`)
console.log(`later scrapes  ours ${later(ours)}   naive ${later(naive)}   medians`)
const ratio = median(naive.cpu.slice(1)) / median(ours.cpu.slice(1))
console.log(`naive / ours   ${ratio.toFixed(1)} in CPU; the target for ours is 60 ms`)
