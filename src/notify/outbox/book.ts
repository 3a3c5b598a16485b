import { type AlertingEvent, readEvent } from '../../alerting/index.ts'
import { type Notice, noticeEntry } from '../notice.ts'
import type { OutboxEntry } from './journal.ts'
import { type OutboxRecord, outboxRecord } from './record.ts'
import { CHECK_FOR_MS, newTrack, reasonOf, record, type Track, want } from './track.ts'

/** What one destination has been told and has still to be told: a fold over the journal. */
export interface Book {
  readonly destination: string
  readonly tracks: Map<string, Track>
  joined: boolean
}

/** So many incidents that need nothing any more are remembered, in case one re-opens. */
const DONE_KEPT = 1_000

export const newBook = (destination: string): Book => ({ destination, tracks: new Map(), joined: false })

/** Takes in one entry of the journal, as at its writing. */
export function foldEntry(book: Book, entry: OutboxEntry): void {
  const atMs = entry.at * 1000
  if (entry.kind === 'incident') {
    const event = readEvent(entry.data)
    if (event !== undefined && event.kind !== 'alert') foldEvent(book, event, entry)
    return
  }
  if (entry.kind === 'notice') {
    const notice = noticeEntry.safeParse(entry.data)
    if (notice.success) startNotice(book, notice.data, atMs)
    return
  }
  const read = outboxRecord.safeParse(entry.data)
  if (!read.success || read.data.destination !== book.destination) return
  foldRecord(book, read.data, atMs)
}

export function foldRecord(book: Book, entry: OutboxRecord, atMs: number): void {
  if (entry.kind === 'joined') {
    book.joined = true
    // What was over before anybody here was to be told is not news.
    for (const track of book.tracks.values())
      if (!track.open || track.notice !== undefined) track.closed = true
    return
  }
  const known = book.tracks.get(entry.incident)
  if (known !== undefined) record(known, entry, atMs)
  else if (entry.kind === 'sending' && entry.part === 'digest')
    record(startDigest(book, entry.incident, entry.incidents ?? [], atMs), entry, atMs)
}

/** A digest tells of these incidents from now on; they need no messages of their own. */
export function startDigest(book: Book, id: string, incidents: readonly string[], atMs: number): Track {
  const track = newTrack(id, atMs, incidents)
  track.owedSinceMs = atMs
  book.tracks.set(id, track)
  for (const incident of incidents) {
    const one = book.tracks.get(incident)
    if (one === undefined) continue
    one.closed = true
    one.lines = []
    one.owed = 0
  }
  return track
}

/** A notice is told once; of what was noticed before anybody here was to be told, nothing is. */
export function startNotice(book: Book, notice: Notice, atMs: number): void {
  if (book.tracks.has(notice.id)) return
  const track: Track = { ...newTrack(notice.id, atMs, []), notice }
  track.owedSinceMs = atMs
  track.page = notice.severity === 'page'
  book.tracks.set(notice.id, track)
  forget(book)
}

function foldEvent(
  book: Book,
  event: Exclude<AlertingEvent, { readonly kind: 'alert' }>,
  entry: Pick<OutboxEntry, 'at'>,
): void {
  if (!('seq' in event)) return
  const atMs = entry.at * 1000
  const track = trackOf(book, event.incident, atMs)
  if ('reading' in event) track.page = event.reading.severity === 'page'
  if (event.kind === 'muted') track.mutedUntil = event.until
  if (event.kind === 'unmuted') track.mutedUntil = undefined
  if (event.kind === 'unsilenced') track.silenced = false
  const call = event.kind === 'escalated' || event.kind === 'reminded' ? { call: event } : {}
  want(track, { seq: event.seq, reason: reasonOf(event, entry.at, track), at: entry.at, ...call }, atMs)
  if (event.kind === 'silenced' || (event.kind === 'opened' && event.silence !== undefined))
    track.silenced = true
  // It is over in silence too.
  if (event.kind === 'merged') track.open = false
  if (event.kind === 'severity-set' && event.severity !== undefined) track.page = event.severity === 'page'
}

export function trackOf(book: Book, incident: string, atMs: number): Track {
  const known = book.tracks.get(incident)
  if (known !== undefined) return known
  const track = newTrack(incident, atMs)
  book.tracks.set(incident, track)
  forget(book)
  return track
}

function forget(book: Book): void {
  let excess = book.tracks.size - DONE_KEPT
  for (const [id, track] of book.tracks) {
    if (excess <= 0) return
    if (isAlive(track) || (!track.closed && track.owed > 0) || track.doubt !== undefined) continue
    book.tracks.delete(id)
    excess--
  }
}

const isAlive = (track: Track): boolean => track.open && !(track.notice !== undefined && track.closed)

/** After the fold, as a process that has just started: open headlines are looked at again, once. */
export function awaken(book: Book, nowMs: number): void {
  for (const track of book.tracks.values()) {
    if (track.headline !== undefined && (track.open || track.owed > 0)) track.updateAtMs = nowMs
    const { doubt, check } = track
    if (doubt !== undefined) {
      doubt.nextMs = nowMs
      track.check ??= {
        part: doubt.part,
        seq: doubt.seq,
        firstMs: doubt.firstMs,
        untilMs: nowMs + CHECK_FOR_MS,
        nextMs: nowMs,
      }
    }
    if (check !== undefined && check.untilMs < nowMs) track.check = undefined
  }
}
