import { type Incident, incidentsOf } from '../alerting/index.ts'
import { fleetOf, incidentSummary } from './answers.ts'
import type { Live } from './live.ts'
import type { Shown } from './loop.ts'

export interface Change {
  readonly before: Shown | undefined
  readonly shown: Shown
  readonly sentence: (incident: Incident) => string
}

/** Tells browsers what one evaluation changed: the promises whose numbers moved, and the incidents that did. */
export function publishChanges(live: Live, { before, shown, sentence }: Change): void {
  if (live.subscribers() === 0) return
  const old = new Map((before?.summaries ?? []).map((summary) => [summary.id, JSON.stringify(summary)]))
  const changed = shown.summaries.filter((summary) => old.get(summary.id) !== JSON.stringify(summary))
  const { states, sentence: headline } = fleetOf(shown)
  live.publish({ type: 'fleet', now: shown.now, changed, states, sentence: headline })
  const known = new Map(before ? incidentsOf(before.alerting).map((incident) => [incident.id, incident]) : [])
  for (const incident of incidentsOf(shown.alerting)) {
    if (known.get(incident.id) !== incident) {
      live.publish({ type: 'incident', incident: incidentSummary(shown, incident, () => sentence(incident)) })
    }
  }
}
