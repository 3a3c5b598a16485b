import type { AlertingEvent, Call, DecisionReason } from '../../alerting/index.ts'
import type { UnixSeconds } from '../../base/index.ts'
import type { MessageRef, Part } from '../destination.ts'
import type { Notice } from '../notice.ts'
import type { OutboxRecord } from './record.ts'

/** What one destination knows and wants of one incident, or of one digest. */
export interface Track {
  readonly incident: string
  /** Set for a digest: the incidents it tells of. */
  readonly digestOf?: readonly string[]
  /** Set for a notice, which is one message and nothing after it. */
  readonly notice?: Notice
  open: boolean
  page: boolean
  mutedUntil: UnixSeconds | undefined
  /** A silence covers it. */
  silenced: boolean
  openedMs: number
  /** The newest thing that happened, whether or not it needs saying. */
  seq: number
  /** The newest thing that the headline must show and does not yet; 0: none. */
  owed: number
  /** Since when something has been owed to people. */
  owedSinceMs: number | undefined
  /** For the thread, oldest first. */
  lines: Line[]
  headline: { readonly ref: MessageRef; hash: string | undefined; page: boolean | undefined } | undefined
  /** How many headlines there have been; the next is this plus one. */
  posts: number
  /** A headline that can no longer be changed, and that the next one continues. */
  before: MessageRef | undefined
  /** When the headline is to be changed, in wall milliseconds; undefined: not. */
  updateAtMs: number | undefined
  updates: number
  notBeforeMs: number
  /** Since when nobody could say what the incident is. */
  unknownSinceMs: number | undefined
  failures: number
  shrink: number
  doubt: Doubt | undefined
  check: Check | undefined
  /** Nothing will ever be posted for it again. */
  closed: boolean
  /** Up to what had happened when routes were found to lead elsewhere; 0: they were not asked, or lead here. */
  passed: number
}

export interface Line {
  readonly seq: number
  readonly reason: DecisionReason
  readonly at: UnixSeconds
  /** Whom to call. */
  readonly call?: Pick<Call, 'levelName' | 'targets'>
}

/** A post of which nobody knows whether it arrived. */
export interface Doubt {
  readonly part: Part
  readonly seq: number
  readonly attempt: number
  /** When the first attempt was made. */
  readonly firstMs: number
  readonly sinceMs: number
  reads: number
  nextMs: number
}

/** After a doubt, duplicates may still turn up for a while. */
export interface Check {
  readonly part: Part
  readonly seq: number
  readonly firstMs: number
  readonly untilMs: number
  nextMs: number
}

/** The first look at the channel after a doubtful answer, and the second. */
export const LOOK_AFTER_MS = [2_000, 5_000] as const
/** A channel that cannot be read is posted to again after this: twice is better than never. */
export const BLIND_REPOST_MS = 30_000
export const CHECK_EVERY_MS = 60_000
export const CHECK_FOR_MS = 600_000

/** What happened is said in the thread, but for numbers that moved. */
const SAID = new Set<DecisionReason>([
  'first',
  'worse',
  'resolved',
  'reopened',
  'blind',
  'sighted',
  'person',
  'merged',
  'absorbed',
  'escalate',
  'remind',
  'level',
])

export const newTrack = (incident: string, atMs: number, digestOf?: readonly string[]): Track => ({
  incident,
  ...(digestOf === undefined ? {} : { digestOf }),
  open: true,
  page: false,
  mutedUntil: undefined,
  silenced: false,
  openedMs: atMs,
  seq: 0,
  owed: 0,
  owedSinceMs: undefined,
  lines: [],
  headline: undefined,
  posts: 0,
  before: undefined,
  updateAtMs: undefined,
  updates: 0,
  notBeforeMs: 0,
  unknownSinceMs: undefined,
  failures: 0,
  shrink: 0,
  doubt: undefined,
  check: undefined,
  closed: false,
  passed: 0,
})

/** What people need to hear of an event of the journal, as the decision that went with it said. */
export function reasonOf(
  event: AlertingEvent,
  at: UnixSeconds,
  { mutedUntil, silenced }: Pick<Track, 'mutedUntil' | 'silenced'>,
): DecisionReason {
  const muted = silenced || (mutedUntil !== undefined && at < mutedUntil)
  switch (event.kind) {
    case 'opened':
      return event.silence === undefined ? 'first' : 'silenced'
    case 'declared':
    case 'unsilenced':
      return 'first'
    case 'resolved':
      return event.quiet === true ? 'silenced' : 'resolved'
    case 'resolved-by-hand':
      return 'resolved'
    case 'reopened-by-hand':
      return 'reopened'
    case 'silenced':
      return 'silenced'
    case 'merged':
    case 'absorbed':
    case 'level':
      return muted ? 'silenced' : event.kind
    case 'escalated':
      return muted ? 'silenced' : 'escalate'
    case 'reminded':
      return muted ? 'silenced' : 'remind'
    case 'worse':
    case 'better':
    case 'reopened':
    case 'blind':
    case 'sighted':
      return muted ? 'silenced' : event.kind
    case 'measured':
      return muted ? 'silenced' : 'repeat'
    case 'acknowledged':
    case 'unacknowledged':
    case 'note':
    case 'muted':
    case 'unmuted':
    case 'assigned':
    case 'unassigned':
    case 'severity-set':
    case 'level-set':
    case 'item-added':
    case 'item-closed':
    case 'linked':
      return 'person'
    case 'alert':
    case 'told':
    case 'not-told':
    case 'restated':
      return 'nothing'
    default:
      return event satisfies never
  }
}

