import { type Labels, labelsKey, type UnixSeconds } from '../base/index.ts'
import type { Severity } from '../slo/index.ts'
import { conditionNamed } from './conditions.ts'
import type { Objective } from './objective.ts'
import { areNested, isInside, narrowest } from './scope.ts'
import { type Alert, groupKey, type TrackedIncident } from './state.ts'
import type { IndicatorOf } from './step.ts'

/** An objective that fires, or leads an open incident, as one thing that may cause others or be caused. */
export interface Subject {
  readonly key: string
  readonly objective: Objective
  readonly indicator: ReturnType<IndicatorOf>
  /** Something fires now. */
  readonly firing: boolean
  /** A burn rule fires: only what burns is a cause or a consequence. A budget that is spent stays so for weeks. */
  readonly burns: boolean
  /** Where, as exactly as the splits tell. At least one. */
  readonly places: readonly Labels[]
  readonly severity: Severity
  /** Since when it is as grave as it is. */
  readonly onset: UnixSeconds
  /** The open incident that it leads. */
  readonly own: TrackedIncident | undefined
}

export function subjectOf(objective: Objective, indicatorOf: IndicatorOf | undefined): Subject | undefined {
  const firing = objective.alerts.filter((alert) => alert.state === 'firing')
  const own = objective.incidents.find(({ incident }) => incident.state === 'open')
  const onset = onsetOf(firing, own)
  if (onset === undefined) return undefined
  const { slo, name } = objective
  const burning = firing.filter((alert) => conditionNamed(slo.policy, alert.rule) === undefined)
  const pages = firing.some((alert) => alert.severity === 'page')
  const scopes = burning.length > 0 ? burning : (own?.incident.members ?? [])
  const places = narrowest([...new Map(scopes.map(({ scope }) => [labelsKey(scope), scope])).values()])
  return {
    key: groupKey(slo.id, name),
    objective,
    indicator: indicatorOf?.(slo.id, name),
    firing: firing.length > 0,
    burns: burning.length > 0,
    places: places.length === 0 ? [{}] : places,
    severity: firing.length === 0 ? (own?.reckoned ?? 'ticket') : pages ? 'page' : 'ticket',
    onset,
    own,
  }
}

/** When it became as grave as it is: an old ticket that pages now began now. */
function onsetOf(firing: readonly Alert[], own: TrackedIncident | undefined): UnixSeconds | undefined {
  const pages = firing.filter((alert) => alert.severity === 'page')
  if (own !== undefined && (own.reckoned === 'page' || pages.length === 0)) return own.graveSince
  return (pages.length > 0 ? pages : firing).toSorted((a, b) => a.since - b.since)[0]?.since
}

/**
 * Which of two leads when each could: who has an incident already, the older first; then who burned first; then who
 * pages. Below zero: `a`. It never depends on the order in which they were looked at.
 */
export function byRank(a: Subject, b: Subject): number {
  if ((a.own === undefined) !== (b.own === undefined)) return a.own === undefined ? 1 : -1
  if (a.onset !== b.onset) return a.onset - b.onset
  if (a.severity !== b.severity) return a.severity === 'page' ? -1 : 1
  const [one, two] = [a.own?.incident.id ?? a.key, b.own?.incident.id ?? b.key]
  return one < two ? -1 : one > two ? 1 : 0
}

/** Whether the subject cannot tell more exactly where it is: its SLO is not split any further. */
const isDeepest = (place: Labels, subject: Subject): boolean =>
  Object.keys(place).length >= subject.objective.slo.splitBy.length

/** Whether what burns in `scopes` explains all places of the subject. */
export function explains(scopes: readonly Labels[], subject: Subject): boolean {
  return subject.places.every((place) =>
    scopes.some((scope) => isInside(place, scope) || (isDeepest(place, subject) && isInside(scope, place))),
  )
}

/** Whether every place of the subject has to do with one of these: one holds the other. */
export const touches = (scopes: readonly Labels[], subject: Subject): boolean =>
  subject.places.every((place) => scopes.some((scope) => areNested(scope, place)))
