import { type Incident, lengthWords } from '../alerting/index.ts'
import { type Labels, labelsKey, ratio } from '../base/index.ts'
import type * as wire from '../contract/index.ts'
import type { DefinedSlo } from '../definitions/index.ts'
import {
  type BurnVerdict,
  type BurnWindow,
  type Corrected,
  type Evaluation,
  floorPercent,
  type Objective,
  type WindowEvaluation,
} from '../slo/index.ts'

/** From what the engine said to what goes over the wire: fields move, nothing is computed anew. */

/** `slo`, or `slo/objective` where an SLO has several. */
export function publicId(defined: DefinedSlo, objective: string): string {
  return defined.slo.objectives.length === 1 ? defined.slo.id : `${defined.slo.id}/${objective}`
}

export function toEvaluation(evaluation: Evaluation): wire.Evaluation {
  return {
    scope: { ...evaluation.scope },
    state: evaluation.state,
    windows: evaluation.windows.map(toWindow),
    verdicts: evaluation.verdicts.map(toVerdict),
    conditions: (evaluation.conditions ?? []).map(({ condition, kind, value }) => ({
      name: condition.name,
      severity: condition.severity,
      about: condition.kind,
      kind,
      value: value ?? null,
    })),
  }
}

function toWindow(w: WindowEvaluation): wire.WindowEvaluation {
  return {
    window: w.window,
    range: { ...w.range },
    bounds: { ...w.bounds },
    good: w.counts.good,
    bad: w.counts.bad,
    sli: w.sli ?? null,
    budget: {
      events: w.budget.events,
      spent: w.budget.spent,
      left: w.budget.left,
      leftRatio: w.budget.leftRatio ?? null,
      time: w.budget.time,
      timeLeft: w.budget.timeLeft ?? null,
      interval: w.budget.interval ? { ...w.budget.interval } : null,
    },
    coverage: {
      minutes: w.coverage.minutes,
      known: w.coverage.known,
      partial: w.coverage.partial,
      missing: w.coverage.missing,
      failed: w.coverage.failed,
      ratio: w.coverage.ratio ?? null,
      completeThrough: w.coverage.completeThrough ?? null,
      kind: w.coverage.kind,
    },
    data: w.data,
    exhaustion: { ...w.exhaustion },
    pace: { over: w.pace.over, rate: w.pace.rate ?? null },
    corrected: w.corrected ? toCorrected(w.corrected) : null,
  }
}

function toCorrected({ corrections, counts, sli, leftRatio }: Corrected): wire.WindowEvaluation['corrected'] {
  return {
    ids: [...corrections],
    before: { good: counts.good, bad: counts.bad, sli: sli ?? null, leftRatio: leftRatio ?? null },
  }
}

function toVerdict(verdict: BurnVerdict): wire.Verdict {
  return {
    rule: verdict.rule.name,
    severity: verdict.rule.severity,
    factor: verdict.rule.factor.num / verdict.rule.factor.den,
    kind: verdict.kind,
    long: toBurnWindow(verdict.long),
    short: toBurnWindow(verdict.short),
    badUntilFiring: verdict.badUntilFiring ?? null,
  }
}

function toBurnWindow(w: BurnWindow): wire.Verdict['long'] {
  return { length: w.length, good: w.counts.good, bad: w.counts.bad, rate: w.rate ?? null, over: w.over }
}

/** What a row of the fleet is made of. */
export interface Row {
  readonly defined: DefinedSlo
  readonly objective: Objective
  /** Whole first, then the splits. */
  readonly evaluations: readonly Evaluation[]
  readonly spark: readonly (number | null)[]
  readonly incident: Incident | undefined
}

export function toSummary({
  defined,
  objective,
  evaluations,
  spark,
  incident,
}: Row): wire.SloSummary | undefined {
  const whole = evaluations.find((e) => labelsKey(e.scope) === '')
  if (!whole) return undefined
  return {
    id: publicId(defined, objective.name),
    slo: defined.slo.id,
    objective: objective.name,
    name: defined.slo.displayName,
    service: defined.slo.service,
    owner: defined.owner,
    indicator: defined.within === undefined ? 'availability' : `within ${defined.within}`,
    target: objective.target,
    window: defined.slo.windows[0]?.name ?? '',
    method: defined.slo.method,
    state: stateOf(whole, evaluations),
    whole: toEvaluation(whole),
    clouds: evaluations.filter((e) => isCloud(e.scope)).map(toCloud),
    spark: [...spark],
    incident: incident?.state === 'open' ? incident.id : null,
  }
}

