import { readEvent } from '../../alerting/index.ts'
import type { UnixSeconds } from '../../base/index.ts'
import { type Notice, noticeEntry } from '../notice.ts'
import type { OutboxEntry } from '../outbox/journal.ts'
import type { Telling } from '../outbox/teller.ts'
import { heard, type Line, reasonOf } from '../outbox/track.ts'
import type { LetterDestination } from './letter.ts'
import { type LetterRecord, letterRecord } from './record.ts'

/** What one destination knows and is still to be told of one incident, or of one notice. */
export interface Pile {
  readonly incident: string
  readonly notice?: Notice
  open: boolean
  page: boolean
  acknowledged: boolean
  mutedUntil: UnixSeconds | undefined
  /** A silence covers it. */
  silenced: boolean
  /** The newest thing that happened. */
  seq: number
  /** Not told yet, oldest first. */
  news: Line[]
  /** Up to what it was told; 0: nothing. */
  delivered: number
  toldAtMs: number | undefined
  waitsSinceMs: number
  notBeforeMs: number
  unknownSinceMs: number | undefined
}

/** All piles of one destination: a fold over the journal. */
export interface Piles {
  readonly destination: Pick<LetterDestination, 'name' | 'reasons'>
  readonly of: Map<string, Pile>
  joined: boolean
}

const DONE_KEPT = 1_000

export const newPiles = (destination: Piles['destination']): Piles => ({
  destination,
  of: new Map(),
  joined: false,
})

export function foldLetter(piles: Piles, entry: OutboxEntry): void {
  const atMs = entry.at * 1000
  if (entry.kind === 'notice') {
    const read = noticeEntry.safeParse(entry.data)
    if (read.success) addNotice(piles, read.data, atMs)
    return
  }
  if (entry.kind === 'notification') {
    const read = letterRecord.safeParse(entry.data)
    if (read.success && read.data.destination === piles.destination.name)
      foldLetterRecord(piles, read.data, atMs)
    return
  }
  const event = readEvent(entry.data)
  if (event === undefined || !('seq' in event)) return
  const pile = pileOf(piles, event.incident, atMs)
  if ('reading' in event) pile.page = event.reading.severity === 'page'
  if (event.kind === 'muted') pile.mutedUntil = event.until
  if (event.kind === 'unmuted') pile.mutedUntil = undefined
  if (event.kind === 'acknowledged') pile.acknowledged = true
  if (event.kind === 'unacknowledged' || event.kind === 'reopened') pile.acknowledged = false
  if (event.kind === 'unsilenced') pile.silenced = false
  add(piles, pile, { line: { seq: event.seq, reason: reasonOf(event, entry.at, pile), at: entry.at }, atMs })
  if (event.kind === 'silenced' || (event.kind === 'opened' && event.silence !== undefined))
    pile.silenced = true
  if (event.kind === 'merged') pile.open = false
}

export function foldLetterRecord(piles: Piles, record: LetterRecord, atMs: number): void {
  if (record.kind === 'joined') {
    piles.joined = true
    // What was over before anybody here was to be told is not news.
    for (const pile of piles.of.values()) if (!pile.open || pile.notice !== undefined) pile.news = []
    return
  }
  const pile = piles.of.get(record.incident)
  if (pile === undefined) return
  pile.news = pile.news.filter(({ seq }) => seq > record.seq)
  if (record.kind === 'delivered') {
    pile.delivered = record.seq
    pile.toldAtMs = atMs
  }
  if (pile.news.length > 0) pile.waitsSinceMs = atMs
}

/** A decision of now. Who acknowledged is known from the brief when a letter is written. */
export function wantLetter(piles: Piles, telling: Telling, atMs: number): void {
  const pile = pileOf(piles, telling.incident, atMs)
  pile.page = telling.severity === 'page'
  add(piles, pile, { line: { seq: telling.seq, reason: heard(telling.reason), at: telling.at }, atMs })
}

export function addNotice(piles: Piles, notice: Notice, atMs: number): void {
  if (piles.of.has(notice.id)) return
  const pile: Pile = { ...pileOf(piles, notice.id, atMs), notice, page: notice.severity === 'page', seq: 1 }
  pile.news = [{ seq: 1, reason: 'first', at: notice.at }]
  piles.of.set(notice.id, pile)
}

function add(piles: Piles, pile: Pile, { line, atMs }: { readonly line: Line; readonly atMs: number }): void {
  if (line.seq <= pile.seq) return
  pile.seq = line.seq
  if (line.reason === 'first' || line.reason === 'reopened') pile.open = true
  if (line.reason === 'resolved' || line.reason === 'merged') pile.open = false
  if (!piles.destination.reasons.has(line.reason)) return
  if (pile.news.length === 0) pile.waitsSinceMs = atMs
  pile.news.push(line)
}

function pileOf(piles: Piles, incident: string, atMs: number): Pile {
  const known = piles.of.get(incident)
  if (known !== undefined) return known
  const pile: Pile = {
    incident,
    open: true,
    page: false,
    acknowledged: false,
    mutedUntil: undefined,
    silenced: false,
    seq: 0,
    news: [],
    delivered: 0,
    toldAtMs: undefined,
    waitsSinceMs: atMs,
    notBeforeMs: 0,
    unknownSinceMs: undefined,
  }
  piles.of.set(incident, pile)
  forget(piles)
  return pile
}

function forget(piles: Piles): void {
  let excess = piles.of.size - DONE_KEPT
  for (const [id, pile] of piles.of) {
    if (excess <= 0) return
    if (pile.news.length > 0 || (pile.open && pile.notice === undefined)) continue
    piles.of.delete(id)
    excess--
  }
}

/** The next letters: pages before tickets, what is open before what is over; those that are over may share one. */
export function nextLetters(
  piles: Piles,
  { nowMs, together, repeatMs }: { nowMs: number; together: number; repeatMs: number | undefined },
): { readonly due: readonly Pile[] } | { readonly untilMs: number | undefined } {
  let untilMs: number | undefined
  const due: { readonly pile: Pile; readonly weight: number }[] = []
  for (const pile of piles.of.values()) {
    const dueMs = dueAt(pile, repeatMs)
    if (dueMs === undefined) continue
    if (dueMs > nowMs) untilMs = Math.min(untilMs ?? dueMs, dueMs)
    else due.push({ pile, weight: (pile.open ? 0 : 2) + (pile.page ? 0 : 1) })
  }
  if (due.length === 0) return { untilMs }
  due.sort((a, b) => a.weight - b.weight)
  const [first] = due
  if (first === undefined || first.weight < 2) return { due: first === undefined ? [] : [first.pile] }
  const over = due.map(({ pile }) => pile).filter((pile) => pile.notice === undefined && pile.delivered === 0)
  return { due: over.length > 1 && together > 1 ? over.slice(0, together) : [first.pile] }
}

function dueAt(pile: Pile, repeatMs: number | undefined): number | undefined {
  if (pile.news.length > 0) return pile.notBeforeMs
  const waits = pile.open && !pile.acknowledged && pile.delivered > 0 && pile.notice === undefined
  if (!waits || repeatMs === undefined || pile.toldAtMs === undefined) return undefined
  return Math.max(pile.notBeforeMs, pile.toldAtMs + repeatMs)
}
