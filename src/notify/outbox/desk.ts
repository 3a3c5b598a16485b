import { createHash } from 'node:crypto'
import type { Log, UnixSeconds, World } from '../../base/index.ts'
import type { IncidentBrief } from '../brief.ts'
import type { Body, Delivery, Destination, Identity, MessageRef } from '../destination.ts'
import type { Notice } from '../notice.ts'
import { type Book, foldRecord } from './book.ts'
import type { OutboxJournal } from './journal.ts'
import { allWell, barred, newPace, SPACING_MS, slowDown } from './pace.ts'
import type { OutboxRecord } from './record.ts'
import type { Routed, Routing } from './routing.ts'
import { type Counters, newCounters, type Problem } from './status.ts'
import type { Track } from './track.ts'

export interface DeskOptions {
  readonly journal: OutboxJournal
  readonly destination: Destination
  readonly brief: (incident: string) => Promise<IncidentBrief | undefined>
  readonly book: Book
  /** Whether an incident is this destination's business. Absent: every one is. */
  readonly routing?: Routing | undefined
}

/** Right after a start nothing has been evaluated yet: a brief is asked for again, and given up only after this. */
const UNKNOWN_RETRY_MS = 2_000
const UNKNOWN_FOR_MS = 600_000

/** What every task at one destination works with: its memory, its journal, its pace, and how it goes. */
export class Desk {
  readonly book: Book
  readonly destination: Destination
  readonly counters: Counters = newCounters()
  readonly pace = newPace()
  readonly log: Log
  problem: Problem | undefined
  readonly #world: World
  readonly #options: DeskOptions
  readonly #startMs: number

  constructor(world: World, options: DeskOptions) {
    this.#world = world
    this.#options = options
    this.book = options.book
    this.destination = options.destination
    this.log = world.log.child({ destination: options.destination.name })
    this.#startMs = world.clock.nowMs() - world.clock.monotonicMs()
  }

  get name(): string {
    return this.destination.name
  }

  /** Wall time as it was at the start, moved on by the clock that never jumps: for everything that waits. */
  nowMs(): number {
    return this.#startMs + this.#world.clock.monotonicMs()
  }

  /** What others' clocks said then, as far as ours knows now. */
  wallMs(ms: number): number {
    return this.#world.clock.nowMs() - (this.nowMs() - ms)
  }

  /** The memory follows the journal, and never goes ahead of it. */
  async write(records: readonly OutboxRecord[]): Promise<void> {
    const at = this.#now()
    await this.#options.journal.append(records.map((data) => ({ at, kind: 'notification', data })))
    for (const one of records) foldRecord(this.book, one, this.nowMs())
  }

  /** For the incident's own timeline. */
  async tellTimeline(incident: string, kind: 'told' | 'not-told', text: string): Promise<void> {
    const data = { kind, incident, text }
    await this.#options.journal.append([{ at: this.#now(), kind: 'incident', data }])
  }

  async briefOf(track: Track, item: Pick<Identity, 'part' | 'seq'>): Promise<IncidentBrief | undefined> {
    const brief = await this.#options.brief(track.incident)
    if (brief !== undefined) {
      track.unknownSinceMs = undefined
      return brief
    }
    const nowMs = this.nowMs()
    track.unknownSinceMs ??= nowMs
    track.notBeforeMs = nowMs + UNKNOWN_RETRY_MS
    if (nowMs - track.unknownSinceMs >= UNKNOWN_FOR_MS)
      await this.drop({ incident: track.incident, ...item }, 'nothing is known of the incident')
    return undefined
  }

  /** Where routes lead. What leads elsewhere is written down; what may be told later waits. */
  async isElsewhere(track: Track, brief: IncidentBrief): Promise<boolean> {
    const routed = this.routed(brief)
    if (routed.kind === 'here') return false
    if (routed.kind === 'later') track.notBeforeMs = this.waitMs(routed.at)
    else
      await this.write([{ kind: 'passed', destination: this.name, incident: track.incident, seq: track.seq }])
    return true
  }

