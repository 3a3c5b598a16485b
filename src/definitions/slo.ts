import type { BudgetingMethod, Slo } from '../slo/index.ts'
import { type IndicatorQuery, type MetricQuery, renameLabels } from '../traffic/index.ts'
import { readAlerting } from './alerts.ts'
import { type Annotations, readAnnotations } from './annotations.ts'
import { type Context, metadataOf, originOf, placeOf, specOf } from './context.ts'
import type { DocumentNode } from './documents.ts'
import { readObjectives } from './measures.ts'
import type { DefinedSlo } from './model.ts'
import { get, type Node, textOf } from './tree.ts'
import { readWindows } from './windows.ts'

/** Builds one SLO. Undefined when it has a fault; all its faults are told. */
export function buildSlo(document: DocumentNode, context: Context): DefinedSlo | undefined {
  const { report } = context
  const before = report.errors()
  const spec = specOf(document)
  const metadata = get(document.node, 'metadata')
  const annotations = readAnnotations(metadata, context)
  const windows = readWindows(spec, report)
  const method = readMethod(spec, context)
  const id = annotations.id ?? document.name
  const measured = readObjectives(spec, { id, method: method ?? 'occurrences', windows }, context)
  const [window] = windows
  const alerting = window && readAlerting(spec, window, annotations, context)
  if (!window || !method || !measured || !alerting || report.errors() > before) return undefined
  const { displayName, labels, annotations: plain } = metadataOf(document)
  const slo: Slo = {
    id,
    name: document.name,
    displayName,
    service: readService(spec, context),
    description: textOf(get(spec, 'description')) ?? '',
    method: measured.method,
    objectives: measured.objectives,
    windows,
    policy: alerting.policy,
    splitBy: annotations.splitBy,
    noData: annotations.noData,
    minBadEvents: annotations.minBadEvents,
    sources: sourcesOf(measured.queries),
  }
  warnOfSilentRules(slo, spec, context)
  return {
    slo,
    queries: measured.queries.map((query) => ({
      ...query,
      numerator: { ...query.numerator, query: withAliases(query.numerator.query, annotations) },
      total: withAliases(query.total, annotations),
      splitBy: annotations.splitBy,
    })),
    owner: annotations.owner,
    runbook: annotations.runbook,
    locale: annotations.locale,
    labels,
    annotations: plain,
    within: measured.within,
    aliases: annotations.aliases,
    alerting: alerting.wishes,
    lastGood: false,
    origin: originOf(context, document),
  }
}

const METHODS: ReadonlyMap<string, BudgetingMethod> = new Map([
  ['Occurrences', 'occurrences'],
  ['Timeslices', 'timeslices'],
  ['RatioTimeslices', 'ratio-timeslices'],
])

function readMethod(spec: Node, context: Context): BudgetingMethod | undefined {
  const node = get(spec, 'budgetingMethod')
  const method = METHODS.get(textOf(node) ?? '')
  // What is written and no method has been told by its shape.
  if (method || node) return method
  context.report.tolerate('NINES-1314', placeOf(spec, 'budgetingMethod'), {
    message: 'budgetingMethod is missing; Occurrences is assumed',
    remedy: 'Write "budgetingMethod: Occurrences".',
  })
  return context.report.strict ? undefined : 'occurrences'
}

/** The service may be undefined in OpenSLO; a near miss of a defined one is worth a word. */
function readService(spec: Node, context: Context): string {
  const node = get(spec, 'service')
  const name = textOf(node) ?? ''
  const services = context.registry.all('Service')
  if (node && services.length > 0 && !context.registry.find('Service', name))
    context.report.warn('NINES-1206', node.place, {
      message: `the service ${name} is not defined`,
      remedy: `Define a Service named ${name}, or write one of ${services
        .slice(0, 8)
        .map((service) => service.name)
        .join(', ')}.`,
    })
  return name
}

function sourcesOf(queries: readonly IndicatorQuery[]): readonly string[] {
  return [...new Set(queries.flatMap((query) => [query.numerator.query.source, query.total.source]))]
}

/** A burn rate cannot exceed 1 / (1 - target): a factor above that never fires. */
function warnOfSilentRules(slo: Slo, spec: Node, context: Context): void {
  const loosest = Math.max(...slo.objectives.map((objective) => objective.allowed))
  const silent = slo.policy.rules.filter((rule) => rule.factor.num * loosest > 1_000_000 * rule.factor.den)
  // A target of 0 has been told already, and asks for no alerts.
  if (silent.length === 0 || loosest === 1_000_000) return
  context.report.warn('NINES-1605', placeOf(spec, 'objectives'), {
    message: `${silent.map((rule) => rule.name).join(', ')} can never fire: with this target the burn rate is at most ${Math.floor(10_000_000 / loosest) / 10}`,
    remedy: 'Choose another burn policy, or a higher target.',
  })
}

/** History that was written under the former name of a label is found under its present one. */
function withAliases(query: MetricQuery, { labelAliases }: Annotations): MetricQuery {
  return query.kind === 'external' ? query : { ...query, match: renameLabels(query.match, labelAliases) }
}
