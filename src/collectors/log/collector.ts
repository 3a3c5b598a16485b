import { promises as fs, type Stats } from 'node:fs'
import { type Clock, minuteOf, type UnixSeconds, unixSeconds, type World } from '../../base/index.ts'
import type { CoverageSpan, LedgerStep } from '../../traffic/index.ts'
import type { Collector, CollectorStatus, Sink } from '../collector.ts'
import { whatFailed } from './failure.ts'
import { createSetting, type SourceSetting } from './file-count.ts'
import { filesMatching } from './glob.ts'
import type { LogOptions } from './options.ts'
import { Tails } from './tails.ts'
import { coverageState, Tally } from './tally.ts'

const POLL_MS = 1_000
const LONGEST_BACK_OFF_MS = 30_000

/**
 * Follows access logs: looks once a second for new files and new lines, and writes what it counted. Files may be
 * rotated by renaming or by copying and truncating, packed, moved; each line counts once, over a crash too.
 */
export function createLogCollector(
  world: World,
  { name, options }: { readonly name: string; readonly options: LogOptions },
): Collector {
  const follower = new Follower(world, createSetting(name, options))
  return { name, run: (sink, signal) => follower.run(sink, signal), status: () => follower.status() }
}

class Follower {
  readonly #clock: Clock
  readonly #log: World['log']
  readonly #setting: SourceSetting
  readonly #tally = new Tally()
  #tails: Tails | undefined
  #state: CollectorStatus['state'] = 'starting'
  #problem: CollectorStatus['problem']
  #lastSuccess: UnixSeconds | undefined
  #covered: UnixSeconds | undefined
  #told = { events: 0, rejections: 0 }

  constructor(world: World, setting: SourceSetting) {
    this.#clock = world.clock
    this.#log = world.log.child({ source: setting.name })
    this.#setting = setting
  }

  async run(sink: Sink, signal: AbortSignal): Promise<void> {
    const { patience } = this.#setting.options
    const write = (step: LedgerStep): Promise<boolean> => this.#write({ sink, step }, signal)
    const surroundings = { clock: this.#clock, tally: this.#tally, sink, write, patience, signal }
    const tails = new Tails(this.#setting, surroundings)
    this.#tails = tails
    this.#covered = minuteOf(this.#clock.now() + 59)
    while (!signal.aborted) {
      const isBehind = await this.#poll(tails, write)
      if (!isBehind) await this.#clock.sleep(POLL_MS, signal).catch(() => undefined)
    }
    const left = await tails.stop(async (step) => {
      await sink.write(step)
    })
    for (const error of left)
      this.#log.warn('could not be written before the end', { error: whatFailed(error) })
    this.#state = 'stopped'
  }

  status(): CollectorStatus {
    return {
      name: this.#setting.name,
      type: this.#setting.options.format.startsWith('envoy') ? 'envoy-access-log' : 'web-log',
      state: this.#state,
      lastSuccess: this.#lastSuccess,
      completeThrough: this.#lastSuccess === undefined ? undefined : this.#covered,
      events: this.#tally.events,
      rejected: this.#tally.rejections,
      overflowed: this.#tally.overflowed,
      problem: this.#problem,
      targets: this.#tails?.targets() ?? [],
    }
  }

  /** Looks at all files once; gives whether there is more to read at once. Never throws for what the world does. */
  async #poll(tails: Tails, write: (step: LedgerStep) => Promise<boolean>): Promise<boolean> {
    const { files } = this.#setting.options
    try {
      const paths = new Set<string>()
      for (const pattern of files) for (const path of await filesMatching(pattern)) paths.add(path)
      const now = this.#clock.now()
      const seen = await Promise.all([...paths].map(async (path) => ({ path, stat: await statOf(path) })))
      const { isBehind, problems } = await tails.read(
        seen.flatMap(({ path, stat }) => (stat === undefined ? [] : [{ path, stat }])),
      )
      const text = problems[0] ?? (paths.size === 0 ? `no file matches ${files.join(', ')}` : undefined)
      this.#settle(text, now)
      if (!isBehind) await this.#cover(text, { now, write })
      return isBehind
    } catch (error) {
      this.#settle(whatFailed(error), this.#clock.now())
      this.#log.error('poll failed', { error: whatFailed(error) })
      return false
    }
  }

  #settle(problem: string | undefined, now: UnixSeconds): void {
    if (problem === undefined) {
      this.#state = 'reading'
      this.#problem = undefined
      this.#lastSuccess = now
      return
    }
    if (this.#problem?.text !== problem) this.#log.warn('not all could be read', { problem })
    this.#state = problem.startsWith('no file') ? 'waiting' : 'failing'
    const remedy = problem.startsWith('no file') ? 'check files: in the DataSource' : 'see what the text says'
    this.#problem = { at: now, text: problem, remedy }
  }

  /** Whole minutes that ended a while ago: what was written in them has been read. */
  async #cover(
    problem: string | undefined,
    { now, write }: { readonly now: UnixSeconds; readonly write: (step: LedgerStep) => Promise<boolean> },
  ): Promise<void> {
    const from = this.#covered ?? minuteOf(now)
    const to = minuteOf(now - this.#setting.options.lag)
    if (to <= from) return
    const { events, rejections } = this.#tally
    const seen = { events: events - this.#told.events, rejections: rejections - this.#told.rejections }
    const state: Pick<CoverageSpan, 'state' | 'reason'> =
      problem === undefined ? coverageState(seen) : { state: 'missing', reason: problem }
    const coverage = [{ source: this.#setting.name, from, to, ...state }]
    const step = { writer: `log:${this.#setting.name}`, revision: to, traffic: [], coverage }
    if (!(await write(step))) return
    this.#covered = unixSeconds(to)
    this.#told = { events, rejections }
  }

  /** Writes until it is written; false when the signal ended the wait. */
  async #write(
    { sink, step }: { readonly sink: Sink; readonly step: LedgerStep },
    signal: AbortSignal,
  ): Promise<boolean> {
    for (let wait = POLL_MS; ; wait = Math.min(LONGEST_BACK_OFF_MS, wait * 2)) {
      try {
        await sink.write(step, signal)
        return true
      } catch (error) {
        if (signal.aborted) return false
        const text = `the ledger did not take the counts: ${whatFailed(error)}`
        this.#state = 'failing'
        this.#problem = {
          at: this.#clock.now(),
          text,
          remedy: 'it is tried again; see the state of the store',
        }
        this.#log.warn('write failed', { error: whatFailed(error), retryInMs: wait })
        const slept = await this.#clock.sleep(wait, signal).then(
          () => true,
          () => false,
        )
        if (!slept) return false
      }
    }
  }
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await fs.stat(path)
  } catch {
    // Gone between the look at the directory and now: rotated. The next look finds it under its new name.
    return undefined
  }
}
