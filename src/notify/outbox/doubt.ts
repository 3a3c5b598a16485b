import type { Identity } from '../destination.ts'
import type { Desk } from './desk.ts'
import { BLIND_REPOST_MS, CHECK_EVERY_MS, LOOK_AFTER_MS, type Track } from './track.ts'

/** Nobody knows whether a post arrived: it is looked for, twice, before it is sent again. */
export async function look(desk: Desk, track: Track): Promise<void> {
  const { doubt } = track
  if (doubt === undefined) return
  const identity: Identity = { incident: track.incident, part: doubt.part, seq: doubt.seq }
  const found = await desk.destination.find(identity, {
    sinceMs: desk.wallMs(doubt.firstMs),
    ...desk.placeOf(track, doubt.part),
  })
  const nowMs = desk.nowMs()
  const item = desk.item(identity)
  if (found.kind === 'found') {
    const [ref] = found.refs
    if (ref === undefined) return
    desk.counters.adopted++
    await desk.write([{ kind: 'sent', ...item, ...ref, adopted: true }])
    // What it says is of then; people are to read what is now.
    if (doubt.part === 'headline') track.updateAtMs = nowMs
    desk.log.info('found what was sent', { incident: track.incident, part: doubt.part })
    return desk.well()
  }
  if (found.kind === 'unreadable') {
    if (nowMs - doubt.sinceMs < BLIND_REPOST_MS) {
      desk.slowDown(found.afterMs)
      doubt.nextMs = Math.min(doubt.sinceMs + BLIND_REPOST_MS, desk.pace.notBeforeMs)
      return
    }
    desk.counters.possibleDuplicates++
    desk.log.warn('sending again without having looked', { incident: track.incident, reason: found.reason })
    const reason = `cannot look: ${found.reason}`
    return desk.write([{ kind: 'not-sent', ...item, outcome: 'again', reason }])
  }
  doubt.reads++
  if (doubt.reads < LOOK_AFTER_MS.length) {
    doubt.nextMs = Math.max(doubt.sinceMs + LOOK_AFTER_MS[1], nowMs + LOOK_AFTER_MS[0])
    return
  }
  const reason = 'looked twice: it is not there'
  return desk.write([{ kind: 'not-sent', ...item, outcome: 'again', reason }])
}

/** A post that was taken for lost may arrive late: the oldest stays, the others become pointers to it. */
export async function check(desk: Desk, track: Track): Promise<void> {
  const checked = track.check
  if (checked === undefined) return
  const nowMs = desk.nowMs()
  checked.nextMs = nowMs + CHECK_EVERY_MS
  if (checked.nextMs > checked.untilMs) track.check = undefined
  const identity: Identity = { incident: track.incident, part: checked.part, seq: checked.seq }
  const place = { sinceMs: desk.wallMs(checked.firstMs), ...desk.placeOf(track, checked.part) }
  const found = await desk.destination.find(identity, place)
  if (found.kind !== 'found' || found.refs.length < 2) return
  const [original, ...rest] = found.refs
  if (original === undefined) return
  for (const duplicate of rest) {
    const delivery = await desk.call(() => desk.destination.retire(duplicate, original))
    if (delivery.kind === 'sent') desk.counters.duplicates++
  }
  if (checked.part === 'headline' && track.headline?.ref.ts !== original.ts) {
    await desk.write([{ kind: 'sent', ...desk.item(identity), ...original, adopted: true }])
    track.updateAtMs = nowMs
  }
}
