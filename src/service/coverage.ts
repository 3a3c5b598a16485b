import { type Range, type UnixSeconds, unixSeconds } from '../base/index.ts'
import type { Ledger } from '../store/index.ts'
import type { CoverageSpan } from '../traffic/index.ts'

/**
 * A DataSource may have several inputs (one a cloud), each read by a collector of its own. Their coverage is kept
 * apart in the ledger under these names, because one that is read well says nothing of one that is not.
 */
export function inputSource(source: string, input: string): string {
  return `${source}/${input}`
}

export interface CoverageAsked {
  readonly source: string
  /** Names of the source's inputs; empty when it is read as one. */
  readonly inputs: readonly string[]
  readonly range: Range
}

/** What is known of a source inside the range. What was never reported by any input is left unsaid. */
export async function knownOf(
  ledger: Pick<Ledger, 'coverage'>,
  { source, inputs, range }: CoverageAsked,
): Promise<readonly CoverageSpan[]> {
  const names = inputs.length === 0 ? [source] : inputs.map((input) => inputSource(source, input))
  const spans = await ledger.coverage(names, range)
  const parted = names.map((name) => spans.filter((span) => span.source === name))
  // Never reported is not the same as known to be missing.
  return combineCoverage(source, parted, range).filter(
    (span) => span.state !== 'missing' || span.reason !== '',
  )
}

/**
 * What is known of a whole from its parts: a minute is known when it is known of every part, partial when some part
 * is known or partial, else missing. What no span of a part covers was never reported, and is missing.
 */
export function combineCoverage(
  source: string,
  parts: readonly (readonly CoverageSpan[])[],
  range: Range,
): readonly CoverageSpan[] {
  const edges = new Set<number>([range.from, range.to])
  for (const span of parts.flat()) {
    if (span.from > range.from && span.from < range.to) edges.add(span.from)
    if (span.to > range.from && span.to < range.to) edges.add(span.to)
  }
  const ordered = [...edges].sort((a, b) => a - b)
  const cursors = parts.map((spans) => createCursor(spans))
  const combined: CoverageSpan[] = []
  for (let i = 0; i + 1 < ordered.length; i++) {
    const from = unixSeconds(ordered[i] ?? 0)
    const to = unixSeconds(ordered[i + 1] ?? 0)
    append(combined, { source, from, to, ...judge(cursors.map((at) => at(from))) })
  }
  return combined
}

/** Finds the span at an instant; instants must not go back. Spans are in order and do not overlap. */
function createCursor(spans: readonly CoverageSpan[]): (at: UnixSeconds) => CoverageSpan | undefined {
  let i = 0
  return (at) => {
    while (i < spans.length && (spans[i]?.to ?? 0) <= at) i++
    const span = spans[i]
    return span && span.from <= at ? span : undefined
  }
}

function judge(found: readonly (CoverageSpan | undefined)[]): Pick<CoverageSpan, 'state' | 'reason'> {
  if (found.every((span) => span?.state === 'known')) return { state: 'known', reason: '' }
  const reason = [...new Set(found.map((span) => span?.reason ?? '').filter((text) => text !== ''))].join(
    '; ',
  )
  const some = found.some((span) => span !== undefined && span.state !== 'missing')
  return { state: some ? 'partial' : 'missing', reason }
}

function append(spans: CoverageSpan[], span: CoverageSpan): void {
  const last = spans.at(-1)
  if (last && last.to === span.from && last.state === span.state && last.reason === span.reason) {
    spans[spans.length - 1] = { ...last, to: span.to }
  } else spans.push(span)
}
