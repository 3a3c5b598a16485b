import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { type Range, unixSeconds } from '../../../src/base/index.ts'
import {
  createPullCollector,
  type PullCollector,
  type PullSettings,
  parseSchedule,
  type Schedule,
} from '../../../src/collectors/pull/index.ts'
import { questionSource } from '../../../src/traffic/index.ts'
import { runs } from '../../property-runs.ts'
import { createTestWorld, type TestWorld } from '../../world.ts'
import { CountLedger } from './ledger.ts'
import { createTruthfulSource, DOWN, question, type Truth, type TruthfulSource } from './truth.ts'

const START = 1_790_000_040
const MINUTE = 60_000
const HOUR = 3_600
const TOTAL = question('total')
const BAD = question('bad')

const schedule = (text: string): Schedule => {
  const parsed = parseSchedule(text)
  if (parsed.kind === 'failed') throw new Error(parsed.error)
  return parsed.value
}

interface Rig {
  readonly world: TestWorld
  readonly ledger: CountLedger
  readonly source: TruthfulSource
  readonly collector: () => PullCollector
  readonly start: () => void
  readonly stop: () => Promise<void>
}

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

const PLAIN: Truth = { final: (_, minute) => 10 + ((minute / 60) % 7), lateness: () => 0 }

function rig(
  truth: Truth = PLAIN,
  options: Partial<PullSettings> & { seed?: number; ledger?: CountLedger } = {},
): Rig {
  const { seed = 1, ledger = new CountLedger(), ...more } = options
  const world = createTestWorld({ start: START, seed })
  const source = createTruthfulSource(world, truth)
  let running: { collector: PullCollector; stopping: AbortController; done: Promise<void> } | undefined
  const stop = async (): Promise<void> => {
    const one = running
    running = undefined
    one?.stopping.abort(new Error('stopped'))
    await one?.done
  }
  stops.push(stop)
  return {
    world,
    ledger,
    source,
    collector: () => {
      if (!running) throw new Error('it does not run')
      return running.collector
    },
    start: () => {
      const collector = createPullCollector(world, {
        name: 'prom',
        type: 'prometheus',
        input: '',
        labels: { cloud_provider: 'aws' },
        source,
        questions: () => [TOTAL],
        schedule: schedule('5 * * * * *'),
        lagSeconds: 60,
        overlapSeconds: 600,
        backfillSeconds: 6 * HOUR,
        chunkSeconds: HOUR,
        concurrency: 2,
        maxSeries: 100,
        ...more,
      })
      const stopping = new AbortController()
      running = { collector, stopping, done: collector.run(ledger, stopping.signal) }
    },
    stop,
  }
}

const minutesOf = ({ from, to }: Range): number[] =>
  Array.from({ length: (to - from) / 60 }, (_, i) => from + i * 60)

/** Every minute of the range holds the truth and is known. */
function expectTruth({ ledger }: Rig, truth: Truth, range: Range, key = 'total'): void {
  const expected: Record<string, number> = {}
  for (const minute of minutesOf(range)) {
    const value = truth.final(key, minute)
    const zone = minute % 120 === 0 ? 'a' : 'b'
    if (value) expected[`${minute} cloud_provider=aws,zone=${zone}`] = value
  }
  const found = Object.entries(ledger.counts(key)).filter(([cell]) => {
    const minute = Number(cell.split(' ')[0])
    return minute >= range.from && minute < range.to
  })
  expect(Object.fromEntries(found)).toEqual(expected)
}

const floorMinute = (at: number): number => Math.floor(at / 60) * 60
const span = (from: number, to: number): Range => ({ from: unixSeconds(from), to: unixSeconds(to) })

test('the last minutes are read at once, and the past beside them, newest first', async () => {
  const one = rig()
  one.start()
  await one.world.advance(10 * MINUTE)
  const end = floorMinute(one.world.clock.now() - 60)
  const oldest = floorMinute(START - 60) - 6 * HOUR + 10 * 60
  expectTruth(one, PLAIN, span(oldest, end - 60))
  for (const minute of minutesOf(span(oldest, end - 60)))
    expect(one.ledger.state(questionSource(TOTAL), minute)).toBe('known')
  const past = one.source.asked.filter(({ range }) => range.to < START - 1_600).map(({ range }) => range.from)
  expect(past).toEqual(past.toSorted((a, b) => b - a))
  expect(past.length).toBeGreaterThan(4)
})