/** A promise burns where any part of it does; what is exhausted stays so. */
function stateOf(whole: Evaluation, evaluations: readonly Evaluation[]): wire.State {
  const burns = evaluations.some(({ verdicts }) => verdicts.some(({ kind }) => kind === 'burning'))
  return burns && whole.state !== 'exhausted' ? 'burning' : whole.state
}

export function isCloud(scope: Labels): boolean {
  const names = Object.keys(scope)
  return names.length === 1 && names[0] === 'cloud_provider'
}

function toCloud(evaluation: Evaluation): wire.SloSummary['clouds'][number] {
  const window = evaluation.windows[0]
  return {
    cloud: evaluation.scope['cloud_provider'] ?? '',
    state: evaluation.state,
    sli: window?.sli ?? null,
    leftRatio: window?.budget.leftRatio ?? null,
  }
}

const WORST_FIRST: readonly wire.State[] = ['exhausted', 'burning', 'watch', 'unknown', 'ok']

export function countStates(slos: readonly wire.SloSummary[]): wire.Fleet['states'] {
  const states = { ok: 0, watch: 0, burning: 0, exhausted: 0, unknown: 0 }
  for (const slo of slos) states[slo.state] += 1
  return states
}

/** The first thing people read: how many burn, and which is worst. It counts as the numbers beside it do. */
export function fleetSentence(slos: readonly wire.SloSummary[]): string {
  if (slos.length === 0) return 'No promise is defined yet.'
  const states = countStates(slos)
  const worst = (chosen: (slo: wire.SloSummary) => boolean): string =>
    describe(slos.filter(chosen).toSorted(byBudgetLeft)[0])
  if (states.burning > 0)
    return `${states.burning} of ${slos.length} promises ${isOrAre(states.burning)} burning. Worst: ${worst((s) => s.state === 'burning')}.`
  const open = slos.filter((slo) => slo.incident !== null).length
  if (open > 0)
    return `Nothing is burning. ${open} incident${open === 1 ? '' : 's'} ${isOrAre(open)} open: ${worst((s) => s.incident !== null)}.`
  if (states.exhausted > 0)
    return `Nothing is burning. ${states.exhausted} of ${slos.length} promises ${states.exhausted === 1 ? 'has' : 'have'} no budget left: ${worst((s) => s.state === 'exhausted')}.`
  return `All ${slos.length} promises hold.${states.watch > 0 ? ` ${states.watch} spend${states.watch === 1 ? 's' : ''} faster than even.` : ''}`
}

const isOrAre = (count: number): string => (count === 1 ? 'is' : 'are')

function describe(slo: wire.SloSummary | undefined): string {
  const window = slo?.whole.windows[0]
  if (!slo || !window) return 'none'
  const left = window.budget.leftRatio
  const share =
    left === null
      ? 'no events yet'
      : left < 0
        ? `overspent by ${-Number(floorPercent(ratio(left), 1))} %`
        : `${floorPercent(ratio(left), 1)} % left`
  const gone = window.exhaustion.kind === 'in' ? `, gone in ${lengthWords(window.exhaustion.seconds)}` : ''
  return `${slo.name}, ${share}${gone}`
}

function byBudgetLeft(a: wire.SloSummary, b: wire.SloSummary): number {
  const left = (s: wire.SloSummary): number =>
    s.whole.windows[0]?.budget.leftRatio ?? Number.POSITIVE_INFINITY
  return left(a) - left(b)
}

/** Worst first: by state, then by budget left, then by name. */
export function byUrgency(a: wire.SloSummary, b: wire.SloSummary): number {
  const rank = (s: wire.SloSummary): number => WORST_FIRST.indexOf(s.state)
  return rank(a) - rank(b) || byBudgetLeft(a, b) || (a.name < b.name ? -1 : 1)
}
