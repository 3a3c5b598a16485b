import { RE2JS } from 're2js'
import { failed, type Labels, ok, type Result } from '../../base/index.ts'
import { type ExternalQuery, parseSelector, type RegexCompiler, type Selector } from '../../traffic/index.ts'
import { type PrometheusQuestion, readQuestion } from '../prometheus/asked.ts'
import { labelling } from '../prometheus/labels.ts'

/** A question that is answered from the samples that come, as the one who asks a Prometheus would count them. */
export interface Question {
  readonly key: string
  readonly matches: (labels: Labels) => boolean
  /** `increase`: what its series rose by. `points`: one for each that passes. */
  readonly reading: 'increase' | 'points'
  readonly passes: (value: number) => boolean
  /** Under which labels a series is counted. */
  readonly labelsOf: (labels: Labels) => Labels
  /** Minutes without samples are zero. */
  readonly silentIsZero: boolean
}

/** Why a question has no answer here, and what to do about it. */
export interface Refusal {
  readonly text: string
  readonly remedy: string
}

/** Whole matches, in an engine whose time is linear in the value. */
export const compileRegex: RegexCompiler = (pattern) => {
  try {
    const compiled = RE2JS.compile(pattern, RE2JS.DOTALL)
    return ok((value) => compiled.matcher(value).matches())
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error))
  }
}

const OURS: ReadonlySet<string> = new Set(['PrometheusRemoteWrite', 'OpenMetrics'])

/** `renamed`: from names of labels there to ours. */
export function questionOf(
  asked: ExternalQuery,
  renamed: ReadonlyMap<string, string>,
): Result<Question, Refusal> {
  // Where the metric names no language of its own, it has the DataSource's type.
  const type = OURS.has(asked.type) ? 'Prometheus' : asked.type
  const read = readQuestion({ ...asked, type })
  if (read.kind === 'failed') return read
  const { query, bucket, passes, silentIsZero } = read.value
  const reading = readingOf(read.value)
  const selector = query.kind === 'series' ? selectorIn(query.selector) : undefined
  if (reading === undefined || selector === undefined)
    return failed({
      text: `only a Prometheus can compute ${query.text.replaceAll(/\s+/g, ' ').trim()}`,
      remedy: 'write a counter, alone or in sum(…), or ask a DataSource of type Prometheus',
    })
  const named = labelling(read.value, renamed)
  return ok({
    key: asked.key,
    matches: (labels) =>
      selector.matches(labels) && (bucket === undefined || Number(labels['le']) === bucket),
    reading,
    passes,
    labelsOf: (labels) => named({ labels, times: [], values: [] }),
    silentIsZero,
  })
}

/** Undefined for what is evaluated at the ends of minutes. */
function readingOf({ reading, query }: PrometheusQuestion): Question['reading'] | undefined {
  if (query.kind !== 'series') return undefined
  if (reading === 'increase') return 'increase'
  const isPoint = reading === 'points' || reading === 'points-passing'
  return isPoint && query.grouping === undefined && !query.rises ? 'points' : undefined
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/

/** `name`, `name{…}` or `{…}`. Undefined when it is none of them. */
export function selectorIn(text: string): Selector | undefined {
  const trimmed = text.trim()
  const name = NAME.exec(trimmed)?.[0] ?? ''
  const rest = trimmed.slice(name.length).trim()
  const parsed = parseSelector(rest === '' && name !== '' ? '{}' : rest, compileRegex)
  if (parsed.kind === 'failed') return undefined
  if (name === '') return parsed.value
  const { matches } = parsed.value
  return {
    text: `${name}${parsed.value.text === '{}' ? '' : parsed.value.text}`,
    matches: (labels: Labels) => labels['__name__'] === name && matches(labels),
  }
}
