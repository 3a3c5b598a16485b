import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DAY, HOUR, perMillion, seconds, type UnixSeconds, unixSeconds } from '../src/base/index.ts'
import { type BurnRule, createTimelines, type Slo, type Timelines } from '../src/slo/index.ts'
import { openLedger } from '../src/store/index.ts'
import { createSystem } from '../src/system.ts'
import { askWindows, fillDays, type WindowSums } from './direct/windows.ts'

// How long it takes to say of every objective where its budget stands and which rules burn: the engine beside a plain
// sum over the same minutes, and beside the same windows asked of the embedded ClickHouse. Prints milliseconds of
// processor time for a whole tick, since a shared machine's wall clock says little, and their ratios. All three must
// have counted the same, else it fails.

const OBJECTIVES = Number(process.env['NINES_BENCH_OBJECTIVES'] ?? 10_000)
const DAYS = 30
/** Seventeen minutes past an hour, so that windows begin inside hours. */
const START = unixSeconds(1_794_182_400 + 17 * 60)
/** Series that are asked of ClickHouse: 8.6 million minutes. What it takes grows in proportion. */
const ASKED = Math.min(OBJECTIVES, Number(process.env['NINES_BENCH_ASKED'] ?? 200))

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

/** Bytes that the median of so many runs leaves on the heap, less what it takes to ask for that. */
function heapOf(runs: number, work: (run: number) => void): number {
  const grown: number[] = []
  for (let run = 0; run < runs; run++) {
    globalThis.gc?.()
    const before = process.memoryUsage().heapUsed
    const asked = process.memoryUsage().heapUsed
    work(run)
    const after = process.memoryUsage().heapUsed
    grown.push(after - asked - (asked - before))
  }
  return median(grown)
}

/** The eight windows, in seconds. */
const WINDOWS = [300, 1_800, HOUR, 2 * HOUR, 6 * HOUR, DAY, 3 * DAY, DAYS * DAY]

/** The same eight windows by adding up minutes, all series together. */
function naive(
  minutes: readonly { readonly good: Float64Array; readonly bad: Float64Array }[],
): readonly WindowSums[] {
  return WINDOWS.map((length) => {
    const sums = { good: 0, bad: 0 }
    for (const { good, bad } of minutes)
      for (let i = good.length - length / 60; i < good.length; i++) {
        sums.good += good[i] ?? 0
        sums.bad += bad[i] ?? 0
      }
    return sums
  })
}

/** What the engine counted in the eight windows of the first so many series, all together. */
function engineSums(evaluations: ReturnType<Timelines['evaluate']>): readonly WindowSums[] {
  return WINDOWS.map((length) => {
    const sums = { good: 0, bad: 0 }
    for (const { verdicts, windows } of evaluations) {
      const burn = verdicts.flatMap(({ long, short }) => [long, short])
      const counts = burn.find((side) => side.length === length)?.counts ?? windows[0]?.counts
      sums.good += counts?.good ?? 0
      sums.bad += counts?.bad ?? 0
    }
    return sums
  })
}

/** The same windows asked of the embedded ClickHouse, from the tables of a ledger: processor time, and the sums. */
async function askClickHouse(): Promise<{ readonly cpu: number; readonly sums: readonly WindowSums[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'nines-bench-evaluate-'))
  const world = createSystem({ env: {}, logLevel: 'warn', logFormat: 'json' })
  try {
    const retention = { traffic: 4_000, exemplars: 14, journal: 1_100 }
    const ledger = await openLedger(world, { kind: 'embedded', path: directory, retention })
    const from = unixSeconds(START - DAYS * DAY)
    const traffic = Array.from({ length: ASKED }, (_, i) => ({
      source: 'edge',
      labels: { service_name: `service-${i}` },
      minute: from,
      outcome: 'good' as const,
      reason: '2xx',
      count: 1,
    }))
    await ledger.write({ writer: 'history', revision: 1, traffic })
    await ledger[Symbol.asyncDispose]()
    await fillDays(
      directory,
      { from, days: DAYS },
      {
        series: "toUInt32(extract(labels['service_name'], '[0-9]+'))",
        good: '600 + (m * 7 + s * 13) % 400',
        bad: '20',
        hasBad: '(m * 31 + s) % 97 = 0',
      },
    )
    const { took, sums } = await askWindows(directory, WINDOWS, START)
    return { cpu: median(took.map(({ cpu }) => cpu)), sums }
  } finally {
    await world[Symbol.asyncDispose]()
    rmSync(directory, { recursive: true, force: true })
  }
}

function checkSame(name: string, sums: readonly WindowSums[], engine: readonly WindowSums[]): void {
  const said = JSON.stringify(sums)
  const expected = JSON.stringify(engine)
  if (said !== expected) throw new Error(`${name} counted ${said}, the engine ${expected}`)
}

const timelines = createTimelines(slos, { now: START })
const loading = time(1, () => fill(timelines, START))
const atStart = timelines.evaluate(START)
let now: UnixSeconds = START
timelines.changed(now)
const tick = time(15, () => {
  now = unixSeconds(now + 1)
  timelines.changed(now)
})
const heap = heapOf(15, () => {
  now = unixSeconds(now + 1)
  timelines.changed(now)
})
const heapTurning = heapOf(15, () => {
  now = unixSeconds(now + 60)
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
checkSame('the sum over minutes', naive(raw), engineSums(atStart.slice(0, sample)))
const plain = (time(5, () => naive(raw)) / sample) * OBJECTIVES
const clickHouse = await askClickHouse()
checkSame('ClickHouse', clickHouse.sums, engineSums(atStart.slice(0, ASKED)))
const direct = (clickHouse.cpu / ASKED) * OBJECTIVES
const { series, bytes } = timelines.size()
console.log(`${OBJECTIVES} objectives x 8 windows x ${DAYS} days, median processor time`)
console.log(`  evaluate, changes only      ${tick.toFixed(1)} ms`)
console.log(`  evaluate, all as objects    ${objects.toFixed(1)} ms`)
console.log(`  take in one minute          ${minute.toFixed(1)} ms`)
console.log(`  take in ${DAYS} days            ${loading.toFixed(0)} ms (with making them up)`)
console.log(`  a sum over the minutes      ${plain.toFixed(0)} ms (${sample} measured, scaled)`)
console.log(`  the same asked by SQL       ${direct.toFixed(0)} ms (${ASKED} measured, scaled)`)
console.log(`  sum / changes only          ${(plain / tick).toFixed(0)}`)
console.log(`  SQL / changes only          ${(direct / tick).toFixed(0)}`)
console.log(`  heap a tick, changes only   ${heapText(heap)}`)
console.log(`  the same, as a minute ends  ${heapText(heapTurning)}`)
console.log(`  bytes a series              ${Math.round(bytes / series)}`)

function heapText(grown: number): string {
  const each = `${(grown / OBJECTIVES).toFixed(1)} bytes an objective`
  return globalThis.gc ? `${grown} bytes, ${each}` : 'unknown: run with --expose-gc'
}
