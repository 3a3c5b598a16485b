import {
  between,
  type Labels,
  type Range,
  ratio,
  type Seconds,
  seconds,
  type UnixSeconds,
  unixSeconds,
} from '../base/index.ts'
import { type BudgetTerms, budgetInterval, budgetOf, exhaustionOf, leftSign } from './budget.ts'
import {
  type BurnMeasure,
  type BurnTerms,
  burnRate,
  burnsAbove,
  compareBurn,
  EVEN,
  isSurelyOver,
  judgeRule,
} from './burn.ts'
import { judgeCondition } from './conditions.ts'
import {
  ALWAYS_KNOWN,
  type CoverageTimeline,
  countMinutes,
  countWithout,
  coverageOf,
  knownThrough,
  type MinuteCounts,
  reportedThrough,
} from './coverage.ts'
import type { Objective, Rational, Slo, Window } from './definition.ts'
import type {
  Budget,
  ConditionVerdict,
  Corrected,
  Counts,
  Coverage,
  DataState,
  Evaluation,
  SloState,
  WindowEvaluation,
} from './evaluation.ts'
import { correctionsIn, excludedIn, type Meter, measure, missingMinutes } from './measure.ts'
import { type HeldSeries, sumSteps } from './series.ts'
import { scaleOf, stepOf } from './slices.ts'
import { longestLength } from './window.ts'

/** One objective in one scope, with what it is measured from. Moved on from one evaluation to the next. */
export interface Subject {
  readonly slo: Slo
  readonly objective: Objective
  readonly scope: Labels
  readonly meter: Meter
  readonly plan: BurnPlan
  /** The bounds of the SLO's windows, in their order, that hold the end of the evaluation. */
  bounds: readonly Range[]
  ends: Ends
  /** So long a minute that ended may go unreported before it counts as not known: seconds. */
  readonly settle: number
  /** Of the verdicts and the state when `changed` last looked; -1 before. */
  signature: number
}

/** Where an evaluation's windows end. */
export interface Ends {
  /** Of the objective's windows: the last whole minute, or slice. */
  readonly window: UnixSeconds
  /** Of burn windows; undefined when too long nothing was reported. */
  readonly burn: UnixSeconds | undefined
}

/** How far behind `now` what was reported may be. */
export interface Patience {
  /** So long a minute that ended may go unreported before it counts as not known: seconds. */
  readonly settle: number
  /** So far back burn windows follow a source that reports late: seconds. */
  readonly lag: number
}

/**
 * Windows end at the last whole minute that was reported or has events, at most `settle` before now. Burn windows
 * end after the running minute once it has events, so that an outage is seen in its first minute; else where what
 * was reported ends, at most `lag` before now. Slices count when they are complete.
 */
export function endsAt(
  now: UnixSeconds,
  measured: {
    readonly series: HeldSeries | undefined
    readonly coverage: CoverageTimeline
    readonly step: number
  },
  patience: Patience,
): Ends {
  const { series, coverage, step } = measured
  const whole = Math.floor(now / step) * step
  const running = whole + step
  const reported = Math.floor((reportedThrough(coverage) ?? -Infinity) / step) * step
  const floor = Math.floor((now - patience.lag) / step) * step
  const seen = reported >= whole ? whole : Math.max(reported, lastCounted(series, floor, whole, step))
  const window = Math.max(seen, Math.floor((whole - patience.settle) / step) * step)
  const live = step === 60 && now > whole && lastCounted(series, whole, running, step) === running
  const burn = live ? running : seen
  return {
    window: unixSeconds(Math.min(window, whole)),
    burn: burn >= floor ? unixSeconds(burn) : undefined,
  }
}

/** The end of the last step of `[from, to)` that has events; minus infinity when none has. */
function lastCounted(series: HeldSeries | undefined, from: number, to: number, step: number): number {
  if (!series) return -Infinity
  const sum = new Float64Array(2)
  // From the newest back: the first look finds it while events arrive.
  for (let t = to; t > from; t -= step) {
    sumSteps(series, t / step - 1, t / step, sum)
    if ((sum[0] ?? 0) > 0) return t
  }
  return -Infinity
}

