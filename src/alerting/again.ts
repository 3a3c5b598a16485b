import { labelsKey } from '../base/index.ts'
import type { Group } from './group.ts'
import { lastEnded } from './judge.ts'
import type { Look } from './look.ts'
import { isInside } from './scope.ts'
import { type AlertingSettings, type AlertingState, groupKey, type TrackedIncident } from './state.ts'

/** A group that takes up an ended incident again, as that one led it. */
export interface Again {
  readonly group: Group
  readonly again: TrackedIncident | undefined
}

export interface AgainOptions {
  readonly look: Look
  readonly state: AlertingState
  readonly now: number
  readonly settings: AlertingSettings
  /** Keys of those that lead or are listed in some group now. */
  readonly taken: ReadonlySet<string>
}

/**
 * Which ended incident comes back with this group: the last that its lead had, when that was a short time ago; of a
 * region's failure the last of that region, whoever led it.
 */
export function againOf(group: Group, options: AgainOptions): Again {
  if (group.open !== undefined) return { group, again: undefined }
  const last = lastEnded(group.lead.incidents)
  const own = last !== undefined && isRecent(last, options) ? last : undefined
  if (group.region === undefined) return { group, again: own }
  const region = group.region
  const past = lastEnded(
    options.state.incidents.filter(
      (tracked) =>
        tracked.incident.kind === 'region' && isRecent(tracked, options) && isSame(tracked, region),
    ),
  )
  if (past === undefined) return { group, again: own }
  const { slo, objective } = past.incident
  const key = groupKey(slo, objective)
  const leads = key === groupKey(group.lead.slo.id, group.lead.name)
  const lead = options.look.objectiveOf(key)
  if (leads || lead === undefined) return { group, again: leads ? past : own }
  const isPart = group.parts.some((part) => groupKey(part.objective.slo.id, part.objective.name) === key)
  // Whoever led it then burns on its own account now, or because of something else: it cannot lead this.
  if (!isPart && options.taken.has(key)) return { group, again: own }
  const parts = [
    ...group.parts.filter((part) => groupKey(part.objective.slo.id, part.objective.name) !== key),
    { objective: group.lead, because: 'region' as const, on: slo },
  ]
  return { group: { ...group, lead, parts }, again: past }
}

const isRecent = (
  { incident }: TrackedIncident,
  { now, settings }: Pick<AgainOptions, 'now' | 'settings'>,
): boolean =>
  incident.state === 'resolved' &&
  incident.resolvedAt !== undefined &&
  now - incident.resolvedAt <= settings.reopenWithin

const isSame = ({ incident }: TrackedIncident, region: NonNullable<Group['region']>): boolean =>
  labelsKey(incident.scope) === labelsKey(region) || isInside(region, incident.scope)
