import type { World } from '../../base/index.ts'
import { postLetter } from '../letters/http.ts'
import type { Letter, LetterDestination, Receipt } from '../letters/letter.ts'
import type { Notice } from '../notice.ts'
import { sentenceOf } from '../slack/facts.ts'
import { clean } from '../text.ts'
import { wordsFor } from '../words.ts'

export interface DatadogEventsOptions {
  readonly name: string
  /** The organisation's API key; never logged. */
  readonly apiKey: string
  /** `datadoghq.eu`, or a whole address: a proxy or an emulator. */
  readonly site: string
  readonly repeatEvery?: number | undefined
  readonly locale?: string | undefined
  readonly timeoutMs?: number | undefined
}

// The documented limits of an event: title 500 characters, text 4,000, aggregation key 100.
const TITLE_MAX = 500
const TEXT_MAX = 4_000
const KEY_MAX = 100
const TAG_MAX = 200
/** Events older than 18 hours are refused; what is told that late happens when it is told. */
const OLDEST_SECONDS = 17 * 3_600

/** Puts incidents among Datadog's events, so that its graphs can show them. Events of one incident are shown as one. */
export function createDatadogEvents(world: World, options: DatadogEventsOptions): LetterDestination {
  const { name, apiKey, site, timeoutMs } = options
  const base = site.includes('://') ? site.replace(/\/$/, '') : `https://api.${site}`
  const send = async (event: Record<string, unknown>): Promise<Receipt> =>
    postLetter(world, {
      url: `${base}/api/v1/events`,
      body: JSON.stringify(event),
      headers: { 'dd-api-key': apiKey },
      remedy: `Put an API key of ${site} where ${name} in nines.yaml looks for it.`,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    })
  return {
    name,
    reasons: new Set(['first', 'worse', 'resolved', 'reopened']),
    together: 1,
    repeatEvery: options.repeatEvery,
    deliver: async ([letter]) =>
      letter === undefined
        ? { kind: 'sent' }
        : send(eventOf(letter, { locale: options.locale, now: world.clock.now() })),
    announce: (notice) => send(noticeEvent(notice)),
  }
}

function eventOf(
  { brief, news }: Letter,
  { locale = brief.locale, now }: { readonly locale: string | undefined; readonly now: number },
): Record<string, unknown> {
  const { incident } = brief
  const over = incident.state === 'resolved'
  const at = over ? (incident.resolvedAt ?? now) : (news.at(-1)?.at ?? incident.openedAt)
  return {
    title: clean(`${over ? 'Over' : 'Open'}: ${brief.name}`, TITLE_MAX),
    text: clean(`${sentenceOf({ ...brief, locale }, wordsFor(locale))} ${brief.pageUrl}`, TEXT_MAX),
    aggregation_key: clean(`nines/${incident.id}`, KEY_MAX),
    date_happened: now - at > OLDEST_SECONDS ? now : at,
    alert_type: over ? 'success' : incident.severity === 'page' ? 'error' : 'warning',
    priority: incident.severity === 'page' ? 'normal' : 'low',
    tags: [
      ['source', 'nines'],
      ['incident', incident.id],
      ['slo', incident.slo],
      ['service', incident.service],
      ['severity', incident.severity],
      ...Object.entries(incident.scope),
    ].flatMap(([key = '', value = '']) => (value === '' ? [] : [clean(`${key}:${value}`, TAG_MAX)])),
  }
}

const noticeEvent = (notice: Notice): Record<string, unknown> => ({
  title: clean(notice.title, TITLE_MAX),
  text: clean(notice.text === '' ? notice.title : notice.text, TEXT_MAX),
  aggregation_key: clean(`nines/${notice.id}`, KEY_MAX),
  date_happened: notice.at,
  alert_type: notice.severity === 'page' ? 'error' : 'info',
  tags: ['source:nines', ...(notice.service === '' ? [] : [clean(`service:${notice.service}`, TAG_MAX)])],
})
