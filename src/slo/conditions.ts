import { type BudgetTerms, leftSign } from './budget.ts'
import type { BudgetCondition } from './definition.ts'
import type { ConditionVerdict, Counts, Exhaustion } from './evaluation.ts'

/** What conditions are judged by: the first window's budget, and how long nothing has been known. */
export interface ConditionFacts {
  /** Nothing is known of the window. */
  readonly unknown: boolean
  /** In whole numbers. */
  readonly counts: Counts
  readonly terms: BudgetTerms
  readonly exhaustion: Exhaustion
  /** Seconds since anything was known, on whole minutes; undefined when nothing ever was. */
  readonly blindFor: number | undefined
  /** So long a minute that ended may go unreported before it counts as not known: seconds. */
  readonly settle: number
}

/** Judges one condition. Shares are compared in whole numbers, a share exactly reached is reached. */
export function judgeCondition(condition: BudgetCondition, facts: ConditionFacts): ConditionVerdict {
  if (condition.kind === 'blind') return judgeBlindness(condition, facts)
  const { counts, terms } = facts
  const total = counts.good + counts.bad
  if (facts.unknown || total === 0)
    return { condition, kind: facts.unknown ? 'no-data' : 'calm', value: undefined }
  const met = (is: boolean): ConditionVerdict['kind'] => (is ? 'met' : 'calm')
  switch (condition.kind) {
    case 'spent':
      return {
        condition,
        kind: met(spends(counts, terms, condition.share)),
        value: spentShare(counts, terms),
      }
    case 'exhausted':
      return { condition, kind: met(leftSign(counts, terms) <= 0), value: spentShare(counts, terms) }
    case 'exhausts-within': {
      const { exhaustion } = facts
      const value =
        exhaustion.kind === 'in' ? exhaustion.seconds : exhaustion.kind === 'exhausted' ? 0 : undefined
      return { condition, kind: met(value !== undefined && value <= condition.within), value }
    }
    default:
      return condition satisfies never
  }
}

function spentShare({ good, bad }: Counts, { allowed, length, elapsed }: BudgetTerms): number {
  return bad === 0 ? 0 : (bad * 1e6 * elapsed) / (allowed * (good + bad) * length)
}

/** bad × elapsed × 10^12 ≥ share × allowed × total × length: big integers, as the products pass 2^53 early. */
function spends({ good, bad }: Counts, { allowed, length, elapsed }: BudgetTerms, share: number): boolean {
  if (bad === 0) return false
  const spent = BigInt(bad) * BigInt(elapsed) * 1_000_000_000_000n
  return spent >= BigInt(share) * BigInt(allowed) * BigInt(good + bad) * BigInt(length)
}

/**
 * Not to know is a risk that grows: a full outage burns the budget's time second for second. Met once nothing has
 * been known for that share of it, and for longer than reports usually take.
 */
export function judgeBlindness(
  condition: Extract<BudgetCondition, { readonly kind: 'blind' }>,
  {
    blindFor,
    terms,
    settle,
  }: Pick<ConditionFacts, 'blindFor' | 'settle'> & {
    readonly terms: Pick<BudgetTerms, 'allowed' | 'length'>
  },
): ConditionVerdict {
  const due = condition.share * terms.allowed * terms.length
  return { condition, kind: blindKind(blindFor, due, settle), value: blindFor }
}

/** Met once nothing has been known for `due` seconds ÷ 10^12, and for longer than reports usually take. */
export function blindKind(
  blindFor: number | undefined,
  due: number,
  settle: number,
): ConditionVerdict['kind'] {
  if (blindFor === undefined) return 'no-data'
  return blindFor * 1e12 >= due && blindFor > settle ? 'met' : 'calm'
}
