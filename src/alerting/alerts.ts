import { type Labels, labelsKey, type UnixSeconds } from '../base/index.ts'
import type { Evaluation, Slo } from '../slo/index.ts'
import { alertNames, conditionsOf, metIn } from './conditions.ts'
import type { AlertEvent } from './event.ts'
import { type Alert, alertKey } from './state.ts'

export interface AlertsAbout {
  readonly slo: Slo
  readonly objective: string
  readonly now: UnixSeconds
  readonly sightedFrom: UnixSeconds | undefined
}

export interface AlertsAfter {
  readonly events: readonly AlertEvent[]
  readonly after: readonly Alert[]
}

export const isBurning = (evaluation: Evaluation): boolean =>
  evaluation.verdicts.some((verdict) => verdict.kind === 'burning') ||
  conditionsOf(evaluation).some((verdict) => verdict.kind === 'met')

/**
 * One alert a rule and scope, and one a condition of the whole. A burning verdict starts it, a calm one ends it, and one
 * without data, or none at all, leaves it as it is: absence proves nothing. An alert whose rule was taken out of the
 * policy ends, and so does one whose scope the SLO is no longer split by.
 */
export function stepAlerts(
  evaluations: ReadonlyMap<string, Evaluation>,
  before: readonly Alert[],
  about: AlertsAbout,
): AlertsAfter {
  const { now, objective } = about
  const slo = about.slo.id
  const events: AlertEvent[] = []
  const after = new Map(before.map((alert) => [alertKey(alert), alert]))
  const rules = new Set(alertNames(about.slo.policy))
  const change = (alert: Omit<Alert, 'since' | 'state'>, state: AlertEvent['state']): void => {
    const { scope, rule, severity } = alert
    events.push({ kind: 'alert', slo, objective, scope, rule, severity, state })
    if (state === 'gone') after.delete(alertKey(alert))
    else after.set(alertKey(alert), { ...alert, state, since: now })
  }
  for (const alert of before) {
    const asked = evaluations.has(labelsKey(alert.scope)) || isSplit(alert.scope, about.slo.splitBy)
    if (!rules.has(alert.rule) || !asked) change(withoutState(alert), 'gone')
  }
  for (const evaluation of evaluations.values()) {
    // Most scopes of an SLO that burns are calm and were.
    if (before.length === 0 && !isBurning(evaluation)) continue
    const { scope, verdicts } = evaluation
    const met = new Set(metIn(evaluation, about))
    for (const verdict of conditionsOf(evaluation)) {
      const { name, severity } = verdict.condition
      const alert = { slo, objective, scope, rule: name, severity }
      const known = after.has(alertKey(alert))
      if (verdict.kind === 'calm' && known) change(alert, 'gone')
      else if (met.has(verdict) && !known) change(alert, 'firing')
    }
    for (const { rule, kind } of verdicts) {
      const alert = { slo, objective, scope, rule: rule.name, severity: rule.severity }
      const known = after.get(alertKey(alert))
      if (kind === 'no-data') continue
      if (kind === 'calm') {
        if (known !== undefined) change(alert, 'gone')
      } else if (known === undefined) change(alert, rule.after === 0 ? 'firing' : 'pending')
      else if (known.state === 'pending' && now - known.since >= rule.after) change(alert, 'firing')
    }
  }
  return { events, after: [...after.values()] }
}

/** The alerts of what is no longer defined end. */
export const endAlerts = (alerts: readonly Alert[]): readonly AlertEvent[] =>
  alerts.map((alert) => ({ kind: 'alert', ...withoutState(alert), state: 'gone' }))

/** Whether the scope has the labels of one level of the split. */
function isSplit(scope: Labels, splitBy: readonly string[]): boolean {
  const names = Object.keys(scope)
  return names.length <= splitBy.length && splitBy.slice(0, names.length).every((name) => name in scope)
}

const withoutState = ({ slo, objective, scope, rule, severity }: Alert): Omit<Alert, 'since' | 'state'> => ({
  slo,
  objective,
  scope,
  rule,
  severity,
})