  routed(brief: IncidentBrief): Routed {
    return this.#options.routing?.incident(this.name, brief) ?? { kind: 'here' }
  }

  isRouted(notice: Notice): boolean {
    return this.#options.routing?.notice(this.name, notice) ?? true
  }

  /** An instant of the wall clock as `nowMs` will tell it. */
  waitMs(at: UnixSeconds): number {
    return this.nowMs() + Math.max(0, at * 1000 - this.#world.clock.nowMs())
  }

  /** Those of a digest that are still known. */
  async briefsOf(incidents: readonly string[]): Promise<readonly IncidentBrief[]> {
    const briefs = await Promise.all(incidents.map((incident) => this.#options.brief(incident)))
    return briefs.filter((brief) => brief !== undefined)
  }

  /** Keeps the distance between two messages, whatever becomes of them. */
  async call(work: () => Promise<Delivery>): Promise<Delivery> {
    const delivery = await work()
    this.pace.nextMs = this.nowMs() + SPACING_MS
    return delivery
  }

  async drop(identity: Identity, reason: string): Promise<void> {
    await this.write([{ kind: 'not-sent', ...this.item(identity), outcome: 'dropped', reason }])
  }

  /** Not even its text alone was taken: people are told on the page and in the log instead. */
  async giveUp(identity: Identity, reason: string): Promise<void> {
    this.counters.dropped++
    this.log.error('a message was given up', { incident: identity.incident, part: identity.part, reason })
    await this.tellTimeline(identity.incident, 'not-told', `Could not tell ${this.name}: ${reason}.`)
  }

  /** Only a person can mend it: the log, the page and the timeline say so, and it is tried again now and then. */
  async bar(track: Track, delivery: Extract<Delivery, { kind: 'barred' }>): Promise<void> {
    this.counters.barred++
    const known = this.problem?.reason === delivery.reason
    barred(this.pace, this.nowMs())
    this.setProblem(delivery)
    if (known) return
    this.log.error('nobody can be told', { reason: delivery.reason, remedy: delivery.remedy })
    await this.tellTimeline(track.incident, 'not-told', `Could not tell ${this.name}: ${delivery.reason}.`)
  }

  /** Somebody deleted the headline, or it may not be changed any more. */
  async lose(track: Track, delivery: Extract<Delivery, { kind: 'gone' }>): Promise<void> {
    if (track.headline === undefined) return
    const { reason, deleted } = delivery
    const identity: Identity = { incident: track.incident, part: 'headline', seq: track.posts }
    await this.write([{ kind: 'gone', ...this.item(identity), reason, deleted }])
    this.log.warn('the headline is gone', { incident: track.incident, reason })
  }

  slowDown(afterMs?: number): void {
    slowDown(this.#world, this.pace, { nowMs: this.nowMs(), afterMs })
  }

  well(): void {
    if (this.problem !== undefined) this.log.info('people can be told again', { was: this.problem.reason })
    this.problem = undefined
    allWell(this.pace)
  }

  setProblem({ reason, remedy }: { readonly reason: string; readonly remedy: string }): void {
    if (this.problem?.reason !== reason) this.problem = { at: this.#now(), reason, remedy }
  }

  item({ incident, part, seq }: Identity) {
    return { destination: this.name, incident, part, seq }
  }

  /** Where a message of this track is to be looked for; the channel's own name is known after the first message. */
  placeOf(track: Track, part: Identity['part']): { thread?: MessageRef; channel?: string } {
    if (track.headline !== undefined && part === 'line') return { thread: track.headline.ref }
    for (const { headline } of [track, ...this.book.tracks.values()])
      if (headline !== undefined) return { channel: headline.ref.channel }
    return {}
  }

  #now(): UnixSeconds {
    return this.#world.clock.now()
  }
}

export const hashOf = (body: Body): string =>
  createHash('sha256').update(JSON.stringify(body)).digest('base64')
