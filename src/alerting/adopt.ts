import type { SloId } from '../slo/index.ts'
import type { Incident } from './model.ts'
import { type AlertingState, alertKey } from './state.ts'

/**
 * The state with what belongs to former identities of SLOs handed to their present ones. The journal keeps the
 * identity of its time, so that this is done after folding it, and again whenever definitions change.
 */
export function adopt(state: AlertingState, present: ReadonlyMap<SloId, SloId>): AlertingState {
  const moves = ({ slo }: { readonly slo: SloId }): boolean => present.has(slo)
  const concerned = ({ slo, consequences }: Incident): boolean =>
    present.has(slo) || consequences.some((each) => moves(each) || present.has(each.on))
  if (!state.alerts.some(moves) && !state.incidents.some(({ incident }) => concerned(incident))) return state
  const named = (slo: SloId): SloId => present.get(slo) ?? slo
  const rename = <T extends { readonly slo: SloId }>(one: T): T => ({ ...one, slo: named(one.slo) })
  const alerts = new Map(state.alerts.map(rename).map((alert) => [alertKey(alert), alert]))
  const incidents = state.incidents.map((tracked) => {
    if (!concerned(tracked.incident)) return tracked
    const incident = rename(tracked.incident)
    const consequences = incident.consequences.map((each) => ({ ...rename(each), on: named(each.on) }))
    return { ...tracked, incident: { ...incident, consequences } }
  })
  return { ...state, alerts: [...alerts.values()], incidents }
}
