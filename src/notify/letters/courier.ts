import type { Log, UnixSeconds, World } from '../../base/index.ts'
import type { IncidentBrief } from '../brief.ts'
import type { Notice } from '../notice.ts'
import { type Bell, createBell } from '../outbox/bell.ts'
import type { OutboxEntry, OutboxJournal } from '../outbox/journal.ts'
import { allWell, barred, newPace, slowDown } from '../outbox/pace.ts'
import type { Routing } from '../outbox/routing.ts'
import {
  type Counters,
  type DestinationStatus,
  newCounters,
  type Problem,
  statusOf,
} from '../outbox/status.ts'
import type { Teller, Telling } from '../outbox/teller.ts'
import type { Letter, LetterDestination, Receipt } from './letter.ts'
import {
  addNotice,
  foldLetter,
  foldLetterRecord,
  newPiles,
  nextLetters,
  type Pile,
  type Piles,
  wantLetter,
} from './pile.ts'
import type { LetterRecord } from './record.ts'

export interface CourierOptions {
  readonly journal: OutboxJournal
  readonly destination: LetterDestination
  readonly brief: (incident: string) => Promise<IncidentBrief | undefined>
  readonly routing?: Routing
}

const IDLE_MS = 60_000
/** Right after a start nothing has been evaluated yet; what stays unknown is not told. */
const UNKNOWN_RETRY_MS = 2_000
const UNKNOWN_FOR_MS = 600_000

/** Takes letters to one destination, one after the other. */
export class Courier implements Teller {
  readonly #world: World
  readonly #options: CourierOptions
  readonly #piles: Piles
  readonly #bell: Bell
  readonly #log: Log
  readonly #pace = newPace()
  readonly #counters: Counters = newCounters()
  readonly #startMs: number
  #problem: Problem | undefined

  constructor(world: World, options: CourierOptions) {
    this.#world = world
    this.#options = options
    this.#piles = newPiles(options.destination)
    this.#bell = createBell(world)
    this.#log = world.log.child({ destination: options.destination.name })
    this.#startMs = world.clock.nowMs() - world.clock.monotonicMs()
  }

  get name(): string {
    return this.#options.destination.name
  }

