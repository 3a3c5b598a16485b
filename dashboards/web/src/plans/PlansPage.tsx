import './plans.css'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { CalendarEvents } from '../../../../src/contract/index.ts'
import { eventsQuery, fleetQuery } from '../api/queries.ts'
import { scopeLabel } from '../format/scope.ts'
import { monthName, offsetOf } from '../format/time.ts'
import { Prose } from '../shell/Prose.tsx'
import { Empty, Failed, Loading, PageState } from '../shell/States.tsx'
import { useTitle } from '../shell/title.ts'
import { useVoice } from '../shell/voice.ts'
import { monthOf } from './month.ts'

export interface PlansSearch {
  /** Unix seconds inside of the month; absent: this one. */
  readonly at?: string
}

type Plan = CalendarEvents['events'][number]

const route = getRouteApi('/events')
const DAY = 86_400

/** What definitions announce, month by month. */
export function PlansPage(): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/events' })
  const now = useQuery(fleetQuery).data?.now ?? Math.floor(Date.now() / 1000)
  const at = /^\d{9,11}$/.test(search.at ?? '') ? Number(search.at) : now
  const offset = offsetOf(voice.zone, at)
  const month = monthOf(at, offset)
  const answer = useQuery(eventsQuery(month))
  useTitle(words.plans)
  const go = (shift: number): void => {
    const { from, to } = monthOf(at, offset, shift)
    void navigate({ search: (s) => ({ ...s, at: String((from + to) / 2) }), replace: true })
  }
  const title = monthName(month.from + DAY, voice)
  return (
    <div className="page plans">
      <h1 className="sentence">{words.plansTitle}</h1>
      <div className="filters">
        <h2 aria-live="polite">{title}</h2>
        <div className="segments">
          <button type="button" aria-label={words.plansEarlier} onClick={() => go(-1)}>
            ‹
          </button>
          <button
            type="button"
            onClick={() => void navigate({ search: (s) => ({ ...s, at: '' }), replace: true })}
          >
            {words.plansToday}
          </button>
          <button type="button" aria-label={words.plansLater} onClick={() => go(1)}>
            ›
          </button>
        </div>
      </div>
      {answer.data === undefined ? (
        <PageState title={title}>
          {answer.isPending ? (
            <Loading height={320} />
          ) : (
            <Failed cause={answer.error} onRetry={() => void answer.refetch()} />
          )}
        </PageState>
      ) : answer.data.events.length === 0 ? (
        <Empty next={<Prose text={words.plansNext} />}>{words.plansNone}</Empty>
      ) : (
        <>
          <Month events={answer.data.events} month={month} now={now} />
          <List events={answer.data.events} now={now} />
        </>
      )}
    </div>
  )
}

function Month({
  events,
  month,
  now,
}: {
  events: readonly Plan[]
  month: ReturnType<typeof monthOf>
  now: number
}): ReactElement {
  const voice = useVoice()
  return (
    <div className="monthgrid" aria-hidden="true">
      {voice.words.weekdays.split(' ').map((name) => (
        <span key={name} className="weekday">
          {name}
        </span>
      ))}
      {Array.from({ length: month.lead }, (_, i) => (
        <span key={`lead-${i}`} />
      ))}
      {Array.from({ length: month.days }, (_, i) => {
        const from = month.from + i * DAY
        const own = events.filter((e) => e.from < from + DAY && e.to > from)
        return (
          <div key={from} className="date" data-today={(now >= from && now < from + DAY) || undefined}>
            <b>{i + 1}</b>
            {own.slice(0, 3).map((e) => (
              <span key={`${e.id} ${e.from}`} className="plan" data-kind={e.kind}>
                {e.title}
              </span>
            ))}
            {own.length > 3 && <small>+{own.length - 3}</small>}
          </div>
        )
      })}
    </div>
  )
}

function List({ events, now }: { events: readonly Plan[]; now: number }): ReactElement {
  const voice = useVoice()
  const { words } = voice
  return (
    <ul className="planlist">
      {events.map((e) => (
        <li key={`${e.id} ${e.from}`} data-past={e.to <= now || undefined}>
          <span className="when">
            {words.to2(voice.instant(e.from, 'day-minute'), voice.instant(e.to, 'day-minute'))}
            <small>{voice.duration(e.to - e.from)}</small>
          </span>
          <span className="what">
            <b>{e.title}</b>
            <small>
              {words.planKinds(e.type)} ·{' '}
              {[...e.services, scopeLabel(e.scope)].filter((t) => t !== '').join(', ') || words.plansAll}
              {e.multiplier !== null && ` · ${words.plansTimes(voice.rate(e.multiplier))}`}
              {e.owner !== '' && ` · ${e.owner}`}
            </small>
            {e.description !== '' && <span>{e.description}</span>}
          </span>
        </li>
      ))}
    </ul>
  )
}
