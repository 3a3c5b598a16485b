import { labelsKey } from '../base/index.ts'
import type { Evaluation, Slo } from '../slo/index.ts'
import { isBurning, stepAlerts } from './alerts.ts'
import type { AlertEvent } from './event.ts'
import type { Objective } from './objective.ts'
import { type Alert, type AlertingState, groupKey, type TrackedIncident } from './state.ts'
import type { StepInput } from './step.ts'

/** One look at everything: which alerts there are now, and what is known of the objectives that have to do with any. */
export interface Look {
  /** What happened to alerts, in the order of the SLOs. */
  readonly events: readonly AlertEvent[]
  /** Those that have alerts, or are in an open incident, by their keys and in the order of the SLOs. */
  readonly objectives: ReadonlyMap<string, Objective>
  /** Any that is defined, with what is remembered of it; undefined when there is none of that key. */
  readonly objectiveOf: (key: string) => Objective | undefined
  /** Open incidents that the machine decides about: not those that were declared. */
  readonly open: readonly TrackedIncident[]
  /** Of what is no longer defined. */
  readonly orphans: readonly Alert[]
}

export function lookAt(state: AlertingState, input: StepInput): Look {
  const known = rememberedIn(state)
  const evaluations = groupEvaluations(input.evaluations)
  const defined = new Map<string, { readonly slo: Slo; readonly name: string }>()
  const objectives = new Map<string, Objective>()
  const events: AlertEvent[] = []
  for (const slo of input.slos) {
    for (const { name } of slo.objectives) {
      const key = groupKey(slo.id, name)
      defined.set(key, { slo, name })
      const before = known.get(key)
      const found = evaluations.get(key) ?? []
      const active = before !== undefined && (before.alerts.length > 0 || before.open)
      if (!active && !found.some(isBurning)) continue
      const scoped = byScope(found)
      const about = { slo, objective: name, now: input.now, sightedFrom: input.sightedFrom }
      const alerts = stepAlerts(scoped, before?.alerts ?? [], about)
      events.push(...alerts.events)
      objectives.set(key, {
        slo,
        name,
        evaluations: scoped,
        alerts: alerts.after,
        incidents: before?.incidents ?? [],
      })
    }
  }
  return {
    events,
    objectives,
    objectiveOf: (key) => {
      const at = objectives.get(key)
      const is = defined.get(key)
      if (at !== undefined || is === undefined) return at
      const scoped = byScope(evaluations.get(key) ?? [])
      return { ...is, evaluations: scoped, alerts: [], incidents: known.get(key)?.incidents ?? [] }
    },
    open: state.incidents.filter(({ incident }) => incident.state === 'open' && incident.kind !== 'declared'),
    orphans: [...known].flatMap(([key, { alerts }]) => (defined.has(key) ? [] : alerts)),
  }
}

interface Remembered {
  readonly alerts: Alert[]
  /** Those that it leads, oldest first. */
  readonly incidents: TrackedIncident[]
  /** It leads an open incident, or is listed in one. */
  open: boolean
}

function rememberedIn(state: AlertingState): Map<string, Remembered> {
  const groups = new Map<string, Remembered>()
  const at = (slo: string, objective: string): Remembered => {
    const key = groupKey(slo, objective)
    const known = groups.get(key)
    if (known !== undefined) return known
    const group: Remembered = { alerts: [], incidents: [], open: false }
    groups.set(key, group)
    return group
  }
  for (const alert of state.alerts) at(alert.slo, alert.objective).alerts.push(alert)
  for (const tracked of state.incidents) {
    const { incident } = tracked
    // What a person declared has no alerts.
    if (incident.kind === 'declared') continue
    const group = at(incident.slo, incident.objective)
    group.incidents.push(tracked)
    if (incident.state !== 'open') continue
    group.open = true
    for (const { slo, objective } of incident.consequences) at(slo, objective).open = true
  }
  return groups
}

function groupEvaluations(evaluations: readonly Evaluation[]): Map<string, readonly Evaluation[]> {
  const groups = new Map<string, Evaluation[]>()
  for (const evaluation of evaluations) {
    const key = groupKey(evaluation.slo, evaluation.objective)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [evaluation])
    else group.push(evaluation)
  }
  return groups
}

/** By the keys of their scopes, in the order of these. Only what burns or burnt is worth sorting. */
function byScope(evaluations: readonly Evaluation[]): ReadonlyMap<string, Evaluation> {
  const keyed = evaluations.map((evaluation): [string, Evaluation] => [
    labelsKey(evaluation.scope),
    evaluation,
  ])
  return new Map(keyed.sort(([a], [b]) => (a < b ? -1 : 1)))
}
