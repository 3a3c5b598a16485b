import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  truncateSync,
  utimesSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { unixSeconds } from '../../src/base/index.ts'
import type { Fault } from '../../src/cli/dev/slack/index.ts'
import type * as wire from '../../src/contract/index.ts'
import {
  CLOUDS,
  type Cloud,
  type Counted,
  countsIn,
  createRig,
  lineOf,
  logOf,
  type Rig,
  START,
} from '../service/rig.ts'
import { createRandom } from '../world.ts'

// Goal: whatever happens around it, the service counts every line once and tells of every incident once. Method: one
// simulation of the whole service, whose every turn is drawn from one seed: traffic, outages, logs that vanish and
// rotate and hold rubbish, a Slack that fails in every way, restarts, a wall clock that jumps. NINES_SEED plays a seed
// again, NINES_TURNS says for how long, NINES_NIGHTLY=1 makes it twenty times as long.

const NIGHTLY = process.env['NINES_NIGHTLY'] === '1'
const SEED = Number(process.env['NINES_SEED'] ?? Math.floor(Math.random() * 1e9))
const TURNS = Number(process.env['NINES_TURNS'] ?? (NIGHTLY ? 2_000 : 100))
const DEBUG = process.env['NINES_DEBUG'] === '1'

/**
 * How long after an outage, at most, what it did is found out: the longest short window of a rule, a restart with its
 * absence, and a minute that passed at once.
 */
const LATE_S = 600

function createDraws(seed: number) {
  const random = createRandom(seed)
  return {
    chance: (share: number): boolean => random() < share,
    whole: (from: number, to: number): number => from + Math.floor(random() * (to - from + 1)),
    oneOf: <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T,
  }
}

const { chance, whole, oneOf } = createDraws(SEED)
/** Apart, so that what happens in the world does not hang on how often the service calls Slack. */
const slack = createDraws(SEED + 1)

interface Outage {
  readonly cloud: Cloud
  readonly share: number
  readonly from: number
  to: number
}

interface Log {
  readonly cloud: Cloud
  /** The beginning of a line that its program has not finished yet. */
  rest: string
  hidden: boolean
  files: number
}

let rig: Rig
const logs = CLOUDS.map((cloud): Log => ({ cloud, rest: '', hidden: false, files: 0 }))
const written: Record<string, { good: number; bad: number }> = {}
const outages: Outage[] = []
const told: string[] = []
let serial = 0

/** The time as it is, which the wall clock of the service only claims to know. */
const trueMs = (): number => START * 1_000 + rig.world.clock.monotonicMs()
const trueNow = (): number => Math.floor(trueMs() / 1_000)
const outage = (): Outage | undefined => outages.find(({ to }) => to === Infinity)

function say(what: string): void {
  told.push(`${trueNow() - START} s: ${what}`)
  if (DEBUG) console.log(told.at(-1))
}

beforeAll(async () => {
  console.log(`NINES_SEED=${SEED} NINES_TURNS=${TURNS}`)
  rig = createRig({ seed: SEED, policy: 'brisk' })
  for (const cloud of CLOUDS) written[cloud] = { good: 0, bad: 0 }
  await rig.start()
})
afterAll(() => rig[Symbol.asyncDispose]())

// ---- what happens outside

/** Appends what a cloud's Envoy wrote in the last `seconds`. */
function traffic(log: Log, seconds: number): void {
  let text = log.rest
  log.rest = ''
  const perSecond = whole(1, 4)
  const now = trueMs()
  const failing = outage()
  for (let i = 0; i < seconds * perSecond; i++) {
    const bad = failing?.cloud === log.cloud && chance(failing.share)
    const endedAtMs = now - seconds * 1_000 + (i * 1_000) / perSecond
    text += lineOf({ endedAtMs, status: bad ? 503 : 200, id: `${log.cloud}-${serial++}` })
    const counted = written[log.cloud]
    if (counted) counted[bad ? 'bad' : 'good']++
  }
  if (!log.hidden && chance(0.05)) text += rubbish()
  // A program may be in the middle of a line when somebody looks.
  if (!log.hidden && chance(0.1)) {
    const cut = text.lastIndexOf('\n', text.length - 2) + whole(2, 40)
    log.rest = text.slice(cut)
    text = text.slice(0, cut)
  }
  append(log, text)
}