test('a source that is away leaves minutes missing with the reason, and is made good when it is back', async () => {
  const one = rig()
  one.start()
  await one.world.advance(30 * MINUTE)
  const from = floorMinute(one.world.clock.now() - 60)
  one.source.fate = () => DOWN
  await one.world.advance(40 * MINUTE)
  const minute = from + 15 * 60
  expect(one.ledger.state(questionSource(TOTAL), minute)).toBe('missing')
  expect(one.ledger.reason(questionSource(TOTAL), minute)).toBe('connection refused')
  expect(one.ledger.state(questionSource(TOTAL), from - 120)).toBe('known')
  expect(one.collector().status()).toMatchObject({
    state: 'failing',
    problem: { text: 'connection refused' },
  })
  one.source.fate = () => undefined
  await one.world.advance(20 * MINUTE)
  expect(one.ledger.state(questionSource(TOTAL), minute)).toBe('known')
  expectTruth(one, PLAIN, span(from - HOUR, floorMinute(one.world.clock.now() - 180)))
  expect(one.collector().status()).toMatchObject({ state: 'reading', problem: undefined })
})

test('a source that keeps failing is asked less and less', async () => {
  const one = rig(PLAIN, { backfillSeconds: 0 })
  one.source.fate = () => DOWN
  one.start()
  await one.world.advance(60 * MINUTE)
  // Three attempts, and then one for each pause, which has grown to five minutes.
  expect(one.source.asked.length).toBeLessThan(30)
  expect(one.source.asked.length).toBeGreaterThan(8)
})

test('a source that says when to come back is left alone until then', async () => {
  const one = rig(PLAIN, { backfillSeconds: 0 })
  one.source.fate = () => ({ ...DOWN, kind: 'throttled', text: '429', retryAfterMs: 20 * MINUTE })
  one.start()
  await one.world.advance(19 * MINUTE)
  expect(one.source.asked).toHaveLength(1)
  await one.world.advance(8 * MINUTE)
  expect(one.source.asked).toHaveLength(2)
})

test('a question that is refused keeps no other from being answered', async () => {
  const one = rig(PLAIN, { questions: () => [TOTAL, BAD] })
  one.source.fate = (key) =>
    key === 'bad' ? { kind: 'refused', text: 'parse error', remedy: 'write PromQL' } : undefined
  one.start()
  await one.world.advance(30 * MINUTE)
  const recent = floorMinute(one.world.clock.now()) - 300
  expect(one.ledger.state(questionSource(TOTAL), recent)).toBe('known')
  expect(one.ledger.state(questionSource(BAD), recent)).toBe('missing')
  expect(one.ledger.reason(questionSource(BAD), recent)).toBe('parse error')
  // Asked again now and then, because what it names may have come to be.
  const asked = one.source.asked.filter(({ key }) => key === 'bad').length
  expect(asked).toBeGreaterThan(3)
  expect(asked).toBeLessThan(10)
  const { targets, state } = one.collector().status()
  expect(state).toBe('reading')
  expect(targets.map(({ name, ok }) => [name, ok])).toEqual([
    ['query bad', false],
    ['query total', true],
  ])
})

test('a range that is too much for one answer is asked in parts', async () => {
  const one = rig()
  one.source.fate = (_, { from, to }) =>
    to - from > 600 ? { kind: 'too-much', text: 'too many samples', remedy: 'ask for less' } : undefined
  one.start()
  await one.world.advance(60 * MINUTE)
  const end = floorMinute(one.world.clock.now() - 60)
  expectTruth(one, PLAIN, span(end - 4 * HOUR, end - 60))
})

test('late data of the last minutes replace what was read, and what went away becomes zero', async () => {
  const truth: Truth = { ...PLAIN, lateness: (_, minute) => (minute % 180 === 0 ? 400 : 0) }
  const one = rig(truth)
  one.start()
  await one.world.advance(30 * MINUTE)
  const end = floorMinute(one.world.clock.now() - 60)
  expectTruth(one, truth, span(end - HOUR, end - 600))
})

test('what did not change is not written again', async () => {
  const one = rig()
  one.start()
  await one.world.advance(30 * MINUTE)
  const rows = one.ledger.steps.slice(-1).flatMap(({ counts = [] }) => counts)
  expect(rows).toHaveLength(1)
})

