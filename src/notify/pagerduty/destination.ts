import { isoInstant, type World } from '../../base/index.ts'
import type { IncidentBrief } from '../brief.ts'
import { postLetter } from '../letters/http.ts'
import type { Letter, LetterDestination, Receipt } from '../letters/letter.ts'
import type { Notice } from '../notice.ts'
import { sentenceOf } from '../slack/facts.ts'
import { clean, webAddress } from '../text.ts'
import { wordsFor } from '../words.ts'

export interface PagerDutyOptions {
  readonly name: string
  /** The integration key of a service, or of event orchestration; never logged. */
  readonly routingKey: string
  /** @default {https://events.pagerduty.com}; `https://events.eu.pagerduty.com` for accounts in the EU. */
  readonly apiUrl?: string | undefined
  readonly repeatEvery?: number | undefined
  readonly locale?: string | undefined
  readonly timeoutMs?: number | undefined
}

// The documented limits of Events API v2: summary 1,024 characters, dedup_key 255, the whole event 512 KiB.
const SUMMARY_MAX = 1_024
const KEY_MAX = 255
const EVENT_BYTES_MAX = 512 * 1024
const DETAIL_MAX = 1_000

/** Pages through PagerDuty's Events API v2. Its key is the incident's, so the same event twice is one event. */
export function createPagerDutyDestination(world: World, options: PagerDutyOptions): LetterDestination {
  const { name, routingKey, apiUrl = 'https://events.pagerduty.com', timeoutMs } = options
  const remedy = `Put the integration key of an Events API v2 integration where ${name} in nines.yaml looks for it.`
  const send = async (event: Record<string, unknown>): Promise<Receipt> => {
    const receipt = await postLetter(world, {
      url: `${apiUrl.replace(/\/$/, '')}/v2/enqueue`,
      body: bounded({ routing_key: routingKey, ...event }),
      remedy,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    })
    // A key that is wrong is told in the words of an event that is; it is no event's fault.
    if (receipt.kind === 'unfit' && receipt.reason.includes('routing_key'))
      return { kind: 'barred', reason: receipt.reason, remedy }
    return receipt
  }
  return {
    name,
    reasons: new Set(['first', 'worse', 'resolved', 'reopened', 'person']),
    together: 1,
    repeatEvery: options.repeatEvery,
    deliver: async ([letter]) =>
      letter === undefined ? { kind: 'sent' } : send(eventOf(localized(letter, options.locale))),
    announce: (notice) => send(noticeEvent(notice)),
  }
}

const localized = (letter: Letter, locale: string | undefined): Letter =>
  locale === undefined ? letter : { ...letter, brief: { ...letter.brief, locale } }

function eventOf(letter: Letter): Record<string, unknown> {
  const { brief } = letter
  const { incident } = brief
  const dedup_key = clean(`nines/${incident.id}`, KEY_MAX)
  if (incident.state === 'resolved') return { event_action: 'resolve', dedup_key }
  const onlyPeople = letter.news.length > 0 && letter.news.every(({ reason }) => reason === 'person')
  if (onlyPeople && incident.acknowledged !== undefined && !letter.first)
    return { event_action: 'acknowledge', dedup_key }
  return {
    event_action: 'trigger',
    dedup_key,
    payload: {
      summary: clean(`${brief.name}: ${sentenceOf(brief, wordsFor(brief.locale))}`, SUMMARY_MAX),
      source: clean(incident.service === '' ? incident.slo : incident.service, DETAIL_MAX),
      severity: incident.severity === 'page' ? 'critical' : 'warning',
      timestamp: isoInstant(incident.startedAt),
      component: clean(incident.slo, DETAIL_MAX),
      group: clean(Object.values(incident.scope).join(' '), DETAIL_MAX) || 'everywhere',
      class: clean(brief.indicator, DETAIL_MAX),
      custom_details: detailsOf(brief),
    },
    client: 'Nines',
    client_url: brief.pageUrl,
    links: [
      { href: brief.pageUrl, text: incident.id },
      ...(webAddress(brief.runbook) === undefined ? [] : [{ href: brief.runbook, text: 'Runbook' }]),
    ],
  }
}

function detailsOf(brief: IncidentBrief): Record<string, string> {
  const words = wordsFor(brief.locale)
  const left = brief.whole?.windows[0]?.budget.leftRatio
  return {
    promise: words.promise(brief.target, brief.window),
    ...(left === undefined ? {} : { budget_left: words.percent(left, 1) }),
    ...(brief.owner === '' ? {} : { owner: clean(brief.owner, DETAIL_MAX) }),
    ...Object.fromEntries(
      brief.contributors.map(({ labels, bad }, i) => [
        `spender_${i + 1}`,
        clean(`${Object.values(labels).join(' ')}: ${words.count(bad)} bad`, DETAIL_MAX),
      ]),
    ),
  }
}

const noticeEvent = (notice: Notice): Record<string, unknown> => ({
  event_action: 'trigger',
  dedup_key: clean(`nines/${notice.id}`, KEY_MAX),
  payload: {
    summary: clean(notice.text === '' ? notice.title : `${notice.title}: ${notice.text}`, SUMMARY_MAX),
    source: clean(notice.service, DETAIL_MAX) || 'nines',
    severity: notice.severity === 'page' ? 'error' : 'info',
    timestamp: isoInstant(notice.at),
  },
  client: 'Nines',
  ...(webAddress(notice.url) === undefined ? {} : { client_url: notice.url }),
})

/** What does not fit goes without its details; the rest of an event is bounded field by field. */
function bounded(event: Record<string, unknown>): string {
  const text = JSON.stringify(event)
  if (Buffer.byteLength(text) <= EVENT_BYTES_MAX) return text
  return JSON.stringify(event, (key, value: unknown) => (key === 'custom_details' ? undefined : value))
}
