import { minuteOf, type Range } from '../base/index.ts'
import type * as wire from '../contract/index.ts'
import type { CoverageSpan } from '../traffic/index.ts'

/** What is known of a source over a range, in all and bucket by bucket. */
export interface Knowledge {
  readonly coverage: wire.ServiceSummary['coverage']
  /** Whole minutes of each bucket that are fully known. */
  readonly known: readonly number[]
  /** Minutes of each bucket of which something is known. */
  readonly measured: readonly number[]
  /** Stretches that ended and are not fully known. */
  readonly gaps: wire.ServiceDetail['gaps']
}

/** Minutes that ended so long ago ought to be told of by now; later ones are still on their way. */
const SETTLE = 120

/** From spans in order that do not overlap. Only minutes that ended and had time to be told are counted as missing. */
export function knowledgeOf(
  spans: readonly CoverageSpan[],
  { range, step, now }: { readonly range: Range; readonly step: number; readonly now: number },
): Knowledge {
  const buckets = Math.max(1, Math.ceil((range.to - range.from) / step))
  const known = Array<number>(buckets).fill(0)
  const measured = Array<number>(buckets).fill(0)
  for (const span of spans) {
    if (span.state === 'missing') continue
    const from = Math.max(span.from, range.from)
    const to = Math.min(span.to, range.to)
    for (let at = from; at < to; ) {
      const bucket = Math.floor((at - range.from) / step)
      const end = Math.min(to, range.from + (bucket + 1) * step)
      const minutes = (end - at) / 60
      measured[bucket] = (measured[bucket] ?? 0) + minutes
      if (span.state === 'known') known[bucket] = (known[bucket] ?? 0) + minutes
      at = end
    }
  }
  return {
    known: known.map(Math.floor),
    measured: measured.map(Math.ceil),
    coverage: coverageIn(spans, range, now),
    gaps: gapsIn(spans, { from: range.from, to: settled(range, now) }),
  }
}

const settled = (range: Range, now: number): number => Math.min(range.to, minuteOf(now) - SETTLE)

function coverageIn(
  spans: readonly CoverageSpan[],
  range: Range,
  now: number,
): wire.ServiceSummary['coverage'] {
  const until = Math.max(range.from, settled(range, now))
  const minutes = Math.floor((until - range.from) / 60)
  const length = (state: CoverageSpan['state']): number =>
    Math.floor(
      spans
        .filter((span) => span.state === state)
        .reduce((n, span) => n + Math.max(0, Math.min(span.to, until) - Math.max(span.from, range.from)), 0) /
        60,
    )
  const known = length('known')
  const partial = length('partial')
  return {
    minutes,
    known,
    partial,
    missing: Math.max(0, minutes - known - partial),
    failed: length('missing'),
    ratio: minutes === 0 ? null : known / minutes,
    completeThrough: completeThrough(spans, range.from),
    kind: known >= minutes ? 'full' : known + partial === 0 ? 'none' : 'partial',
  }
}

/** Up to where every minute from the range's start is known; null when not even the first is. */
function completeThrough(spans: readonly CoverageSpan[], from: number): number | null {
  let until = from
  for (const span of spans) {
    if (span.to <= until) continue
    if (span.state !== 'known' || span.from > until) break
    until = span.to
  }
  return until === from ? null : until
}

function gapsIn(
  spans: readonly CoverageSpan[],
  { from, to }: { readonly from: number; readonly to: number },
): wire.ServiceDetail['gaps'] {
  const gaps: wire.ServiceDetail['gaps'] = []
  let at = from
  for (const span of spans) {
    if (span.to <= at || span.from >= to) continue
    if (span.from > at) gaps.push({ from: at, to: span.from, state: 'missing', reason: '' })
    const { state, reason } = span
    if (state !== 'known')
      gaps.push({ from: Math.max(at, span.from), to: Math.min(to, span.to), state, reason })
    at = Math.max(at, span.to)
  }
  if (at < to) gaps.push({ from: at, to, state: 'missing', reason: '' })
  return gaps
}

/** What numbers rest on: no request in known time is no traffic, and in unknown time it says nothing. */
export function dataOf(requests: number, { coverage }: Knowledge): wire.ServiceSummary['data'] {
  const { kind, failed, known, partial } = coverage
  if (requests > 0) return kind === 'full' ? 'measured' : 'partial'
  if (known + partial === 0) return failed > 0 ? 'error' : 'no-data'
  return kind === 'full' ? 'no-traffic' : 'partial'
}
