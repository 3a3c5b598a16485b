import { perMillion, seconds } from '../base/index.ts'
import type { BudgetingMethod, Rational, Slice } from '../slo/index.ts'
import type { Context } from './context.ts'
import { placeOf } from './context.ts'
import { parseDecimal, scaled, toRational } from './decimal.ts'
import { parseDuration } from './duration.ts'
import type { Report } from './report.ts'
import { readTarget, type Target } from './targets.ts'
import { get, type Node, textOf } from './tree.ts'
import { readDuration } from './windows.ts'

/** An objective, but for the indicator that it holds to its target. */
export interface ObjectiveParts {
  readonly node: Node
  readonly name: string
  readonly displayName: string
  readonly target: Target
  readonly slice: Slice | undefined
  readonly weight: Rational
}

export interface ObjectiveSurroundings {
  readonly method: BudgetingMethod
  readonly composite: boolean
  /** Seconds of the first window. */
  readonly window: number
  /** True when the indicator is a percentile of our own requests: the percentile is then the slice's target. */
  readonly percentile: boolean
}

export function readObjective(
  node: Node,
  index: number,
  around: ObjectiveSurroundings,
  context: Context,
): ObjectiveParts | undefined {
  const { report } = context
  const before = report.errors()
  const target = readTarget(node, report)
  const slice = readSlice(node, around, report)
  const weight = readWeight(node, around, report)
  if (!target || report.errors() > before) return undefined
  const displayName = textOf(get(node, 'displayName')) ?? ''
  return { node, name: slug(displayName) || String(index + 1), displayName, target, slice, weight }
}

function slug(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
}

function readSlice(node: Node, around: ObjectiveSurroundings, report: Report): Slice | undefined {
  if (around.method === 'occurrences') {
    for (const key of ['timeSliceTarget', 'timeSliceWindow']) {
      if (get(node, key))
        report.tolerate('NINES-1326', placeOf(node, key), {
          message: `${key} has no meaning with Occurrences`,
          remedy: 'Delete it, or write "budgetingMethod: Timeslices".',
        })
    }
    return undefined
  }
  const width = readSliceWindow(node, around, report)
  if (around.method === 'ratio-timeslices') return width === undefined ? undefined : { width: seconds(width) }
  const allowed = readSliceTarget(node, around, report)
  if (width === undefined || allowed === undefined) return undefined
  return { width: seconds(width), allowed: perMillion(allowed) }
}

function readSliceWindow(node: Node, around: ObjectiveSurroundings, report: Report): number | undefined {
  const value = get(node, 'timeSliceWindow')
  if (!value) {
    report.error('NINES-1316', placeOf(node, 'timeSliceWindow'), {
      message: 'timeSliceWindow is missing, the length of a slice',
      remedy: 'Write "timeSliceWindow: 1m".',
    })
    return undefined
  }
  const minutes = value.kind === 'number' ? parseDuration(`${value.source}m`) : undefined
  if (minutes)
    report.tolerate('NINES-1316', value.place, {
      message: `timeSliceWindow ${textOf(value)} has no unit; minutes are assumed`,
      remedy: `Write ${minutes.text}.`,
    })
  const duration = minutes ?? readDuration(node, 'timeSliceWindow', report)
  if (!duration) return undefined
  if (duration.length <= 86_400 && duration.length <= around.window) return duration.length
  report.error('NINES-1316', value.place, {
    message: `a slice of ${duration.text} is too long`,
    remedy: 'Write at most 1d, and no more than the time window.',
  })
  return undefined
}

/** What a slice may have bad, per million. `timeSliceTarget: 0.95` allows 50,000. */
function readSliceTarget(node: Node, around: ObjectiveSurroundings, report: Report): number | undefined {
  const value = get(node, 'timeSliceTarget')
  if (around.percentile) {
    if (value && Number(textOf(value)) !== 1)
      report.warn('NINES-1315', value.place, {
        message: 'the percentile says what share of a slice must be good, so timeSliceTarget has no effect',
        remedy: 'Write "timeSliceTarget: 1", or leave it out.',
      })
    return 0
  }
  if (!value) {
    report.error('NINES-1315', placeOf(node, 'timeSliceTarget'), {
      message: 'timeSliceTarget is missing, the share of a slice that must be good',
      remedy: 'Write "timeSliceTarget: 0.95".',
    })
    return undefined
  }
  const written = textOf(value) ?? ''
  const decimal = parseDecimal(written)
  const millionths = decimal && scaled(decimal, 6)
  if (millionths === undefined || millionths < 0n || millionths > 1_000_000n) {
    report.error('NINES-1315', value.place, {
      message: `timeSliceTarget ${written} is not a share of 0 to 1 with at most six decimal places`,
      remedy: 'Write a decimal such as 0.95.',
    })
    return undefined
  }
  if (millionths === 0n)
    report.tolerate('NINES-1315', value.place, {
      message: 'with a timeSliceTarget of 0 every slice is good',
      remedy: 'Write the share that must be good, such as 0.95.',
    })
  return Number(1_000_000n - millionths)
}

function readWeight(node: Node, around: ObjectiveSurroundings, report: Report): Rational {
  const value = get(node, 'compositeWeight')
  if (!value) return { num: 1, den: 1 }
  const decimal = parseDecimal(textOf(value) ?? '')
  const weight = decimal && decimal.digits > 0n ? toRational(decimal) : undefined
  if (!weight) {
    report.error('NINES-1320', value.place, {
      message: `compositeWeight ${textOf(value) ?? ''} is not a number above zero`,
      remedy: 'Write a multiplier such as 0.5 or 2.',
    })
    return { num: 1, den: 1 }
  }
  if (!around.composite)
    report.tolerate('NINES-1320', value.place, {
      message: 'compositeWeight has no meaning when the objectives share one indicator',
      remedy: 'Delete it, or give each objective an indicator of its own.',
    })
  else if (around.method === 'timeslices' && weight.num !== weight.den)
    report.warn('NINES-1322', value.place, {
      message: 'in a composite of time slices a slice is bad or good, so the weight has no effect',
      remedy: 'Delete it, or write "budgetingMethod: RatioTimeslices".',
    })
  return weight
}
