import { ROLES } from '../../alerting/index.ts'
import { between, type UnixSeconds } from '../../base/index.ts'
import type { BurnVerdict } from '../../slo/index.ts'
import type { ContributorLine, ExemplarLine, IncidentBrief, Overlap, SourceAge } from '../brief.ts'
import { clean, code, escaped, link, webAddress } from '../text.ts'
import { type Side, type Words, wordsFor } from '../words.ts'
import { context, mrkdwn, plainText, type SlackBlock, type SlackMessage, section } from './blocks.ts'
import { actionsOf } from './buttons.ts'
import {
  dateToken,
  goneAt,
  headlineWindow,
  type Mood,
  moodOf,
  scopeName,
  sentenceOf,
  shareWords,
  zonedTime,
} from './facts.ts'

/** How much a message says: less each time that Slack would not take it, until it is one line of text. */
export const DETAILS = ['full', 'brief', 'sentence', 'text'] as const
export type Detail = (typeof DETAILS)[number]

export interface RenderOptions {
  readonly detail?: Detail
  /** Put before the text of a first post, to call people: `<!subteam^S123>`. Configured, never data. */
  readonly mention?: string
  /** A message that this one continues, when that one can no longer be changed. */
  readonly continues?: string
  /** With buttons that act. Without a way for presses to come back they would only disappoint. */
  readonly buttons?: boolean
}

const HEADER_LENGTH_MAX = 150
const SIGNS: Readonly<Record<Mood, string>> = {
  page: '🔴',
  ticket: '🟠',
  calming: '🟡',
  blind: '⚪',
  resolved: '✅',
}

/**
 * The one message about an incident. It keeps every documented limit of Slack whatever the brief holds, is never
 * empty, and nothing in the brief can mention anybody or break its layout: at most 14 blocks, 6,000 characters.
 */
export function renderSlack(brief: IncidentBrief, options: RenderOptions = {}): SlackMessage {
  const words = wordsFor(brief.locale)
  const text = textOf(brief, words, options)
  const detail = options.detail ?? 'full'
  if (detail === 'text') return { text }
  const mood = moodOf(brief)
  const blocks: SlackBlock[] = [
    { type: 'header', text: plainText(headerOf(brief, mood, words)) },
    section(leadOf(brief, words, options)),
  ]
  if (detail === 'sentence') return { text, blocks: [...blocks, ...actionsOf(brief, words, options)] }
  blocks.push({ type: 'section', fields: fieldsOf(brief, mood, words).map(mrkdwn) })
  if (detail === 'full') {
    const consequences = consequencesOf(brief, words)
    if (consequences !== undefined) blocks.push(section(consequences))
    const contributors = contributorsOf(brief, words)
    if (contributors !== undefined) blocks.push(section(contributors))
    const exemplars = exemplarsOf(brief, words)
    if (exemplars !== undefined) blocks.push(section(exemplars))
    const overlaps = overlapsOf(brief, words)
    if (overlaps !== undefined) blocks.push(context([overlaps]))
  }
  blocks.push(context(footOf(brief, words, options)))
  return { text, blocks: [...blocks, ...actionsOf(brief, words, options)] }
}

/** The sentence of a message by itself, without markup: for pages, the API and the command line. */
export const sentence = (brief: IncidentBrief): string => sentenceOf(brief, wordsFor(brief.locale))

/** What a lock screen shows: the word, the number, then what it is about. */
export function textOf(brief: IncidentBrief, words: Words, options: RenderOptions = {}): string {
  const sentence = escaped(sentenceOf(brief, words), 600)
  const mention = options.mention === undefined ? '' : `${options.mention} `
  const word = moodWord(moodOf(brief), brief, words)
  const drill = brief.incident.drill ? `${words.drill} · ` : ''
  const name = escaped(brief.name, 200) || escaped(brief.incident.slo || brief.incident.id, 100)
  return `${mention}${drill}${word} · ${name}: ${sentence}`
}

function headerOf(brief: IncidentBrief, mood: Mood, words: Words): string {
  const { service } = brief.incident
  const name = clean(brief.incident.title ?? brief.name, 60)
  const target = clean(brief.target, 12)
  const promise = target === '' ? '' : words.promise(target, clean(brief.window, 12))
  const drill = brief.incident.drill ? words.drill : ''
  const parts = [drill, moodWord(mood, brief, words), clean(service, 40), name, promise]
  return clean(`${SIGNS[mood]} ${parts.filter((part) => part !== '').join(' · ')}`, HEADER_LENGTH_MAX)
}

