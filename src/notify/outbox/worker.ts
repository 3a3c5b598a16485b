import { createHash } from 'node:crypto'
import type { Decision } from '../../alerting/index.ts'
import type { Log, UnixSeconds, World } from '../../base/index.ts'
import type { IncidentBrief } from '../brief.ts'
import type { Body, Delivery, Destination, Identity, MessageRef, Post } from '../destination.ts'
import { type Bell, createBell } from './bell.ts'
import { awaken, type Book, foldRecord, startDigest, trackOf } from './book.ts'
import type { OutboxJournal } from './journal.ts'
import { allWell, barred, newPace, SPACING_MS, slowDown } from './pace.ts'
import { plan, type Task } from './plan.ts'
import type { OutboxRecord } from './record.ts'
import { type Counters, newCounters, type Problem } from './status.ts'
import {
  BLIND_REPOST_MS,
  CHECK_EVERY_MS,
  type Doubt,
  LOOK_AFTER_MS,
  paid,
  type Track,
  want,
} from './track.ts'

/** What the outbox needs of a decision. */
export type Telling = Pick<Decision, 'incident' | 'reason' | 'severity' | 'seq' | 'at'>

export interface WorkerOptions {
  readonly journal: OutboxJournal
  readonly destination: Destination
  readonly brief: (incident: string) => Promise<IncidentBrief | undefined>
  readonly book: Book
}

/** Tells one destination, one message after the other, until the signal is aborted. */
export class Worker {
  readonly book: Book
  readonly counters: Counters = newCounters()
  problem: Problem | undefined
  readonly #world: World
  readonly #options: WorkerOptions
  readonly #log: Log
  readonly #pace = newPace()
  readonly #bell: Bell
  readonly #startMs: number

  constructor(world: World, options: WorkerOptions) {
    this.#world = world
    this.#options = options
    this.book = options.book
    this.#log = world.log.child({ destination: options.destination.name })
    this.#bell = createBell(world)
    this.#startMs = world.clock.nowMs() - world.clock.monotonicMs()
  }

  get name(): string {
    return this.#options.destination.name
  }

  /** Wall time as it was at the start, moved on by the clock that never jumps: for everything that waits. */
  nowMs(): number {
    return this.#startMs + this.#world.clock.monotonicMs()
  }

  want({ incident, severity, reason, seq, at }: Telling): void {
    const track = trackOf(this.book, incident, this.nowMs())
    track.page = severity === 'page'
    want(track, { reason, seq, at }, this.nowMs())
  }

  /** Something new is wanted. */
  wake(): void {
    this.#bell.ring()
  }

