import { earlier, type Labels, later, minuteOf, type Range, type UnixSeconds } from '../base/index.ts'
import type { BurnVerdict, Evaluation, SloId } from '../slo/index.ts'

/**
 * Bad events of one objective in one scope over a range; undefined when nobody knows. Pure for one step: the same
 * question gives the same answer.
 */
export type CostOf = (slo: SloId, objective: string, scope: Labels, range: Range) => number | undefined

/** The past of a rule is looked at in at most so many steps. */
const STEPS_MAX = 360

/**
 * The first minute whose events made the rule fire, as far as is known.
 *
 * With `costOf`: within the shortest long window that burns, the instant since which bad events most exceed half of
 * that window's average pace. A low steady rate of failures before does not pull the start back, and a short pause
 * inside does not cut it off. Exact to the minute for rules of up to six hours, to 1/360 of the window beyond.
 *
 * Without: the long window's bad events, had they come at the pace of its short window, would have taken
 * short × bad(long) ÷ bad(short); that long ago, within the long window.
 */
export function estimateStart(
  evaluation: Evaluation,
  verdicts: readonly BurnVerdict[],
  options: { readonly now: UnixSeconds; readonly costOf: CostOf | undefined },
): UnixSeconds {
  const { now, costOf } = options
  const [first, ...rest] = verdicts
  if (first === undefined) return minuteOf(now)
  const { long, short } = rest.reduce((a, b) => (b.long.length < a.long.length ? b : a), first)
  const { slo, objective, scope } = evaluation
  const begin = minuteOf(earlier(now, long.length))
  const counted = costOf && steepest(begin, now, (from) => costOf(slo, objective, scope, { from, to: now }))
  if (counted !== undefined) return counted
  const pace = short.counts.bad / short.length
  const elapsed = pace > 0 ? Math.min(long.length, Math.ceil(long.counts.bad / pace)) : long.length
  return minuteOf(earlier(now, elapsed))
}

/** The start of the stretch up to `to` with the largest excess; undefined when `bad` does not know. */
function steepest(
  begin: UnixSeconds,
  to: UnixSeconds,
  bad: (from: UnixSeconds) => number | undefined,
): UnixSeconds | undefined {
  const all = bad(begin)
  if (all === undefined || all <= 0) return undefined
  const pace = all / (to - begin) / 2
  const width = 60 * Math.max(1, Math.ceil((to - begin) / 60 / STEPS_MAX))
  let best = begin
  let excess = 0
  for (let from = begin; from < to; from = later(from, width)) {
    const here = (bad(from) ?? 0) - pace * (to - from)
    if (here > excess) {
      best = from
      excess = here
    }
  }
  return best
}

/**
 * Bad events of the incident in [from, to). Without `costOf` the shortest window of a rule that reaches back to
 * `from` stands in, which may count some from before; when none reaches, the longest, which then misses some.
 */
export function countBad(
  evaluation: Evaluation | undefined,
  range: Range,
  options: { readonly scope: Labels; readonly costOf: CostOf | undefined },
): number | undefined {
  if (evaluation === undefined) return undefined
  const { slo, objective, verdicts } = evaluation
  const counted = options.costOf?.(slo, objective, options.scope, range)
  if (counted !== undefined) return counted
  const byLength = verdicts.map((v) => v.long).toSorted((a, b) => a.length - b.length)
  const reaching = byLength.find((window) => window.length >= range.to - range.from)
  return (reaching ?? byLength.at(-1))?.counts.bad
}

/** The share of the SLO's whole budget, of its first window, that so many bad events are. */
export function shareOfBudget(bad: number, whole: Evaluation | undefined): number | undefined {
  const events = whole?.windows[0]?.budget.events
  return events === undefined || events <= 0 ? undefined : bad / events
}
