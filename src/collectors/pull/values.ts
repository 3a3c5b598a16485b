import { type Labels, type Range, type UnixSeconds, unixSeconds } from '../../base/index.ts'
import type { ExternalQuery } from '../../traffic/index.ts'
import { countOf, passing } from './reading.ts'
import type { Answer, KnowledgeGap } from './source.ts'
import { Tally } from './tally.ts'

/** What a source told of one minute and one combination of labels. */
export interface MinuteValue {
  readonly labels: Labels
  readonly minute: UnixSeconds
  /** NaN: there is an answer and it is no number, which leaves the minute unknown. */
  readonly value: number
}

export interface Told {
  readonly range: Range
  readonly values: readonly MinuteValue[]
  /** What a minute is of which nothing was told: `zero` where the source tells of what happened and of nothing else. */
  readonly silent: 'zero' | 'unknown'
  /** What is known not to be whole, whatever was told of it. */
  readonly gaps?: readonly KnowledgeGap[]
}

const NO_DATA: Pick<KnowledgeGap, 'state' | 'reason'> = { state: 'missing', reason: 'the source has no data' }

/**
 * The counts of a question from values per minute, for sources that count per minute themselves. A value is a number of
 * events also where the definition says `counter: true`: such sources tell what a counter rose by, not where it stands.
 */
export function answerOfValues(question: ExternalQuery, { range, values, silent, gaps = [] }: Told): Answer {
  const { reading, silence } = question
  const tally = new Tally(range)
  const passes = passing(question)
  const kind = reading === undefined || reading.kind === 'counter' ? 'events' : reading.kind
  const told = new Uint8Array(Math.max(0, (range.to - range.from) / 60))
  for (const { labels, minute, value } of values) {
    if (minute < range.from || minute >= range.to) continue
    const count = countOf(value, kind, passes)
    if (count === undefined) {
      if (!Number.isNaN(value)) tally.reject(minute)
      continue
    }
    told[(minute - range.from) / 60] = 1
    tally.add(labels, minute, count)
  }
  const isZero = silent === 'zero' || silence === 'zero'
  const stateOf = (i: number): Pick<KnowledgeGap, 'state' | 'reason'> | undefined => {
    const at = range.from + i * 60
    const found = gaps.find(({ from, to }) => at >= from && at < to)
    if (found !== undefined) return found
    return told[i] === 1 || isZero ? undefined : NO_DATA
  }
  return { rows: tally.rows(), gaps: joined(range, stateOf), rejected: tally.rejected }
}

/** Minutes of the same state, joined. */
function joined(
  range: Range,
  stateOf: (i: number) => Pick<KnowledgeGap, 'state' | 'reason'> | undefined,
): readonly KnowledgeGap[] {
  const gaps: KnowledgeGap[] = []
  for (let i = 0; i < (range.to - range.from) / 60; i++) {
    const found = stateOf(i)
    if (found === undefined) continue
    const from = unixSeconds(range.from + i * 60)
    const to = unixSeconds(from + 60)
    const last = gaps.at(-1)
    if (last?.to === from && last.state === found.state && last.reason === found.reason)
      gaps[gaps.length - 1] = { ...last, to }
    else gaps.push({ from, to, state: found.state, reason: found.reason })
  }
  return gaps
}
