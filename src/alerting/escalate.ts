import { civilDate, DAY, earlier, later, seconds, startOfDate, type UnixSeconds } from '../base/index.ts'
import { instantsIn } from '../slo/index.ts'
import type { BusinessHours, EscalationLevel, EscalationPolicy } from './escalation.ts'
import type { Call } from './model.ts'
import type { TrackedIncident } from './state.ts'
import { lengthWords } from './words.ts'

/**
 * A page that nobody acknowledges is called out again after five minutes, and to whoever stands behind after fifteen
 * more; a ticket in the next business hours after four. Whoever acknowledged is asked after one, three, five and ten
 * hours whether they are still at it.
 */
export const DEFAULT_ESCALATION: EscalationPolicy = {
  name: 'default',
  page: [
    { name: 'on-call', after: seconds(300), targets: ['on-call'], hours: 'always' },
    { name: 'backup', after: seconds(900), targets: ['backup'], hours: 'always' },
  ],
  ticket: [{ name: 'owner', after: seconds(14_400), targets: ['owner'], hours: 'business' }],
  again: { every: seconds(1_800), times: 3 },
  remindAfter: [seconds(3_600), seconds(10_800), seconds(18_000), seconds(36_000)],
  hours: { zone: 'UTC', days: [1, 2, 3, 4, 5], from: 540, to: 1_080 },
}

/** That somebody is to be called about an incident, and why. */
export interface Calling {
  readonly kind: 'escalated' | 'reminded'
  readonly call: Call
  readonly text: string
}

/** Who is called about this incident now; undefined: nobody. At most one call a step. */
export function callOf(
  tracked: TrackedIncident,
  policy: EscalationPolicy,
  now: UnixSeconds,
): Calling | undefined {
  const { incident } = tracked
  if (incident.acknowledged !== undefined) return reminderOf(tracked, policy, now)
  const levels = policy[incident.severity]
  const called = incident.called?.level ?? 0
  const next = levels[called]
  if (next === undefined) return againOf(tracked, policy, now)
  const since = incident.called?.at ?? tracked.waitingSince
  if (now - since < next.after || !isOpen(next, policy.hours, now)) return undefined
  const waited = lengthWords(now - tracked.waitingSince)
  return {
    kind: 'escalated',
    call: callTo(next, called + 1),
    text: `Nobody has acknowledged it for ${waited}: calling ${next.name}.`,
  }
}

const callTo = ({ name, targets }: EscalationLevel, level: number): Call => ({
  level,
  levelName: name,
  targets,
})

const isOpen = ({ hours }: EscalationLevel, business: BusinessHours, now: UnixSeconds): boolean =>
  hours === 'always' || isBusinessTime(business, now)

/** The last level has not answered: it is called again, a few times. */
function againOf(
  { incident, waitingSince }: TrackedIncident,
  policy: EscalationPolicy,
  now: UnixSeconds,
): Calling | undefined {
  const levels = policy[incident.severity]
  const last = levels.at(-1)
  const { called } = incident
  if (last === undefined || called === undefined) return undefined
  const done = called.times - levels.length
  if (done >= policy.again.times || now - called.at < policy.again.every) return undefined
  if (!isOpen(last, policy.hours, now)) return undefined
  return {
    kind: 'reminded',
    call: callTo(last, levels.length),
    text: `Still nobody has acknowledged it after ${lengthWords(now - waitingSince)}: calling ${last.name} again.`,
  }
}

/** Somebody acknowledged it long ago, and it still burns. */
function reminderOf(
  { incident }: TrackedIncident,
  policy: EscalationPolicy,
  now: UnixSeconds,
): Calling | undefined {
  const { acknowledged, called } = incident
  const after = policy.remindAfter[called?.times ?? 0]
  if (acknowledged === undefined || after === undefined || now - acknowledged.at < after) return undefined
  const burns = [...incident.members, ...incident.consequences].some((one) => one.firing)
  if (!burns && incident.kind !== 'declared') return undefined
  const { by } = acknowledged
  return {
    kind: 'reminded',
    call: { level: called?.level ?? 0, levelName: 'acknowledged', targets: [by] },
    text: `${by} acknowledged it ${lengthWords(now - acknowledged.at)} ago and it goes on: still on it?`,
  }
}

/** Whether business is open then, by the wall clock of its zone, over clocks that go forward and back. */
export function isBusinessTime({ zone, days, from, to }: BusinessHours, now: UnixSeconds): boolean {
  const instant = instantsIn(zone)
  // The wall clock's day is the UTC day, the one before or the one after.
  const today = startOfDate(civilDate(now))
  return [earlier(today, DAY), today, later(today, DAY)].some((midnight) => {
    // 1970-01-01 was a Thursday.
    const weekday = ((midnight / DAY + 3) % 7) + 1
    return days.includes(weekday) && instant(midnight + from * 60) <= now && now < instant(midnight + to * 60)
  })
}
