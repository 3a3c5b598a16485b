import { z } from 'zod'
import type { Labels, UnixSeconds } from '../base/index.ts'
import type * as wire from '../contract/index.ts'

/** What happens as a budget is spent: data, not code. */
export interface BudgetPolicy {
  readonly name: string
  readonly matches: (labels: Labels) => boolean
  readonly steps: readonly BudgetStep[]
}

export interface BudgetStep {
  /** Percent of the budget of the first window, a whole number. */
  readonly spent: number
  readonly notify: boolean
  readonly issue: boolean
  /** Whether the deploy gate is closed from here on. */
  readonly gate: boolean
}

/** Without a policy of its own a promise closes the gate once its budget is gone, and tells nobody. */
export const DEFAULT_STEPS: readonly BudgetStep[] = [{ spent: 100, notify: false, issue: false, gate: true }]

/** In the journal, under the kind `policy`. */
export const policyEntry = z.object({
  kind: z.enum(['crossed', 'cleared', 'issue']),
  /** `slo/objective` as URLs have it, and the step in percent. */
  slo: z.string(),
  spent: z.number().int(),
  /** When it was crossed: with the two above, the identity of the crossing. */
  since: z.number().int(),
  text: z.string(),
  url: z.string().optional(),
})
export type PolicyEntry = z.infer<typeof policyEntry>

export interface Crossing {
  readonly slo: string
  readonly spent: number
  readonly since: number
  /** Where its issue is; undefined: none was opened. */
  issue: string | undefined
}

export const crossingKey = ({ slo, spent }: Pick<Crossing, 'slo' | 'spent'>): string => `${slo}\n${spent}`

/** A rolling window gives back what it took: below this share of the step, crossing it again is news again. */
const CLEARED_BELOW_PERCENT = 90

export function foldPolicy(crossings: Map<string, Crossing>, entry: PolicyEntry): void {
  const { slo, spent, since, url } = entry
  const key = crossingKey(entry)
  if (entry.kind === 'crossed') crossings.set(key, { slo, spent, since, issue: undefined })
  else if (entry.kind === 'cleared') crossings.delete(key)
  else {
    const crossing = crossings.get(key)
    if (crossing !== undefined && crossing.since === since) crossing.issue = url
  }
}

/** Labels by which policies choose promises. */
export const policyLabels = (
  slo: Pick<wire.SloSummary, 'slo' | 'service' | 'owner' | 'indicator'>,
): Labels => ({
  slo: slo.slo,
  service: slo.service,
  owner: slo.owner,
  indicator: slo.indicator,
})

export const stepsOf = (policies: readonly BudgetPolicy[], slo: wire.SloSummary): readonly BudgetStep[] =>
  policies.find((policy) => policy.matches(policyLabels(slo)))?.steps ?? DEFAULT_STEPS

/** Spent and allowed events of the first window; undefined when nobody knows. */
export function spentOf(
  slo: wire.SloSummary,
): { readonly spent: number; readonly events: number } | undefined {
  const window = slo.whole.windows[0]
  if (window === undefined || window.budget.leftRatio === null) return undefined
  const { spent, events } = window.budget
  return { spent, events }
}

/** Whether the step is reached. Both sides are multiplied, not divided: what is on the step is over it. */
export const isSpent = (
  { spent, events }: { readonly spent: number; readonly events: number },
  percent: number,
): boolean => spent * 100 >= percent * events && spent > 0

/** What was crossed and what was given back since the last look. Not knowing changes nothing. */
export function judgeBudgets(
  slos: readonly wire.SloSummary[],
  known: {
    readonly policies: readonly BudgetPolicy[]
    readonly crossings: ReadonlyMap<string, Crossing>
    readonly now: UnixSeconds
  },
): readonly PolicyEntry[] {
  const { policies, crossings, now } = known
  return slos.flatMap((slo) => {
    const budget = spentOf(slo)
    if (budget === undefined) return []
    return stepsOf(policies, slo).flatMap((step): readonly PolicyEntry[] => {
      const before = crossings.get(crossingKey({ slo: slo.id, spent: step.spent }))
      const item = { slo: slo.id, spent: step.spent }
      if (before === undefined && isSpent(budget, step.spent))
        return [
          {
            kind: 'crossed',
            ...item,
            since: now,
            text: `${slo.name}: ${step.spent} % of the budget is spent.`,
          },
        ]
      const low = budget.spent * 10_000 < step.spent * CLEARED_BELOW_PERCENT * budget.events
      if (before !== undefined && low)
        return [
          {
            kind: 'cleared',
            ...item,
            since: before.since,
            text: `${slo.name}: less than ${step.spent} % of the budget is spent again.`,
          },
        ]
      return []
    })
  })
}

/** In the journal, under the kind `gate`: somebody deploys all the same, and says why. */
export const overrideEntry = z.object({
  /** A service, or an SLO. */
  about: z.string().min(1),
  by: z.string().min(1),
  reason: z.string().min(1),
  until: z.number().int(),
  text: z.string(),
})
export type Override = z.infer<typeof overrideEntry>

/** Whether a deploy may go ahead. Closed wins over unknown, and unknown over open. */
export function judgeGate(
  slos: readonly wire.SloSummary[],
  about: {
    readonly asked: string
    readonly policies: readonly BudgetPolicy[]
    readonly overrides: readonly Override[]
    readonly now: UnixSeconds
  },
): wire.Gate {
  const { asked, policies, overrides, now } = about
  const judged = slos.map((slo) => judgePromise(slo, policies))
  const override = overrides.findLast((one) => one.about === asked && now < one.until)
  const closed = judged.filter(({ state }) => state === 'closed')
  const unknown = judged.filter(({ state }) => state === 'unknown')
  const found = closed.length > 0 ? 'closed' : unknown.length > 0 || judged.length === 0 ? 'unknown' : 'open'
  const why =
    judged.length === 0
      ? `Nothing is promised of ${asked}.`
      : [...(closed.length > 0 ? closed : unknown)].map(({ reason }) => reason).join(' ') ||
        'Every budget has room.'
  return {
    now,
    asked,
    state: override !== undefined && found !== 'open' ? 'open' : found,
    reason:
      override !== undefined && found !== 'open'
        ? `${override.by} opened it: ${override.reason}. Without that it would be ${found}: ${why}`
        : why,
    slos: judged,
    override:
      override === undefined ? null : { by: override.by, reason: override.reason, until: override.until },
  }
}

function judgePromise(slo: wire.SloSummary, policies: readonly BudgetPolicy[]): wire.Gate['slos'][number] {
  const limit = stepsOf(policies, slo).find(({ gate }) => gate)?.spent ?? null
  const budget = spentOf(slo)
  const item = { id: slo.id, name: slo.name, limit }
  if (limit === null)
    return { ...item, state: 'open', spentPercent: null, reason: `${slo.name} closes no gate.` }
  if (budget === undefined || budget.events <= 0)
    return {
      ...item,
      state: 'unknown',
      spentPercent: null,
      reason: `Nothing is known of the budget of ${slo.name}.`,
    }
  const spentPercent = Math.floor((budget.spent * 100) / budget.events)
  const said = `${slo.name} has spent ${spentPercent} % of its budget; the gate closes at ${limit} %.`
  return { ...item, state: isSpent(budget, limit) ? 'closed' : 'open', spentPercent, reason: said }
}