/** The burn windows of a policy, each length once however many rules look at it. */
export interface BurnPlan {
  readonly lengths: readonly Seconds[]
  /** Places in `lengths` of each rule's windows, in the order of the rules. */
  readonly long: readonly number[]
  readonly short: readonly number[]
  /** Place of the window whose rate tells whether spending is fast and when the budget is gone. */
  readonly pace: number
}

export function burnPlanOf(slo: Slo): BurnPlan {
  const pace = paceLength(slo)
  const lengths = [...new Set([...slo.policy.rules.flatMap((rule) => [rule.long, rule.short]), pace])]
  return {
    lengths,
    long: slo.policy.rules.map((rule) => lengths.indexOf(rule.long)),
    short: slo.policy.rules.map((rule) => lengths.indexOf(rule.short)),
    pace: lengths.indexOf(pace),
  }
}

/**
 * The pace is taken over the longest short window of the policy, so that one bad minute does not make a forecast;
 * without rules over a 120th of the first window, as the six hours of a 30-day policy are.
 */
function paceLength(slo: Slo): Seconds {
  const longest = Math.max(0, ...slo.policy.rules.map((rule) => rule.short))
  if (longest > 0) return seconds(longest)
  const first = slo.windows[0]
  return seconds(Math.max(60, Math.floor((first ? longestLength(first) : 0) / 120 / 60) * 60))
}

/** Room for the burn windows of any of these plans, to be used again for every subject. */
export function createBurnSums(plans: readonly BurnPlan[]): Float64Array {
  return new Float64Array(2 + 3 * Math.max(0, ...plans.map((plan) => plan.lengths.length)))
}

/**
 * Measures every burn window of the subject. Of window `i`: total at 2 + 3i, bad behind it, and then 1 when nothing
 * is known of the window and nothing was counted in it. A window ends where burn windows end, and begins its length
 * before, on a step. The first two places are scratch.
 */
function measureBurns({ meter, ends, plan }: Subject, sums: Float64Array): void {
  const to = ends.burn ?? ends.window
  const step = stepOf(meter.judgement)
  for (let i = 0; i < plan.lengths.length; i++) {
    const from = Math.floor((to - (plan.lengths[i] ?? 0)) / step) * step
    measure(meter, from, to, sums)
    const total = sums[0] ?? 0
    sums[2 + 3 * i] = total
    sums[3 + 3 * i] = sums[1] ?? 0
    sums[4 + 3 * i] = total > 0 || isSeen(meter, from, to, ends.burn !== undefined) ? 0 : 1
  }
}

function isSeen(meter: Meter, from: number, to: number, reported: boolean): boolean {
  if (!reported) return false
  if (meter.coverage === ALWAYS_KNOWN) return true
  const { known, partial } = countMinutes(meter.coverage, { from: unixSeconds(from), to: unixSeconds(to) })
  return known + partial > 0
}

function burnAt(sums: Float64Array, i: number): BurnMeasure {
  const total = sums[2 + 3 * i] ?? 0
  const bad = sums[3 + 3 * i] ?? 0
  return { counts: { good: total - bad, bad }, blind: sums[4 + 3 * i] === 1 }
}

