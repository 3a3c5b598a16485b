import { type Incident, incidentOf, incidentsOf } from '../alerting/index.ts'
import { DAY, HOUR, labelsKey, type Range, seconds, unixSeconds } from '../base/index.ts'
import type * as wire from '../contract/index.ts'
import type { DefinedSlo } from '../definitions/index.ts'
import type { Api, OutwardApi, Readiness } from '../http/index.ts'
import type { Evaluation, Objective } from '../slo/index.ts'
import type { Ledger } from '../store/index.ts'
import type { IndicatorQuery, RequestQuery } from '../traffic/index.ts'
import { compositeSeries, type PartSeries } from './composite.ts'
import { distancesOf } from './distances.ts'
import { contributorsOf, exemplarsOf, inScope, latencyOf, requestsIn, roundStep } from './drill.ts'
import { seriesOf } from './history.ts'
import { responseDetail, responseSummary } from './incident-view.ts'
import { createInsights } from './insights.ts'
import { createJourneyAnswers } from './journeys/answers.ts'
import type { Live } from './live.ts'
import { keyOf, type Loop, type Shown } from './loop.ts'
import type { Past } from './past.ts'
import { createPeopleAnswers } from './people-answers.ts'
import { reconciliationOf } from './reconcile.ts'
import { createServices } from './services.ts'
import { COMPOSITE } from './slice-composite.ts'
import type { TraceViewer } from './trace-link.ts'
import { countStates, fleetSentence, publicId, toEvaluation } from './view.ts'

/** What answers are made from. */
export interface AnswerParts {
  readonly ledger: Ledger
  readonly past: Past
  readonly loop: Loop
  /** Names of a source's inputs. */
  readonly inputsOf: (source: string) => readonly string[]
  readonly live: Live
  /** Where traces can be seen. */
  readonly viewer: TraceViewer | undefined
  readonly meta: () => wire.Meta
  readonly sources: () => Promise<readonly wire.Source[]>
  readonly outward: OutwardApi
  readonly diagnosis: () => Promise<wire.Diagnosis>
  readonly now: () => number
  readonly metrics: () => Promise<string>
  readonly ready: () => Readiness
  /** The sentence that heads the incident, the same in messages. */
  readonly sentence: (shown: Shown, incident: Incident) => string
}

/** The API over what was computed last. Nothing here judges or sums what the engine has summed. */
export function createAnswers(parts: AnswerParts): Api {
  const { loop } = parts
  const find = (id: string): Found | undefined => {
    const shown = loop.shown()
    return shown && findObjective(shown, id)
  }
  const detail = (id: string): wire.IncidentDetail | undefined => {
    const shown = loop.shown()
    return shown && incidentDetail(shown, id, parts.sentence)
  }
  return {
    meta: parts.meta,
    sources: parts.sources,
    distances: async ({ from, to }) => {
      const probed = (await parts.sources()).filter(({ type }) => type === 'Probe')
      const range = rangeOf({ from, to, scope: {} }, 60)
      return distancesOf(parts.ledger, { sources: probed.map(({ name }) => name), range })
    },
    diagnosis: parts.diagnosis,
    reconcile: (asked) => reconciliationOf({ ...parts, shown: loop.shown }, asked),
    outward: parts.outward,
    ...createServices({ ...parts, shown: loop.shown }),
    ...createJourneyAnswers({
      ...parts,
      shown: loop.shown,
      detail: (id) => {
        const found = find(id)
        return found && detailOf(found)
      },
    }),
    metrics: parts.metrics,
    ready: parts.ready,
    subscribe: parts.live.subscribe,
    fleet: () => fleetOf(loop.shown()),
    journal: async (options) =>
      (await parts.ledger.journal.read(0, { ...options, newestFirst: true })).map(
        ({ seq, at, kind, data }): wire.JournalEntry => ({ seq, at, kind, text: textOf(data), data }),
      ),
    slo: (id) => {
      const found = find(id)
      return found ? detailOf(found) : compositeDetail(loop.shown(), id)
    },
    ...createInsights({ ...parts, find, shown: loop.shown }),
    ...createDrills(parts, find, (id) => compositeParts(loop.shown(), id)),
    incidents: ({ state, limit }) => {
      const shown = loop.shown()
      if (!shown) return []
      const chosen = incidentsNewestFirst(shown).filter((each) => state === undefined || each.state === state)
      return chosen.slice(0, limit).map((incident) => incidentSummary(shown, incident, parts.sentence))
    },
    incident: detail,
    ...createPeopleAnswers({ loop, detail, now: () => unixSeconds(parts.now()) }),
  }
}

