import { failed, ok, type Range, unixSeconds } from '../../../src/base/index.ts'
import type { Answer, Asked, CountSource, PullFailure, Reply } from '../../../src/collectors/pull/index.ts'
import { type ExternalQuery } from '../../../src/traffic/index.ts'
import type { TestWorld } from '../../world.ts'

export const question = (key: string, more: Partial<ExternalQuery> = {}): ExternalQuery => ({
  kind: 'external',
  source: 'prom',
  type: 'Prometheus',
  spec: { query: key },
  key,
  ...more,
})

export interface Truth {
  /** The count of a minute as it is in the end; undefined where the source knows nothing. */
  readonly final: (key: string, minute: number) => number | undefined
  /** How long after its end a minute is complete at the source, in seconds; before, less is answered. */
  readonly lateness: (key: string, minute: number) => number
}

export interface TruthfulSource extends CountSource {
  readonly asked: { readonly key: string; readonly range: Range }[]
  /** What becomes of the next answer; a number is how late it comes, in milliseconds. */
  fate: (key: string, range: Range) => number | PullFailure | undefined
}

export const DOWN: PullFailure = { kind: 'unavailable', text: 'connection refused', remedy: 'start it' }

/** A source that answers with the truth as it is known at the instant of the question. */
export function createTruthfulSource(world: TestWorld, truth: Truth, together = 1): TruthfulSource {
  const answer = (key: string, range: Range): Answer => {
    const now = world.clock.now()
    const rows: Answer['rows'][number][] = []
    const gaps: Answer['gaps'][number][] = []
    for (let minute: number = range.from; minute < range.to; minute += 60) {
      const value = truth.final(key, minute)
      if (value === undefined)
        gaps.push({
          from: unixSeconds(minute),
          to: unixSeconds(minute + 60),
          state: 'missing',
          reason: 'no samples',
        })
      else if (value > 0) {
        const isThere = now >= minute + 60 + truth.lateness(key, minute)
        const seen = isThere ? value : Math.floor(value / 2)
        if (seen > 0)
          rows.push({
            labels: { zone: minute % 120 === 0 ? 'a' : 'b' },
            minute: unixSeconds(minute),
            value: seen,
          })
      }
    }
    return { rows, gaps }
  }
  const source: TruthfulSource = {
    together,
    asked: [],
    fate: () => undefined,
    describe: ({ key }) => `query ${key}`,
    ask: async ({ questions, range }: Asked, signal): Promise<readonly Reply[]> => {
      const replies: Reply[] = []
      for (const { key } of questions) {
        source.asked.push({ key, range })
        const fate = source.fate(key, range)
        const known = answer(key, range)
        if (typeof fate === 'number') await world.clock.sleep(fate, signal).catch(() => undefined)
        replies.push({
          key,
          result: fate === undefined || typeof fate === 'number' ? ok(known) : failed(fate),
        })
      }
      return signal.aborted ? [] : replies
    },
  }
  return source
}
