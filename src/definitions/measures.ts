import { seconds } from '../base/index.ts'
import type { BudgetingMethod, Objective, Slo } from '../slo/index.ts'
import type { IndicatorQuery, MetricQuery } from '../traffic/index.ts'
import { type Context, placeOf, resolve, specOf } from './context.ts'
import { checkMetadata } from './documents.ts'
import { stableText } from './external.ts'
import { type Indicator, readIndicator } from './indicators.ts'
import { type ObjectiveParts, readObjective } from './objectives.ts'
import { nominalLength } from './policies.ts'
import { holdThreshold } from './thresholds.ts'
import { get, itemsOf, type Node, textOf } from './tree.ts'

/** What is known of an SLO before its objectives are read. */
export interface Promised {
  readonly id: string
  readonly method: BudgetingMethod
  readonly windows: Slo['windows']
}

/** Objectives with the questions that measure them. */
export interface Measured {
  /** That of the SLO, or what a ratio without events allows. */
  readonly method: BudgetingMethod
  readonly objectives: readonly Objective[]
  readonly queries: readonly IndicatorQuery[]
  readonly within: string | undefined
}

/** One objective with its own node, the indicator that measures it and that indicator's name. */
interface Pairing {
  readonly node: Node
  readonly name: string
  readonly indicator: Indicator
}

/** Reads the objectives, each held against its indicator. Undefined when one has a fault; all are told. */
export function readObjectives(spec: Node, promised: Promised, context: Context): Measured | undefined {
  const { report } = context
  const nodes = itemsOf(get(spec, 'objectives'))
  const pairings = pairUp(spec, nodes, context)
  const before = report.errors()
  const composite = nodes.some((node) => get(node, 'indicator') ?? get(node, 'indicatorRef'))
  const raw = pairings.some(({ indicator }) => indicator.kind === 'ratio' && indicator.raw)
  const method = raw ? methodForRaw(spec, promised.method, context) : promised.method
  const [window] = promised.windows
  const queries = createQueries(promised.id)
  const objectives: Objective[] = []
  let within: string | undefined
  for (const [index, { node, name, indicator }] of pairings.entries()) {
    const percentile = indicator.kind === 'threshold' && indicator.requests !== undefined
    const length = window ? nominalLength(window) : Number.POSITIVE_INFINITY
    const around = { method: promised.method, composite, window: length, percentile }
    const parts = readObjective(node, index, around, context)
    const held = hold(indicator, node, method, context)
    if (!parts || !held) continue
    within ??= held.within
    const objective = objectiveOf(parts, queries.add(name, held), method)
    const slice =
      objective.slice && held.sliceAllowed !== undefined
        ? { ...objective.slice, allowed: held.sliceAllowed }
        : objective.slice
    objectives.push(slice ? { ...objective, slice } : objective)
  }
  checkNames(nodes, objectives, context)
  if (
    nodes.length > 1 &&
    pairings.some(({ indicator }) => indicator.kind === 'threshold') &&
    !composite &&
    nodes[1]
  )
    report.tolerate('NINES-1323', nodes[1].place, {
      message: 'several objectives on one threshold metric; OpenSLO allows one',
      remedy: 'Keep one for other tools, or write an SLO for each.',
    })
  if (pairings.length < nodes.length || objectives.length < nodes.length || report.errors() > before)
    return undefined
  warnOfDoubles(pairings, context)
  return { method, objectives, queries: queries.all(), within }
}

/** The indicator of each objective: the SLO's own, or in a composite that of the objective. */
function pairUp(spec: Node, nodes: readonly Node[], context: Context): readonly Pairing[] {
  const { report } = context
  const shared = get(spec, 'indicator') ?? get(spec, 'indicatorRef')
  const own = nodes.filter((node) => get(node, 'indicator') ?? get(node, 'indicatorRef'))
  if (shared && own[0]) {
    report.error('NINES-1321', placeOf(own[0], get(own[0], 'indicator') ? 'indicator' : 'indicatorRef'), {
      message: 'the indicator stands in the SLO and in an objective',
      remedy: 'Keep it in the SLO, or for a composite in every objective.',
    })
    return []
  }
  if (!shared && own.length < nodes.length) {
    const without = nodes.find((node) => !own.includes(node)) ?? spec
    report.error(
      own.length > 0 ? 'NINES-1321' : 'NINES-1110',
      own.length > 0 ? without.place : placeOf(spec, 'indicator'),
      {
        message:
          own.length > 0
            ? 'this objective of a composite has no indicator'
            : 'one of indicator, indicatorRef is missing',
        remedy: 'Write indicator with an SLI in place, or indicatorRef with the name of one.',
      },
    )
    return []
  }
  if (shared) {
    const found = indicatorAt(spec, context)
    return found ? nodes.map((node) => ({ node, ...found })) : []
  }
  return nodes.flatMap((node) => {
    const found = indicatorAt(node, context)
    return found ? [{ node, ...found }] : []
  })
}

