import { createHash } from 'node:crypto'
import { type Labels, labelsKey } from '../../base/index.ts'
import type { Judgement, RequestFacts } from '../../traffic/index.ts'
import type { AnswerSeries, AnswerTable } from './answers.ts'
import { COUNT } from './durations.ts'
import type { Question } from './questions.ts'
import { factsOf, goodFacts, labelsOf, type RequestRule } from './rules.ts'
import { targetOf } from './targets.ts'

/** What is done with the points of one series. */
export interface Plan {
  /** Under which its last point is remembered. */
  readonly key: string
  readonly counter: CounterUse | undefined
  /** The histogram that it is a part of. */
  readonly part: PartUse | undefined
  /** When its points are native histograms. */
  readonly histogram: HistogramUse | undefined
  readonly asked: readonly Asked[]
  /** What is scraped to get the series; undefined for what rules make. */
  readonly target: string | undefined
  /** Since when, in milliseconds since 1970, the series would have been seen if it had been there. */
  readonly since: number
}

/** A question about the series, and where its answer is counted. */
export interface Asked {
  readonly question: Question
  readonly series: AnswerSeries
}

/** Requests that all ended alike. */
export interface Fate {
  /** Our labels. */
  readonly labels: Labels
  readonly judgement: Judgement
}

export interface CounterUse extends Fate {
  /** Where those that did not end as most do are owed durations; undefined when the histogram tells them apart. */
  readonly owed: string | undefined
}

export interface HistogramUse extends Fate {
  readonly rule: RequestRule
  readonly key: string
  /** Microseconds in one of its units. */
  readonly unit: number
  /** `requests`: its count is the requests. `durations`: a counter counts them. */
  readonly counts: 'requests' | 'durations'
  /** Where requests wait for durations, when the histogram does not say how its requests ended. */
  readonly owed: string | undefined
}

export interface PartUse extends HistogramUse {
  /** `count`, or the bucket's bound as a number is written. */
  readonly part: string
}

export interface PlanOptions {
  readonly rules: readonly RequestRule[]
  readonly questions: readonly Question[]
  readonly answers: AnswerTable
  /** On every series. */
  readonly fixed: Labels
  readonly judge: (facts: RequestFacts) => Judgement
  /** Since when a rule's or a question's series are looked at, by its text or key. */
  readonly since: (name: string) => number
}

/** Undefined: nobody asks about the series. */
export function planOf(labels: Labels, options: PlanOptions): Plan | undefined {
  const { rules } = options
  const asked = options.questions
    .filter(({ matches }) => matches(labels))
    .map((question) => ({
      question,
      series: options.answers.series(question.key, question.labelsOf(labels)),
    }))
  const rule = rules.find(({ kind, selector }) => kind === 'counter' && selector.matches(labels))
  const counter = rule === undefined ? undefined : counterUse(labels, rule, options)
  const histogram = histogramUse(labels, options)
  const part = partUse(labels, options)
  if (asked.length === 0 && counter === undefined && histogram === undefined && part === undefined)
    return undefined
  const names = [
    ...asked.map(({ question }) => question.key),
    ...[rule, part?.rule, histogram?.rule].flatMap((each) => (each === undefined ? [] : [nameOf(each)])),
  ]
  const since = Math.min(...names.map(options.since))
  return { key: keyOf('p', labels), counter, part, histogram, asked, target: targetOf(labels), since }
}

function counterUse(labels: Labels, rule: RequestRule, options: PlanOptions): CounterUse {
  const { naming } = rule
  const judgement = options.judge(factsOf(labels, naming) ?? goodFacts(labels, naming))
  const ours = { ...options.fixed, ...labelsOf(labels, naming) }
  const isMain = judgement.reason === options.judge(goodFacts(labels, naming)).reason
  const owed = rule.durations === undefined || isMain || !judgement.timed ? undefined : owedKey(labels, ours)
  return { labels: ours, judgement, owed }
}

/** `<name>_bucket` with a bound, `<name>_count`, or what is left of a summary. */
function partUse(labels: Labels, options: PlanOptions): PartUse | undefined {
  const name = labels['__name__'] ?? ''
  const suffix = name.endsWith('_bucket') ? '_bucket' : name.endsWith('_count') ? '_count' : undefined
  if (suffix === undefined) return undefined
  const { le, ...rest } = labels
  const bound = boundOf(le)
  if (suffix === '_bucket' && bound === undefined) return undefined
  const base = { ...rest, __name__: name.slice(0, -suffix.length) }
  const use = histogramUse(base, options)
  return use === undefined ? undefined : { ...use, part: suffix === '_count' ? COUNT : (bound ?? COUNT) }
}

/** `0.3`, `1`, `Infinity`: the same for all the ways in which a bound is written. */
function boundOf(le: string | undefined): string | undefined {
  if (le === undefined) return undefined
  const bound = /^\+?inf(?:inity)?$/i.test(le) ? Infinity : Number(le)
  return le.trim() === '' || Number.isNaN(bound) ? undefined : String(bound)
}

function histogramUse(labels: Labels, options: PlanOptions): HistogramUse | undefined {
  for (const rule of options.rules) {
    const counts = rule.kind === 'histogram' ? 'requests' : 'durations'
    const { selector, unit } =
      rule.kind === 'histogram' ? rule : (rule.durations ?? { selector: NONE, unit: 0 })
    if (!selector.matches(labels)) continue
    const { naming } = rule
    const facts = factsOf(labels, naming)
    const ours = { ...options.fixed, ...labelsOf(labels, naming) }
    return {
      rule,
      key: keyOf('h', labels),
      labels: ours,
      judgement: options.judge(facts ?? goodFacts(labels, naming)),
      unit,
      counts,
      owed: counts === 'durations' && facts === undefined ? owedKey(labels, ours) : undefined,
    }
  }
  return undefined
}

const NONE = { text: '', matches: (): boolean => false }

/** The requests of one process that our labels do not tell apart. */
function owedKey(labels: Labels, ours: Labels): string {
  return keyOf('o', { ...ours, __job: labels['job'] ?? '', __instance: labels['instance'] ?? '' })
}

/** Two series share a key by chance less often than once in 10^20. */
function keyOf(kind: string, labels: Labels): string {
  return `${kind}${createHash('sha256').update(labelsKey(labels)).digest('base64url').slice(0, 22)}`
}

/** What tells a rule from another: the series that it selects. */
export function nameOf({ kind, selector, durations }: RequestRule): string {
  return `${kind} ${selector.text} ${durations?.selector.text ?? ''}`
}
