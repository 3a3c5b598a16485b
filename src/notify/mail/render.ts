import type { IncidentBrief } from '../brief.ts'
import type { Letter } from '../letters/letter.ts'
import type { Notice } from '../notice.ts'
import { headlineWindow, moodOf, sentenceOf, shareWords, zonedTime } from '../slack/facts.ts'
import { clean } from '../text.ts'
import { type Words, wordsFor } from '../words.ts'

export interface Mail {
  /** Unique for ever, without the host: what makes a mail that was sent twice one mail to those who look. */
  readonly id: string
  /** The mail that began the conversation; undefined: this one does. */
  readonly answers: string | undefined
  readonly subject: string
  readonly text: string
}

const SUBJECT_MAX = 200
/** Lines end as mail's do. */
const EOL = '\r\n'
const LINE_MAX = 300

export function letterMail({ brief, key, first }: Letter): Mail {
  const words = wordsFor(brief.locale)
  const root = idOf(brief.incident.id)
  return {
    id: first ? root : idOf(key),
    answers: first ? undefined : root,
    subject: clean(`[${brief.incident.id}] ${headingOf(brief, words)}`, SUBJECT_MAX),
    text: `${[sentence(brief, words), ...factLines(brief, words), ...spenderLines(brief, words), brief.pageUrl].join(EOL)}${EOL}`,
  }
}

/** One mail for incidents that ended before anybody could be told. */
export function digestMail(letters: readonly Letter[]): Mail {
  const [first] = letters
  const words = wordsFor(first?.brief.locale ?? 'en')
  const lines = letters.map(
    ({ brief }) =>
      `${brief.incident.id} ${clean(brief.name, 80)}: ${sentenceOf(brief, words)}${EOL}  ${brief.pageUrl}`,
  )
  return {
    id: idOf(`digest/${letters.map(({ key }) => key).join('/')}`.slice(0, 200)),
    answers: undefined,
    subject: unheard(letters.length, words),
    text: `${lines.join(EOL)}${EOL}`,
  }
}

export const noticeMail = ({ id, title, text, url }: Notice): Mail => ({
  id: idOf(id),
  answers: undefined,
  subject: clean(title, SUBJECT_MAX),
  text: `${[...text.split('\n').map((line) => clean(line, LINE_MAX)), url].join(EOL)}${EOL}`,
})

const unheard = (count: number, words: Words): string =>
  words.locale === 'ja'
    ? `通知できない間に始まり終わったインシデント ${count} 件`
    : `${count} incidents opened and ended while nobody could be told`

/** The left side of a Message-ID takes few characters. */
const idOf = (text: string): string => text.replaceAll(/[^A-Za-z0-9.-]+/g, '.')

function headingOf(brief: IncidentBrief, words: Words): string {
  const mood = moodOf(brief)
  const state =
    mood === 'resolved'
      ? words.resolvedWord
      : mood === 'blind'
        ? words.blindWord
        : brief.incident.severity === 'page'
          ? words.page
          : words.ticket
  return `${state} · ${clean(brief.name, 80)}: ${sentenceOf(brief, words)}`
}

const sentence = (brief: IncidentBrief, words: Words): string => `${headingOf(brief, words)}.${EOL}`

function factLines(brief: IncidentBrief, words: Words): readonly string[] {
  const { incident } = brief
  const { labels } = words
  const window = headlineWindow(brief)
  const left = window?.budget.leftRatio
  const line = (label: string, text: string): readonly string[] =>
    text === '' ? [] : [clean(`${label}: ${text}`, LINE_MAX)]
  return [
    words.promise(brief.target, brief.window),
    ...line(labels.budgetLeft, left === undefined ? '' : words.percent(left, 1)),
    ...line(
      labels.thisIncident,
      incident.badEvents > 0
        ? words.cost(shareWords(incident.budgetSpent, words), words.count(incident.badEvents))
        : '',
    ),
    ...line(labels.started, zonedTime(incident.startedAt, brief)),
    ...line(labels.owner, brief.owner),
    ...line(labels.acknowledged, incident.acknowledged?.by ?? ''),
    ...line(labels.runbook, brief.runbook),
    '',
  ]
}

function spenderLines(brief: IncidentBrief, words: Words): readonly string[] {
  if (brief.contributors.length === 0) return []
  return [
    `${words.labels.contributors}:`,
    ...brief.contributors.map(({ labels, share, bad }) =>
      clean(
        `- ${words.contributor(Object.values(labels).join(' '), words.percent(share, 0), words.count(bad))}`,
        LINE_MAX,
      ),
    ),
    '',
  ]
}