/** What was silenced until now is told as if it were new. */
export const heard = (reason: DecisionReason): DecisionReason => (reason === 'unsilenced' ? 'first' : reason)

/** Takes in what happened to the incident; what it knows already changes nothing. */
export function want(track: Track, { seq, reason, at }: Line, atMs: number): void {
  const line: Line = { seq, reason: heard(reason), at }
  if (line.seq <= track.seq || line.reason === 'nothing') return
  track.seq = line.seq
  if (line.reason === 'first' || line.reason === 'reopened') {
    track.open = true
    // Whoever read that it was over must read that it is not.
    track.closed = false
  }
  if (line.reason === 'resolved' || line.reason === 'merged') track.open = false
  // Nobody has heard of it yet: its cause's message lists it, and is enough.
  if (line.reason === 'merged' && track.headline === undefined && track.doubt === undefined) {
    track.closed = true
    track.lines = []
    track.owed = 0
    track.owedSinceMs = undefined
    return
  }
  if (SAID.has(line.reason)) track.lines.push(line)
  if (line.reason === 'repeat' || line.reason === 'silenced') {
    if (track.headline !== undefined) track.updateAtMs ??= atMs + updateDelayMs(track, atMs)
    return
  }
  track.owed = line.seq
  track.owedSinceMs ??= atMs
  if (track.headline !== undefined) track.updateAtMs = atMs
}

const PROMPT_MS = 10_000
const PACE: readonly (readonly [number, number])[] = [
  [15 * 60_000, 45_000],
  [60 * 60_000, 120_000],
]
const SLOW_MS = 300_000

/**
 * How long numbers that moved may wait: the first change comes promptly, since the first minute's numbers are the
 * roughest; then every 45 s, 2 min and 5 min, the older the incident the slower.
 */
function updateDelayMs(track: Track, atMs: number): number {
  if (track.updates === 0) return PROMPT_MS
  const age = atMs - track.openedMs
  return PACE.find(([until]) => age < until)?.[1] ?? SLOW_MS
}

/** Takes in what the outbox itself wrote down. The same function serves the running outbox and its memory. */
export function record(track: Track, entry: OutboxRecord, atMs: number): void {
  switch (entry.kind) {
    case 'sending':
      // Only a result takes the doubt away; a process that dies now leaves it.
      track.doubt = {
        part: entry.part,
        seq: entry.seq,
        attempt: entry.attempt,
        firstMs: firstTryMs(track.check, entry) ?? atMs,
        sinceMs: atMs,
        reads: 0,
        nextMs: atMs + LOOK_AFTER_MS[0],
      }
      break
    case 'sent':
      recordSent(track, entry)
      break
    case 'not-sent':
      recordNotSent(track, entry, atMs)
      break
    case 'updated':
      paid(track, entry.seq)
      break
    case 'passed':
      track.passed = entry.seq
      track.lines = track.lines.filter((line) => line.seq > entry.seq)
      paid(track, entry.seq)
      break
    case 'gone':
      if (!entry.deleted) track.before = track.headline?.ref
      track.headline = undefined
      track.updateAtMs = undefined
      if (!track.open) track.closed = true
      break
    case 'joined':
      break
    default:
      entry satisfies never
  }
}

/** When the message was first tried, if one of its tries was doubtful before. */
const firstTryMs = (
  check: Check | undefined,
  entry: { readonly part: Part; readonly seq: number },
): number | undefined => (check?.part === entry.part && check.seq === entry.seq ? check.firstMs : undefined)

function recordSent(track: Track, entry: Extract<OutboxRecord, { kind: 'sent' }>): void {
  track.doubt = undefined
  track.failures = 0
  track.notBeforeMs = 0
  const ref = { channel: entry.channel, ts: entry.ts }
  switch (entry.part) {
    case 'headline':
      track.headline = { ref, hash: undefined, page: undefined }
      track.passed = 0
      track.posts = entry.seq
      break
    case 'line':
      track.lines = track.lines.filter((line) => line.seq > entry.seq)
      settle(track)
      break
    case 'digest':
      track.closed = true
      break
  }
}

function recordNotSent(track: Track, entry: Extract<OutboxRecord, { kind: 'not-sent' }>, atMs: number): void {
  const { doubt } = track
  switch (entry.outcome) {
    case 'again':
      track.doubt = undefined
      break
    case 'unknown':
      if (doubt !== undefined)
        track.check = {
          part: doubt.part,
          seq: doubt.seq,
          firstMs: doubt.firstMs,
          untilMs: atMs + CHECK_FOR_MS,
          nextMs: atMs + CHECK_EVERY_MS,
        }
      break
    case 'dropped':
      track.doubt = undefined
      if (entry.part === 'line') track.lines = track.lines.filter((line) => line.seq > entry.seq)
      else track.closed = true
      break
  }
}

/** The headline shows everything up to `seq`. */
export function paid(track: Track, seq: number): void {
  if (track.owed <= seq) track.owed = 0
  settle(track)
}

function settle(track: Track): void {
  if (track.owed === 0 && track.lines.length === 0) track.owedSinceMs = undefined
}

/** Whether it has no headline and should. */
export const needsHeadline = (track: Track): boolean =>
  !track.closed &&
  track.digestOf === undefined &&
  track.headline === undefined &&
  ((track.open && track.passed === 0) || track.owed > 0)

/** Whether something is still to be told. */
export const isPending = (track: Track): boolean =>
  track.doubt !== undefined ||
  (!track.closed &&
    (track.digestOf !== undefined || track.owed > 0 || track.lines.length > 0 || needsHeadline(track)))
