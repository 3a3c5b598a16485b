import type { Checkpoint } from '../../traffic/index.ts'
import { IdentitySet, wordsOf } from './identities.ts'

/** Slots of the ring. A sixtieth of the window passes in one, so that all of the window is always there. */
const SLOTS = 64
const WINDOW_SLOTS = 60
/** What a slot holds at most: all of it is written again with every flush that falls into it. */
const SLOT_IDENTITIES = 16_384
const SLOT_REMEMBERED = 4_096
/** Values that are remembered at most; beyond it those that were said longest ago are forgotten. */
const MOST_REMEMBERED = 100_000
const FORGOTTEN_AFTER_MS = 24 * 3_600_000

/** What one flush adds. */
export interface Addition {
  readonly identities: readonly Uint8Array[]
  readonly remembered: ReadonlyMap<string, string>
  /** The newest is what `state` gives after a restart. */
  readonly state: string
}

export interface Now {
  readonly monotonicMs: number
  readonly wallMs: number
  /** Of the step that is being written. */
  readonly revision: number
}

interface Remembered {
  readonly value: string
  /** Milliseconds since 1970. */
  readonly saidAt: number
  /** The slot in which its newest value stands. */
  readonly slot: number
}

interface Slot {
  readonly identities: IdentitySet
  readonly keys: Set<string>
}

/**
 * What a receiver knows again after a restart: which deliveries it has counted within a window, and values under keys.
 * Kept in a ring of checkpoints: each holds what a stretch of time brought, and the oldest is written over. A value
 * that would be written over is carried on. The window is shorter than asked for when more than a thousand deliveries
 * a second come: at most a million are known.
 */
export class Memory {
  readonly #key: string
  readonly #slotMs: number
  readonly #slots: Slot[] = Array.from({ length: SLOTS }, emptySlot)
  readonly #values = new Map<string, Remembered>()
  /** Counts the slots that were begun; its remainder is the place in the ring. */
  #sequence = 0
  #currentSince = Number.NEGATIVE_INFINITY
  #state: string | undefined
  #revision = 0

  /** `key`: where it is kept; no two receivers share it. */
  constructor(options: { readonly key: string; readonly windowMs: number }) {
    this.#key = options.key
    this.#slotMs = options.windowMs / WINDOW_SLOTS
  }

  /** Reads what an earlier run kept. Gives how many slots could not be understood. Throws when the ledger cannot be read. */
  async load(read: (key: string) => Promise<string | undefined>): Promise<number> {
    const texts = await Promise.all(this.#slots.map((_, slot) => read(this.#keyOf(slot))))
    const given = texts.filter((text) => text !== undefined)
    const found = given.map(keptOf).filter((kept) => kept !== undefined)
    for (const kept of found.toSorted((a, b) => a.sequence - b.sequence)) {
      const slot = kept.sequence % SLOTS
      const keys = new Set(kept.remembered.map(({ key }) => key))
      this.#slots[slot] = { identities: new IdentitySet(kept.identities), keys }
      for (const { key, value, saidAt } of kept.remembered) this.#set(key, { value, saidAt, slot })
      this.#sequence = kept.sequence
      this.#state = kept.state
      this.#revision = Math.max(this.#revision, kept.revision)
    }
    return given.length - found.length
  }

  /** The highest revision that an earlier run wrote. */
  get revision(): number {
    return this.#revision
  }

  /** The last state that was kept. */
  get state(): string | undefined {
    return this.#state
  }

  knows(identity: Uint8Array): boolean {
    const words = wordsOf(identity)
    return this.#slots.some((slot) => slot.identities.hasWords(words))
  }

  recall(key: string): string | undefined {
    return this.#values.get(key)?.value
  }

  /** Takes in what a flush brings; gives the checkpoints that must be written with it. */
  keep(addition: Addition, now: Now): readonly Checkpoint[] {
    this.#slotWithRoom(now)
    const first = this.#sequence
    for (const identity of addition.identities) this.#slotWithRoom(now).identities.add(identity)
    for (const [key, value] of addition.remembered) {
      this.#slotWithRoom(now).keys.add(key)
      this.#set(key, { value, saidAt: now.wallMs, slot: this.#sequence % SLOTS })
    }
    this.#state = addition.state
    const touched = Array.from({ length: this.#sequence - first + 1 }, (_, i) => first + i)
    return touched.slice(-SLOTS).map((sequence) => ({
      key: this.#keyOf(sequence % SLOTS),
      value: this.#textOf(sequence, now.revision),
    }))
  }

  /** The slot that what comes now goes into: a new one when its time is over, or it is full. */
  #slotWithRoom(now: Now): Slot {
    const slot = this.#slotAt(this.#sequence % SLOTS)
    const isFull = slot.identities.size >= SLOT_IDENTITIES || slot.keys.size >= SLOT_REMEMBERED
    return isFull || now.monotonicMs - this.#currentSince >= this.#slotMs ? this.#advance(now) : slot
  }

  #advance(now: Now): Slot {
    const index = ++this.#sequence % SLOTS
    const carried = [...this.#slotAt(index).keys].filter((key) => {
      const known = this.#values.get(key)
      if (known === undefined || known.slot !== index) return false
      if (now.wallMs - known.saidAt <= FORGOTTEN_AFTER_MS) return true
      this.#values.delete(key)
      return false
    })
    const slot = { identities: new IdentitySet(), keys: new Set(carried) }
    this.#slots[index] = slot
    this.#currentSince = now.monotonicMs
    return slot
  }