/** Lines that are none, each for a different reason. */
const rubbish = (): string =>
  oneOf([
    '\n\n',
    'upstream connect error or disconnect\n',
    '{"start_time": "yesterday", "response_code": 200}\n',
    '[1, 2, 3]\n',
    `${'x'.repeat(70_000)}\n`,
    '\u0000\u0001\ufffd{"response_code"\n',
  ])

const pathOf = ({ cloud, hidden }: Log): string =>
  hidden ? join(rig.dir, 'hidden', `${cloud}.json`) : logOf(rig, cloud)

function append(log: Log, text: string): void {
  const path = pathOf(log)
  appendFileSync(path, text)
  utimesSync(path, trueMs() / 1_000, trueMs() / 1_000)
}

/** The file is set aside under another name, and the next line begins a new one. */
function rotate(log: Log): void {
  append(log, log.rest)
  log.rest = ''
  const path = pathOf(log)
  const aside = `${path}.${++log.files}`
  if (chance(0.5)) renameSync(path, aside)
  else {
    copyFileSync(path, aside)
    utimesSync(aside, trueMs() / 1_000, trueMs() / 1_000)
    truncateSync(path)
  }
}

/** The disk is gone for a while; what is written meanwhile is found when it is back. */
function vanish(log: Log): void {
  append(log, log.rest)
  log.rest = ''
  mkdirSync(join(rig.dir, 'hidden'), { recursive: true })
  renameSync(logOf(rig, log.cloud), join(rig.dir, 'hidden', `${log.cloud}.json`))
  log.hidden = true
}

function comeBack(log: Log): void {
  renameSync(pathOf(log), logOf(rig, log.cloud))
  log.hidden = false
}

const FAULTS: readonly (() => Fault)[] = [
  () => ({ kind: 'rate-limit', retryAfter: String(slack.whole(1, 20)) }),
  () => ({ kind: 'rate-limit' }),
  () => ({ kind: 'error', error: slack.oneOf(['internal_error', 'fatal_error', 'service_unavailable']) }),
  () => ({ kind: 'status', status: slack.oneOf([500, 502, 503]), done: slack.chance(0.5) }),
  () => ({ kind: 'html', done: slack.chance(0.5) }),
  () => ({ kind: 'empty', done: slack.chance(0.5) }),
  () => ({ kind: 'reset', done: slack.chance(0.5) }),
  () => ({ kind: 'refuse' }),
  () => ({ kind: 'late', ms: slack.whole(500, 20_000) }),
  () => ({ kind: 'slow-accept', ms: slack.whole(500, 20_000) }),
]

function failSlack(): void {
  const share = oneOf([0.3, 0.7, 1])
  const kinds = Array.from({ length: 3 }, () => oneOf(FAULTS))
  say(`Slack fails in ${share * 100} % of calls`)
  rig.suffer(() => (slack.chance(share) ? slack.oneOf(kinds)() : undefined))
}

// ---- how time passes

async function live(seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i++) {
    await rig.pass(1_000)
    for (const log of logs) traffic(log, 1)
  }
}

async function leap(minutes: number): Promise<void> {
  for (let i = 0; i < minutes; i++) {
    await rig.leap(60_000)
    for (const log of logs) traffic(log, 60)
  }
}

async function restart(): Promise<void> {
  const away = oneOf([0, 0, 1, 30, 120])
  // Sometimes in the middle of reading and writing, not between.
  const amid = chance(0.5)
  if (amid) await rig.world.advance(whole(1, 1_500))
  say(`restart${amid ? ' in the middle of things' : ''}, ${away} s away`)
  await rig.stop()
  for (let i = 0; i < away; i++) {
    await rig.pass(1_000)
    for (const log of logs) traffic(log, 1)
  }
  await rig.start()
}

/** The wall clock is up to an hour off for less than a minute. */
async function jump(): Promise<void> {
  const by = oneOf([-1, 1]) * whole(600, 3_600)
  const seconds = whole(1, 50)
  say(`the clock jumps by ${by} s for ${seconds} s`)
  rig.world.setWall(unixSeconds(trueNow() + by))
  await live(seconds)
  await watch()
  rig.world.setWall(unixSeconds(trueNow()))
}

