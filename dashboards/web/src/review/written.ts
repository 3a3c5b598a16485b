import type { IncidentSummary, Review } from '../../../../src/contract/index.ts'
import type { Voice } from '../shell/voice.ts'

type Row = Review['rows'][number]

/** The review as the text that goes into a wiki. */
export function markdownOf(review: Review, incidents: readonly IncidentSummary[], voice: Voice): string {
  const { words } = voice
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((c) => c.replaceAll('|', '\\|')).join(' | ')} |`
  const heads = [
    words.promise,
    words.owner,
    words.target,
    words.sli,
    words.reviewSpent,
    words.bad,
    words.reviewIncidents,
  ]
  return [
    `# ${titleOf(review, voice)}`,
    '',
    sentenceOf(review, voice),
    '',
    line(heads),
    line(heads.map((_, i) => (i < 2 ? '---' : '---:'))),
    ...review.rows.map((r) => line(cellsOf(r, voice))),
    '',
    `## ${words.reviewIncidents}`,
    '',
    ...(incidents.length === 0
      ? [words.reviewNoIncidents]
      : incidents.map((i) => `- **${i.id}** ${i.sentence}`)),
    '',
  ].join('\n')
}

/** Numbers as they are, for a spreadsheet. */
export function csvOf(review: Review): string {
  const heads = [
    'id',
    'name',
    'service',
    'owner',
    'indicator',
    'target',
    'good',
    'bad',
    'sli',
    'met',
    'spent',
    'incidents',
  ] as const
  const quoted = (value: string | number | boolean | null): string => {
    const text = value === null ? '' : `${value}`
    // A cell that begins like a formula would be one.
    const safe = /^[=+\-@\t\r]/.test(text) && typeof value === 'string' ? `'${text}` : text
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  return [heads.join(','), ...review.rows.map((r) => heads.map((h) => quoted(r[h])).join(',')), ''].join(
    '\r\n',
  )
}

export function titleOf({ range }: Review, { words, instant }: Voice): string {
  return words.reviewTitle(instant(range.from, 'day'), instant(range.to - 1, 'day'))
}

export function sentenceOf({ rows }: Review, { words, count }: Voice): string {
  const judged = rows.filter(({ met }) => met !== null)
  return words.reviewSentence(count(judged.filter(({ met }) => met).length), count(judged.length))
}

export function cellsOf(r: Row, voice: Voice): readonly string[] {
  const met =
    r.met === null ? voice.words.reviewNoEvents : r.met ? voice.words.reviewMet : voice.words.reviewMissed
  return [
    `${r.name} (${met})`,
    r.owner,
    `${r.target} %`,
    r.sli === null ? '–' : voice.level(r.sli, { target: r.target, events: r.good + r.bad }),
    r.spent === null ? '–' : voice.share(r.spent),
    voice.count(r.bad),
    voice.count(r.incidents),
  ]
}