/** Everything about one objective in one scope at `now`. `sums` is room that is written over. */
export function evaluateSubject(subject: Subject, now: UnixSeconds, sums: Float64Array): Evaluation {
  const { slo, objective, scope, meter, plan } = subject
  meter.average = averageTraffic(subject)
  measureBurns(subject, sums)
  const pace = burnAt(sums, plan.pace)
  const end = subject.ends.burn ?? subject.ends.window
  const terms: BurnTerms = {
    allowed: objective.allowed,
    minBadEvents: slo.minBadEvents,
    confidence: slo.confidence,
    scale: scaleOf(meter.judgement),
    end,
  }
  const verdicts = slo.policy.rules.map((rule, i) =>
    judgeRule(
      rule,
      { long: burnAt(sums, plan.long[i] ?? 0), short: burnAt(sums, plan.short[i] ?? 0) },
      terms,
    ),
  )
  const windows = slo.windows.map((window, i) => measureWindow(subject, { window, i, pace }))
  return {
    slo: slo.id,
    objective: objective.name,
    scope,
    now,
    windows: windows.map((w) => w.evaluation),
    verdicts,
    ...conditionsOf(subject, windows[0], now),
    state: stateOf({
      unknown: isUnknown(windows[0]?.evaluation.data),
      left: windows[0]?.left ?? 1,
      burning: verdicts.some((verdict) => verdict.kind === 'burning'),
      fast: !pace.blind && burnsAbove(pace.counts, objective.allowed, EVEN),
    }),
  }
}

const STATES: readonly SloState[] = ['ok', 'watch', 'burning', 'exhausted', 'unknown']

/**
 * State and verdicts as one number: two evaluations with the same number say the same, but for their figures. Where
 * there are conditions they are judged with everything else; else nothing is built.
 */
export function signatureOf(subject: Subject, now: UnixSeconds, sums: Float64Array): number {
  const signature = burnSignature(subject, sums)
  if (!subject.slo.policy.conditions) return signature
  const { conditions = [] } = evaluateSubject(subject, now, sums)
  return conditions.reduce(
    (all, { kind }) => all * 3 + (kind === 'met' ? 1 : kind === 'calm' ? 0 : 2),
    signature,
  )
}

/** State and burn verdicts as one number, by the same arithmetic as `evaluateSubject`, without building anything. */
function burnSignature(subject: Subject, sums: Float64Array): number {
  const { slo, objective, meter, plan } = subject
  meter.average = averageTraffic(subject)
  measureBurns(subject, sums)
  const { rules } = slo.policy
  const scale = scaleOf(meter.judgement)
  const floor = slo.minBadEvents * scale
  let burning = false
  let signature = 0
  for (let i = 0; i < rules.length; i++) {
    const factor = rules[i]?.factor ?? EVEN
    const long = 2 + 3 * (plan.long[i] ?? 0)
    const short = 2 + 3 * (plan.short[i] ?? 0)
    const blind = sums[long + 2] === 1 || sums[short + 2] === 1
    const over = isOver(sums, short, objective, factor) && isOver(sums, long, objective, factor)
    const enough = (sums[long + 1] ?? 0) >= floor
    const fires = !blind && over && enough && isSure(slo, objective, { sums, at: long, factor, scale })
    if (fires) burning = true
    signature = signature * 3 + (blind ? 2 : fires ? 1 : 0)
  }
  const pace = 2 + 3 * plan.pace
  const fast = compareBurn(sums[pace + 1] ?? 0, sums[pace] ?? 0, objective.allowed, EVEN) > 0
  const { unknown, left } = measureLeft(subject, sums)
  return signature * STATES.length + STATES.indexOf(stateOf({ unknown, left, burning, fast }))
}

function isOver(sums: Float64Array, at: number, objective: Objective, factor: Rational): boolean {
  return compareBurn(sums[at + 1] ?? 0, sums[at] ?? 0, objective.allowed, factor) >= 0
}

function isUnknown(data: DataState | undefined): boolean {
  return data === undefined || data === 'no-data' || data === 'error'
}

/** Whether the rule's rate is high enough with the confidence that the SLO asks for. */
function isSure(
  slo: Slo,
  objective: Objective,
  burn: {
    readonly sums: Float64Array
    readonly at: number
    readonly factor: Rational
    readonly scale: number
  },
): boolean {
  if (slo.confidence === undefined) return true
  const total = (burn.sums[burn.at] ?? 0) / burn.scale
  const bad = (burn.sums[burn.at + 1] ?? 0) / burn.scale
  return isSurelyOver({ good: total - bad, bad }, { ...objective, confidence: slo.confidence }, burn.factor)
}