function indicatorAt(holder: Node, context: Context): Omit<Pairing, 'node'> | undefined {
  const reference = get(holder, 'indicatorRef')
  const inline = get(holder, 'indicator')
  if (reference && inline) return undefined
  if (reference) {
    const document = resolve(context, 'SLI', reference)
    const indicator = document && readIndicator(specOf(document), context)
    return document && indicator && { name: document.name, indicator }
  }
  checkMetadata(get(inline, 'metadata'), context.report)
  const spec = get(inline, 'spec')
  const indicator = spec && readIndicator(spec, context)
  return indicator && { name: textOf(get(get(inline, 'metadata'), 'name')) ?? 'indicator', indicator }
}

/** A ratio without events has no weights: its average over time is all that can be computed. */
function methodForRaw(spec: Node, method: BudgetingMethod, context: Context): BudgetingMethod {
  if (method !== 'occurrences') return method
  context.report.tolerate('NINES-1325', placeOf(spec, 'budgetingMethod'), {
    message: 'a ratio that is already computed has no events to count; its average by the minute is taken',
    remedy: 'Write "budgetingMethod: RatioTimeslices" and "timeSliceWindow: 1m".',
  })
  return 'ratio-timeslices'
}

interface Held {
  readonly numerator: IndicatorQuery['numerator']
  readonly total: MetricQuery
  readonly within: string | undefined
  readonly sliceAllowed: Objective['allowed'] | undefined
}

function hold(indicator: Indicator, node: Node, method: BudgetingMethod, context: Context): Held | undefined {
  if (indicator.kind === 'threshold') return holdThreshold(indicator, node, method, context)
  for (const key of ['op', 'value'])
    if (get(node, key))
      context.report.tolerate('NINES-1317', placeOf(node, key), {
        message: `${key} has no meaning for a ratio metric`,
        remedy: 'Delete it.',
      })
  const { numerator, total, within } = indicator
  return { numerator, total, within, sliceAllowed: undefined }
}

function objectiveOf(parts: ObjectiveParts, indicator: string, method: BudgetingMethod): Objective {
  const { name, displayName, target, weight } = parts
  const base = { name, displayName, target: target.text, allowed: target.allowed, indicator, weight }
  const slice = parts.slice ?? (method === 'ratio-timeslices' ? { width: seconds(60) } : undefined)
  return slice ? { ...base, slice } : base
}

/** Objectives of one question share one query. */
function createQueries(id: string) {
  const byQuestion = new Map<string, IndicatorQuery>()
  const ids = new Set<string>()
  return {
    add: (name: string, held: Held): string => {
      const question = stableText([
        held.numerator.counts,
        identity(held.numerator.query),
        identity(held.total),
      ])
      const known = byQuestion.get(question)
      if (known) return known.id
      let unique = `${id}/${name}`
      for (let n = 2; ids.has(unique); n++) unique = `${id}/${name}-${n}`
      ids.add(unique)
      byQuestion.set(question, { id: unique, numerator: held.numerator, total: held.total, splitBy: [] })
      return unique
    },
    all: (): readonly IndicatorQuery[] => [...byQuestion.values()],
  }
}

function identity(query: MetricQuery): unknown {
  return query.kind === 'external' ? query.key : { ...query, match: query.match.text }
}

function checkNames(nodes: readonly Node[], objectives: readonly Objective[], context: Context): void {
  const seen = new Set<string>()
  for (const objective of objectives) {
    if (seen.has(objective.name)) {
      const node = nodes[objectives.indexOf(objective)]
      if (node)
        context.report.error('NINES-1319', placeOf(node, 'displayName'), {
          message: `two objectives are named ${objective.name}`,
          remedy: 'Give each a displayName of its own.',
        })
    }
    seen.add(objective.name)
  }
}

/** Edge and APM see the same request: in one SLO the same selector on two sources would count it twice. */
function warnOfDoubles(pairings: readonly Pairing[], context: Context): void {
  const seen = new Map<string, string>()
  for (const { node, indicator } of pairings) {
    if (indicator.kind !== 'ratio' || indicator.total.kind !== 'requests') continue
    const { source, match } = indicator.total
    const earlier = seen.get(match.text)
    if (earlier !== undefined && earlier !== source)
      context.report.warn('NINES-1408', node.place, {
        message: `${match.text} is counted at ${earlier} and at ${source}: one request could be counted twice`,
        remedy: 'Count each request at one source, or select different requests.',
      })
    seen.set(match.text, source)
  }
}
