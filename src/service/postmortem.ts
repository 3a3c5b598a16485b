import { incidentOf } from '../alerting/index.ts'
import { between } from '../base/index.ts'
import type * as wire from '../contract/index.ts'
import { sentence } from '../notify/index.ts'
import { type BriefSources, outlineOf } from './briefs.ts'

/** Undefined when there is no such incident. Numbers are those that messages had. */
export function postmortemOf(sources: BriefSources, id: string): wire.Postmortem | undefined {
  const shown = sources.shown()
  const incident = shown && incidentOf(shown.alerting, id)
  if (!shown || !incident) return undefined
  const brief = outlineOf(sources, shown, incident)
  const origin = shown.definitions.slos.find(({ slo }) => slo.id === incident.slo)?.origin
  const { startedAt, openedAt, acknowledged, resolvedAt } = incident
  return {
    now: shown.now,
    incident: incident.id,
    title: brief.name,
    service: incident.service,
    owner: brief.owner,
    severity: incident.severity,
    state: incident.state,
    sentence: sentence(brief),
    target: brief.target,
    window: brief.window,
    impact: {
      startedAt,
      openedAt,
      acknowledgedAt: acknowledged?.at ?? null,
      resolvedAt: resolvedAt ?? null,
      detectedAfter: between(startedAt, openedAt),
      acknowledgedAfter: acknowledged === undefined ? null : between(startedAt, acknowledged.at),
      lasted: resolvedAt === undefined ? null : between(startedAt, resolvedAt),
      badEvents: incident.badEvents,
      budgetSpent: incident.budgetSpent,
      peakRate: incident.peakRate,
      reopened: incident.reopened,
      places: incident.members
        .map(({ scope, rate }) => ({ scope: { ...scope }, rate }))
        .sort((a, b) => b.rate - a.rate),
    },
    timeline: incident.timeline.map(({ at, kind, text, by }) => ({ at, kind, text, by: by ?? null })),
    definition: origin ? { file: origin.file, line: origin.line, commit: origin.commit?.id ?? null } : null,
    url: brief.pageUrl,
  }
}