function conditionsOf(
  subject: Subject,
  first: MeasuredWindow | undefined,
  now: UnixSeconds,
): { readonly conditions?: readonly ConditionVerdict[] } {
  const conditions = subject.slo.policy.conditions ?? []
  if (conditions.length === 0 || !first) return {}
  const { evaluation, terms, counts } = first
  const known = knownThrough(subject.meter.coverage)
  const facts = {
    unknown: isUnknown(evaluation.data),
    counts,
    terms,
    exhaustion: evaluation.exhaustion,
    // Minutes that only just ended may still be reported.
    blindFor: known === undefined ? undefined : Math.max(0, Math.floor(now / 60) * 60 - known),
    settle: subject.settle,
  }
  return { conditions: conditions.map((condition) => judgeCondition(condition, facts)) }
}

/** The first window's sign of what is left, and whether anything is known of it. */
function measureLeft(
  subject: Subject,
  sum: Float64Array,
): { readonly unknown: boolean; readonly left: -1 | 0 | 1 } {
  const { meter, objective, slo, ends } = subject
  const bounds = subject.bounds[0]
  if (!bounds) return { unknown: true, left: 1 }
  const step = stepOf(meter.judgement)
  const to = ends.window
  let from = Math.min(Math.ceil(bounds.from / step) * step, to)
  if (!measure(meter, from, to, sum)) {
    from = Math.min(to, Math.ceil(from / 3600) * 3600)
    measure(meter, from, to, sum)
  }
  const counts = countsFrom(sum)
  const length = between(bounds.from, bounds.to)
  const elapsed = slo.windows[0]?.kind === 'rolling' ? length : seconds(to - from)
  const left = leftSign(counts, { allowed: objective.allowed, length, elapsed, scale: 1 })
  if (counts.good + counts.bad > 0) return { unknown: false, left }
  const range = { from: unixSeconds(from), to }
  return {
    unknown: isUnknown(dataState(0, countWithout(meter.coverage, range, excludedIn(meter, range)))),
    left,
  }
}

/**
 * `unknown` when nothing is known of the first window. `exhausted` once nothing is left, which is already so when
 * exactly all is spent: the objective is still met then, and the next failure breaks it.
 */
export function stateOf(facts: {
  readonly unknown: boolean
  readonly left: -1 | 0 | 1
  readonly burning: boolean
  readonly fast: boolean
}): SloState {
  if (facts.unknown) return 'unknown'
  if (facts.left <= 0) return 'exhausted'
  if (facts.burning) return 'burning'
  return facts.fast ? 'watch' : 'ok'
}

function countsFrom(sum: Float64Array): Counts {
  const total = sum[0] ?? 0
  const bad = sum[1] ?? 0
  return { good: total - bad, bad }
}

/** What a window says, and the sign of what is left of its budget. */
interface MeasuredWindow {
  readonly evaluation: WindowEvaluation
  readonly left: -1 | 0 | 1
  /** In whole numbers, not yet divided by the scale. */
  readonly counts: Counts
  readonly terms: BudgetTerms
}

function measureWindow(
  subject: Subject,
  asked: { readonly window: Window; readonly i: number; readonly pace: BurnMeasure },
): MeasuredWindow {
  const { meter, objective } = subject
  const { window, pace } = asked
  const bounds = subject.bounds[asked.i] ?? { from: subject.ends.window, to: subject.ends.window }
  const { range, counts } = countWindow(meter, rangeOf(subject, bounds))
  const length = between(bounds.from, bounds.to)
  const elapsed = window.kind === 'rolling' ? length : between(range.from, range.to)
  const terms = { allowed: objective.allowed, length, elapsed, scale: scaleOf(meter.judgement) }
  const minutes = countWithout(meter.coverage, range, excludedIn(meter, range))
  const coverage = coverageOf(meter.coverage, range, minutes)
  const budget = budgetOf(counts, terms)
  const left = leftSign(counts, terms)
  const total = counts.good + counts.bad
  const interval = meter.noData === 'freeze' ? intervalOf(counts, terms, coverage) : undefined
  const remaining = window.kind === 'rolling' ? undefined : between(range.to, bounds.to)
  const rate = pace.blind ? undefined : (burnRate(pace.counts, objective.allowed) ?? 0)
  return {
    left,
    counts,
    terms,
    evaluation: {
      window: window.name,
      range,
      bounds,
      counts: shown(counts, terms.scale),
      sli: total === 0 ? undefined : ratio(counts.good / total),
      budget: interval ? { ...budget, interval } : budget,
      coverage,
      data: dataState(total, minutes),
      exhaustion: exhaustionOf({ share: budget.leftRatio, sign: left }, rate, { length, remaining }),
      ...correctedOf(meter, range, terms),
    },
  }
}