function textOf(data: unknown): string {
  if (typeof data !== 'object' || data === null || !('text' in data)) return ''
  return typeof data.text === 'string' ? data.text : ''
}

interface Found {
  readonly shown: Shown
  readonly defined: DefinedSlo
  readonly objective: Objective
  readonly query: IndicatorQuery | undefined
  readonly summary: wire.SloSummary
  readonly evaluations: readonly Evaluation[]
}

function findObjective(shown: Shown, id: string): Found | undefined {
  const summary = shown.summaries.find((each) => each.id === id) ?? findFormer(shown, id)
  const defined = shown.definitions.slos.find((each) => each.slo.id === summary?.slo)
  const objective = defined?.slo.objectives.find((each) => each.name === summary?.objective)
  if (!summary || !defined || !objective) return undefined
  return {
    shown,
    summary,
    defined,
    objective,
    query: defined.queries.find((each) => each.id === objective.indicator),
    evaluations: shown.evaluations.get(keyOf(defined.slo.id, objective.name)) ?? [],
  }
}

/** Links in old messages name an SLO by the identity that it had then. */
function findFormer(shown: Shown, id: string): wire.SloSummary | undefined {
  const [former = '', objective] = id.split('/')
  const present = shown.definitions.slos.find(({ aliases }) => aliases.includes(former))?.slo.id
  return shown.summaries.find(
    (each) => each.slo === present && (objective === undefined || each.objective === objective),
  )
}

export function fleetOf(shown: Shown | undefined): wire.Fleet {
  const slos = shown?.summaries ?? []
  return { now: shown?.now ?? 0, sentence: fleetSentence(slos), states: countStates(slos), slos: [...slos] }
}

const WORST_FIRST: readonly wire.State[] = ['exhausted', 'burning', 'watch', 'unknown', 'ok']

function detailOf({ shown, defined, objective, summary, evaluations }: Found): wire.SloDetail {
  const { slo } = defined
  return {
    ...summary,
    ...describe(defined),
    now: shown.now,
    scopes: evaluations
      .filter((each) => labelsKey(each.scope) !== '')
      .map(toEvaluation)
      .sort((a, b) => WORST_FIRST.indexOf(a.state) - WORST_FIRST.indexOf(b.state)),
    incidents: incidentsNewestFirst(shown)
      .filter((incident) => incident.slo === slo.id && incident.objective === objective.name)
      .map((incident) => incident.id),
  }
}

/** The objectives that a composite is made of; none when the id is not a composite's. */
function compositeParts(shown: Shown | undefined, id: string): readonly Found[] {
  const detail = compositeDetail(shown, id)
  // Which slices parts share is not told by their courses.
  if (!shown || !detail || detail.method === 'timeslices') return []
  const parts = shown.summaries.filter((each) => each.slo === detail.slo && each.objective !== COMPOSITE)
  return parts.flatMap((part) => findObjective(shown, part.id) ?? [])
}

/** A composite has a row and a graph, and its parts have the rest: splits, rules and incidents. */
function compositeDetail(shown: Shown | undefined, id: string): wire.SloDetail | undefined {
  const summary = shown?.summaries.find((each) => each.id === id && each.objective === COMPOSITE)
  const defined = shown?.definitions.slos.find(({ slo }) => slo.id === summary?.slo)
  if (!shown || !summary || !defined) return undefined
  return { ...summary, ...describe(defined), now: shown.now, scopes: [], incidents: [] }
}

/** What the detail says of the SLO itself, whichever objective it is about. */
function describe({ slo, runbook, origin }: DefinedSlo) {
  return {
    description: slo.description,
    runbook,
    policy: { name: slo.policy.name, source: slo.policy.source },
    noData: slo.noData,
    minBadEvents: slo.minBadEvents,
    origin: { file: origin.file, line: origin.line, text: origin.text, commit: origin.commit ?? null },
  }
}

interface Asked {
  readonly from: number
  readonly to: number
  readonly scope: Readonly<Record<string, string>>
}

