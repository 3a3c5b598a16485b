import type { IncidentMember } from '../../alerting/index.ts'
import { between, type Labels, labelsKey, type UnixSeconds, unixSeconds } from '../../base/index.ts'
import type { ConditionVerdict, WindowEvaluation } from '../../slo/index.ts'
import type { IncidentBrief } from '../brief.ts'
import { clean, escaped } from '../text.ts'
import type { Words } from '../words.ts'

/** The promise's headline window; undefined when nothing was evaluated. */
export const headlineWindow = (brief: IncidentBrief): WindowEvaluation | undefined =>
  (brief.whole ?? brief.scoped)?.windows[0]

/** What kind of moment it is, which the first word of the message says. */
export type Mood = 'resolved' | 'blind' | 'calming' | 'page' | 'ticket'

export function moodOf({ incident }: IncidentBrief): Mood {
  if (incident.state === 'resolved') return 'resolved'
  if (incident.blindSince !== undefined) return 'blind'
  // What a person declared has no rule that could fire.
  if (incident.kind !== 'declared' && !firing(incident)) return 'calming'
  return incident.severity
}

/** Its members are the leading SLO's places; the others of a region, and what rests on it, are its consequences. */
const firing = ({ members, consequences }: IncidentBrief['incident']): boolean =>
  members.some((member) => member.firing) || consequences.some((each) => each.firing)

/** Whether a rule fires now, with data to say so. */
export const isBurning = (mood: Mood): boolean => mood === 'page' || mood === 'ticket'

/** The rate people are told: of the incident's own scope, else of its fastest place, else of what it brought about. */
export function rateOf({ incident }: IncidentBrief): number {
  const burning = incident.members.filter((member) => member.firing)
  const own = burning.find((member) => labelsKey(member.scope) === labelsKey(incident.scope))
  if (own !== undefined) return own.rate
  const fastest = burning.length > 0 ? burning : incident.consequences.filter((each) => each.firing)
  return Math.max(0, ...fastest.map(({ rate }) => rate))
}

const NAMES_MAX = 3
const NAME_LENGTH_MAX = 60

/** `gcp`, `aws and gcp`, `aws ap-northeast-1`; empty when it is everywhere, or not split at all. Not escaped. */
export function whereOf(brief: IncidentBrief, words: Words): string {
  const { incident, places } = brief
  if (Object.keys(incident.scope).length > 0) return scopeName(incident.scope)
  const burning = places.filter((place) => isHit(incident.members, place.scope))
  if (burning.length === 0 || burning.length === places.length) return ''
  const names = burning.map((place) => scopeName(place.scope))
  return words.list(names.slice(0, NAMES_MAX), Math.max(0, names.length - NAMES_MAX))
}

const isHit = (members: readonly IncidentMember[], scope: Labels): boolean =>
  members.some((member) => labelsKey(member.scope) === labelsKey(scope))

/** The values in the order of their names. */
export const scopeName = (scope: Labels): string =>
  clean(
    Object.keys(scope)
      .sort()
      .map((name) => scope[name] ?? '')
      .filter((value) => value !== '')
      .slice(0, NAMES_MAX)
      .join(' '),
    NAME_LENGTH_MAX,
  )

/** The one sentence, without its full stop: state word and number first. Not escaped; at most 300 characters. */
export function sentenceOf(brief: IncidentBrief, words: Words): string {
  const { incident } = brief
  if (incident.kind === 'declared' && incident.state === 'open') return declaredOf(brief, words)
  const where = whereOf(brief, words)
  const peak = words.rate(incident.peakRate)
  // What never burned is about a condition of its policy.
  const burned = incident.peakRate > 0
  switch (moodOf(brief)) {
    case 'resolved': {
      const lasted = between(incident.startedAt, incident.resolvedAt ?? brief.now)
      if (!burned) return words.over(words.length(lasted))
      return words.resolved(words.length(lasted), where, peak, shareWords(incident.budgetSpent, words))
    }
    case 'blind':
      if (!burned) return words.unseen(words.length(brief.now - incident.startedAt))
      return words.blind(where, peak)
    case 'calming':
      return burned ? words.calming(where, peak) : words.settling
    case 'page':
    case 'ticket': {
      const condition = rateOf(brief) === 0 ? conditionOf(brief, words) : undefined
      if (condition !== undefined) return condition
      const outlook = outlookOf(brief, words)
      const burning = words.burning(words.rate(rateOf(brief)), where)
      return outlook === undefined ? burning : `${burning}: ${outlook}`
    }
  }
}

