import type { Delivery, Identity, MessageRef, Post } from '../destination.ts'
import { noticeBody } from '../notice.ts'
import { type Desk, hashOf } from './desk.ts'
import { LOOK_AFTER_MS, type Track } from './track.ts'

export async function postHeadline(desk: Desk, track: Track): Promise<void> {
  const identity: Identity = { incident: track.incident, part: 'headline', seq: track.posts + 1 }
  // What happens while the brief is gathered is not in it.
  const shown = track.seq
  const brief = await desk.briefOf(track, identity)
  if (brief === undefined || (await desk.isElsewhere(track, brief))) return
  const continues = track.before === undefined ? undefined : await desk.destination.permalink(track.before)
  const body = desk.destination.render.headline(brief, {
    shrink: track.shrink,
    first: track.posts === 0,
    ...(continues === undefined ? {} : { continues }),
  })
  const ref = await tryPost(desk, track, { identity, body })
  if (ref === undefined) return
  if (track.headline !== undefined) {
    track.headline.hash = hashOf(body)
    track.headline.page = brief.incident.severity === 'page'
  }
  void desk.destination.accompany?.(ref, brief)
  track.before = undefined
  await desk.write([{ kind: 'updated', ...desk.item(identity), seq: shown }])
  // What happened while it was on its way is shown at once.
  if (track.seq > shown) track.updateAtMs = desk.nowMs()
  await desk.tellTimeline(track.incident, 'told', `Told ${desk.name}.`)
}

/** Everything that the thread lacks, in one message. */
export async function postLines(desk: Desk, track: Track): Promise<void> {
  const lines = [...track.lines]
  const seq = lines.at(-1)?.seq ?? 0
  const identity: Identity = { incident: track.incident, part: 'line', seq }
  const brief = await desk.briefOf(track, identity)
  if (brief === undefined) return
  const body = desk.destination.render.lines(brief, lines)
  const { headline } = track
  if (body === undefined || headline === undefined) return desk.drop(identity, 'there is nothing to say')
  const { severity, state } = brief.incident
  const isPage = severity === 'page'
  // Only a ticket that became a page is worth showing to the whole channel.
  const broadcast = headline.page === false && isPage && state === 'open'
  const sent = await tryPost(desk, track, { identity, body, thread: headline.ref, broadcast })
  if (sent === undefined) return
  headline.page = isPage
  if (state === 'resolved') void desk.destination.accompany?.(headline.ref, brief)
}

/** One message that nothing follows; it is no incident's, so no timeline hears of it. */
export async function postNotice(desk: Desk, track: Track): Promise<void> {
  const { notice } = track
  if (notice === undefined) return
  const identity: Identity = { incident: track.incident, part: 'digest', seq: 1 }
  if (!desk.isRouted(notice)) return desk.drop(identity, 'routes lead elsewhere')
  await tryPost(desk, track, { identity, body: noticeBody(notice) })
}

export async function postDigest(desk: Desk, track: Track): Promise<void> {
  if (track.notice !== undefined) return postNotice(desk, track)
  const incidents = track.digestOf ?? []
  const identity: Identity = { incident: track.incident, part: 'digest', seq: incidents.length }
  const known = await desk.briefsOf(incidents)
  const briefs = known.filter((brief) => desk.routed(brief).kind !== 'elsewhere')
  if (briefs.length === 0) return desk.drop(identity, 'none of its incidents is told here')
  const sent = await tryPost(
    desk,
    track,
    { identity, body: desk.destination.render.digest(briefs) },
    incidents,
  )
  if (sent === undefined) return
  for (const { incident } of briefs)
    await desk.tellTimeline(incident.id, 'told', `Told ${desk.name}, afterwards and with others.`)
}

/** One attempt, written down before and after; gives where the message is once it is sent. */
async function tryPost(
  desk: Desk,
  track: Track,
  post: Post,
  incidents?: readonly string[],
): Promise<MessageRef | undefined> {
  const item = desk.item(post.identity)
  const attempt = ++track.failures
  await desk.write([
    { kind: 'sending', ...item, attempt, ...(incidents === undefined ? {} : { incidents: [...incidents] }) },
  ])
  const delivery = await desk.call(() => desk.destination.post(post))
  if (delivery.kind === 'sent') {
    desk.counters.posts++
    await desk.write([{ kind: 'sent', ...item, ...delivery.ref }])
    desk.well()
    return delivery.ref
  }
  await failed(desk, track, post.identity, delivery)
  return undefined
}

async function failed(
  desk: Desk,
  track: Track,
  identity: Identity,
  delivery: Exclude<Delivery, { kind: 'sent' }>,
): Promise<void> {
  const { kind, reason } = delivery
  desk.log.warn('not told', { incident: identity.incident, part: identity.part, outcome: kind, reason })
  const note = (outcome: 'again' | 'unknown' | 'dropped'): Promise<void> =>
    desk.write([{ kind: 'not-sent', ...desk.item(identity), outcome, reason }])
  switch (kind) {
    case 'ambiguous':
      desk.counters.ambiguous++
      if (track.doubt !== undefined) track.doubt.nextMs = desk.nowMs() + LOOK_AFTER_MS[0]
      return note('unknown')
    case 'refused':
      desk.counters.refused++
      desk.slowDown(delivery.afterMs)
      return note('again')
    case 'barred':
      await note('again')
      return desk.bar(track, delivery)
    case 'unfit':
      track.shrink++
      if (identity.part === 'headline' && track.shrink <= desk.destination.render.smallest)
        return note('again')
      await note('dropped')
      return desk.giveUp(identity, reason)
    case 'gone':
      await note(identity.part === 'line' ? 'dropped' : 'again')
      return desk.lose(track, delivery)
    default:
      return delivery satisfies never
  }
}