  #set(key: string, remembered: Remembered): void {
    // Said again is said last: the map's order is the order in which they are forgotten.
    this.#values.delete(key)
    this.#values.set(key, remembered)
    if (this.#values.size <= MOST_REMEMBERED) return
    const [oldest] = this.#values.keys()
    if (oldest !== undefined) this.#values.delete(oldest)
  }

  #slotAt(index: number): Slot {
    const slot = this.#slots[index]
    if (slot === undefined) throw new Error(`there is no slot ${index}`)
    return slot
  }

  #textOf(sequence: number, revision: number): string {
    const index = sequence % SLOTS
    const slot = this.#slotAt(index)
    const remembered = [...slot.keys].flatMap((key) => {
      const known = this.#values.get(key)
      return known?.slot === index ? [[key, known.value, known.saidAt]] : []
    })
    const identities = Buffer.from(slot.identities.packed).toString('base64')
    return JSON.stringify({ sequence, revision, state: this.#state ?? '', identities, remembered })
  }

  #keyOf(slot: number): string {
    return `${this.#key}/${slot}`
  }
}

function emptySlot(): Slot {
  return { identities: new IdentitySet(), keys: new Set() }
}

interface Kept {
  readonly sequence: number
  readonly revision: number
  readonly state: string
  readonly identities: Uint8Array
  readonly remembered: readonly { readonly key: string; readonly value: string; readonly saidAt: number }[]
}

function keptOf(text: string): Kept | undefined {
  const plain = parse(text)
  if (plain === undefined) return undefined
  const { sequence, revision, state, identities, remembered } = plain
  if (typeof sequence !== 'number' || typeof revision !== 'number' || typeof state !== 'string')
    return undefined
  if (typeof identities !== 'string' || !Array.isArray(remembered)) return undefined
  const list: readonly unknown[] = remembered
  return {
    sequence,
    revision,
    state,
    identities: Buffer.from(identities, 'base64'),
    remembered: list.flatMap((each) => {
      const [key, value, saidAt]: readonly unknown[] = Array.isArray(each) ? each : []
      const isWhole = typeof key === 'string' && typeof value === 'string' && typeof saidAt === 'number'
      return isWhole ? [{ key, value, saidAt }] : []
    }),
  }
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const plain: unknown = JSON.parse(text)
    return typeof plain === 'object' && plain !== null ? { ...plain } : undefined
  } catch {
    return undefined
  }
}
