import { isoInstant, later, type UnixSeconds, type World } from '../../base/index.ts'
import type { IncidentBrief } from '../brief.ts'
import { postLetter } from '../letters/http.ts'
import type { Problem } from '../outbox/status.ts'
import { alertOf, fingerprintOf, type PlainAlert } from './alert.ts'

export interface AlertFeedOptions {
  readonly name: string
  /** Where Alertmanager answers: `http://alertmanager:9093`, with its path prefix if it has one. */
  readonly url: string
  /** `Authorization` as it is sent; never logged. */
  readonly authorization?: string | undefined
  /** Incidents that are open, and those that ended not long ago, as routes lead them here. */
  readonly briefs: () => readonly IncidentBrief[]
  /** Alerts that fire by themselves, such as the watchdog. */
  readonly standing: () => readonly PlainAlert[]
  readonly timeoutMs?: number | undefined
}

/** Level, not edge: what fires is said again and again, so nothing needs to be remembered over a restart. */
export interface AlertFeed {
  readonly name: string
  /** Sends now what fires and what has ended. */
  readonly send: () => Promise<void>
  /** Sends every minute until the signal. */
  readonly run: (signal: AbortSignal) => Promise<void>
  /** Something changed: does not wait for the minute. */
  readonly wake: () => void
  readonly status: () => {
    readonly sent: number
    readonly failed: number
    readonly problem: Problem | undefined
  }
}

/** As Prometheus does: said again every minute, and over by itself four minutes after nobody says so any more. */
export const RESEND_SECONDS = 60
const ALIVE_SECONDS = 4 * RESEND_SECONDS
/** What ended is said again for so long, in case Alertmanager was away. */
export const RESOLVED_FOR_SECONDS = 15 * 60
const AT_ONCE = 256

/** Alertmanager's API v2, as a client that Prometheus' own rules would call compliant. */
export function createAlertFeed(world: World, options: AlertFeedOptions): AlertFeed {
  const log = world.log.child({ destination: options.name })
  // What fired under labels that are not the incident's any more, such as another severity, has ended.
  const firing = new Map<string, PlainAlert>()
  const ended = new Map<string, PlainAlert>()
  let sent = 0
  let failed = 0
  let problem: Problem | undefined
  let waker: AbortController | undefined

  const current = (now: UnixSeconds): readonly PlainAlert[] => {
    const alerts = [...options.briefs().map(alertOf), ...options.standing()]
    const wanted = new Map(alerts.map((alert) => [fingerprintOf(alert.labels), alert]))
    for (const [key, alert] of firing) if (!wanted.has(key)) ended.set(key, { ...alert, endsAt: now })
    firing.clear()
    for (const [key, alert] of wanted) {
      if (alert.endsAt === undefined) firing.set(key, alert)
      ended.delete(key)
    }
    for (const [key, { endsAt }] of ended)
      if (endsAt === undefined || now - endsAt > RESOLVED_FOR_SECONDS) ended.delete(key)
    return [...alerts, ...ended.values()].filter(
      ({ endsAt }) => endsAt === undefined || now - endsAt <= RESOLVED_FOR_SECONDS,
    )
  }
  const send = async (): Promise<void> => {
    const now = world.clock.now()
    const alerts = current(now)
    for (let from = 0; from < alerts.length; from += AT_ONCE) {
      const some = alerts.slice(from, from + AT_ONCE)
      const receipt = await postLetter(world, {
        url: `${options.url.replace(/\/$/, '')}/api/v2/alerts`,
        body: JSON.stringify(some.map((alert) => wireAlert(alert, now))),
        headers: options.authorization === undefined ? {} : { authorization: options.authorization },
        remedy: `Look at the address of ${options.name} in nines.yaml: POST /api/v2/alerts must answer there.`,
        ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
      })
      if (receipt.kind === 'sent') {
        sent += some.length
        if (problem !== undefined) log.info('people can be told again', { was: problem.reason })
        problem = undefined
        continue
      }
      failed += some.length
      const remedy =
        receipt.kind === 'barred'
          ? receipt.remedy
          : 'Nothing is lost: everything that fires is sent again every minute. See whether Alertmanager runs.'
      if (problem?.reason !== receipt.reason) {
        problem = { at: now, reason: receipt.reason, remedy }
        log.error('alertmanager cannot be told', { reason: receipt.reason, remedy })
      }
    }
  }
  return {
    name: options.name,
    send,
    wake: () => waker?.abort(),
    status: () => ({ sent, failed, problem }),
    run: async (signal) => {
      while (!signal.aborted) {
        waker = new AbortController()
        const either = AbortSignal.any([signal, waker.signal])
        await send()
        await world.clock.sleep(RESEND_SECONDS * 1000, either).catch(() => undefined)
      }
    },
  }
}

function wireAlert({ labels, annotations, startsAt, endsAt, generatorURL }: PlainAlert, now: UnixSeconds) {
  return {
    labels,
    annotations,
    startsAt: isoInstant(startsAt),
    endsAt: isoInstant(endsAt ?? later(now, ALIVE_SECONDS)),
    generatorURL,
  }
}
