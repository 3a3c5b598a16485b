import { DAY, HOUR, perMillion, seconds, type UnixSeconds, unixSeconds } from '../src/base/index.ts'
import { type BurnRule, createTimelines, type Slo, type Timelines } from '../src/slo/index.ts'

// How long it takes to say of every objective where its budget stands and which rules burn: the engine beside a plain
// sum over the same minutes. Prints milliseconds of processor time for a whole tick, since a shared machine's wall clock
// says little, and their ratio.

const OBJECTIVES = Number(process.env['NINES_BENCH_OBJECTIVES'] ?? 10_000)
const DAYS = 30
const START = unixSeconds(1_794_182_400)

const rule = (
  name: string,
  [long, short, num, den]: readonly [number, number, number, number],
): BurnRule => ({
  name,
  severity: 'page',
  long: seconds(long),
  short: seconds(short),
  factor: { num, den },
  after: seconds(0),
})

// Seven different burn windows and the window of the objective: eight.
const rules = [
  rule('page-fast', [HOUR, 300, 144, 10]),
  rule('page-slow', [6 * HOUR, 1800, 6, 1]),
  rule('ticket-fast', [DAY, 2 * HOUR, 3, 1]),
  rule('ticket-slow', [3 * DAY, 6 * HOUR, 1, 1]),
]

const slos: Slo[] = Array.from({ length: OBJECTIVES }, (_, i) => ({
  id: `s${i}`,
  name: `s${i}`,
  displayName: '',
  service: `service-${i}`,
  description: '',
  method: 'occurrences',
  objectives: [
    {
      name: 'o',
      displayName: '',
      target: '99.9',
      allowed: perMillion(1000),
      indicator: 'i',
      weight: { num: 1, den: 1 },
    },
  ],
  windows: [{ kind: 'rolling', name: '30d', length: seconds(DAYS * DAY) }],
  policy: { name: 'google-30d', source: 'https://sre.google/workbook/alerting-on-slos/', rules },
  splitBy: [],
  noData: 'freeze',
  minBadEvents: 0,
  sources: ['edge'],
}))

/** Deterministic traffic: a daily curve, a few errors. */
function countsAt(slo: number, minute: number): { readonly good: number; readonly bad: number } {
  const good = 600 + ((minute * 7 + slo * 13) % 400)
  return { good, bad: (minute * 31 + slo) % 97 === 0 ? 20 : 0 }
}

function bucketsOf(slo: number, from: number, asked: { readonly count: number; readonly width: number }) {
  const good = new Float64Array(asked.count)
  const bad = new Float64Array(asked.count)
  const per = asked.width / 60
  for (let i = 0; i < asked.count * per; i++) {
    const counts = countsAt(slo, from / 60 + i)
    const bucket = Math.floor(i / per)
    good[bucket] = (good[bucket] ?? 0) + counts.good
    bad[bucket] = (bad[bucket] ?? 0) + counts.bad
  }
  return { good, bad }
}

function fill(timelines: Timelines, now: UnixSeconds): void {
  for (const need of timelines.needs(now)) {
    const { from, to } = need.range
    const count = (Math.min(to, now) - from) / need.width
    const buckets = bucketsOf(Number(need.slo.slice(1)), from, { count, width: need.width })
    timelines.load(need.slo, 'i', { scope: {}, start: from, width: need.width, ...buckets })
    timelines.loaded(need)
  }
  timelines.cover('edge', [{ from: unixSeconds(now - 40 * DAY), to: now, state: 'known' }])
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0
}

/** The median of so many runs, in milliseconds of processor time. */
function time(runs: number, work: (run: number) => void): number {
  const times: number[] = []
  for (let run = 0; run < runs; run++) {
    const begin = process.cpuUsage()
    work(run)
    const { user, system } = process.cpuUsage(begin)
    times.push((user + system) / 1000)
  }
  return median(times)
}

/** The same eight windows by adding up minutes. */
function naive(minutes: readonly { readonly good: Float64Array; readonly bad: Float64Array }[]): number {
  const lengths = [5, 30, 60, 120, 360, 1440, 4320, DAYS * 1440]
  let burning = 0
  for (const { good, bad } of minutes)
    for (const length of lengths) {
      let total = 0
      let failed = 0
      for (let i = good.length - length; i < good.length; i++) {
        total += (good[i] ?? 0) + (bad[i] ?? 0)
        failed += bad[i] ?? 0
      }
      if (failed * 1e6 >= total * 1000) burning++
    }
  return burning
}

const timelines = createTimelines(slos, { now: START })
const loading = time(1, () => fill(timelines, START))
let now: UnixSeconds = START
timelines.changed(now)
const tick = time(15, () => {
  now = unixSeconds(now + 1)
  timelines.changed(now)
})
now = START
const minute = time(5, () => {
  now = unixSeconds(now + 60)
  fill(timelines, now)
})
const objects = time(5, () => timelines.evaluate(now))
const sample = Math.min(100, OBJECTIVES)
const raw = Array.from({ length: sample }, (_, i) =>
  bucketsOf(i, START - DAYS * DAY, { count: DAYS * 1440, width: 60 }),
)
const plain = (time(5, () => naive(raw)) / sample) * OBJECTIVES
const { series, bytes } = timelines.size()
console.log(`${OBJECTIVES} objectives x 8 windows x ${DAYS} days, median processor time`)
console.log(`  evaluate, changes only      ${tick.toFixed(1)} ms`)
console.log(`  evaluate, all as objects    ${objects.toFixed(1)} ms`)
console.log(`  take in one minute          ${minute.toFixed(1)} ms`)
console.log(`  take in ${DAYS} days            ${loading.toFixed(0)} ms (with making them up)`)
console.log(`  a sum over the minutes      ${plain.toFixed(0)} ms (${sample} measured, scaled)`)
console.log(`  ratio                       ${(plain / tick).toFixed(0)}`)
console.log(`  bytes a series              ${Math.round(bytes / series)}`)