/** The questions that go to the ledger. Ranges are widened to whole minutes; an empty one answers with nothing. */
function createDrills(
  { ledger, past, inputsOf, viewer }: AnswerParts,
  find: (id: string) => Found | undefined,
  partsOf: (id: string) => readonly Found[],
): Pick<Api, 'series' | 'contributors' | 'latency' | 'exemplars'> {
  const seriesOfOne = async (
    found: Found,
    { points, ...asked }: Parameters<Api['series']>[1],
  ): Promise<wire.SloSeries | undefined> => {
    if (!found.query) return undefined
    const incidents = incidentsNewestFirst(found.shown).filter(
      (i) => i.slo === found.defined.slo.id && i.objective === found.objective.name,
    )
    return seriesOf(
      { ledger, past },
      {
        ...found,
        query: found.query,
        id: found.summary.id,
        scope: asked.scope,
        range: rangeOf(asked, roundStep(asked, points)),
        step: roundStep(asked, points),
        incidents,
        corrections: found.shown.corrections,
        written: found.shown.definitions.corrections,
        now: found.shown.now,
        minutes: found.shown.timelines.minutes,
        inputsOf,
      },
    )
  }
  return {
    series: async (id, asked) => {
      const found = find(id)
      if (found) return seriesOfOne(found, asked).then((series) => series && { ...series, id })
      const parts: PartSeries[] = []
      for (const part of partsOf(id)) {
        const series = await seriesOfOne(part, asked)
        if (!series) return undefined
        parts.push({ objective: part.objective, series })
      }
      return compositeSeries(id, parts)
    },
    contributors: async (id, { by, limit, ...asked }) => {
      const found = find(id)
      if (!found?.query) return undefined
      return contributorsOf(past, {
        query: inScope(found.query, asked.scope),
        range: rangeOf(asked, asked.to - asked.from > 2 * DAY ? { from: HOUR, to: 60 } : 60),
        by,
        limit,
      })
    },
    latency: async (id, { columns, ...asked }) => {
      const query = requestsOf(find(id), asked)
      const width = roundStep(asked, columns)
      return query && latencyOf(past, { query, range: rangeOf(asked, width), width: seconds(width) })
    },
    exemplars: async (id, { limit, ...asked }) => {
      const query = requestsOf(find(id), asked)
      return query && exemplarsOf(past, { query, range: rangeOf(asked, 60), limit, viewer })
    },
  }
}

function requestsOf(found: Found | undefined, { scope }: Asked): RequestQuery | undefined {
  return found?.query && requestsIn(inScope(found.query, scope))
}

/** Over days, whole hours are read at the beginning: what begins within an hour begins with it. */
function rangeOf({ from, to }: Asked, step: number | { readonly from: number; readonly to: number }): Range {
  const steps = typeof step === 'number' ? { from: step, to: step } : step
  return {
    from: unixSeconds(Math.floor(from / steps.from) * steps.from),
    to: unixSeconds(Math.ceil(to / steps.to) * steps.to),
  }
}

function incidentsNewestFirst(shown: Shown): readonly Incident[] {
  return incidentsOf(shown.alerting).toSorted((a, b) => b.openedAt - a.openedAt || (a.id < b.id ? 1 : -1))
}

export function incidentSummary(
  shown: Shown,
  incident: Incident,
  sentence: AnswerParts['sentence'],
): wire.IncidentSummary {
  const defined = shown.definitions.slos.find((each) => each.slo.id === incident.slo)
  return {
    id: incident.id,
    slo: defined ? publicId(defined, incident.objective) : incident.slo,
    objective: incident.objective,
    name: incident.title ?? defined?.slo.displayName ?? incident.slo,
    service: incident.service,
    scope: { ...incident.scope },
    severity: incident.severity,
    state: incident.state,
    sentence: sentence(shown, incident),
    startedAt: incident.startedAt,
    openedAt: incident.openedAt,
    resolvedAt: incident.resolvedAt ?? null,
    blindSince: incident.blindSince ?? null,
    reopened: incident.reopened,
    peakRate: incident.peakRate,
    badEvents: incident.badEvents,
    budgetSpent: incident.budgetSpent,
    acknowledged: incident.acknowledged ? { ...incident.acknowledged } : null,
    ...responseSummary(incident),
  }
}

function incidentDetail(
  shown: Shown,
  id: string,
  sentence: AnswerParts['sentence'],
): wire.IncidentDetail | undefined {
  const incident = incidentOf(shown.alerting, id)
  if (!incident) return undefined
  const defined = shown.definitions.slos.find((each) => each.slo.id === incident.slo)
  const evaluations = shown.evaluations.get(keyOf(incident.slo, incident.objective)) ?? []
  const scope = labelsKey(incident.scope)
  const evaluation = evaluations.find((each) => labelsKey(each.scope) === scope)
  return {
    ...incidentSummary(shown, incident, sentence),
    ...responseDetail(incident),
    now: shown.now,
    members: incident.members.map((member) => ({
      ...member,
      scope: { ...member.scope },
      rules: [...member.rules],
    })),
    timeline: incident.timeline.map((entry) => ({
      at: entry.at,
      kind: entry.kind,
      text: entry.text,
      by: entry.by ?? null,
    })),
    evaluation: evaluation ? toEvaluation(evaluation) : null,
    owner: defined?.owner ?? '',
    runbook: defined?.runbook ?? '',
  }
}
