import { labelsKey, type UnixSeconds } from '../base/index.ts'
import type { Evaluation } from '../slo/index.ts'
import type { LevelCondition, ResponseLevel } from './level.ts'
import type { Incident } from './model.ts'

export interface LevelAbout {
  /** Lowest first. */
  readonly levels: readonly ResponseLevel[]
  readonly evaluations: readonly Evaluation[]
  readonly now: UnixSeconds
}

/** The number of the highest level that one of its conditions asks for; 0, the lowest, when none does. */
export function levelOf(incident: Incident, { levels, evaluations, now }: LevelAbout): number {
  const left = (): number | undefined =>
    evaluations.find(
      (each) =>
        each.slo === incident.slo && each.objective === incident.objective && labelsKey(each.scope) === '',
    )?.windows[0]?.budget.leftRatio
  const holds = (one: LevelCondition): boolean =>
    (one.severity === undefined || incident.severity === one.severity) &&
    (one.kind === undefined || incident.kind === one.kind) &&
    (one.spent === undefined || incident.budgetSpent * 1e6 >= one.spent) &&
    (one.services === undefined || incident.services.length >= one.services) &&
    (one.lasting === undefined || now - incident.openedAt >= one.lasting) &&
    (one.anyService === undefined || one.anyService.some((name) => incident.services.includes(name))) &&
    (one.left === undefined || isAtMost(left(), one.left))
  return Math.max(
    0,
    levels.findLastIndex(({ when }, i) => i === 0 || when.some(holds)),
  )
}

/** What nobody knows is not little. */
const isAtMost = (share: number | undefined, perMillion: number): boolean =>
  share !== undefined && share * 1e6 <= perMillion
