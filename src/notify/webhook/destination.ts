import { createHmac } from 'node:crypto'
import { isoInstant, type UnixSeconds, type World } from '../../base/index.ts'
import { alertOf, endText, fingerprintOf, type PlainAlert } from '../alertmanager/alert.ts'
import { postLetter } from '../letters/http.ts'
import type { Letter, LetterDestination } from '../letters/letter.ts'
import type { Notice } from '../notice.ts'

export interface WebhookOptions {
  readonly name: string
  readonly url: string
  /** Signs each body; never logged. Absent: bodies are not signed. */
  readonly secret?: string | undefined
  /** `externalURL`: where our page is. */
  readonly pageUrl: () => string
  readonly repeatEvery?: number | undefined
  readonly timeoutMs?: number | undefined
}

const REASONS = ['first', 'worse', 'better', 'resolved', 'reopened', 'blind', 'sighted', 'person'] as const

/** Posts what Alertmanager would, in version 4 of its body, so that whatever reads Alertmanager's reads ours. */
export function createWebhookDestination(world: World, options: WebhookOptions): LetterDestination {
  const send = (body: unknown, key: string) => {
    const text = JSON.stringify(body)
    const { url, secret, timeoutMs } = options
    return postLetter(world, {
      url,
      body: text,
      headers: {
        'idempotency-key': key,
        ...(secret === undefined ? {} : { 'x-nines-signature': signature(secret, world.clock.now(), text) }),
      },
      remedy: `Look at the address of ${options.name} in nines.yaml, and at what answers there.`,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    })
  }
  return {
    name: options.name,
    reasons: new Set(REASONS),
    together: 1,
    repeatEvery: options.repeatEvery,
    deliver: async ([letter]) =>
      letter === undefined ? { kind: 'sent' } : send(webhookBody(letter, options), letter.key),
    announce: (notice) => send(noticeWebhook(notice, options), notice.id),
  }
}

/** `v1,<unix seconds>,<hex>`: HMAC-SHA256 over the seconds, a full stop and the body's bytes. */
export function signature(secret: string, at: UnixSeconds, body: string): string {
  return `v1,${at},${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`
}

function webhookBody(letter: Letter, options: WebhookOptions) {
  const reason = letter.news.at(-1)?.reason ?? 'repeat'
  return bodyOf(alertOf(letter.brief), { options, reason, group: { incident: letter.brief.incident.id } })
}

function noticeWebhook(notice: Notice, options: WebhookOptions) {
  const { id, severity, service, labels, title, text, at, url } = notice
  const alert: PlainAlert = {
    labels: {
      ...labels,
      alertname: 'NinesNotice',
      notice: id,
      severity,
      ...(service === '' ? {} : { service }),
    },
    annotations: { summary: title, ...(text === '' ? {} : { description: text }) },
    startsAt: at,
    endsAt: undefined,
    generatorURL: url === '' ? options.pageUrl() : url,
  }
  return bodyOf(alert, { options, reason: 'notice', group: { notice: id } })
}

function bodyOf(
  alert: PlainAlert,
  {
    options,
    reason,
    group,
  }: {
    readonly options: WebhookOptions
    readonly reason: string
    readonly group: Readonly<Record<string, string>>
  },
) {
  const status = alert.endsAt === undefined ? 'firing' : 'resolved'
  const [[name, value] = ['', '']] = Object.entries(group)
  return {
    version: '4',
    groupKey: `{}:{${name}=${JSON.stringify(value)}}`,
    truncatedAlerts: 0,
    status,
    receiver: options.name,
    groupLabels: group,
    commonLabels: alert.labels,
    commonAnnotations: alert.annotations,
    externalURL: options.pageUrl(),
    notification_reason: reason,
    alerts: [
      {
        status,
        labels: alert.labels,
        annotations: alert.annotations,
        startsAt: isoInstant(alert.startsAt),
        endsAt: endText(alert.endsAt),
        generatorURL: alert.generatorURL,
        fingerprint: fingerprintOf(alert.labels),
      },
    ],
  }
}