test('minutes before the first data are left unsaid, and a hole between data is missing', async () => {
  const now = floorMinute(START - 60)
  const final = (_: string, minute: number): number | undefined =>
    minute < now - 4 * HOUR ? undefined : minute >= now - 3 * HOUR && minute < now - 2 * HOUR ? undefined : 5
  const truth = { final, lateness: () => 0 }
  const one = rig(truth)
  one.start()
  await one.world.advance(10 * MINUTE)
  const source = questionSource(TOTAL)
  expect(one.ledger.state(source, now - 4.5 * HOUR)).toBeUndefined()
  expect(one.ledger.state(source, now - 3.5 * HOUR)).toBe('known')
  expect(one.ledger.state(source, now - 2.5 * HOUR)).toBe('missing')
  expect(one.ledger.state(source, now - 1.5 * HOUR)).toBe('known')
})

test('live reads wait for no chunk of the past', async () => {
  const one = rig(PLAIN, { chunkSeconds: 6 * HOUR, backfillSeconds: 48 * HOUR })
  const live: number[] = []
  one.source.fate = (_, { from, to }) => {
    if (to > one.world.clock.now() - 200) live.push(one.world.clock.now())
    // A chunk of the past takes five minutes.
    return to - from > HOUR ? 5 * MINUTE : undefined
  }
  one.start()
  await one.world.advance(60 * MINUTE)
  expect(live.length).toBe(61)
})

test('combinations of labels beyond the bound become one series that says so, told once', async () => {
  const one = rig(PLAIN, { maxSeries: 1, backfillSeconds: 0 })
  one.start()
  await one.world.advance(10 * MINUTE)
  const labels = new Set(Object.keys(one.ledger.counts('total')).map((cell) => cell.split(' ')[1]))
  expect(labels).toEqual(new Set(['__overflow__=true,cloud_provider=aws', 'cloud_provider=aws,zone=a']))
  const sums = Object.entries(one.ledger.counts('total')).filter(([cell]) => cell.includes('__overflow__'))
  expect(one.collector().status().overflowed).toBe(sums.reduce((sum, [, n]) => sum + n, 0))
})

test('a stretch of the past that cannot be answered keeps nothing else from being read', async () => {
  const one = rig()
  const wrong = span(floorMinute(START) - 3 * HOUR, floorMinute(START) - 2 * HOUR)
  one.source.fate = (_, { from, to }) =>
    from < wrong.to && to > wrong.from
      ? { kind: 'refused', text: 'duplicate series', remedy: 'see' }
      : undefined
  one.start()
  await one.world.advance(30 * MINUTE)
  const end = floorMinute(one.world.clock.now() - 60)
  // A chunk is an hour of the clock, so that two of them are refused.
  expectTruth(one, PLAIN, span(end - 2 * HOUR + 3_000, end - 60))
  expectTruth(one, PLAIN, span(floorMinute(START) - 5 * HOUR, floorMinute(START) - 4 * HOUR))
  expect(one.source.asked.filter(({ range }) => range.from < wrong.to && range.to > wrong.from)).toHaveLength(
    2,
  )
})

async function collected(one: Rig, options: { range: Range; again?: boolean; seconds?: number }) {
  const { range, again = false, seconds = 3_600 } = options
  const told: number[] = []
  const stopping = new AbortController()
  const done = one
    .collector()
    .collect(
      range,
      { again, sink: one.ledger, onProgress: ({ read }) => void told.push(read) },
      stopping.signal,
    )
  await one.world.advance(seconds * 1_000)
  return { ...(await done), told }
}

const PAST = span(floorMinute(START) - 30 * HOUR, floorMinute(START) - 20 * HOUR)

test('a stretch of the past is read newest first, with progress, and once', async () => {
  const one = rig(PLAIN, { backfillSeconds: 0 })
  one.start()
  const first = await collected(one, { range: PAST })
  expect(first).toMatchObject({ wanted: 600, read: 600, failures: [] })
  expect(first.told.at(-1)).toBe(600)
  expect(first.told).toEqual(first.told.toSorted((a, b) => a - b))
  expectTruth(one, PLAIN, PAST)
  expect(await collected(one, { range: PAST })).toMatchObject({ wanted: 0, read: 0 })
})