function moodWord(mood: Mood, brief: IncidentBrief, words: Words): string {
  if (mood === 'resolved') return words.resolvedWord
  const severity = brief.incident.severity === 'page' ? words.page : words.ticket
  return mood === 'blind' ? `${severity} · ${words.blindWord}` : severity
}

function leadOf(brief: IncidentBrief, words: Words, options: RenderOptions): string {
  const mention = options.mention === undefined ? '' : `${options.mention} `
  const at = goneAt(brief)
  const more = at === undefined ? '' : `\n${words.goneAt(dateToken(at, brief))}`
  return `${mention}*${escaped(sentenceOf(brief, words), 600)}*${more}`
}

/** At most ten, each well below 2,000 characters. */
function fieldsOf(brief: IncidentBrief, mood: Mood, words: Words): readonly string[] {
  const { incident } = brief
  const { labels } = words
  const fields: [string, string | undefined][] = [
    [labels.budgetLeft, budgetOf(brief, words)],
    [
      labels.thisIncident,
      words.cost(shareWords(incident.budgetSpent, words), words.count(incident.badEvents)),
    ],
    [labels.burnRate, mood === 'resolved' ? undefined : burnOf(brief, words)],
    [labels.measured, measuredOf(brief, words)],
    [labels.started, dateToken(incident.startedAt, brief, { ago: mood !== 'resolved' })],
    [labels.lasted, lastedOf(brief, words)],
    [labels.where, placesOf(brief, words)],
    [labels.owner, escaped(brief.owner, 120) || undefined],
    [labels.acknowledged, handsOf(brief, words)],
    [labels.clears, clearsOf(brief, mood, words)],
    [labels.mutedUntil, mutedOf(brief)],
  ]
  return fields
    .flatMap(([label, value]) => (value === undefined ? [] : [`*${label}*\n${value}`]))
    .slice(0, 10)
}

function budgetOf(brief: IncidentBrief, words: Words): string | undefined {
  const budget = headlineWindow(brief)?.budget
  if (budget?.leftRatio === undefined) return undefined
  const time =
    budget.timeLeft === undefined || budget.leftRatio <= 0
      ? ''
      : words.budgetTime(words.length(budget.timeLeft), words.length(budget.time))
  const events = words.budgetEvents(words.count(budget.spent), words.count(Math.floor(budget.events)))
  return words.budgetLeft(words.percent(budget.leftRatio, 1), time, events)
}

/** Who saw it, and who does what. */
function handsOf({ incident }: IncidentBrief, words: Words): string | undefined {
  const seen = incident.acknowledged && escaped(incident.acknowledged.by, 80)
  const held = ROLES.flatMap((role) => {
    const holder = incident.roles[role]
    return holder === undefined ? [] : [words.roleHeld(words.roles[role], escaped(holder.who, 80))]
  })
  const all = [...(seen === undefined ? [] : [seen]), ...held]
  return all.length === 0 ? undefined : all.join(' · ')
}

function clearsOf(brief: IncidentBrief, mood: Mood, words: Words): string | undefined {
  const { clearsAt, now } = brief
  if (clearsAt === undefined || clearsAt <= now || mood === 'resolved' || mood === 'blind') return undefined
  return words.clearsAt(timeOnly(clearsAt, brief))
}

const RULES_SHOWN = 4

function burnOf(brief: IncidentBrief, words: Words): string | undefined {
  const verdicts = (brief.scoped ?? brief.whole)?.verdicts ?? []
  // Those that fire first; the others show how far they are from it.
  const shown = [
    ...verdicts.filter((verdict) => verdict.kind === 'burning'),
    ...verdicts.filter((verdict) => verdict.kind === 'calm'),
  ].slice(0, RULES_SHOWN)
  if (shown.length === 0) return undefined
  return shown
    .map((verdict) => `${verdict.kind === 'burning' ? '◆' : '◇'} ${ruleWords(verdict, words)}`)
    .join('\n')
}

