import { labelsKey, type UnixSeconds } from '../base/index.ts'
import type { Severity } from '../slo/index.ts'
import type { Group, Part } from './group.ts'
import { type CostOf, countBad, shareOfBudget } from './measure.ts'
import type { Consequence } from './model.ts'
import { commonLabels, narrowest } from './scope.ts'
import { groupKey, type TrackedIncident } from './state.ts'

export interface ConsequencesAbout {
  readonly now: UnixSeconds
  readonly startedAt: UnixSeconds
  readonly costOf: CostOf | undefined
  readonly group?: Pick<Group, 'parts' | 'absorbs'>
}

/** What burns because of an incident now, gravest first, and then what did; `before` as it was. */
export function consequencesOf(
  before: TrackedIncident | undefined,
  about: ConsequencesAbout,
): readonly Consequence[] {
  const { parts = [], absorbs = [] } = about.group ?? {}
  if (parts.length === 0 && before?.incident.consequences.length === 0) return before.incident.consequences
  const known = new Map<string, Consequence>()
  // Those that were closed into it bring theirs with them; what it lists itself it knows best.
  for (const { incident } of [...absorbs, ...(before === undefined ? [] : [before])])
    for (const each of incident.consequences) known.set(keyOf(each), each)
  const begun = new Map(absorbs.map(({ incident }) => [keyOf(incident), incident.startedAt]))
  const now = new Map(
    parts.map((part) => {
      const key = groupKey(part.objective.slo.id, part.objective.name)
      return [key, observePart(part, known.get(key), { ...about, begun: begun.get(key) })]
    }),
  )
  const over = [...known]
    .filter(([key]) => !now.has(key))
    .map(([, each]) => ({ ...each, firing: false, calmSince: each.calmSince ?? about.now }))
  return [...now.values(), ...over].sort(byGravity)
}

const keyOf = ({ slo, objective }: Pick<Consequence, 'slo' | 'objective'>): string => groupKey(slo, objective)

function observePart(
  { objective, because, on }: Part,
  before: Consequence | undefined,
  about: ConsequencesAbout & { readonly begun: UnixSeconds | undefined },
): Consequence {
  const { slo, name, evaluations } = objective
  const firing = objective.alerts.filter((alert) => alert.state === 'firing')
  const severity: Severity = firing.some((alert) => alert.severity === 'page') ? 'page' : 'ticket'
  const grave = firing.filter((alert) => alert.severity === severity)
  const scope = commonLabels(narrowest(grave.map((alert) => alert.scope)))
  const fired = new Set(firing.map((alert) => alert.rule))
  const whole = evaluations.get('')
  const scoped = evaluations.get(labelsKey(scope)) ?? whole
  const rates = (scoped?.verdicts ?? []).flatMap(({ rule, long }) =>
    long.rate !== undefined && fired.has(rule.name) ? [long.rate] : [],
  )
  const since = before?.since ?? about.begun ?? about.startedAt
  const counted = countBad(scoped, { from: since, to: about.now }, { scope, costOf: about.costOf })
  const badEvents = counted ?? before?.badEvents ?? 0
  return {
    slo: slo.id,
    objective: name,
    service: slo.service,
    because,
    on,
    since,
    scope,
    severity,
    rules: [...fired].sort(),
    rate: rates.length === 0 ? (before?.rate ?? 0) : Math.max(...rates),
    firing: true,
    badEvents,
    budgetSpent: shareOfBudget(badEvents, whole) ?? before?.budgetSpent ?? 0,
  }
}

function byGravity(a: Consequence, b: Consequence): number {
  if (a.firing !== b.firing) return a.firing ? -1 : 1
  if (a.severity !== b.severity) return a.severity === 'page' ? -1 : 1
  if (a.rate !== b.rate) return b.rate - a.rate
  return keyOf(a) < keyOf(b) ? -1 : 1
}

/** Whether something burns in it that the state does not list as burning there yet. */
export function hasJoined(before: readonly Consequence[], after: readonly Consequence[]): boolean {
  if (after.length === 0) return false
  const known = new Set(before.filter((each) => each.firing).map(keyOf))
  return after.some((each) => each.firing && !known.has(keyOf(each)))
}

/**
 * Whether it has grown enough to be told again: the first consequence, and each time there are twice as many. A region's
 * failure that takes three hundred services one by one is told eight times, not three hundred.
 */
export function hasGrown(before: readonly Consequence[], after: readonly Consequence[]): boolean {
  const doublings = (list: readonly Consequence[]): number => Math.floor(Math.log2(list.length + 1))
  return hasJoined(before, after) && doublings(after) > doublings(before)
}
