import type { Evaluation, SloSeries, SloSummary, State } from '../../../src/contract/index.ts'
import { type History, sum } from './history.ts'
import type { Profile } from './profiles.ts'

/** A small stand-in for the engine, enough to make every number of a page agree with every other. */

export interface Kept {
  readonly profile: Profile
  readonly history: History
}

type Scope = Readonly<Record<string, string>>

export const rules = [
  { rule: 'page-fast', severity: 'page', factor: 14.4, long: 3600, short: 300 },
  { rule: 'page-slow', severity: 'page', factor: 6, long: 21_600, short: 1800 },
  { rule: 'ticket-fast', severity: 'ticket', factor: 3, long: 86_400, short: 7200 },
  { rule: 'ticket-slow', severity: 'ticket', factor: 1, long: 259_200, short: 21_600 },
] as const

const TOKYO = 9 * 3600

/** The window that holds `now`: for the calendar month, by Tokyo's wall clock. */
export function boundsOf(profile: Profile, now: number): { from: number; to: number } {
  const end = Math.floor(now / 60) * 60
  if (profile.calendar !== true) return { from: end - profile.windowSeconds, to: end }
  const wall = new Date((now + TOKYO) * 1000)
  const from = Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth(), 1) / 1000 - TOKYO
  const to = Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth() + 1, 1) / 1000 - TOKYO
  return { from, to }
}

export function evaluateScope({ profile, history }: Kept, scope: Scope, now: number): Evaluation {
  const end = Math.floor(now / 60) * 60
  const bounds = boundsOf(profile, now)
  const counts = sum(history, scope, bounds.from, end)
  const verdicts = rules.map((rule) => verdict({ profile, history }, scope, end, rule))
  const total = counts.good + counts.bad
  const events = (total * profile.allowed) / 1e6
  const leftRatio = total === 0 ? null : 1 - counts.bad / events
  const missing = Math.round(counts.minutes - counts.known)
  const time = Math.floor(((bounds.to - bounds.from) * profile.allowed) / 1e6)
  const firing = verdicts.find((v) => v.kind === 'burning')
  const usual = verdicts.at(-1)?.short
  const pace = firing?.long.rate ?? usual?.rate ?? null
  const over = firing?.long.length ?? usual?.length ?? 60
  const left = leftRatio ?? 0
  const exhaustion =
    leftRatio === null
      ? ({ kind: 'unknown' } as const)
      : left <= 0
        ? ({ kind: 'exhausted' } as const)
        : pace === null || pace <= 1
          ? ({ kind: 'never' } as const)
          : ({ kind: 'in', seconds: Math.floor((left * (bounds.to - bounds.from)) / pace) } as const)
  const window = {
    window: profile.window,
    range: { from: bounds.from, to: end },
    bounds,
    good: counts.good,
    bad: counts.bad,
    pace: { over, rate: pace },
    sli: total === 0 ? null : counts.good / total,
    budget: {
      events,
      spent: counts.bad,
      left: events - counts.bad,
      leftRatio,
      time,
      timeLeft: leftRatio === null ? null : Math.floor(time * left),
      interval:
        leftRatio !== null && missing > 0
          ? { low: left - (missing / counts.minutes) * 4, high: Math.min(1, left + missing / counts.minutes) }
          : null,
    },
    coverage: {
      minutes: counts.minutes,
      known: counts.minutes - missing,
      partial: 0,
      missing,
      failed: 0,
      ratio: counts.minutes === 0 ? null : 1 - missing / counts.minutes,
      completeThrough: missing === 0 ? end : null,
      kind:
        missing === 0
          ? ('full' as const)
          : missing === counts.minutes
            ? ('none' as const)
            : ('partial' as const),
    },
    data:
      missing === 0
        ? ('measured' as const)
        : missing === counts.minutes
          ? ('no-data' as const)
          : ('partial' as const),
    exhaustion,
    corrected: null,
  }
  return {
    scope: { ...scope },
    state: stateOf(window, verdicts),
    windows: [window],
    verdicts,
    conditions: [],
  }
}

function stateOf(window: Evaluation['windows'][number], verdicts: Evaluation['verdicts']): State {
  if (window.budget.leftRatio === null) return 'unknown'
  if (window.budget.leftRatio < 0) return 'exhausted'
  if (verdicts.some((v) => v.kind === 'burning')) return 'burning'
  return window.exhaustion.kind === 'in' ? 'watch' : 'ok'
}