async function turn(): Promise<void> {
  const now = outage()
  if (now === undefined && chance(0.12)) {
    const begun = { cloud: oneOf(CLOUDS), share: oneOf([0.3, 1]), from: trueNow(), to: Infinity }
    outages.push(begun)
    say(`${begun.cloud} fails ${begun.share * 100} %`)
  } else if (now !== undefined && chance(0.3)) {
    now.to = trueNow()
    say(`${now.cloud} works`)
  }
  if (chance(0.06)) failSlack()
  else if (chance(0.1)) rig.suffer(undefined)
  for (const log of logs) {
    if (log.hidden ? chance(0.3) : chance(0.02)) (log.hidden ? comeBack : vanish)(log)
    else if (!log.hidden && existsSync(pathOf(log)) && chance(0.03)) rotate(log)
  }
  if (chance(0.05)) await restart()
  if (chance(0.06)) await jump()
  if (chance(0.6)) await live(whole(1, 4))
  else await leap(whole(1, 4))
  await watch()
}

/** Everything works, and has worked for long enough that nothing is left to be told. */
async function quiet(): Promise<void> {
  rig.suffer(undefined)
  const now = outage()
  if (now) now.to = trueNow()
  for (const log of logs) if (log.hidden) comeBack(log)
  await leap(20)
  await live(5)
  for (const log of logs) append(log, log.rest)
  for (const log of logs) log.rest = ''
  await rig.pass(3_000)
}

// ---- what must hold

const detailOf = (id: string): Promise<wire.IncidentDetail> => rig.get(`api/v1/incidents/${id}`)

const openings = new Set<string>()

/** Whatever opened since the last look must have its reason now, by the time as it is. */
async function watch(): Promise<void> {
  for (const { id, reopened } of await rig.incidents()) {
    const opening = `${id} opening ${reopened + 1}`
    if (openings.has(opening)) continue
    openings.add(opening)
    say(opening)
    expect(explains(trueNow()), `${opening} at ${trueNow() - START} s`).toBe(true)
  }
}

/** Whether an outage was going on, or had been lately enough to be found out at `at`. */
const explains = (at: number): boolean => outages.some(({ from, to }) => at >= from && at <= to + LATE_S)

test(
  'every line counts once, and every incident is told once',
  async () => {
    try {
      for (let i = 0; i < TURNS; i++) await turn()
      await quiet()
      expect(await countsIn(rig)).toEqual(written as Record<string, Counted>)
      const incidents = await Promise.all((await rig.incidents()).map(({ id }) => detailOf(id)))
      for (const incident of incidents) await checkIncident(incident)
      const opened = incidents.reduce((n, { reopened }) => n + 1 + reopened, 0)
      expect(opened).toBeLessThanOrEqual(outages.length)
      expect(failuresOf(rig)).toEqual([])
      console.log(
        `${outages.length} outages, ${incidents.length} incidents that opened ${opened} times, ${rig.emulator.calls.length} calls of Slack, ${serial} lines, ${((trueNow() - START) / 3_600).toFixed(1)} h`,
      )
    } catch (error) {
      console.log(`NINES_SEED=${SEED} NINES_TURNS=${TURNS}\n${told.slice(-60).join('\n')}`)
      console.log(
        rig
          .headlines()
          .map(({ ts, text, metadata }) => `${ts} ${text} ${JSON.stringify(metadata?.event_payload)}`),
      )
      console.log(
        readdirSync(rig.dir, { recursive: true })
          .filter((name) => String(name).startsWith('logs'))
          .join('\n'),
      )
      throw error
    }
  },
  NIGHTLY ? 7_200_000 : 240_000,
)

async function checkIncident(incident: wire.IncidentDetail): Promise<void> {
  const { id, state, timeline } = incident
  const own = rig
    .headlines()
    .filter(
      ({ metadata }) => metadata?.event_payload['id'] === id && metadata.event_payload['part'] === 'headline',
    )
  const digests = rig
    .headlines()
    .filter(({ metadata, text }) => metadata?.event_payload['part'] === 'digest' && text.includes(id))
  if (digests.length > 0) expect(own, id).toHaveLength(0)
  else if (own.length === 0)
    expect(
      timeline.map(({ kind }) => kind),
      id,
    ).toContain('not-told')
  else {
    expect(own, id).toHaveLength(1)
    expect(own[0]?.text.startsWith('RESOLVED'), `${id} is ${state}: ${own[0]?.text}`).toBe(
      state === 'resolved',
    )
    expect(
      timeline.map(({ kind }) => kind),
      id,
    ).toContain('told')
  }
}

/** What the log says went wrong inside. */
const failuresOf = ({ world }: Rig): readonly unknown[] =>
  world.lines.filter(({ level }) => level === 'error').map(({ message, fields }) => [message, fields])
