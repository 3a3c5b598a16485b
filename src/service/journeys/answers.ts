import { incidentOf } from '../../alerting/index.ts'
import { later, minuteAfter, minuteOf, type Range, type UnixSeconds, unixSeconds } from '../../base/index.ts'
import type * as wire from '../../contract/index.ts'
import type { Api, RangeOptions } from '../../http/index.ts'
import type { Ledger } from '../../store/index.ts'
import type { IndicatorQuery } from '../../traffic/index.ts'
import { roundStep } from '../drill.ts'
import { seriesOf } from '../history.ts'
import { keyOf, type Shown } from '../loop.ts'
import type { Past } from '../past.ts'
import { graphOf, matrixOf } from './graph.ts'
import { journeySeries } from './history.ts'
import { WAIT } from './keeper.ts'
import type { LeafSources } from './leaf-minutes.ts'
import { SILENCE } from './news.ts'
import { isSlo, type PlannedJourney, type SloLeaf } from './plan.ts'
import { providerLedger } from './providers.ts'
import { redundancyLeft } from './redundancy.ts'
import { simulate } from './simulate.ts'
import { type Study, studyOf } from './study.ts'
import { feasibilityFor, toAttribution, toFeasibility, toLeaves, toNodes, unmeasuredOf } from './view.ts'

export interface JourneyParts {
  readonly ledger: Ledger
  readonly past: Past
  readonly shown: () => Shown | undefined
  readonly inputsOf: (source: string) => readonly string[]
  /** The row's own detail, as the SLO pages have it. */
  readonly detail: (id: string) => wire.SloDetail | undefined
}

type JourneyApi = Pick<
  Api,
  | 'journeys'
  | 'journey'
  | 'journeySeries'
  | 'journeyAttribution'
  | 'simulate'
  | 'graph'
  | 'matrix'
  | 'providers'
>

/** What journeys are asked. Figures over a range are worked out again from the ledger, as the engine works them out. */
export function createJourneyAnswers(parts: JourneyParts): JourneyApi {
  const { ledger } = parts
  const find = (name: string): { shown: Shown; planned: PlannedJourney } | undefined => {
    const shown = parts.shown()
    const planned = shown?.journeys.find(({ journey }) => journey.name === name)
    return shown && planned && { shown, planned }
  }
  return {
    journeys: () => journeysOf(parts.shown()),
    journey: async (name) => {
      const found = find(name)
      const row = found && parts.detail(found.planned.journey.row.slo.id)
      if (!found || !row) return undefined
      const range = headline(found.shown, found.planned)?.range
      const study = range && (await studyOf(sourcesAt(ledger, found.shown), found.planned, range))
      return study && detailOf({ ...found, row, study })
    },
    journeySeries: async (name, asked) => {
      const found = find(name)
      return found && seriesAnswer(parts, found, asked)
    },
    journeyAttribution: async (name, asked) => {
      const found = find(name)
      const range = found && askedRange(found.shown, asked)
      if (!range) return undefined
      const study = await studyOf(sourcesAt(ledger, found.shown), found.planned, range)
      return toAttribution(found.planned, study, range)
    },
    simulate: async (name, asked) => {
      const found = find(name)
      if (!found) return undefined
      return simulate(sourcesAt(ledger, found.shown), { ...found, asked })
    },
    graph: async () => {
      const shown = parts.shown()
      return graphOf(shown)
    },
    matrix: () => matrixOf(parts.shown()),
    providers: async (month) => {
      const shown = parts.shown()
      return providerLedger(ledger, { shown, month, inputsOf: parts.inputsOf })
    },
  }
}

/** What leaves were known by, as the loop last had it. */
function sourcesAt(ledger: Ledger, shown: Shown): LeafSources {
  return {
    ledger,
    corrections: shown.corrections,
    known: (leaf, range) =>
      shown.timelines.known(leaf.defined.slo.id, range, { now: shown.now, wait: WAIT, silence: SILENCE }),
  }
}

function headline(shown: Shown, { journey }: PlannedJourney) {
  const { slo } = journey.row
  const [objective] = slo.objectives
  return objective && shown.evaluations.get(keyOf(slo.id, objective.name))?.[0]?.windows[0]
}