export function ruleWords({ rule, long, short }: BurnVerdict, words: Words): string {
  const side = (window: BurnVerdict['long']): Side => ({
    rate: window.rate === undefined ? words.noEvents : words.rate(window.rate),
    window: words.length(window.length),
  })
  return words.rule(side(long), side(short), words.rate(rule.factor.num / rule.factor.den))
}

function measuredOf(brief: IncidentBrief, words: Words): string | undefined {
  const window = headlineWindow(brief)
  if (window?.sli === undefined) return undefined
  const sli = words.sli(words.percent(window.sli, 3), escaped(brief.target, 12))
  const { kind, ratio } = window.coverage
  return kind === 'full' || ratio === undefined ? sli : `${sli} · ${words.coverage(words.percent(ratio, 1))}`
}

function lastedOf({ incident }: IncidentBrief, words: Words): string | undefined {
  if (incident.resolvedAt === undefined) return undefined
  return words.length(between(incident.startedAt, incident.resolvedAt))
}

const PLACES_SHOWN = 8

/** `◆ gcp burning · ● aws fine`: the shape says the state to those who cannot tell the colours. */
function placesOf(brief: IncidentBrief, words: Words): string | undefined {
  if (brief.places.length === 0) {
    const name = scopeName(brief.incident.scope)
    return name === '' ? undefined : escaped(name, 80)
  }
  const shown = brief.places
    .slice(0, PLACES_SHOWN)
    .map(
      (place) => `${SHAPES[place.state]} ${escaped(scopeName(place.scope), 40)} ${words.states[place.state]}`,
    )
  const more = brief.places.length - shown.length
  return [...shown, ...(more > 0 ? [`+${more}`] : [])].join(' · ')
}

const SHAPES = { ok: '●', watch: '▲', burning: '◆', exhausted: '■', unknown: '◌' } as const

function mutedOf(brief: IncidentBrief): string | undefined {
  const { mutedUntil, state } = brief.incident
  return mutedUntil === undefined || mutedUntil <= brief.now || state === 'resolved'
    ? undefined
    : dateToken(mutedUntil, brief)
}

const CONSEQUENCES_SHOWN = 5

/** What burns because of it, so that nobody looks for its cause there. */
function consequencesOf({ incident }: IncidentBrief, words: Words): string | undefined {
  const { consequences } = incident
  if (consequences.length === 0) return undefined
  const lines = consequences.slice(0, CONSEQUENCES_SHOWN).map((one) => {
    const what = code([one.service, one.slo].map((part) => clean(part, 60)).join(' · '), 130)
    const rate = one.firing ? words.rate(one.rate) : words.calmAgain
    return `• ${words.consequence(what, rate, words.because[one.because](escaped(one.on, 80)))}`
  })
  const more = consequences.length - lines.length
  return [`*${words.labels.consequences}*`, ...lines, ...(more > 0 ? [words.more(more)] : [])].join('\n')
}

const OVERLAPS_SHOWN = 4
const OVERLAP_SIGNS: Readonly<Record<Overlap['kind'], string>> = {
  deploy: '🚀',
  sale: '🛒',
  tv: '📺',
  push: '📣',
  maintenance: '🔧',
  'load-test': '🧪',
  other: '📌',
}

/** What else went on meanwhile. It says nothing of what caused what. */
function overlapsOf(brief: IncidentBrief, words: Words): string | undefined {
  const { overlaps = [] } = brief
  if (overlaps.length === 0) return undefined
  const shown = overlaps.slice(0, OVERLAPS_SHOWN).map((each) => {
    const name = link(each.url, escaped(each.name, 100) || each.kind)
    const end = each.to === undefined ? '' : `–${timeOnly(each.to, brief)}`
    return `${OVERLAP_SIGNS[each.kind]} ${name} (${timeOnly(each.from, brief)}${end})`
  })
  const more = overlaps.length - shown.length
  return `${words.labels.overlaps}: ${[...shown, ...(more > 0 ? [words.more(more)] : [])].join(' · ')}`
}

const CONTRIBUTORS_SHOWN = 5

function contributorsOf(brief: IncidentBrief, words: Words): string | undefined {
  const lines = brief.contributors.slice(0, CONTRIBUTORS_SHOWN).map((line) => contributorLine(line, words))
  return lines.length === 0 ? undefined : `*${words.labels.contributors}*\n${lines.join('\n')}`
}

