import { type Call, type DecisionReason, ROLES, type TimelineEntry } from '../../alerting/index.ts'
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
  /** Whom to call; only with `escalate` and `remind`. */
  readonly call?: Pick<Call, 'levelName' | 'targets'>
}

/** How somebody whom a policy names is called in Slack: `<@U…>` or `<!subteam^S…>`. Configured, never data. */
export type Callees = Readonly<Record<string, string>>

const LINES_MAX = 10
const CALLED_MAX = 10
const LINE_LENGTH_MAX = 600

/** What is said in the thread of things that happened, oldest first; undefined when there is nothing to say. */
export function renderLines(
  brief: IncidentBrief,
  requests: readonly LineRequest[],
  callees: Callees = {},
): SlackMessage | undefined {
  const words = wordsFor(brief.locale)
  const said = requests.slice(-LINES_MAX).flatMap((request) => lineOf(brief, request, { words, callees }))
  return said.length === 0 ? undefined : { text: said.join('\n') }
}

function lineOf(
  brief: IncidentBrief,
  { reason, at, call }: LineRequest,
  { words, callees }: { readonly words: Words; readonly callees: Callees },
): readonly string[] {
  const { lines } = words
  const sentence = escaped(sentenceOf(brief, words), LINE_LENGTH_MAX)
  switch (reason) {
    case 'first':
      return brief.incident.kind === 'declared'
        ? declaredLine(brief, words)
        : [lines.opened(sentence, reasonOf(brief, words))]
    case 'worse':
      return [lines.worse(sentence)]
    case 'reopened':
      if (byHand(brief, 'reopened', at) !== undefined)
        return [lines.reopenedBy(escaped(byHand(brief, 'reopened', at) ?? '', 80))]
      return [lines.reopened(brief.incident.reopened, sentence)]
    case 'resolved': {
      const by = byHand(brief, 'resolved', at)
      return [...(by === undefined ? [] : [lines.resolvedBy(escaped(by, 80))]), lines.resolved(sentence)]
    }
    case 'blind':
      return [lines.blind(sentence)]
    case 'sighted':
      return [lines.sighted(sentence)]
    case 'person':
      return brief.incident.timeline
        .filter((entry) => entry.at === at && entry.by !== undefined)
        .flatMap((entry) => personLine(brief, entry, words))
    case 'merged':
      return [lines.merged(escaped(brief.incident.parent ?? '', 40))]
    case 'absorbed':
      return [lines.absorbed(escaped(brief.incident.children.at(-1) ?? '', 40))]
    case 'escalate':
      return [lines.escalated(escaped(call?.levelName ?? '', 80), calledOf(call, callees))]
    case 'remind':
      return [lines.reminded(calledOf(call, callees))]
    case 'level':
      return [lines.level(escaped(brief.incident.level?.name ?? words.states.ok, 80))]
    case 'better':
    case 'repeat':
    case 'silenced':
    case 'unsilenced':
    case 'nothing':
      return []
  }
}

/** Who is called: a mention where the configuration has one, else the name. */
function calledOf(call: LineRequest['call'], callees: Callees): string {
  return (call?.targets ?? [])
    .slice(0, CALLED_MAX)
    .map((target) => (Object.hasOwn(callees, target) ? callees[target] : undefined) ?? escaped(target, 80))
    .join(' ')
}

/** Who did it, when a person did it at that moment. */
const byHand = (brief: IncidentBrief, kind: TimelineEntry['kind'], at: UnixSeconds): string | undefined =>
  brief.incident.timeline.find((entry) => entry.kind === kind && entry.at === at)?.by

function declaredLine({ incident }: IncidentBrief, { lines }: Words): readonly string[] {
  const by = incident.timeline.find((entry) => entry.kind === 'declared')?.by ?? ''
  return [lines.declared(escaped(by, 80), escaped(incident.title ?? '', LINE_LENGTH_MAX))]
}

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
      return [assignedLine(brief, by, words) ?? lines.note(by, escaped(entry.text, LINE_LENGTH_MAX))]
    case 'severity': {
      const { severity } = brief.incident
      return [lines.severity(by, severity === 'page' ? words.page : words.ticket)]
    }
    case 'unassigned':
    case 'level':
    case 'item-added':
    case 'item-closed':
    case 'linked':
      return [lines.item(by, escaped(entry.text, LINE_LENGTH_MAX))]
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

/** The role that was given last; undefined when it was given away again since. */
function assignedLine({ incident }: IncidentBrief, by: string, words: Words): string | undefined {
  const given = ROLES.flatMap((role) => {
    const holder = incident.roles[role]
    return holder === undefined ? [] : [{ role, holder }]
  }).toSorted((a, b) => b.holder.since - a.holder.since)[0]
  if (given === undefined) return undefined
  const { role, holder } = given
  const to = escaped(holder.who, 80)
  if (role === 'commander' && holder.who === holder.by) return words.lines.commands(to)
  return words.lines.assigned(by, words.roles[role], to)
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
