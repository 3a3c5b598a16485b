import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { earlier, minuteOf, unixSeconds } from '../../src/base/index.ts'
import { type Message, repliesTo } from '../../src/cli/dev/slack/index.ts'
import type * as wire from '../../src/contract/index.ts'
import {
  append,
  CLOUDS,
  type Cloud,
  countsIn,
  createRig,
  fillHistory,
  lineOf,
  logOf,
  type Rig,
  touch,
} from '../service/rig.ts'

// Goal: a total outage of one cloud is in Slack within 75 s of its first second, in one message that says which cloud,
// and that stays the only one until it says that it is over. Method: the whole service over simulated time, second by
// second; access logs of four clouds that this test writes, of which one answers nothing but 503 from some second on.

const BAR_S = 75
const PER_SECOND = 4
/** What the logs hold when the service starts: more than the long window of the rule that pages first. */
const LOGGED_S = 80 * 60
/** What was counted before that: with the logs, more than the longest window of any rule, which dilutes the most. */
const COUNTED_S = 4 * 86_400
/** The outage begins in the middle of a minute, and between two evaluations. */
const CALM_S = 93
/** So short that only the page that fires first is over its factor, and ends half an hour after the outage. */
const OUTAGE_S = 230

let rig: Rig
let outageAt = 0
let failing: Cloud | undefined
const written = Object.fromEntries(CLOUDS.map((cloud) => [cloud, { good: 0, bad: 0 }]))

beforeAll(async () => {
  rig = createRig()
  const now = rig.world.clock.now()
  const from = earlier(now, LOGGED_S)
  for (const cloud of CLOUDS) {
    writeFileSync(logOf(rig, cloud), secondsOf(cloud, from, LOGGED_S))
    touch(rig, logOf(rig, cloud))
  }
  await rig.start()
  const to = minuteOf(from)
  await fillHistory(rig, { from: earlier(to, COUNTED_S), to }, PER_SECOND * 60)
  for (const cloud of CLOUDS) written[cloud]!.good += COUNTED_S * PER_SECOND
})
afterAll(() => rig[Symbol.asyncDispose]())

/** What a cloud wrote in so many seconds from `start` on. */
function secondsOf(cloud: Cloud, start: number, seconds: number): string {
  const status = cloud === failing ? 503 : 200
  written[cloud]![status === 503 ? 'bad' : 'good'] += seconds * PER_SECOND
  return Array.from({ length: seconds * PER_SECOND }, (_, i) =>
    lineOf({
      endedAtMs: start * 1_000 + (i * 1_000) / PER_SECOND + 50,
      status,
      id: `${cloud}-${start}-${i}`,
    }),
  ).join('')
}

async function live(seconds: number, until: () => boolean = () => false): Promise<void> {
  for (let i = 0; i < seconds && !until(); i++) {
    await rig.pass(1_000)
    const second = rig.world.clock.now() - 1
    for (const cloud of CLOUDS) append(rig, logOf(rig, cloud), secondsOf(cloud, second, 1))
  }
}

/** Minutes at once, as a service sees them whose machine slept in between. */
async function leap(minutes: number, until: () => boolean = () => false): Promise<void> {
  for (let i = 0; i < minutes && !until(); i++) {
    const from = rig.world.clock.now()
    for (const cloud of CLOUDS) append(rig, logOf(rig, cloud), secondsOf(cloud, from, 60))
    await rig.leap(60_000)
  }
}

/** All that people can read of a message. */
const readingOf = (message: Message | undefined): string =>
  `${message?.text}\n${JSON.stringify(message?.blocks)}`

/** What was posted into the channel itself, not into a thread. */
const posted = (): number =>
  rig.emulator.calls.filter(
    ({ method, args }) => method === 'chat.postMessage' && args['thread_ts'] === undefined,
  ).length

test('steady traffic in all clouds tells nobody anything', async () => {
  await live(CALM_S)
  expect(rig.channel.messages).toEqual([])
  expect(await rig.incidents()).toEqual([])
  // One second was written and not looked at yet.
  await rig.pass(1_000)
  expect(await countsIn(rig)).toEqual(written)
})