  fold(entry: OutboxEntry): void {
    foldLetter(this.#piles, entry)
  }

  want(telling: Telling): void {
    wantLetter(this.#piles, telling, this.#nowMs())
  }

  notice(notice: Notice): void {
    addNotice(this.#piles, notice, this.#nowMs())
  }

  wake(): void {
    this.#bell.ring()
  }

  waiting(): readonly string[] {
    return [...this.#piles.of.values()].filter(({ news }) => news.length > 0).map(({ incident }) => incident)
  }

  reconsider(incidents: readonly string[]): void {
    const at = this.#world.clock.now()
    for (const incident of incidents) {
      const pile = this.#piles.of.get(incident)
      if (pile !== undefined && pile.delivered === 0 && pile.news.length === 0 && pile.open)
        pile.news.push({ seq: pile.seq, reason: 'first', at })
    }
    this.wake()
  }

  status(): DestinationStatus {
    const waiting = [...this.#piles.of.values()].filter(({ news }) => news.length > 0)
    const desk = {
      name: this.name,
      problem: this.#problem,
      counters: this.#counters,
      nowMs: () => this.#nowMs(),
    }
    return statusOf(desk, {
      pending: waiting.length,
      doubtful: 0,
      since: waiting.map(({ waitsSinceMs }) => waitsSinceMs),
    })
  }

  async run(signal: AbortSignal): Promise<void> {
    const { together, repeatEvery } = this.#options.destination
    const repeatMs = repeatEvery === undefined ? undefined : repeatEvery * 1000
    while (!signal.aborted) {
      const nowMs = this.#nowMs()
      const quietMs = this.#pace.notBeforeMs - nowMs
      if (quietMs > 0) {
        await this.#world.clock.sleep(quietMs, signal).catch(() => undefined)
        continue
      }
      if (!this.#piles.joined) {
        await this.#attempt(() => this.#write([{ kind: 'joined', destination: this.name }]))
        continue
      }
      const next = nextLetters(this.#piles, { nowMs, together, repeatMs })
      if ('due' in next) await this.#attempt(() => this.#carry(next.due))
      else await this.#bell.wait(next.untilMs === undefined ? IDLE_MS : next.untilMs - nowMs, signal)
    }
  }

  async #carry(piles: readonly Pile[]): Promise<void> {
    const [first] = piles
    if (first?.notice !== undefined) return this.#announce(first, first.notice)
    const letters: Letter[] = []
    const carried: Carried[] = []
    for (const pile of piles) {
      const letter = await this.#letterOf(pile)
      if (letter === undefined) continue
      letters.push(letter)
      carried.push({ pile, seq: letter.seq })
    }
    if (letters.length === 0) return
    const receipt = await this.#send(() => this.#options.destination.deliver(letters))
    await this.#settle(carried, receipt)
  }

  async #announce(pile: Pile, notice: Notice): Promise<void> {
    const { announce } = this.#options.destination
    const carried = [{ pile, seq: pile.seq }]
    const routed = this.#options.routing?.notice(this.name, notice) ?? true
    if (announce === undefined || !routed)
      return this.#write(carried.map(({ seq }) => ({ kind: 'passed' as const, ...this.#item(pile, seq) })))
    await this.#settle(carried, await this.#send(() => announce(notice)))
  }

  #send(work: () => Promise<Receipt>): Promise<Receipt> {
    return this.#world.trace.span('notify.send', { destination: this.name }, work)
  }

  /** Undefined when there is nothing to send now: it is somebody else's, or its hour has not come, or it is unknown. */
  async #letterOf(pile: Pile): Promise<Letter | undefined> {
    const brief = await this.#options.brief(pile.incident)
    const nowMs = this.#nowMs()
    if (brief === undefined) {
      pile.unknownSinceMs ??= nowMs
      pile.notBeforeMs = nowMs + UNKNOWN_RETRY_MS
      if (nowMs - pile.unknownSinceMs >= UNKNOWN_FOR_MS)
        await this.#giveUp([{ pile, seq: pile.seq }], 'nothing is known of the incident')
      return undefined
    }
    pile.unknownSinceMs = undefined
    pile.acknowledged = brief.incident.acknowledged !== undefined
    // A repetition that somebody acknowledged or muted in the meantime is none.
    if (pile.news.length === 0 && (pile.acknowledged || isMuted(brief))) {
      pile.toldAtMs = nowMs
      return undefined
    }
    const routed =
      pile.delivered > 0 ? ({ kind: 'here' } as const) : this.#options.routing?.incident(this.name, brief)
    if (routed?.kind === 'elsewhere') {
      await this.#write([{ kind: 'passed', ...this.#item(pile, pile.seq) }])
      return undefined
    }
    if (routed?.kind === 'later') {
      pile.notBeforeMs = nowMs + Math.max(0, routed.at * 1000 - this.#world.clock.nowMs())
      return undefined
    }
    const { seq } = pile
    const key = `${pile.incident}/${seq}${pile.news.length === 0 ? `/${brief.now}` : ''}`
    return { brief, news: [...pile.news], seq, key, first: pile.delivered === 0 }
  }

  async #settle(carried: readonly Carried[], receipt: Receipt): Promise<void> {
    const nowMs = this.#nowMs()
    if (receipt.kind === 'sent') {
      this.#counters.posts++
      this.#well()
      await this.#write(carried.map(({ pile, seq }) => ({ kind: 'delivered', ...this.#item(pile, seq) })))
      return this.#tellTimelines(carried, 'told', `Told ${this.name}.`)
    }
    this.#log.warn('not told', { outcome: receipt.kind, reason: receipt.reason })
    switch (receipt.kind) {
      case 'refused':
        this.#counters.refused++
        return slowDown(this.#world, this.#pace, { nowMs, afterMs: receipt.afterMs })
      case 'ambiguous':
        this.#counters.ambiguous++
        this.#counters.possibleDuplicates++
        return slowDown(this.#world, this.#pace, { nowMs })
      case 'unfit':
        return this.#giveUp(carried, receipt.reason)
      case 'barred':
        return this.#bar(carried, receipt)
      default:
        return receipt satisfies never
    }
  }

  async #bar(carried: readonly Carried[], receipt: Extract<Receipt, { kind: 'barred' }>): Promise<void> {
    const { reason, remedy } = receipt
    this.#counters.barred++
    const known = this.#problem?.reason === reason
    barred(this.#pace, this.#nowMs())
    if (known) return
    this.#problem = { at: this.#now(), reason, remedy }
    this.#log.error('nobody can be told', { reason, remedy })
    await this.#tellTimelines(carried, 'not-told', `Could not tell ${this.name}: ${reason}.`)
  }

  async #giveUp(carried: readonly Carried[], reason: string): Promise<void> {
    this.#counters.dropped += carried.length
    this.#log.error('a letter was given up', { incidents: carried.length, reason })
    await this.#write(
      carried.map(({ pile, seq }) => ({ kind: 'undeliverable', ...this.#item(pile, seq), reason })),
    )
    await this.#tellTimelines(carried, 'not-told', `Could not tell ${this.name}: ${reason}.`)
  }

  #well(): void {
    if (this.#problem !== undefined) this.#log.info('people can be told again', { was: this.#problem.reason })
    this.#problem = undefined
    allWell(this.#pace)
  }

  /** The memory follows the journal, and never goes ahead of it. */
  async #write(records: readonly LetterRecord[]): Promise<void> {
    const at = this.#now()
    await this.#options.journal.append(records.map((data) => ({ at, kind: 'notification', data })))
    for (const record of records) foldLetterRecord(this.#piles, record, this.#nowMs())
  }

  async #tellTimelines(carried: readonly Carried[], kind: 'told' | 'not-told', text: string): Promise<void> {
    const incidents = carried.filter(({ pile }) => pile.notice === undefined)
    if (incidents.length === 0) return
    const at = this.#now()
    await this.#options.journal.append(
      incidents.map(({ pile }) => ({ at, kind: 'incident', data: { kind, incident: pile.incident, text } })),
    )
  }

  #item({ incident }: Pile, seq: number) {
    return { destination: this.name, incident, seq }
  }

  /** What fails here is the journal or the brief: nothing is sent that is not written down, so all of it waits. */
  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#log.error('cannot tell: the journal or the page does not answer', { reason })
      slowDown(this.#world, this.#pace, { nowMs: this.#nowMs() })
    }
  }

  #nowMs(): number {
    return this.#startMs + this.#world.clock.monotonicMs()
  }

  #now(): UnixSeconds {
    return this.#world.clock.now()
  }
}

/** What a letter told of, and up to where. */
interface Carried {
  readonly pile: Pile
  readonly seq: number
}

const isMuted = ({ incident, now }: IncidentBrief): boolean =>
  incident.mutedUntil !== undefined && now < incident.mutedUntil
