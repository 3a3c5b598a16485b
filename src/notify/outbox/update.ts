import type { Identity } from '../destination.ts'
import { type Desk, hashOf } from './desk.ts'
import { paid, type Track } from './track.ts'

/** Brings the headline up to date, with the newest body only; what has not changed is not sent. */
export async function update(desk: Desk, track: Track): Promise<void> {
  const { headline } = track
  if (headline === undefined) return
  const identity: Identity = { incident: track.incident, part: 'headline', seq: track.posts }
  // What happens while the brief is gathered is not in it: it asks for another update, and is owed until then.
  const shown = track.seq
  const asked = track.updateAtMs
  track.updateAtMs = undefined
  const brief = await desk.briefOf(track, identity)
  if (brief === undefined) {
    track.updateAtMs ??= asked
    return
  }
  const body = desk.destination.render.headline(brief, { shrink: track.shrink, first: false })
  const hash = hashOf(body)
  if (hash === headline.hash) return showed(desk, track, identity, shown)
  const delivery = await desk.call(() => desk.destination.update(headline.ref, body, identity))
  if (delivery.kind === 'sent') {
    track.updates++
    desk.counters.updates++
    headline.hash = hash
    desk.well()
    return showed(desk, track, identity, shown)
  }
  const { kind, reason } = delivery
  desk.log.warn('not updated', { incident: track.incident, outcome: kind, reason })
  if (kind === 'gone') return desk.lose(track, delivery)
  // Last write wins, so whatever else it was, sending it again is safe.
  track.updateAtMs ??= desk.nowMs()
  if (kind === 'barred') return desk.bar(track, delivery)
  if (kind !== 'unfit') return desk.slowDown('afterMs' in delivery ? delivery.afterMs : undefined)
  track.shrink++
  if (track.shrink > desk.destination.render.smallest) {
    track.updateAtMs = undefined
    await desk.giveUp(identity, reason)
  }
}

/** Only what people were owed is written down; numbers that moved are not. */
async function showed(desk: Desk, track: Track, identity: Identity, seq: number): Promise<void> {
  if (track.owed > 0) await desk.write([{ kind: 'updated', ...desk.item(identity), seq }])
  else paid(track, seq)
}
