import { type CoverageTimeline, forgetBefore, type KnownSpan, paintSpan, worstOf } from './coverage.ts'
import type { Held } from './held.ts'

/** What is known of each source, and of each set of sources that an SLO rests on. */
export function createKnowledge(): {
  readonly cover: (source: string, spans: readonly KnownSpan[], oldest: number) => void
  readonly of: (one: Held) => CoverageTimeline
} {
  const spansOf = new Map<string, readonly KnownSpan[]>()
  const worst = new Map<string, CoverageTimeline>()
  // Which sets hold a source: what one source reports changes no more than those.
  const setsOf = new Map<string, Set<string>>()
  const knownOf = (source: string): readonly KnownSpan[] => spansOf.get(source) ?? []
  return {
    cover: (source, spans, oldest) => {
      const painted = spans.reduce(paintSpan, knownOf(source))
      spansOf.set(source, forgetBefore(painted, oldest))
      for (const set of setsOf.get(source) ?? []) worst.delete(set)
    },
    of: ({ slo, sources }) => {
      const known = worst.get(sources)
      if (known) return known
      const timeline = worstOf(slo.sources.map(knownOf))
      worst.set(sources, timeline)
      for (const source of slo.sources) setsOf.set(source, (setsOf.get(source) ?? new Set()).add(sources))
      return timeline
    },
  }
}
