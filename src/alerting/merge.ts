import type { UnixSeconds } from '../base/index.ts'
import type { Group, Part } from './group.ts'
import type { Judgement } from './judge.ts'
import type { Decision } from './model.ts'
import { groupKey, type TrackedIncident } from './state.ts'

/** The incidents that turned out to be consequences end as parts of their cause's; both say so, once. */
export function mergeInto(parent: Decision, group: Group, now: UnixSeconds): readonly Judgement[] {
  const reasons = new Map(
    group.parts.map((part) => [groupKey(part.objective.slo.id, part.objective.name), part] as const),
  )
  return group.absorbs.flatMap((child, i): readonly Judgement[] => {
    const { id, severity, slo, objective } = child.incident
    const quiet = isQuiet(child, now)
    const why = whyWords(reasons.get(groupKey(slo, objective)))
    const seq = parent.seq + 1 + i
    const mutes = group.open !== undefined && isQuiet(group.open, now)
    return [
      {
        events: [
          {
            kind: 'merged',
            incident: id,
            seq: child.seq + 1,
            into: parent.incident,
            text: `Goes on in ${parent.incident}: ${why}.`,
          },
        ],
        decision: {
          incident: id,
          reason: quiet ? 'silenced' : 'merged',
          severity,
          evaluation: undefined,
          at: now,
          seq: child.seq + 1,
        },
      },
      {
        events: [
          {
            kind: 'absorbed',
            incident: parent.incident,
            seq,
            child: id,
            text: `${id} is a part of it: ${why}.`,
          },
        ],
        decision: {
          incident: parent.incident,
          reason: mutes ? 'silenced' : 'absorbed',
          severity: parent.severity,
          evaluation: parent.evaluation,
          at: now,
          seq,
        },
      },
    ]
  })
}

/** People asked not to hear of it. */
export const isQuiet = ({ incident }: TrackedIncident, now: UnixSeconds): boolean =>
  incident.silencedBy !== undefined || (incident.mutedUntil !== undefined && now < incident.mutedUntil)

function whyWords(part: Part | undefined): string {
  // What has stopped firing since is closed along with what it was opened for.
  if (part === undefined) return 'its cause is there'
  switch (part.because) {
    case 'depends':
      return `${part.objective.slo.id} rests on ${part.on}`
    case 'latency':
      return `${part.on} fails, and what fails is not served in time`
    case 'region':
      return 'other services burn in the same region'
    default:
      return part.because satisfies never
  }
}

/** The SLO or objective is no longer defined: the open incident that it leads ends and says why. */
export function closeUndefined(open: TrackedIncident, now: UnixSeconds): Judgement {
  const { id, severity, scope, members, rules, peakRate, badEvents, budgetSpent, consequences, kind } =
    open.incident
  const quiet = members.map((member) => ({ ...member, firing: false }))
  const seq = open.seq + 1
  const text = 'Closed: the SLO is no longer defined.'
  const also = consequences.map((each) => ({ ...each, firing: false }))
  const reading = {
    severity,
    ...(kind === 'burn' ? {} : { kind }),
    ...(also.length === 0 ? {} : { consequences: also }),
    scope,
    members: quiet,
    rules,
    peakRate,
    badEvents,
    budgetSpent,
  }
  return {
    events: [{ kind: 'resolved', incident: id, seq, reading, text }],
    decision: { incident: id, reason: 'resolved', severity, evaluation: undefined, at: now, seq },
  }
}