function journeysOf(shown: Shown | undefined): wire.Journeys {
  if (!shown) return { now: 0, journeys: [] }
  const journeys = shown.journeys.flatMap((planned): wire.JourneySummary[] => {
    const { name, row } = planned.journey
    const summary = shown.summaries.find(({ slo }) => slo === row.slo.id)
    if (!summary) return []
    return [
      {
        name,
        row: summary,
        leaves: planned.leaves.length,
        redundancy: redundancyLeft(shown.timelines, planned, shown.now),
        feasible: feasibilityFor(planned, []).feasible,
        unmeasured: unmeasuredOf(shown, planned),
      },
    ]
  })
  return { now: shown.now, journeys }
}

interface Detailed {
  readonly shown: Shown
  readonly planned: PlannedJourney
  readonly row: wire.SloDetail
  readonly study: Study
}

function detailOf({ shown, planned, row, study }: Detailed): wire.JourneyDetail {
  const feasibility = feasibilityFor(planned, study.sums)
  const unmeasured = unmeasuredOf(shown, planned)
  const name = planned.journey.row.slo.displayName
  return {
    now: shown.now,
    name: planned.journey.name,
    row,
    nodes: toNodes(planned),
    leaves: toLeaves(shown, planned, { sums: study.sums, needed: feasibility.needed }),
    redundancy: redundancyLeft(shown.timelines, planned, shown.now),
    feasibility: toFeasibility(planned, feasibility),
    correlation: correlationOf(row, study),
    attribution: toAttribution(planned, study, study.range),
    unmeasured,
    coverageSentence:
      unmeasured.length === 0
        ? ''
        : `${name} goes on without ${unmeasured.join(', ')}, of which nothing is known now.`,
  }
}

/** What the engine measured, beside the textbook. */
function correlationOf({ whole }: wire.SloDetail, study: Study): wire.Correlation {
  const [window] = whole.windows
  const textbook = study.textbook ?? null
  const measured = window?.sli ?? null
  const cost = measured === null || textbook === null ? null : textbook - measured
  const minutes = (window?.good ?? 0) + (window?.bad ?? 0)
  return { measured, textbook, cost, costMinutes: cost === null ? null : cost * minutes }
}

/** A range, or the time that an incident lasted. */
function askedRange(
  shown: Shown,
  asked: { readonly from?: number; readonly to?: number; readonly incident?: string },
): Range | undefined {
  if (asked.incident !== undefined) {
    const incident = incidentOf(shown.alerting, asked.incident)
    if (!incident) return undefined
    return { from: minuteOf(incident.startedAt), to: minuteAfter(incident.resolvedAt ?? shown.now) }
  }
  const to = asked.to ?? later(minuteOf(shown.now), 60)
  const from = asked.from ?? to - 86_400
  return { from: minuteOf(from), to: minuteAfter(Math.max(from, to)) }
}

async function seriesAnswer(
  { ledger, past, inputsOf }: JourneyParts,
  { shown, planned }: { readonly shown: Shown; readonly planned: PlannedJourney },
  asked: RangeOptions & { readonly points: number },
): Promise<wire.JourneySeries> {
  const step = roundStep(asked, asked.points)
  const range = {
    from: unixSeconds(Math.floor(asked.from / step) * step),
    to: unixSeconds(Math.ceil(asked.to / step) * step),
  }
  const series = await journeySeries(sourcesAt(ledger, shown), { shown, planned, range, step })
  const about = { range, step, now: shown.now, inputsOf, ledger, past, shown }
  const leaves: wire.JourneySeries['leaves'] = []
  for (const [i, leaf] of planned.leaves.entries()) {
    const own = isSlo(leaf) ? await leafSeries(leaf, about) : undefined
    if (own) leaves.push({ leaf: i, name: leaf.name, good: own.good, bad: own.bad })
  }
  return { series, leaves }
}

function leafSeries(
  leaf: SloLeaf,
  about: {
    readonly range: Range
    readonly step: number
    readonly now: UnixSeconds
    readonly inputsOf: JourneyParts['inputsOf']
    readonly ledger: Ledger
    readonly past: Past
    readonly shown: Shown
  },
): Promise<wire.SloSeries> | undefined {
  const { defined, objective, where } = leaf
  const query: IndicatorQuery | undefined = defined.queries.find(({ id }) => id === objective.indicator)
  if (!query) return undefined
  const { ledger, past, shown, ...asked } = about
  return seriesOf(
    { ledger, past },
    {
      ...asked,
      minutes: shown.timelines.minutes,
      id: leaf.name,
      defined,
      objective,
      query,
      scope: where,
      incidents: [],
      corrections: shown.corrections,
      written: shown.definitions.corrections,
    },
  )
}