function verdict(
  { profile, history }: Kept,
  scope: Scope,
  end: number,
  rule: (typeof rules)[number],
): Evaluation['verdicts'][number] {
  const side = (length: number): Evaluation['verdicts'][number]['long'] => {
    const { good, bad } = sum(history, scope, end - length, end)
    const rate = good + bad === 0 ? null : (bad * 1e6) / ((good + bad) * profile.allowed)
    return { length, good, bad, rate, over: rate !== null && rate >= rule.factor }
  }
  const long = side(rule.long)
  const short = side(rule.short)
  const allowed = (rule.factor * (long.good + long.bad) * profile.allowed) / 1e6
  return {
    rule: rule.rule,
    severity: rule.severity,
    factor: rule.factor,
    kind: long.rate === null ? 'no-data' : long.over && short.over ? 'burning' : 'calm',
    long,
    short,
    badUntilFiring: long.rate === null ? null : Math.max(0, Math.ceil(allowed - long.bad)),
  }
}

export function cloudsOf(profile: Profile): string[] {
  return [...new Set(profile.places.map((p) => p.cloud))].sort()
}

export function summarise(promise: Kept, now: number, incident: string | null): SloSummary {
  const { profile, history } = promise
  const end = Math.floor(now / 60) * 60
  const bounds = boundsOf(profile, now)
  const budget = evaluateScope(promise, {}, now).windows[0]?.budget.events ?? 0
  const clouds = cloudsOf(profile)
  const whole = evaluateScope(promise, {}, now)
  return {
    id: profile.id,
    slo: profile.slo,
    objective: profile.objective,
    name: profile.name,
    service: profile.service,
    owner: profile.owner,
    indicator: profile.indicator,
    target: profile.target,
    window: profile.window,
    method: profile.method,
    state: whole.state,
    whole,
    clouds:
      clouds.length < 2
        ? []
        : clouds.map((cloud) => {
            const one = evaluateScope(promise, { cloud_provider: cloud }, now)
            return {
              cloud,
              state: one.state,
              sli: one.windows[0]?.sli ?? null,
              leftRatio: one.windows[0]?.budget.leftRatio ?? null,
            }
          }),
    spark: Array.from({ length: 24 }, (_, i) => {
      const from = end - (24 - i) * 3600
      const { good, bad, known } = sum(history, {}, from, from + 3600)
      if (known === 0) return null
      return good + bad === 0 || bounds.to === bounds.from ? 0 : bad / budget
    }),
    incident,
  }
}

/** At most `points` buckets of the smallest round step. */
export function seriesOf(
  promise: Kept,
  scope: Scope,
  asked: { from: number; to: number; points: number; now: number },
): Omit<SloSeries, 'incidents'> {
  const { profile, history } = promise
  const step = roundStep((asked.to - asked.from) / asked.points)
  const from = Math.floor(asked.from / step) * step
  const last = Math.floor(asked.now / 60) * 60
  const to = Math.min(Math.ceil(asked.to / step) * step, Math.ceil(last / step) * step)
  const start: number[] = []
  for (let at = from; at < to; at += step) start.push(at)
  const buckets = start.map((at) => sum(history, scope, at, Math.min(at + step, last)))
  const ends = start.map((at) => Math.min(at + step, last))
  const burnAt = (end: number, length: number): number | null => {
    const { good, bad } = sum(history, scope, end - length, end)
    return good + bad === 0 ? null : (bad * 1e6) / ((good + bad) * profile.allowed)
  }
  return {
    id: profile.id,
    corrections: [],
    scope: { ...scope },
    range: { from, to },
    step,
    start,
    good: buckets.map((b) => (b.known === 0 ? null : b.good)),
    bad: buckets.map((b) => (b.known === 0 ? null : b.bad)),
    left: ends.map((end, i) => {
      if (buckets[i]?.known === 0) return null
      const bounds = boundsOf(profile, end - 1)
      const { good, bad } = sum(history, scope, bounds.from, end)
      if (good + bad === 0) return null
      return 1 - (bad * 1e6) / ((good + bad) * profile.allowed)
    }),
    ideal:
      profile.calendar === true
        ? ends.map((end) => {
            const bounds = boundsOf(profile, end - 1)
            return 1 - (end - bounds.from) / (bounds.to - bounds.from)
          })
        : null,
    burn: rules.map((rule) => ({
      rule: rule.rule,
      severity: rule.severity,
      factor: rule.factor,
      long: ends.map((end) => burnAt(end, rule.long)),
      short: ends.map((end) => burnAt(end, rule.short)),
    })),
  }
}

const STEPS = [60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400]

export function roundStep(seconds: number): number {
  return STEPS.find((s) => s >= seconds) ?? 86_400
}
