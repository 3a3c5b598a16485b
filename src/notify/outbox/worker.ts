import type { World } from '../../base/index.ts'
import type { Notice } from '../notice.ts'
import { type Bell, createBell } from './bell.ts'
import { awaken, foldEntry, startDigest, startNotice, trackOf } from './book.ts'
import { Desk, type DeskOptions } from './desk.ts'
import { check, look } from './doubt.ts'
import type { OutboxEntry } from './journal.ts'
import { plan, type Task } from './plan.ts'
import { postDigest, postHeadline, postLines } from './post.ts'
import { type DestinationStatus, statusOf } from './status.ts'
import type { Teller, Telling } from './teller.ts'
import { isPending, want } from './track.ts'
import { update } from './update.ts'

/** With nothing to do, the worker still looks round once in a while. */
const IDLE_MS = 60_000

/** Tells one destination, one message after the other, until the signal is aborted. */
export class Worker implements Teller {
  readonly desk: Desk
  readonly #world: World
  readonly #bell: Bell
  /** The journal or the brief failed last time. */
  #waiting = false

  constructor(world: World, options: DeskOptions) {
    this.#world = world
    this.desk = new Desk(world, options)
    this.#bell = createBell(world)
  }

  get name(): string {
    return this.desk.name
  }

  fold(entry: OutboxEntry): void {
    foldEntry(this.desk.book, entry)
  }

  notice(notice: Notice): void {
    startNotice(this.desk.book, notice, this.desk.nowMs())
  }

  waiting(): readonly string[] {
    return [...this.desk.book.tracks.values()].filter(isPending).map(({ incident }) => incident)
  }

  reconsider(incidents: readonly string[]): void {
    for (const incident of incidents) {
      const track = this.desk.book.tracks.get(incident)
      if (track !== undefined && track.headline === undefined) track.passed = 0
    }
    this.wake()
  }

  status(): DestinationStatus {
    const { desk } = this
    const tracks = [...desk.book.tracks.values()]
    const pending = tracks.filter(isPending)
    const since = pending.map((track) => track.owedSinceMs ?? track.doubt?.sinceMs ?? track.openedMs)
    return statusOf(desk, {
      pending: pending.length,
      doubtful: tracks.filter((track) => track.doubt !== undefined).length,
      since,
    })
  }

  want({ incident, severity, reason, seq, at, call }: Telling): void {
    const nowMs = this.desk.nowMs()
    const track = trackOf(this.desk.book, incident, nowMs)
    track.page = severity === 'page'
    want(track, { reason, seq, at, ...(call === undefined ? {} : { call }) }, nowMs)
  }

  /** Something new is wanted. */
  wake(): void {
    this.#bell.ring()
  }

  async run(signal: AbortSignal): Promise<void> {
    const { desk } = this
    awaken(desk.book, desk.nowMs())
    while (!signal.aborted) {
      const nowMs = desk.nowMs()
      const quietMs = Math.max(desk.pace.nextMs, desk.pace.notBeforeMs) - nowMs
      if (quietMs > 0) {
        await this.#world.clock.sleep(quietMs, signal).catch(() => undefined)
        continue
      }
      if (!desk.book.joined) {
        await this.#attempt(() => desk.write([{ kind: 'joined', destination: desk.name }]))
        continue
      }
      const next = plan(desk.book, nowMs)
      if (next.kind === 'do') await this.#attempt(() => perform(desk, next.task))
      else await this.#bell.wait(next.untilMs === undefined ? IDLE_MS : next.untilMs - nowMs, signal)
    }
  }

  /** What fails here is the journal or the brief: nothing is sent that is not written down, so all of it waits. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
      if (this.#waiting) this.desk.well()
      this.#waiting = false
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.desk.log.error('cannot tell: the journal or the page does not answer', { reason })
      this.desk.setProblem({
        reason,
        remedy: 'See the log of the store: messages wait until it can be written.',
      })
      this.desk.slowDown()
      this.#waiting = true
    }
  }
}

async function perform(desk: Desk, task: Task): Promise<void> {
  switch (task.kind) {
    case 'look':
      return look(desk, task.track)
    case 'headline':
      return postHeadline(desk, task.track)
    case 'lines':
      return postLines(desk, task.track)
    case 'digest':
      return postDigest(desk, task.track)
    case 'gather': {
      const nowMs = desk.nowMs()
      const incidents = task.tracks.map((track) => track.incident)
      startDigest(desk.book, `digest-${incidents[0] ?? ''}-${nowMs}`, incidents, nowMs)
      return
    }
    case 'update':
      return update(desk, task.track)
    case 'check':
      return check(desk, task.track)
    default:
      return task satisfies never
  }
}
