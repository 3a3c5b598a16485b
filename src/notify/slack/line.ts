import type { DecisionReason, TimelineEntry } from '../../alerting/index.ts'
import type { UnixSeconds } from '../../base/index.ts'
import type { IncidentBrief } from '../brief.ts'
import { escaped } from '../text.ts'
import { type Words, wordsFor } from '../words.ts'
import type { SlackMessage } from './blocks.ts'
import { dateToken, sentenceOf } from './facts.ts'
import { ruleWords } from './render.ts'

/** One thing that happened, to be said in the thread. */
export interface LineRequest {
  readonly reason: DecisionReason
  readonly at: UnixSeconds
}

const LINES_MAX = 10
const LINE_LENGTH_MAX = 600

/** What is said in the thread of things that happened, oldest first; undefined when there is nothing to say. */
export function renderLines(
  brief: IncidentBrief,
  requests: readonly LineRequest[],
): SlackMessage | undefined {
  const words = wordsFor(brief.locale)
  const said = requests.slice(-LINES_MAX).flatMap((request) => lineOf(brief, request, words))
  return said.length === 0 ? undefined : { text: said.join('\n') }
}

function lineOf(brief: IncidentBrief, { reason, at }: LineRequest, words: Words): readonly string[] {
  const { lines } = words
  const sentence = escaped(sentenceOf(brief, words), LINE_LENGTH_MAX)
  switch (reason) {
    case 'first':
      return [lines.opened(sentence, reasonOf(brief, words))]
    case 'worse':
      return [lines.worse(sentence)]
    case 'reopened':
      return [lines.reopened(brief.incident.reopened, sentence)]
    case 'resolved':
      return [lines.resolved(sentence)]
    case 'blind':
      return [lines.blind(sentence)]
    case 'sighted':
      return [lines.sighted(sentence)]
    case 'person':
      return brief.incident.timeline
        .filter((entry) => entry.at === at && entry.by !== undefined)
        .flatMap((entry) => personLine(brief, entry, words))
    case 'merged':
    case 'absorbed':
    case 'escalate':
    case 'remind':
    case 'level':
      return brief.incident.timeline
        .filter((entry) => entry.at === at && TURNS.has(entry.kind))
        .map((entry) => escaped(entry.text, LINE_LENGTH_MAX))
    case 'better':
    case 'repeat':
    case 'silenced':
    case 'unsilenced':
    case 'nothing':
      return []
  }
}

/** What the time, or other incidents, did to it. */
const TURNS = new Set<TimelineEntry['kind']>(['merged', 'absorbed', 'escalated', 'reminded', 'level'])

function personLine(brief: IncidentBrief, entry: TimelineEntry, words: Words): readonly string[] {
  const by = escaped(entry.by ?? '', 80)
  const { lines } = words
  switch (entry.kind) {
    case 'acknowledged':
      return [lines.acknowledged(by)]
    case 'unacknowledged':
      return [lines.unacknowledged(by)]
    case 'note':
      return [lines.note(by, escaped(entry.text, LINE_LENGTH_MAX))]
    case 'muted': {
      const { mutedUntil } = brief.incident
      return [lines.muted(by, mutedUntil === undefined ? '' : dateToken(mutedUntil, brief))]
    }
    case 'unmuted':
      return [lines.unmuted(by)]
    case 'assigned':
    case 'unassigned':
    case 'severity':
    case 'level':
    case 'item-added':
    case 'item-closed':
    case 'linked':
      return [lines.note(by, escaped(entry.text, LINE_LENGTH_MAX))]
    case 'opened':
    case 'declared':
    case 'merged':
    case 'absorbed':
    case 'escalated':
    case 'reminded':
    case 'silenced':
    case 'unsilenced':
    case 'worse':
    case 'better':
    case 'resolved':
    case 'reopened':
    case 'blind':
    case 'sighted':
    case 'told':
    case 'not-told':
    case 'restated':
      return []
  }
}

/** The rules that made it an incident, with what they compared. */
function reasonOf(brief: IncidentBrief, words: Words): string {
  const burning = ((brief.scoped ?? brief.whole)?.verdicts ?? []).filter(
    (verdict) => verdict.kind === 'burning',
  )
  return burning
    .slice(0, 2)
    .map((verdict) => ruleWords(verdict, words))
    .join('; ')
}