test('what was read before is replaced when it is read again', async () => {
  let times = 1
  const truth: Truth = { final: (_, minute) => (minute % 300 === 0 ? 7 * times : 0), lateness: () => 0 }
  const one = rig(truth, { backfillSeconds: 0 })
  one.start()
  await collected(one, { range: PAST })
  times = 3
  expect(await collected(one, { range: PAST, again: true })).toMatchObject({ wanted: 600, read: 600 })
  expectTruth(one, truth, PAST)
})

test('a source that is away is waited for while the past is read', async () => {
  const one = rig(PLAIN, { backfillSeconds: 0 })
  let asked = 0
  one.source.fate = () => (asked++ < 4 ? DOWN : undefined)
  one.start()
  expect(await collected(one, { range: PAST })).toMatchObject({ read: 600, failures: [] })
})

test('a question that is refused is told once, and the others are read', async () => {
  const one = rig(PLAIN, { backfillSeconds: 0, questions: () => [BAD, TOTAL] })
  one.source.fate = (key) =>
    key === 'bad' ? { kind: 'refused', text: 'parse error', remedy: 'write PromQL' } : undefined
  one.start()
  const failure = { question: 'query bad', text: 'parse error', remedy: 'write PromQL' }
  expect(await collected(one, { range: PAST })).toMatchObject({
    wanted: 1_200,
    read: 600,
    failures: [failure],
  })
})

const FATES = ['fine', 'fine', 'fine', 'down', 'slow', 'lost', 'unsure'] as const

test('any order of ticks, failures, restarts and late answers ends with the truth', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.integer({ min: 1, max: 1_000_000 }),
        fates: fc.array(fc.constantFrom(...FATES), { minLength: 20, maxLength: 60 }),
        acts: fc.array(
          fc.oneof(
            fc.record({ kind: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 1_500 }) }),
            fc.record({ kind: fc.constant('restart' as const), seconds: fc.integer({ min: 0, max: 4_000 }) }),
            fc.record({ kind: fc.constant('kill' as const), seconds: fc.integer({ min: 0, max: 4_000 }) }),
          ),
          { minLength: 3, maxLength: 12 },
        ),
      }),
      async ({ seed, fates, acts }) => {
        const truth: Truth = {
          final: (key, minute) => {
            const n = (minute / 60 + seed) % 101
            if (n % 23 === 0) return undefined
            return key === 'bad' ? n % 3 : n
          },
          lateness: (_, minute) => ((minute / 60) * 37 + seed) % 500,
        }
        const one = rig(truth, { questions: () => [TOTAL, BAD], backfillSeconds: 3 * HOUR, seed })
        let turn = 0
        let sink = 0
        const isOver = (): boolean => turn > 200
        one.source.fate = () => {
          const fate = isOver() ? 'fine' : fates[turn++ % fates.length]
          return fate === 'down' ? DOWN : fate === 'slow' ? 90_000 : undefined
        }
        one.ledger.fate = () => {
          const fate = isOver() ? 'fine' : fates[sink++ % fates.length]
          return fate === 'lost' || fate === 'unsure' ? fate : 'written'
        }
        one.start()
        for (const act of acts) {
          if (act.kind !== 'pass') {
            // What a process writes after it was killed is nowhere.
            const { fate } = one.ledger
            if (act.kind === 'kill') one.ledger.fate = () => 'lost'
            await one.stop()
            one.ledger.fate = fate
            await one.world.advance(act.seconds * 1_000)
            one.start()
          } else await one.world.advance(act.seconds * 1_000)
          // Coverage never claims what was not read.
          for (const [cell, { state }] of one.ledger.states) {
            const [source = '', minute = ''] = cell.split(' ')
            if (state === 'missing') continue
            expect(truth.final(source.split('?')[1] ?? '', Number(minute))).toBeDefined()
          }
        }
        turn = 1_000
        await one.world.advance(60 * MINUTE)
        const end = floorMinute(one.world.clock.now() - 60) - 660
        const range = span(end - 2 * HOUR, end)
        for (const key of ['total', 'bad']) {
          expectTruth(one, truth, range, key)
          for (const minute of minutesOf(range)) {
            const state = one.ledger.state(`prom?${key}`, minute)
            expect(state).toBe(truth.final(key, minute) === undefined ? 'missing' : 'known')
          }
        }
        await one.stop()
      },
    ),
    runs(0.02),
  )
}, 300_000)