function contributorLine(line: ContributorLine, words: Words): string {
  const values = Object.keys(line.labels)
    .sort()
    .slice(0, 8)
    .map((name) => clean(line.labels[name] ?? '', 60))
  const what = code(values.filter((value) => value !== '').join(' '), 120) || words.everywhere
  const said = words.contributor(what, words.percent(line.share, 0), words.count(line.bad))
  return line.timesUsual === undefined || line.timesUsual < 1.5
    ? `• ${said}`
    : `• ${said} · ${words.timesUsual(words.count(line.timesUsual))}`
}

const EXEMPLARS_SHOWN = 3

function exemplarsOf(brief: IncidentBrief, words: Words): string | undefined {
  const lines = brief.exemplars.slice(0, EXEMPLARS_SHOWN).map(exemplarLine)
  return lines.length === 0 ? undefined : `*${words.labels.exemplars}*\n${lines.join('\n')}`
}

function exemplarLine(line: ExemplarLine): string {
  const at = timeToken(line.atMs)
  const took = line.durationMs === undefined ? '' : ` · ${durationWords(line.durationMs)}`
  const trace = traceOf(line)
  const place = escaped(scopeName(line.labels), 60)
  return `• ${at} · ${code(line.reason, 40)}${took}${place === '' ? '' : ` · ${place}`}${trace}`
}

/** Linked, the beginning of a trace id is enough; to be copied, it must be whole. */
function traceOf({ traceId, url }: ExemplarLine): string {
  if (traceId === undefined || traceId.trim() === '') return ''
  const address = url === undefined ? undefined : webAddress(url)
  return ` · ${address === undefined ? code(traceId, 40) : link(address, `trace ${escaped(traceId, 9)}`)}`
}

const durationWords = (ms: number): string =>
  ms >= 1000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms)} ms`

/** Only the time of day, on the reader's clock. */
const timeOnly = (at: UnixSeconds, brief: IncidentBrief): string =>
  `<!date^${at}^{time}|${escaped(zonedTime(at, brief), 60).replaceAll('|', ' ')}>`

/** To the second on the reader's clock. */
const timeToken = (atMs: number): string => `<!date^${Math.floor(atMs / 1000)}^{time_secs}|${clock(atMs)}>`

/** `13:04:10 UTC`, by arithmetic. */
function clock(atMs: number): string {
  const second = Math.floor(atMs / 1000) % 86_400
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)} UTC`
}

const SOURCES_SHOWN = 4
/** A source whose last complete minute is older than this is late. */
const LATE_AFTER = 180

function footOf(brief: IncidentBrief, words: Words, options: RenderOptions): readonly string[] {
  const { incident } = brief
  const sources = brief.sources.slice(0, SOURCES_SHOWN).map((source) => sourceWords(source, words))
  const parts = [
    escaped(incident.id, 40),
    ...(incident.reopened > 0 ? [words.reopenedTimes(incident.reopened)] : []),
    ...(incident.previous === undefined ? [] : [words.previous(escaped(incident.previous, 40))]),
    ...(options.continues === undefined ? [] : [link(options.continues, words.continues)]),
    ...(incident.level === undefined ? [] : [`${words.labels.level}: ${escaped(incident.level.name, 40)}`]),
    ...(incident.silencedBy === undefined ? [] : [words.silenced]),
    ...(sources.length === 0 ? [] : [`${words.data}: ${sources.join(', ')}`]),
    ...(brief.confidence === undefined ? [] : [words.confidence[brief.confidence]]),
    ...runbookText(brief, words),
  ]
  return [parts.join(' · ')]
}

function sourceWords({ name, age }: SourceAge, words: Words): string {
  const source = escaped(name, 40)
  if (age === undefined) return words.silent(source)
  // Whole minutes: a message whose seconds differ would be sent again for nothing.
  const length = words.length(Math.max(60, age))
  return age <= LATE_AFTER ? words.fresh(source, length) : words.late(source, length)
}

/** A runbook that is no address still is worth reading. */
function runbookText(brief: IncidentBrief, words: Words): readonly string[] {
  if (brief.runbook.trim() === '' || URL.canParse(brief.runbook.trim())) return []
  return [`${words.labels.runbook}: ${escaped(brief.runbook, 200)}`]
}
