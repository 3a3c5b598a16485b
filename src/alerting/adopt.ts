import type { SloId } from '../slo/index.ts'
import { type AlertingState, alertKey } from './state.ts'

/**
 * The state with what belongs to former identities of SLOs handed to their present ones. The journal keeps the
 * identity of its time, so that this is done after folding it, and again whenever definitions change.
 */
export function adopt(state: AlertingState, present: ReadonlyMap<SloId, SloId>): AlertingState {
  const moves = ({ slo }: { readonly slo: SloId }): boolean => present.has(slo)
  if (!state.alerts.some(moves) && !state.incidents.some(({ incident }) => moves(incident))) return state
  const rename = <T extends { readonly slo: SloId }>(one: T): T => ({
    ...one,
    slo: present.get(one.slo) ?? one.slo,
  })
  const alerts = new Map(state.alerts.map(rename).map((alert) => [alertKey(alert), alert]))
  const incidents = state.incidents.map((tracked) => ({ ...tracked, incident: rename(tracked.incident) }))
  return { ...state, alerts: [...alerts.values()], incidents }
}
