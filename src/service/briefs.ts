import { type Incident, incidentOf } from '../alerting/index.ts'
import { earlier, HOUR, labelsKey, minuteAfter, type UnixSeconds } from '../base/index.ts'
import type { DefinedSlo } from '../definitions/index.ts'
import type { IncidentBrief } from '../notify/index.ts'
import type { Evaluation } from '../slo/index.ts'
import { dataSourceOf } from '../traffic/index.ts'
import { clearsAt, confidenceOf, overlapsOf } from './brief-context.ts'
import { contributorsOf, exemplarsOf, inScope, requestsIn } from './drill.ts'
import { keyOf, type Shown } from './loop.ts'
import type { Past } from './past.ts'
import type { TraceViewer } from './trace-link.ts'

/** Where what a message says is known. */
export interface BriefSources {
  readonly past: Past
  readonly shown: () => Shown | undefined
  readonly completeThrough: (source: string) => UnixSeconds | undefined
  /** Ends with a slash. */
  readonly pageBase: () => string
  /** Where traces can be seen. */
  readonly viewer: TraceViewer | undefined
  readonly locale: string
}

const CONTRIBUTORS = 5
const EXEMPLARS = 3
const SPENDERS = ['cloud_provider', 'cloud_region', 'operation', 'reason']

/** All that a message about the incident says, but for what only the ledger knows: who spent it, and examples. */
export function outlineOf(
  sources: Omit<BriefSources, 'past'>,
  shown: Shown,
  incident: Incident,
): IncidentBrief {
  const defined = shown.definitions.slos.find((each) => each.slo.id === incident.slo)
  const evaluations = shown.evaluations.get(keyOf(incident.slo, incident.objective)) ?? []
  const objective = defined?.slo.objectives.find((each) => each.name === incident.objective)
  const scope = labelsKey(incident.scope)
  const { now } = shown
  const whole = evaluations.find((e) => labelsKey(e.scope) === '')
  const members = new Set(incident.members.map((member) => labelsKey(member.scope)))
  const clears = clearsAt(evaluations.filter((e) => members.has(labelsKey(e.scope))))
  const ages = [...new Set((defined?.slo.sources ?? []).map(dataSourceOf))].map((name) => ({
    name,
    age: ageOf(sources.completeThrough(name), now),
  }))
  const confidence = confidenceOf(whole, ages)
  return {
    incident,
    whole,
    ...(clears === undefined || incident.state === 'resolved' ? {} : { clearsAt: clears }),
    ...(confidence === undefined ? {} : { confidence }),
    overlaps: overlapsOf(shown.definitions.events, incident, now),
    scoped: evaluations.find((e) => labelsKey(e.scope) === scope),
    name: incident.title ?? defined?.slo.displayName ?? incident.slo,
    target: objective?.target ?? '',
    window: defined?.slo.windows[0]?.name ?? '',
    indicator: defined?.within === undefined ? 'availability' : `within ${defined.within}`,
    owner: defined?.owner ?? '',
    labels: labelsOf(defined),
    targets: defined?.alerting.targets ?? [],
    runbook: defined?.runbook ?? '',
    places: evaluations.filter((e) => isCloud(e)).map((e) => ({ scope: e.scope, state: e.state })),
    contributors: [],
    exemplars: [],
    sources: ages,
    pageUrl: `${sources.pageBase()}incidents/${encodeURIComponent(incident.id)}`,
    locale: defined?.locale === undefined || defined.locale === '' ? sources.locale : defined.locale,
    zone: 'UTC',
    now,
  }
}

/** Undefined when there is no such incident. The message's numbers are those of the last evaluation. */
export async function briefOf(sources: BriefSources, id: string): Promise<IncidentBrief | undefined> {
  const shown = sources.shown()
  const incident = shown && incidentOf(shown.alerting, id)
  if (!shown || !incident) return undefined
  const defined = shown.definitions.slos.find((each) => each.slo.id === incident.slo)
  const outline = outlineOf(sources, shown, incident)
  return { ...outline, ...(await spenders(sources, { incident, defined, now: shown.now })) }
}

/** A label of several values is one text for routes, with commas between. */
const labelsOf = (defined: DefinedSlo | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(defined?.labels ?? {}).map(([name, values]) => [name, values.join(',')]))

function isCloud({ scope }: Evaluation): boolean {
  return Object.keys(scope).length === 1 && 'cloud_provider' in scope
}

const ageOf = (through: UnixSeconds | undefined, now: UnixSeconds): number | undefined =>
  through === undefined ? undefined : Math.max(0, now - through)

async function spenders(
  { past, viewer }: Pick<BriefSources, 'past' | 'viewer'>,
  about: { readonly incident: Incident; readonly defined: DefinedSlo | undefined; readonly now: UnixSeconds },
): Promise<Pick<IncidentBrief, 'contributors' | 'exemplars'>> {
  const { incident, defined, now } = about
  const objective = defined?.slo.objectives.find((each) => each.name === incident.objective)
  const found = defined?.queries.find((each) => each.id === objective?.indicator)
  if (!found) return { contributors: [], exemplars: [] }
  const query = inScope(found, incident.scope)
  const to = minuteAfter(incident.resolvedAt ?? now)
  const range = { from: earlier(to, Math.max(to - incident.startedAt, HOUR)), to }
  const spent = await contributorsOf(past, { query, range, by: SPENDERS, limit: CONTRIBUTORS })
  const requests = requestsIn(query)
  const exemplars = requests
    ? await exemplarsOf(past, {
        query: requests,
        range: { from: incident.startedAt, to },
        limit: EXEMPLARS,
        viewer,
      })
    : []
  return {
    contributors: spent.rows
      .filter((row) => row.bad > 0)
      .map((row) => ({
        labels: row.labels,
        bad: row.bad,
        share: row.share,
        timesUsual:
          row.badRatio !== null && row.baseline !== null && row.baseline > 0
            ? row.badRatio / row.baseline
            : undefined,
      })),
    exemplars: exemplars.map((each) => ({
      atMs: each.atMs,
      reason: each.reason,
      durationMs: each.durationMs ?? undefined,
      traceId: each.traceId ?? undefined,
      labels: each.labels,
      url: each.traceUrl ?? undefined,
    })),
  }
}