test('a total outage of one cloud is in Slack within 75 s of its first second, and the headline says which', async () => {
  failing = 'gcp'
  outageAt = rig.world.clock.now()
  await live(BAR_S, () => rig.headlines().length > 0)
  const [first] = rig.headlines()
  console.log(`told after ${Number(first?.ts) - outageAt} s: ${first?.text}`)
  expect(Number(first?.ts) - outageAt).toBeLessThanOrEqual(BAR_S)
  expect(first?.text).toMatch(/^PAGE · Checkout answers: Burning \S+× in gcp: /)
  const reading = readingOf(first)
  expect(reading).toContain('gcp burning')
  for (const cloud of CLOUDS.filter((each) => each !== 'gcp')) expect(reading).toContain(`${cloud} fine`)
})

test("the incident's timeline says at once that people were told", async () => {
  const [incident] = await rig.incidents()
  const { timeline } = await rig.get<wire.IncidentDetail>(`api/v1/incidents/${incident?.id}`)
  expect(timeline.map(({ kind, text }) => [kind, text])).toEqual([
    ['opened', expect.stringContaining('Opened as a page.')],
    ['told', 'Told slack slo-alerts.'],
  ])
})

test('through the outage it stays one message, which is kept up to date', async () => {
  const before = readingOf(rig.headlines()[0])
  await live(OUTAGE_S - 30 - (rig.world.clock.now() - outageAt))
  expect(rig.headlines()).toHaveLength(1)
  expect(posted()).toBe(1)
  expect(readingOf(rig.headlines()[0])).not.toBe(before)
})

test('a restart in the middle of it posts nothing', async () => {
  const messages = rig.channel.messages.map(({ ts }) => ts)
  const [incident] = await rig.incidents()
  await rig.stop()
  await rig.start()
  await live(30)
  expect(rig.channel.messages.map(({ ts }) => ts)).toEqual(messages)
  expect((await rig.incidents()).map(({ id, state }) => [id, state])).toEqual([[incident?.id, 'open']])
})

test('after it healed, the same message says that it is over', async () => {
  const [{ ts }] = rig.headlines() as [Message]
  failing = undefined
  const sentences = new Set<string>()
  await leap(90, () => {
    const { sentence, states } = rig.service().fleet()
    // The sentence counts as the numbers beside it do.
    expect(sentence.includes(' burning. Worst: ')).toBe(states.burning > 0)
    sentences.add(sentence.replace(/:.*/, ''))
    return rig.headlines()[0]?.text.startsWith('RESOLVED') === true
  })
  expect([...sentences]).toContain('Nothing is burning. 1 incident is open')
  const [over] = await rig.incidents()
  expect([over?.state, over?.blindSince]).toEqual(['resolved', null])
  // The thread follows at the pace that Slack takes messages.
  await live(3)
  const [headline] = rig.headlines()
  expect(headline?.text).toMatch(/^RESOLVED · Checkout answers: Resolved after .* in gcp/)
  expect(headline?.ts).toBe(ts)
  expect(posted()).toBe(1)
  expect(repliesTo(rig.channel, ts).map(({ text }) => text)).toEqual([
    expect.stringMatching(/^Opened\. /),
    expect.stringMatching(/^Resolved after /),
  ])
})

test.each([
  ['back into the outage', () => outageAt + 150],
  ['an hour ahead', () => rig.world.clock.now() + 3_600],
])('a wall clock that jumps %s for a while tells nobody anything', async (_where, jumpTo) => {
  const messages = rig.channel.messages.map(({ ts }) => ts)
  const { now } = rig.world.clock
  const off = jumpTo() - now()
  rig.world.setWall(unixSeconds(now() + off))
  for (let i = 0; i < 40; i++) {
    await rig.pass(1_000)
    // Whoever writes the logs has a clock that is right.
    for (const cloud of CLOUDS) append(rig, logOf(rig, cloud), secondsOf(cloud, now() - off - 1, 1))
  }
  rig.world.setWall(unixSeconds(now() - off))
  await live(20)
  expect(rig.channel.messages.map(({ ts }) => ts)).toEqual(messages)
  expect((await rig.incidents()).map(({ state }) => state)).toEqual(['resolved'])
})

test('afterwards it is quiet, and every line counted once', async () => {
  const messages = rig.channel.messages.map(({ ts }) => ts)
  await leap(35)
  await rig.pass(1_000)
  expect(rig.channel.messages.map(({ ts }) => ts)).toEqual(messages)
  expect((await rig.incidents()).map(({ state }) => state)).toEqual(['resolved'])
  expect(await countsIn(rig)).toEqual(written)
})
