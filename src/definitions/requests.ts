import type { Microseconds } from '../base/index.ts'
import {
  type Outcome,
  type ParsedSelector,
  parseSelector,
  parseThreshold,
  REASONS,
} from '../traffic/index.ts'
import { pairsOf } from './context.ts'
import type { Place } from './place.ts'
import { compileRegex } from './regex.ts'
import type { Report } from './report.ts'
import { OUTCOMES, requestSpec } from './request-shape.ts'
import { check } from './shape.ts'
import { suggest } from './suggest.ts'
import { get, type Node, textOf } from './tree.ts'

/** What a `Requests` spec says, read. */
export interface RequestParts {
  readonly selector: ParsedSelector
  readonly outcome: 'good' | 'bad' | 'all'
  readonly within: { readonly text: string; readonly value: Microseconds } | undefined
  readonly judging: {
    readonly judge?: Readonly<Record<string, Outcome>>
    readonly abort?: Microseconds | 'never'
  }
  /** Where the selector stands. */
  readonly place: Place
}

export type RequestRole = 'good' | 'bad' | 'total' | 'threshold'

export function readRequest(spec: Node, role: RequestRole, report: Report): RequestParts | undefined {
  const before = report.errors()
  check(spec, requestSpec, report, 'spec')
  const match = get(spec, 'match')
  const selector = match && readSelector(match, report)
  const outcome = readOutcome(spec, role, report)
  const within = readWithin(spec, role, report)
  const judging = { ...readJudge(get(spec, 'judge'), report), ...readAbort(get(spec, 'abort'), report) }
  if (get(spec, 'value') && role !== 'threshold')
    report.error('NINES-1405', get(spec, 'value')?.place ?? spec.place, {
      message: 'value is a percentile, for a thresholdMetric',
      remedy: 'Write "within: 300ms" to count the requests below a threshold.',
    })
  if (!match || !selector || report.errors() > before) return undefined
  return { selector, outcome, within, judging, place: match.place }
}

/** A selector's fault is shown at its own character when the text stands as it is in the file. */
function readSelector(node: Node, report: Report): ParsedSelector | undefined {
  const written = textOf(node) ?? ''
  const parsed = parseSelector(written, compileRegex)
  if (parsed.kind === 'ok') return parsed.value
  const { place } = node
  const inFile = place.source.text.slice(place.start, place.end)
  const shift = inFile.slice(1, -1) === written ? 1 : inFile === written ? 0 : undefined
  const offset = Math.min(parsed.error.offset, Math.max(0, written.length - 1))
  const start = shift === undefined ? place.start : place.start + shift + offset
  report.error(
    'NINES-1403',
    { source: place.source, start, end: shift === undefined ? place.end : start + 1 },
    {
      message: `the selector is malformed: ${parsed.error.message}`,
      remedy: 'Write Prometheus matchers, such as {service_name="checkout", operation=~"/v1/pay.*"}.',
    },
  )
  return undefined
}

function readOutcome(spec: Node, role: RequestRole, report: Report): RequestParts['outcome'] {
  const node = get(spec, 'outcome')
  const usual = role === 'good' || role === 'bad' ? role : 'all'
  const written = textOf(node)
  if (!node || written === undefined) return usual
  const outcome = written === 'good' || written === 'bad' ? written : 'all'
  const contradicts =
    (usual === 'all' && outcome !== 'all') ||
    (usual === 'good' && outcome === 'bad') ||
    (usual === 'bad' && outcome !== 'bad') ||
    (usual === 'good' && outcome === 'all' && !get(spec, 'within'))
  if (contradicts)
    report.error('NINES-1405', node.place, {
      message: `outcome: ${written} contradicts ${role}, which it stands in`,
      remedy: `Write "outcome: ${usual}", or leave it out.`,
    })
  return outcome
}

function readWithin(spec: Node, role: RequestRole, report: Report): RequestParts['within'] {
  const node = get(spec, 'within')
  const written = textOf(node)
  if (!node || written === undefined) return undefined
  if (role !== 'good') {
    report.error('NINES-1405', node.place, {
      message:
        role === 'threshold'
          ? 'a percentile is compared with value'
          : `within in ${role} would leave out the slow requests`,
      remedy: role === 'threshold' ? 'Write op and value in the objective.' : 'Write within in good only.',
    })
    return undefined
  }
  const value = parseThreshold(written)
  if (value.kind === 'ok') return { text: written, value: value.value }
  report.error('NINES-1404', node.place, thresholdFault(value.error))
  return undefined
}

/** `what is wrong: what to write`, as the latency layout says it, in its two parts. */
export function thresholdFault(error: string): { readonly message: string; readonly remedy: string } {
  const [message = error, remedy] = error.split(/:\s+(?=write )/)
  return {
    message,
    remedy: remedy
      ? `${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}.`
      : 'Write a threshold such as 300ms or 1.5s.',
  }
}

const KNOWN_REASONS = REASONS.map(({ reason }) => reason)

function readJudge(node: Node | undefined, report: Report): RequestParts['judging'] {
  if (!node) return {}
  const judge: Record<string, Outcome> = {}
  for (const [reason, value] of pairsOf(node)) {
    const outcome = OUTCOMES.find((known) => known === textOf(value))
    if (!KNOWN_REASONS.includes(reason)) {
      const meant = suggest(reason, KNOWN_REASONS)
      report.error(
        'NINES-1406',
        node.kind === 'map' ? (node.entries.get(reason)?.keyPlace ?? node.place) : node.place,
        {
          message: `there is no reason ${reason}`,
          remedy: meant
            ? `Did you mean ${meant}?`
            : 'Write a reason such as http-429, http-404 or client-left-late.',
        },
      )
    } else if (outcome) judge[reason] = outcome
  }
  return { judge }
}

function readAbort(node: Node | undefined, report: Report): RequestParts['judging'] {
  const written = textOf(node)
  if (!node || written === undefined) return {}
  if (written === 'never') return { abort: 'never' }
  const value = parseThreshold(written)
  if (value.kind === 'ok') return { abort: value.value }
  report.error('NINES-1407', node.place, thresholdFault(value.error))
  return {}
}