/** What somebody called it; the numbers of a rule, should one fire, stand below. */
const declaredOf = ({ incident }: IncidentBrief, words: Words): string =>
  words.declared(clean(incident.title ?? '', 200) || incident.id.slice(0, 40))

/** What the gravest condition that is met says; undefined when none is. */
function conditionOf(brief: IncidentBrief, words: Words): string | undefined {
  const { rules } = brief.incident
  const met = (brief.whole?.conditions ?? []).filter(
    ({ condition, kind }) => kind === 'met' && rules.includes(condition.name),
  )
  const gravest = met.find(({ condition }) => condition.severity === 'page') ?? met[0]
  const said = gravest && conditionWords(gravest, words)
  return said === undefined ? undefined : said.charAt(0).toUpperCase() + said.slice(1)
}

function conditionWords({ condition, value }: ConditionVerdict, words: Words): string | undefined {
  switch (condition.kind) {
    case 'blind':
      return value === undefined ? undefined : words.unseen(words.length(value))
    case 'exhausts-within':
      return value === undefined ? undefined : words.goneIn(words.length(value))
    case 'exhausted':
      return words.alreadyGone(words.percent(Math.max(0, (value ?? 1) - 1), 0))
    case 'spent':
      return words.spent(words.percent(value ?? condition.share / 1e6, 0))
    default:
      return condition satisfies never
  }
}

/** What becomes of the budget; undefined when nobody can say. */
function outlookOf(brief: IncidentBrief, words: Words): string | undefined {
  const window = headlineWindow(brief)
  if (window === undefined) return undefined
  switch (window.exhaustion.kind) {
    case 'in':
      return words.goneIn(words.length(window.exhaustion.seconds))
    case 'exhausted': {
      const left = window.budget.leftRatio
      return words.alreadyGone(left === undefined ? '?' : words.percent(Math.max(0, 0 - left), 0))
    }
    case 'never':
      return words.lasts
    case 'unknown':
      return undefined
  }
}

/** When the rest of the budget is gone at the present rate; undefined unless it is going. */
export function goneAt(brief: IncidentBrief): UnixSeconds | undefined {
  const exhaustion = headlineWindow(brief)?.exhaustion
  if (exhaustion?.kind !== 'in' || !isBurning(moodOf(brief))) return undefined
  return unixSeconds(brief.now + exhaustion.seconds)
}

/** A share of the budget: small ones keep their digits, so that a cost never reads as none. */
export function shareWords(share: number, words: Words): string {
  if (share > 0 && share < 0.0001) return words.lessThan(words.percent(0.0001, 2))
  return words.percent(share, share < 0.01 ? 2 : 1)
}

/**
 * An instant that every reader sees on their own clock. The fallback, for what cannot do that, names its zone.
 * `ago` adds how long ago it is, which Slack keeps up to date by itself.
 */
export function dateToken(
  at: UnixSeconds,
  brief: Pick<IncidentBrief, 'zone' | 'locale'>,
  options: { readonly ago?: boolean } = {},
): string {
  const format = options.ago === true ? '{date_short_pretty} {time} ({ago})' : '{date_short_pretty} {time}'
  return `<!date^${at}^${format}|${escaped(zonedTime(at, brief), 60).replaceAll('|', ' ')}>`
}

/** `Thu, 20 Nov, 13:02 JST`. Falls back to UTC for a zone that nobody knows. */
export function zonedTime(at: UnixSeconds, brief: Pick<IncidentBrief, 'zone' | 'locale'>): string {
  const options: Intl.DateTimeFormatOptions = {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
    timeZoneName: 'short',
  }
  const locale = /^ja\b/i.test(brief.locale) ? 'ja-JP' : 'en-GB'
  const format =
    zoned(locale, { ...options, timeZone: brief.zone }) ?? zoned(locale, { ...options, timeZone: 'UTC' })
  return format === undefined ? String(at) : format.format(at * 1000)
}

function zoned(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat(locale, options)
  } catch {
    // A zone that this machine does not know: the caller takes UTC, and the text names it.
    return undefined
  }
}