/** What the range said before corrections; nothing when none touches it. */
function correctedOf(meter: Meter, range: Range, terms: BudgetTerms): { readonly corrected?: Corrected } {
  const corrections = correctionsIn(meter, range)
  if (corrections.length === 0) return {}
  const { counts } = countWindow({ ...meter, segments: [] }, range)
  const { left, leftRatio } = budgetOf(counts, terms)
  const total = counts.good + counts.bad
  return {
    corrected: {
      corrections,
      counts: shown(counts, terms.scale),
      sli: total === 0 ? undefined : ratio(counts.good / total),
      left,
      leftRatio,
    },
  }
}

function shown(counts: Counts, scale: number): Counts {
  return scale === 1 ? counts : { good: counts.good / scale, bad: counts.bad / scale }
}

/** What has gone by of a window's bounds, in whole steps that begin inside it. */
function rangeOf({ meter, ends }: Subject, bounds: Range): Range {
  const step = stepOf(meter.judgement)
  const from = Math.ceil(bounds.from / step) * step
  return { from: unixSeconds(Math.min(from, ends.window)), to: ends.window }
}

/**
 * Counts a range. Where only whole hours are held at its beginning it begins at the next hour instead, and says so
 * in its range: what is said of a range is always exact.
 */
function countWindow(meter: Meter, range: Range): { readonly range: Range; readonly counts: Counts } {
  const sum = new Float64Array(2)
  if (measure(meter, range.from, range.to, sum)) return { range, counts: countsFrom(sum) }
  const next = Math.min(range.to, Math.ceil(range.from / 3600) * 3600)
  const shorter = { from: unixSeconds(next), to: range.to }
  measure(meter, shorter.from, shorter.to, sum)
  return { range: shorter, counts: countsFrom(sum) }
}

/** Events of a minute without data, where the SLO counts those: what a measured minute of the first window had. */
function averageTraffic(subject: Subject): number {
  const { meter, ends, slo } = subject
  if (meter.noData === 'freeze' || meter.judgement.kind !== 'events') return 0
  const range = rangeOf(subject, subject.bounds[0] ?? { from: ends.window, to: ends.window })
  const { counts } = countWindow({ ...meter, noData: 'freeze' }, range)
  const minutes = (range.to - range.from) / 60 - missingMinutes(meter.coverage, range)
  const average = minutes > 0 ? (counts.good + counts.bad) / minutes : 0
  // With nothing to take an average from, a minute that counts as bad still has to weigh something.
  return average > 0 || slo.noData === 'good' ? average : 1
}

function intervalOf(counts: Counts, terms: BudgetTerms, coverage: Coverage): Budget['interval'] {
  return budgetInterval(counts, terms, {
    measured: coverage.known + coverage.partial,
    unmeasured: coverage.partial + coverage.missing,
  })
}

function dataState(total: number, { known, partial, failed, unreported }: MinuteCounts): DataState {
  const full = partial + failed + unreported === 0
  if (full) return total > 0 ? 'measured' : 'no-traffic'
  if (known + partial > 0 || total > 0) return 'partial'
  return failed > 0 ? 'error' : 'no-data'
}
