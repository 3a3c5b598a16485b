import type { PerMillion } from '../base/index.ts'
import type { BudgetingMethod } from '../slo/index.ts'
import { type ExternalReading, type MetricQuery, parseThreshold } from '../traffic/index.ts'
import type { Context } from './context.ts'
import { placeOf } from './context.ts'
import { parseDecimal } from './decimal.ts'
import { externalQuery } from './external.ts'
import type { Indicator } from './indicators.ts'
import { thresholdFault } from './requests.ts'
import { get, type Node, textOf } from './tree.ts'

/** A threshold metric once an objective has said what it is compared with. */
export interface HeldThreshold {
  readonly numerator: { readonly counts: 'good'; readonly query: MetricQuery }
  readonly total: MetricQuery
  readonly within: string | undefined
  /** The slice's allowance, when a percentile sets it. */
  readonly sliceAllowed: PerMillion | undefined
}

type ThresholdIndicator = Extract<Indicator, { readonly kind: 'threshold' }>

/** Reads `op` and `value` of an objective. Undefined when they have a fault, which is told. */
export function holdThreshold(
  indicator: ThresholdIndicator,
  objective: Node,
  method: BudgetingMethod,
  context: Context,
): HeldThreshold | undefined {
  const { report } = context
  const opNode = get(objective, 'op')
  const op = operatorOf(textOf(opNode))
  // What is written and no operator has been told by its shape.
  if (opNode && !op) return undefined
  const value = get(objective, 'value')
  const written = textOf(value) ?? ''
  if (!op || !value || !parseDecimal(written)) {
    report.error('NINES-1318', placeOf(objective, value && op ? 'value' : op ? 'value' : 'op'), {
      message:
        value && op
          ? `value ${written} is not a decimal`
          : `${op ? 'value' : 'op'} is missing, which a threshold metric needs`,
      remedy: 'Write op (lt, lte, gt or gte) and value, such as "op: lt" and "value: 300".',
    })
    return undefined
  }
  if (indicator.requests) return holdPercentile(indicator, { objective, op, value, method }, context)
  if (method === 'occurrences')
    report.warn('NINES-1324', placeOf(objective, 'value'), {
      message:
        'with Occurrences each data point counts as one event, so the budget depends on how often the source reports',
      remedy: 'Write "budgetingMethod: Timeslices" to count time instead.',
    })
  const passing: ExternalReading = { kind: 'points-passing', op, value: written }
  return {
    numerator: { counts: 'good', query: externalQuery(indicator.source, passing) },
    total: externalQuery(indicator.source, { kind: 'points' }),
    within: undefined,
    sliceAllowed: undefined,
  }
}

type Operator = 'lt' | 'lte' | 'gt' | 'gte'

function operatorOf(written: string | undefined): Operator | undefined {
  return (['lt', 'lte', 'gt', 'gte'] as const).find((op) => op === written)
}

/**
 * "p95 is below 300 ms in a slice" is exactly "at least 95 % of the slice's requests took less than 300 ms", so it is
 * counted as a ratio and needs no quantile to be computed. `lte` is the same: durations fall on no single instant.
 */
function holdPercentile(
  indicator: ThresholdIndicator,
  held: {
    readonly objective: Node
    readonly op: Operator
    readonly value: Node
    readonly method: BudgetingMethod
  },
  context: Context,
): HeldThreshold | undefined {
  const { report } = context
  const { requests, source } = indicator
  if (!requests) return undefined
  if (held.op === 'gt' || held.op === 'gte') {
    report.error('NINES-1413', placeOf(held.objective, 'op'), {
      message: `op: ${held.op} would promise that requests are slow`,
      remedy: 'Write "op: lt".',
    })
    return undefined
  }
  if (held.method !== 'timeslices') {
    report.error('NINES-1413', held.value.place, {
      message: 'a percentile exists for a slice of time, not for an event',
      remedy: 'Write "budgetingMethod: Timeslices"; or a ratioMetric with within, which counts events.',
    })
    return undefined
  }
  const within = parseThreshold(`${textOf(held.value)}ms`)
  if (within.kind === 'failed') {
    report.error('NINES-1404', held.value.place, thresholdFault(within.error))
    return undefined
  }
  const { selector, judging } = requests.parts
  const all = { kind: 'requests', source: source.name, match: selector, outcome: 'all', ...judging } as const
  return {
    numerator: { counts: 'good', query: { ...all, within: within.value } },
    total: all,
    within: `${textOf(held.value)}ms`,
    sliceAllowed: requests.allowed,
  }
}