  async run(signal: AbortSignal): Promise<void> {
    awaken(this.book, this.nowMs())
    if (!this.book.joined)
      await this.#attempt(() => this.#write([{ kind: 'joined', destination: this.name }]))
    while (!signal.aborted) {
      const nowMs = this.nowMs()
      const quietMs = Math.max(this.#pace.nextMs, this.#pace.notBeforeMs) - nowMs
      if (quietMs > 0) {
        await this.#world.clock.sleep(quietMs, signal).catch(() => undefined)
        continue
      }
      const next = plan(this.book, nowMs)
      if (next.kind === 'do') await this.#attempt(() => this.#perform(next.task))
      else await this.#bell.wait(next.untilMs === undefined ? IDLE_MS : next.untilMs - nowMs, signal)
    }
  }

  /** What fails here is the journal or the brief: nothing is sent that is not written down, so all of it waits. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#log.error('cannot tell: the journal or the page does not answer', { reason })
      this.#setProblem({ reason, remedy: 'See the log of the store: messages wait until it can be written.' })
      this.#slowDown(undefined)
    }
  }

  async #perform(task: Task): Promise<void> {
    switch (task.kind) {
      case 'look':
        return task.track.doubt && this.#look(task.track, task.track.doubt)
      case 'headline':
        return this.#postHeadline(task.track)
      case 'lines':
        return this.#postLines(task.track)
      case 'digest':
        return this.#postDigest(task.track)
      case 'gather':
        startDigest(
          this.book,
          `digest-${task.tracks[0]?.incident ?? ''}-${this.nowMs()}`,
          task.tracks.map((track) => track.incident),
          this.nowMs(),
        )
        return
      case 'update':
        return this.#update(task.track)
      case 'check':
        return this.#check(task.track)
      default:
        return task satisfies never
    }
  }

  async #postHeadline(track: Track): Promise<void> {
    const brief = await this.#briefOf(track, { part: 'headline', seq: track.posts + 1 })
    if (brief === undefined) return
    const { destination } = this.#options
    const continues = track.before === undefined ? undefined : await destination.permalink(track.before)
    const body = destination.render.headline(brief, {
      shrink: track.shrink,
      first: track.posts === 0,
      ...(continues === undefined ? {} : { continues }),
    })
    const identity: Identity = { incident: track.incident, part: 'headline', seq: track.posts + 1 }
    const shown = track.seq
    const ref = await this.#post(track, { identity, body })
    if (ref === undefined) return
    if (track.headline !== undefined) {
      track.headline.hash = hashOf(body)
      track.headline.page = brief.incident.severity === 'page'
    }
    track.before = undefined
    await this.#write([{ kind: 'updated', ...this.#item(identity), seq: shown }])
    // What happened while it was on its way is shown at once.
    if (track.seq > shown) track.updateAtMs = this.nowMs()
    await this.#tellTimeline(track.incident, 'told', `Told ${this.name}.`)
  }

  async #postLines(track: Track): Promise<void> {
    const seq = track.lines.at(-1)?.seq ?? 0
    const brief = await this.#briefOf(track, { part: 'line', seq })
    if (brief === undefined) return
    const body = this.#options.destination.render.lines(brief, track.lines)
    const identity: Identity = { incident: track.incident, part: 'line', seq }
    if (body === undefined || track.headline === undefined)
      return this.#drop(identity, 'there is nothing to say')
    const wasTicket = track.headline.page === false
    const isPage = brief.incident.severity === 'page' && brief.incident.state === 'open'
    const sent = await this.#post(track, {
      identity,
      body,
      thread: track.headline.ref,
      broadcast: wasTicket && isPage,
    })
    if (sent !== undefined && track.headline !== undefined) track.headline.page = isPage
  }

  async #postDigest(track: Track): Promise<void> {
    const identity: Identity = { incident: track.incident, part: 'digest', seq: track.digestOf?.length ?? 0 }
    const briefs: IncidentBrief[] = []
    for (const incident of track.digestOf ?? []) {
      const brief = await this.#options.brief(incident)
      if (brief !== undefined) briefs.push(brief)
    }
    if (briefs.length === 0) return this.#drop(identity, 'none of its incidents is known any more')
    const body = this.#options.destination.render.digest(briefs)
    const sent = await this.#post(track, { identity, body }, track.digestOf)
    if (sent === undefined) return
    for (const brief of briefs)
      await this.#tellTimeline(brief.incident.id, 'told', `Told ${this.name}, afterwards and with others.`)
  }

  /** One attempt, written down before and after; gives where the message is once it is sent. */
  async #post(track: Track, post: Post, incidents?: readonly string[]): Promise<MessageRef | undefined> {
    const item = this.#item(post.identity)
    const attempt = ++track.failures
    await this.#write([
      {
        kind: 'sending',
        ...item,
        attempt,
        ...(incidents === undefined ? {} : { incidents: [...incidents] }),
      },
    ])
    const delivery = await this.#call(() => this.#options.destination.post(post))
    if (delivery.kind === 'sent') {
      this.counters.posts++
      await this.#write([{ kind: 'sent', ...item, ...delivery.ref }])
      this.#well()
      return delivery.ref
    }
    await this.#failed(track, post.identity, delivery)
    return undefined
  }

  async #failed(
    track: Track,
    identity: Identity,
    delivery: Exclude<Delivery, { kind: 'sent' }>,
  ): Promise<void> {
    const item = this.#item(identity)
    const { kind, reason } = delivery
    this.#log.warn('not told', { incident: identity.incident, part: identity.part, outcome: kind, reason })
    const note = (outcome: 'again' | 'unknown' | 'dropped'): Promise<void> =>
      this.#write([{ kind: 'not-sent', ...item, outcome, reason }])
    switch (kind) {
      case 'ambiguous':
        this.counters.ambiguous++
        if (track.doubt !== undefined) track.doubt.nextMs = this.nowMs() + LOOK_AFTER_MS[0]
        return note('unknown')
      case 'refused':
        this.counters.refused++
        this.#slowDown(delivery.afterMs)
        return note('again')
      case 'barred':
        await note('again')
        return this.#bar(track, delivery)
      case 'unfit':
        track.shrink++
        if (identity.part === 'headline' && track.shrink <= this.#options.destination.render.smallest)
          return note('again')
        await note('dropped')
        return this.#giveUp(identity, reason)
      case 'gone':
        await note(identity.part === 'line' ? 'dropped' : 'again')
        return this.#lose(track, delivery)
      default:
        return delivery satisfies never
    }
  }

  /** Nobody knows whether a post arrived: it is looked for, twice, before it is sent again. */
  async #look(track: Track, doubt: Doubt): Promise<void> {
    const identity: Identity = { incident: track.incident, part: doubt.part, seq: doubt.seq }
    const found = await this.#options.destination.find(identity, {
      sinceMs: this.#wallMs(doubt.firstMs),
      ...this.#placeOf(track, doubt.part),
    })
    const nowMs = this.nowMs()
    const item = this.#item(identity)
    if (found.kind === 'found') {
      const [ref] = found.refs
      if (ref === undefined) return
      this.counters.adopted++
      await this.#write([{ kind: 'sent', ...item, ...ref, adopted: true }])
      if (doubt.part === 'headline') track.updateAtMs = nowMs
      this.#log.info('found what was sent', { incident: track.incident, part: doubt.part })
      return this.#well()
    }
    if (found.kind === 'unreadable') {
      if (nowMs - doubt.sinceMs < BLIND_REPOST_MS) {
        this.#slowDown(found.afterMs)
        doubt.nextMs = Math.min(doubt.sinceMs + BLIND_REPOST_MS, this.#pace.notBeforeMs)
        return
      }
      this.counters.possibleDuplicates++
      this.#log.warn('sending again without having looked', {
        incident: track.incident,
        reason: found.reason,
      })
      return this.#write([
        { kind: 'not-sent', ...item, outcome: 'again', reason: `cannot look: ${found.reason}` },
      ])
    }
    doubt.reads++
    if (doubt.reads < LOOK_AFTER_MS.length) {
      doubt.nextMs = doubt.sinceMs + LOOK_AFTER_MS[1]
      return
    }
    return this.#write([
      { kind: 'not-sent', ...item, outcome: 'again', reason: 'looked twice: it is not there' },
    ])
  }

  /** A post that was taken for lost may arrive late: the oldest stays, the others point to it. */
  async #check(track: Track): Promise<void> {
    const { check } = track
    if (check === undefined) return
    const nowMs = this.nowMs()
    check.nextMs = nowMs + CHECK_EVERY_MS
    if (check.nextMs > check.untilMs) track.check = undefined
    const identity: Identity = { incident: track.incident, part: check.part, seq: check.seq }
    const place = { sinceMs: this.#wallMs(check.firstMs), ...this.#placeOf(track, check.part) }
    const found = await this.#options.destination.find(identity, place)
    if (found.kind !== 'found' || found.refs.length < 2) return
    const [original, ...rest] = found.refs
    if (original === undefined) return
    for (const duplicate of rest) {
      const delivery = await this.#call(() => this.#options.destination.retire(duplicate, original))
      if (delivery.kind === 'sent') this.counters.duplicates++
    }
    if (check.part === 'headline' && track.headline?.ref.ts !== original.ts) {
      await this.#write([{ kind: 'sent', ...this.#item(identity), ...original, adopted: true }])
      track.updateAtMs = nowMs
    }
  }

  async #update(track: Track): Promise<void> {
    const { headline } = track
    if (headline === undefined) return
    track.updateAtMs = undefined
    const identity: Identity = { incident: track.incident, part: 'headline', seq: track.posts }
    const brief = await this.#briefOf(track, identity)
    if (brief === undefined) return
    const shown = track.seq
    const body = this.#options.destination.render.headline(brief, { shrink: track.shrink, first: false })
    const hash = hashOf(body)
    if (hash === headline.hash) return this.#shown(track, identity, shown)
    const delivery = await this.#call(() => this.#options.destination.update(headline.ref, body))
    if (delivery.kind === 'sent') {
      track.updates++
      this.counters.updates++
      headline.hash = hash
      this.#well()
      return this.#shown(track, identity, shown)
    }
    track.updateAtMs ??= this.nowMs()
    const { kind, reason } = delivery
    this.#log.warn('not updated', { incident: track.incident, outcome: kind, reason })
    if (kind === 'gone') return this.#lose(track, delivery)
    if (kind === 'barred') return this.#bar(track, delivery)
    if (kind !== 'unfit') return this.#slowDown('afterMs' in delivery ? delivery.afterMs : undefined)
    track.shrink++
    if (track.shrink > this.#options.destination.render.smallest) {
      track.updateAtMs = undefined
      await this.#giveUp(identity, reason)
    }
  }

  /** Only what people were owed is written down; numbers that moved are not. */
  async #shown(track: Track, identity: Identity, seq: number): Promise<void> {
    if (track.owed > 0) await this.#write([{ kind: 'updated', ...this.#item(identity), seq }])
    else paid(track, seq)
  }

  /** Somebody deleted the headline, or it may not be changed any more. */
  async #lose(track: Track, delivery: Extract<Delivery, { kind: 'gone' }>): Promise<void> {
    if (track.headline === undefined) return
    const { reason, deleted } = delivery
    const identity: Identity = { incident: track.incident, part: 'headline', seq: track.posts }
    await this.#write([{ kind: 'gone', ...this.#item(identity), reason, deleted }])
    this.#log.warn('the headline is gone', { incident: track.incident, reason })
  }

  async #bar(track: Track, delivery: Extract<Delivery, { kind: 'barred' }>): Promise<void> {
    this.counters.barred++
    const known = this.problem?.reason === delivery.reason
    barred(this.#pace, this.nowMs())
    this.#setProblem(delivery)
    if (known) return
    this.#log.error('nobody can be told', { reason: delivery.reason, remedy: delivery.remedy })
    await this.#tellTimeline(track.incident, 'not-told', `Could not tell ${this.name}: ${delivery.reason}.`)
  }

  async #giveUp(identity: Identity, reason: string): Promise<void> {
    this.counters.dropped++
    this.#log.error('a message was given up', { incident: identity.incident, part: identity.part, reason })
    await this.#tellTimeline(identity.incident, 'not-told', `Could not tell ${this.name}: ${reason}.`)
  }

  async #drop(identity: Identity, reason: string): Promise<void> {
    await this.#write([{ kind: 'not-sent', ...this.#item(identity), outcome: 'dropped', reason }])
  }

  async #briefOf(track: Track, item: Pick<Identity, 'part' | 'seq'>): Promise<IncidentBrief | undefined> {
    const brief = await this.#options.brief(track.incident)
    if (brief === undefined)
      await this.#drop({ incident: track.incident, ...item }, 'the incident is not known')
    return brief
  }

  /** Keeps the distance between two messages, whatever becomes of them. */
  async #call(work: () => Promise<Delivery>): Promise<Delivery> {
    const delivery = await work()
    this.#pace.nextMs = this.nowMs() + SPACING_MS
    return delivery
  }

  /** The memory follows the journal, and never goes ahead of it. */
  async #write(records: readonly OutboxRecord[]): Promise<void> {
    const at = this.#now()
    await this.#options.journal.append(records.map((data) => ({ at, kind: 'notification', data })))
    for (const one of records) foldRecord(this.book, one, this.nowMs())
  }

  async #tellTimeline(incident: string, kind: 'told' | 'not-told', text: string): Promise<void> {
    await this.#options.journal.append([
      { at: this.#now(), kind: 'incident', data: { kind, incident, text } },
    ])
  }

  #placeOf(track: Track, part: Identity['part']): { thread?: MessageRef; channel?: string } {
    if (track.headline === undefined) return this.#channel === undefined ? {} : { channel: this.#channel }
    return part === 'line' ? { thread: track.headline.ref } : { channel: track.headline.ref.channel }
  }

  /** As the destination names it; known after the first message. */
  get #channel(): string | undefined {
    for (const { headline } of this.book.tracks.values())
      if (headline !== undefined) return headline.ref.channel
    return undefined
  }

  #slowDown(afterMs: number | undefined): void {
    slowDown(this.#world, this.#pace, { nowMs: this.nowMs(), afterMs })
  }

  #well(): void {
    if (this.problem !== undefined) this.#log.info('people can be told again', { was: this.problem.reason })
    this.problem = undefined
    allWell(this.#pace)
  }

  #setProblem({ reason, remedy }: { readonly reason: string; readonly remedy: string }): void {
    if (this.problem?.reason !== reason) this.problem = { at: this.#now(), reason, remedy }
  }

  #item({ incident, part, seq }: Identity) {
    return { destination: this.name, incident, part, seq }
  }

  /** What others' clocks said then, as far as ours knows now. */
  #wallMs(ms: number): number {
    return this.#world.clock.nowMs() - (this.nowMs() - ms)
  }

  #now(): UnixSeconds {
    return this.#world.clock.now()
  }
}

/** With nothing to do, the worker still looks round once in a while. */
const IDLE_MS = 60_000

const hashOf = (body: Body): string => createHash('sha256').update(JSON.stringify(body)).digest('base64')
