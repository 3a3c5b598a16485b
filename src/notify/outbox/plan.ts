import type { Book } from './book.ts'
import { needsHeadline, type Track } from './track.ts'

/** The next thing to do for a destination. */
export type Task =
  | { readonly kind: 'look' | 'headline' | 'lines' | 'digest' | 'update' | 'check'; readonly track: Track }
  | { readonly kind: 'gather'; readonly tracks: readonly Track[] }

export type Plan =
  | { readonly kind: 'do'; readonly task: Task }
  | { readonly kind: 'wait'; readonly untilMs: number | undefined }

/** Several incidents that ended before anybody could be told are told of in one message. */
const DIGEST_FROM = 2

/**
 * What is due, weightiest first: doubts before anything new, pages before tickets, what is open before what is over,
 * headlines before threads, and numbers last. Within one kind, the oldest first.
 */
export function plan(book: Book, nowMs: number): Plan {
  const over = [...book.tracks.values()].filter(
    (track) => needsHeadline(track) && !track.open && !track.doubt,
  )
  const gathered = over.length >= DIGEST_FROM ? new Set(over) : undefined
  let best: { readonly task: Task; readonly weight: number } | undefined
  let untilMs: number | undefined
  for (const track of book.tracks.values()) {
    for (const { task, dueMs, weight } of tasksOf(track, gathered)) {
      if (dueMs > nowMs) untilMs = Math.min(untilMs ?? dueMs, dueMs)
      else if (best === undefined || weight < best.weight) best = { task, weight }
    }
  }
  if (gathered !== undefined && (best === undefined || best.weight > WEIGHTS.digest))
    best = { task: { kind: 'gather', tracks: over }, weight: WEIGHTS.digest }
  return best === undefined ? { kind: 'wait', untilMs } : { kind: 'do', task: best.task }
}

const WEIGHTS = { look: 0, page: 1, ticket: 2, lines: 3, ended: 4, digest: 5, update: 6, check: 7 } as const

interface Due {
  readonly task: Task
  readonly dueMs: number
  readonly weight: number
}

function tasksOf(track: Track, gathered: ReadonlySet<Track> | undefined): readonly Due[] {
  const due: Due[] = []
  if (track.doubt !== undefined)
    due.push({ task: { kind: 'look', track }, dueMs: track.doubt.nextMs, weight: WEIGHTS.look })
  else if (track.digestOf !== undefined) {
    if (!track.closed)
      due.push({ task: { kind: 'digest', track }, dueMs: track.notBeforeMs, weight: WEIGHTS.digest })
  } else if (needsHeadline(track)) {
    const weight = !track.open ? WEIGHTS.ended : track.page ? WEIGHTS.page : WEIGHTS.ticket
    if (gathered?.has(track) !== true)
      due.push({ task: { kind: 'headline', track }, dueMs: track.notBeforeMs, weight })
  } else if (track.headline !== undefined) {
    if (track.lines.length > 0)
      due.push({ task: { kind: 'lines', track }, dueMs: track.notBeforeMs, weight: WEIGHTS.lines })
    if (track.updateAtMs !== undefined)
      due.push({
        task: { kind: 'update', track },
        dueMs: Math.max(track.updateAtMs, track.notBeforeMs),
        weight: track.owed > 0 ? WEIGHTS.lines - 0.5 : WEIGHTS.update,
      })
  }
  if (track.check !== undefined)
    due.push({ task: { kind: 'check', track }, dueMs: track.check.nextMs, weight: WEIGHTS.check })
  return due
}
