import { later, type Range, unixSeconds } from '../base/index.ts'
import type { CoverageSpan } from '../traffic/index.ts'

/** Seconds in a quarter of a day: the stretch in which the ledger keeps rows together. */
export const QUARTER = 21_600

type State = CoverageSpan['state']

/** What one writer said of a stretch of one source. A later revision of the same writer overrules an earlier one. */
export interface Statement extends Range {
  readonly writer: string
  readonly revision: number
  readonly state: State
  readonly reason: string
}

const WORTH: Readonly<Record<State, number>> = { missing: 0, partial: 1, known: 2 }

/**
 * The span cut where quarters of a day (UTC) begin. A growing span is then one row a quarter that is written again,
 * and what covers a minute is found in that minute's quarter.
 */
export function cutByQuarter(span: CoverageSpan): readonly CoverageSpan[] {
  const pieces: CoverageSpan[] = []
  for (let from = span.from; from < span.to; ) {
    const end = later(unixSeconds(Math.floor(from / QUARTER) * QUARTER), QUARTER)
    const to = end < span.to ? end : span.to
    pieces.push({ ...span, from, to })
    from = to
  }
  return pieces
}

/**
 * What is known of one source, from what its writers said. Of one writer the latest revision counts. Among writers
 * known wins over partial, and partial over missing: a stretch that one run missed and a later run read is known.
 * Collectors that each read only a share of a source cannot be told from that, so each share is a source of its own.
 */
export function mergeStatements(
  statements: readonly Statement[],
  options: { readonly source: string; readonly range: Range },
): readonly CoverageSpan[] {
  const { source, range } = options
  const inside = statements
    .filter((s) => s.from < range.to && s.to > range.from && s.from < s.to)
    .sort((a, b) => a.from - b.from)
  const edges = [...new Set(inside.flatMap((s) => [s.from, s.to]).concat(range.from, range.to))]
    .filter((edge) => edge >= range.from && edge <= range.to)
    .sort((a, b) => a - b)
  const spans: CoverageSpan[] = []
  let active: Statement[] = []
  let next = 0
  for (const [i, from] of edges.entries()) {
    const to = edges[i + 1]
    if (to === undefined) break
    active = active.filter((s) => s.to > from)
    for (let s = inside[next]; s && s.from <= from; s = inside[++next]) if (s.to > from) active.push(s)
    const best = bestOf(active)
    if (best === undefined) continue
    const last = spans.at(-1)
    const reason = best.state === 'known' ? '' : best.reason
    if (last && last.to === from && last.state === best.state && last.reason === reason)
      spans[spans.length - 1] = { ...last, to }
    else spans.push({ source, from, to, state: best.state, reason })
  }
  return spans
}

function bestOf(active: readonly Statement[]): Statement | undefined {
  const latest = new Map<string, Statement>()
  for (const statement of active) {
    const known = latest.get(statement.writer)
    if (known === undefined || statement.revision >= known.revision) latest.set(statement.writer, statement)
  }
  let best: Statement | undefined
  for (const statement of latest.values())
    if (best === undefined || WORTH[statement.state] > WORTH[best.state]) best = statement
  return best
}
