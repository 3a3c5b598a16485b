import { later, type UnixSeconds } from '../base/index.ts'
import type * as wire from '../contract/index.ts'
import type { Notice, OutboxStatus, PlainAlert } from '../notify/index.ts'
import { isFailing } from '../notify/index.ts'
import type { NoticeDraft, Notices } from './notices.ts'

/** Something of Nines itself that does not work, so that silence never means that all is well. */
export interface SelfFault {
  /** `source/edge`, `destination/slack C012`: one of it at a time. */
  readonly key: string
  readonly severity: 'page' | 'ticket'
  readonly title: string
  readonly text: string
}

export interface Watched {
  readonly sources: readonly Pick<wire.Source, 'name' | 'state' | 'problem'>[]
  readonly outbox: OutboxStatus
  readonly feeds: readonly {
    readonly name: string
    readonly problem: { readonly reason: string } | undefined
  }[]
}

export interface Watch {
  /** Looks, and gives what is to be told of what began and what ended. */
  readonly look: (watched: Watched, now: UnixSeconds) => readonly NoticeDraft[]
  /** What holds now, for Alertmanager and the heartbeat. */
  readonly faults: () => readonly SelfFault[]
  readonly alerts: () => readonly PlainAlert[]
}

/** What stumbles for a minute is no news; the outbox has waited by itself already. */
const FAILS_FOR = 300

const FROM = /^self\/(.*)\/(\d+)(\/over)?$/

/** What was told before a restart is still told: its end is news, its beginning is not. */
export function createWatch(notices: Pick<Notices, 'all'>, pageUrl: () => string): Watch {
  const since = new Map<string, UnixSeconds>()
  let told: Map<string, number> | undefined
  let held: readonly SelfFault[] = []
  return {
    faults: () => held,
    alerts: () =>
      held.flatMap((fault) => {
        const at = since.get(fault.key)
        return at === undefined ? [] : [alertOf(fault, at, pageUrl())]
      }),
    look: (watched, now) => {
      told ??= openOnes(notices.all())
      const found = faultsOf(watched)
      for (const key of since.keys()) if (!found.some((fault) => fault.key === key)) since.delete(key)
      for (const { key } of found) if (!since.has(key)) since.set(key, now)
      held = found.filter(({ key }) => now >= later(since.get(key) ?? now, waitOf(key)))
      const news: NoticeDraft[] = []
      for (const fault of held) {
        if (told.has(fault.key)) continue
        told.set(fault.key, now)
        news.push(draft(fault.key, now, { ...fault, url: `${pageUrl()}sources` }))
      }
      for (const [key, at] of told) {
        if (found.some((fault) => fault.key === key)) continue
        told.delete(key)
        const title = `${key.replace('/', ' ')} works again`
        news.push(draft(`${key}/${at}`, undefined, { severity: 'ticket', title, text: '', url: '' }))
      }
      return news
    },
  }
}

const waitOf = (key: string): number => (/^(source|feed)\//.test(key) ? FAILS_FOR : 0)

function draft(
  key: string,
  at: number | undefined,
  said: {
    readonly severity: 'page' | 'ticket'
    readonly title: string
    readonly text: string
    readonly url: string
  },
): NoticeDraft {
  const { severity, title, text, url } = said
  const id = at === undefined ? `self/${key}/over` : `self/${key}/${at}`
  return { id, severity, service: 'nines', labels: { notice: 'self' }, title, text, url }
}

/** Keys whose beginning was told and whose end was not, with when. */
function openOnes(notices: readonly Notice[]): Map<string, number> {
  const open = new Map<string, number>()
  for (const { id } of notices) {
    const [, key, at, over] = FROM.exec(id) ?? []
    if (key === undefined) continue
    if (over === undefined) open.set(key, Number(at))
    else open.delete(key)
  }
  return open
}

function faultsOf({ sources, outbox, feeds }: Watched): readonly SelfFault[] {
  return [
    ...sources
      .filter(({ state }) => state === 'failing')
      .map(
        ({ name, problem }): SelfFault => ({
          key: `source/${name}`,
          severity: 'ticket',
          title: `Source ${name} cannot be read`,
          text: problem === null ? '' : `${problem.text} ${problem.remedy}`,
        }),
      ),
    ...outbox.destinations.filter(isFailing).map(
      ({ name, problem, pending, oldestPending }): SelfFault => ({
        key: `destination/${name}`,
        severity: 'page',
        title: `${name} cannot be told`,
        text:
          problem === undefined
            ? `${pending} wait, the oldest for ${oldestPending ?? 0} s.`
            : `${problem.reason}. ${problem.remedy}`,
      }),
    ),
    ...feeds.flatMap(({ name, problem }): readonly SelfFault[] =>
      problem === undefined
        ? []
        : [
            {
              key: `feed/${name}`,
              severity: 'page',
              title: `${name} cannot be told`,
              text: problem.reason,
            },
          ],
    ),
  ]
}

function alertOf(fault: SelfFault, since: UnixSeconds, pageUrl: string): PlainAlert {
  return {
    labels: { alertname: 'NinesSelf', what: fault.key, service: 'nines', severity: fault.severity },
    annotations: { summary: fault.title, ...(fault.text === '' ? {} : { description: fault.text }) },
    startsAt: since,
    endsAt: undefined,
    generatorURL: pageUrl,
  }
}
