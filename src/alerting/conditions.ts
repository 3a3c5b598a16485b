import { labelsKey, type UnixSeconds } from '../base/index.ts'
import type { BudgetCondition, BurnPolicy, ConditionVerdict, Evaluation } from '../slo/index.ts'
import { lengthWords } from './words.ts'

/**
 * The judgements that people are told of: of the SLO as a whole. A budget is promised for all together, and not to
 * know is the same for every split.
 */
export function conditionsOf(evaluation: Evaluation | undefined): readonly ConditionVerdict[] {
  if (evaluation?.conditions === undefined || labelsKey(evaluation.scope) !== '') return []
  return evaluation.conditions
}

/** Those that are met. Blindness is taken for nothing before `sightedFrom`. */
export function metIn(
  evaluation: Evaluation | undefined,
  about: { readonly now: UnixSeconds; readonly sightedFrom: UnixSeconds | undefined },
): readonly ConditionVerdict[] {
  const blindCounts = about.sightedFrom === undefined || about.now >= about.sightedFrom
  return conditionsOf(evaluation).filter(
    ({ condition, kind }) => kind === 'met' && (blindCounts || condition.kind !== 'blind'),
  )
}

/** The names that alerts go by: rules first, in the order of the policy. */
export const alertNames = ({ rules, conditions = [] }: BurnPolicy): readonly string[] => [
  ...rules.map((rule) => rule.name),
  ...conditions.map((condition) => condition.name),
]

export const conditionNamed = (policy: BurnPolicy, name: string): BudgetCondition | undefined =>
  policy.conditions?.find((condition) => condition.name === name)

/** What a condition that is met says: `Nothing has been known for 12 min.` */
export function conditionWords({ condition, value }: ConditionVerdict): string {
  switch (condition.kind) {
    case 'blind':
      return `Nothing has been known for ${lengthWords(value ?? 0)}.`
    case 'spent':
      return `${percentWords(value ?? condition.share / 1e6)} of the budget is spent.`
    case 'exhausted':
      return `Nothing is left of the budget: ${percentWords(value ?? 1)} of it is spent.`
    case 'exhausts-within':
      return value === undefined || value === 0
        ? 'The budget is gone.'
        : `At this pace the budget is gone in ${lengthWords(value)}.`
    default:
      return condition satisfies never
  }
}

/** Cut, not rounded, so that 99.96 % never reads as all. */
const percentWords = (share: number): string => `${Math.floor(share * 1_000) / 10} %`
