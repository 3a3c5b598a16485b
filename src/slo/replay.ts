import { MINUTE, type Range, type UnixSeconds, unixSeconds } from '../base/index.ts'
import { burnRate, burnsAtLeast, judgeRule } from './burn.ts'
import type { BurnRule, Objective, Slo } from './definition.ts'
import type { Buckets } from './feed.ts'
import { countIn, type SumLine } from './sum-line.ts'

/** What a rule would have done in the past, had it been there. */
export interface RuleReplay {
  readonly rule: BurnRule
  /** Oldest first. Pauses shorter than half an hour are part of one firing, as an incident that comes back is one. */
  readonly firings: readonly Firing[]
}

export interface Firing {
  readonly from: UnixSeconds
  /** The end of the last minute at which the rule fired. */
  readonly to: UnixSeconds
  /** The highest burn rate of the long window. */
  readonly peak: number
}

const PAUSE = 1_800

/**
 * Judges every rule at every minute of the range. `minutes` are consecutive buckets of one minute each that reach back
 * one longest window before the range; what lies before them counts as nothing. Only events are counted so, not slices.
 */
export function replayRules(
  slo: Pick<Slo, 'policy' | 'minBadEvents'>,
  objective: Pick<Objective, 'allowed'>,
  minutes: readonly Buckets[],
  range: Range,
): readonly RuleReplay[] {
  const sums = runningSums(minutes)
  const least = Math.max(1, slo.minBadEvents)
  return slo.policy.rules.map((rule) => ({
    rule,
    firings: firingsOf(rule, range, (end) => {
      const long = countsIn(sums, end - rule.long, end)
      const holds =
        long.bad >= least &&
        burnsAtLeast(long, objective.allowed, rule.factor) &&
        burnsAtLeast(countsIn(sums, end - rule.short, end), objective.allowed, rule.factor)
      return holds ? (burnRate(long, objective.allowed) ?? 0) : undefined
    }),
  }))
}

/** The same of any method, from a course that reaches back one longest window before the range, as the engine judges it. */
export function replayCourse(
  slo: Pick<Slo, 'policy' | 'minBadEvents' | 'confidence'>,
  { allowed }: Pick<Objective, 'allowed'>,
  line: SumLine,
  range: Range,
): readonly RuleReplay[] {
  const { minBadEvents, confidence, policy } = slo
  const { scale } = line
  return policy.rules.map((rule) => ({
    rule,
    firings: firingsOf(rule, range, (end) => {
      const short = countIn(line, end - rule.short, end)
      if (!short || short.bad === 0 || !burnsAtLeast(short, allowed, rule.factor)) return undefined
      const long = countIn(line, end - rule.long, end)
      if (!long) return undefined
      const measured = { long: { counts: long, blind: false }, short: { counts: short, blind: false } }
      const terms = { allowed, minBadEvents, confidence, scale, end }
      const { kind } = judgeRule(rule, measured, terms)
      return kind === 'burning' ? (burnRate(long, allowed) ?? 0) : undefined
    }),
  }))
}

/** When one rule fired, judged at the end of every minute: by how much it burned, or undefined when it is calm. */
function firingsOf(
  rule: BurnRule,
  range: Range,
  burnAt: (end: UnixSeconds) => number | undefined,
): readonly Firing[] {
  const firings: { from: UnixSeconds; to: UnixSeconds; peak: number }[] = []
  let burning = 0
  for (let end = range.from + MINUTE; end <= range.to; end += MINUTE) {
    const peak = burnAt(unixSeconds(end))
    burning = peak === undefined ? 0 : burning + MINUTE
    if (peak === undefined || burning <= rule.after) continue
    const last = firings.at(-1)
    if (last && end - last.to <= PAUSE) {
      last.to = unixSeconds(end)
      last.peak = Math.max(last.peak, peak)
    } else firings.push({ from: unixSeconds(end), to: unixSeconds(end), peak })
  }
  return firings
}

interface Sums {
  readonly start: number
  /** Sums before minute `i`, two numbers each: good, bad. */
  readonly values: Float64Array
}

function runningSums(minutes: readonly Buckets[]): Sums {
  const start = minutes[0]?.start ?? 0
  const last = minutes.at(-1)
  const count = last ? (last.start - start) / MINUTE + last.good.length : 0
  const values = new Float64Array(2 * (count + 1))
  for (const bucket of minutes) {
    if (bucket.width !== MINUTE) throw new Error(`rules are replayed by the minute, not by ${bucket.width} s`)
    const at = (bucket.start - start) / MINUTE
    for (let i = 0; i < bucket.good.length; i++) {
      values[2 * (at + i + 1)] = bucket.good[i] ?? 0
      values[2 * (at + i + 1) + 1] = bucket.bad[i] ?? 0
    }
  }
  for (let i = 2; i < values.length; i++) values[i] = (values[i] ?? 0) + (values[i - 2] ?? 0)
  return { start, values }
}

function countsIn({ start, values }: Sums, from: number, to: number): { good: number; bad: number } {
  const most = values.length / 2 - 1
  const a = 2 * Math.max(0, Math.min(most, (from - start) / MINUTE))
  const b = 2 * Math.max(0, Math.min(most, (to - start) / MINUTE))
  return {
    good: (values[b] ?? 0) - (values[a] ?? 0),
    bad: (values[b + 1] ?? 0) - (values[a + 1] ?? 0),
  }
}
