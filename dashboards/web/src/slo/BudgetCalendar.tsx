import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type ReactElement, useId, useState } from 'react'
import type { Days } from '../../../../src/contract/index.ts'
import { daysQuery } from '../api/queries.ts'
import { offsetOf } from '../format/time.ts'
import { Icon } from '../shell/icons.tsx'
import { Failed, Loading } from '../shell/States.tsx'
import { useVoice, type Voice } from '../shell/voice.ts'

type Day = Days['days'][number]

const DAY = 86_400
const CELL = 14

/** A year of days: how much of the present budget each of them spent. A click shows the day in every chart. */
export function BudgetCalendar({ id, scope, now }: { id: string; scope: string; now: number }): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const heading = useId()
  const [table, setTable] = useState(false)
  const offset = offsetOf(voice.zone, now)
  const answer = useQuery(daysQuery(id, { scope, offset }))
  const days = answer.data?.days.filter((day) => day.good + day.bad > 0) ?? []
  const worst = days.reduce<Day | undefined>((a, b) => ((b.spent ?? 0) > (a?.spent ?? -1) ? b : a), undefined)
  const says =
    worst === undefined
      ? words.calendarNone
      : words.calendarSays(
          voice.count(days.length),
          voice.instant(worst.start + DAY / 2, 'day'),
          voice.share(worst.spent ?? 0),
        )
  return (
    <section className="panel" aria-labelledby={heading}>
      <header>
        <h2 id={heading}>{words.calendar}</h2>
        {answer.data && <span className="muted">{says}</span>}
        <span className="tools">
          <button
            type="button"
            className="tool"
            aria-pressed={table}
            aria-label={table ? words.showChart : words.showTable}
            title={table ? words.showChart : words.showTable}
            onClick={() => setTable(!table)}
          >
            <Icon name={table ? 'chart' : 'table'} size={16} />
          </button>
        </span>
      </header>
      {answer.data === undefined ? (
        answer.isPending ? (
          <Loading />
        ) : (
          <Failed cause={answer.error} onRetry={() => void answer.refetch()} />
        )
      ) : table ? (
        <Table days={days} voice={voice} />
      ) : (
        <Year answer={answer.data} voice={voice} says={says} />
      )}
    </section>
  )
}

function Year({ answer, voice, says }: { answer: Days; voice: Voice; says: string }): ReactElement {
  const { words } = voice
  const navigate = useNavigate({ from: '/slo/$' })
  const first = answer.days[0]?.start ?? 0
  // Weeks begin on Mondays; the first of January 1970 was a Thursday.
  const weekday = (at: number): number => (Math.floor((at + answer.offset) / DAY) + 3) % 7
  const lead = weekday(first)
  const weeks = Math.ceil((answer.days.length + lead) / 7)
  const show = (day: Day): void =>
    void navigate({
      search: (s) => ({ ...s, from: String(day.start), to: String(day.start + DAY) }),
      replace: true,
    })
  return (
    <div className="scroller year" tabIndex={0} role="group" aria-label={says}>
      <svg width={weeks * CELL + 28} height={7 * CELL + 20} role="presentation">
        {answer.days.map((day, i) => {
          const x = 28 + Math.floor((i + lead) / 7) * CELL
          const y = 18 + ((i + lead) % 7) * CELL
          return <Cell key={day.start} day={day} x={x} y={y} voice={voice} onClick={() => show(day)} />
        })}
        {answer.days.map((day, i) => {
          const date = new Date((day.start + answer.offset) * 1000)
          return date.getUTCDate() === 1 ? (
            <text key={`m${day.start}`} x={28 + Math.floor((i + lead) / 7) * CELL} y="11" className="axis">
              {voice.instant(day.start + DAY / 2, 'month')}
            </text>
          ) : null
        })}
        {words.weekdays.split(' ').map((name, i) =>
          i % 2 === 0 ? (
            <text key={name} x="0" y={18 + i * CELL + 10} className="axis">
              {name}
            </text>
          ) : null,
        )}
      </svg>
      <p className="legend muted">
        {words.calendarLess}
        <svg width={5 * CELL} height="12" aria-hidden="true">
          {[0, 0.001, 0.01, 0.033, 0.1].map((spent, i) => (
            <rect
              key={spent}
              x={i * CELL}
              width="12"
              height="12"
              rx="2"
              fill={fillOf(spent)}
              fillOpacity={opacityOf(spent)}
            />
          ))}
        </svg>
        {words.calendarMore}
      </p>
    </div>
  )
}

function Cell({
  day,
  x,
  y,
  voice,
  onClick,
}: {
  day: Day
  x: number
  y: number
  voice: Voice
  onClick: () => void
}): ReactElement {
  const { words } = voice
  const name = voice.instant(day.start + DAY / 2, 'day')
  const measured = day.good + day.bad > 0
  const says = measured ? words.calendarSpent(name, voice.share(day.spent ?? 0)) : words.calendarNoData(name)
  return (
    <g className="cell" onClick={measured ? onClick : undefined} data-measured={measured || undefined}>
      <title>{says}</title>
      {measured ? (
        <rect
          x={x}
          y={y}
          width="12"
          height="12"
          rx="2"
          fill={fillOf(day.spent ?? 0)}
          fillOpacity={opacityOf(day.spent ?? 0)}
        />
      ) : (
        <rect x={x + 0.5} y={y + 0.5} width="11" height="11" rx="2" fill="none" stroke="var(--line)" />
      )}
    </g>
  )
}

/** The even pace of thirty days is a thirtieth a day: below it a day is calm, above it it costs. */
function fillOf(spent: number): string {
  return spent >= 1 / 30 ? 'var(--burning)' : 'var(--ok)'
}

function opacityOf(spent: number): number {
  if (spent >= 0.1) return 1
  if (spent >= 1 / 30) return 0.6
  return spent >= 0.01 ? 0.75 : spent > 0 ? 0.4 : 0.15
}

function Table({ days, voice }: { days: readonly Day[]; voice: Voice }): ReactElement {
  const { words } = voice
  return (
    <div className="scroller figures" tabIndex={0} role="group" aria-label={words.asTable}>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.day}</th>
            <th scope="col" className="number">
              {words.spentShare}
            </th>
            <th scope="col" className="number">
              {words.bad}
            </th>
            <th scope="col" className="number">
              {words.good}
            </th>
          </tr>
        </thead>
        <tbody>
          {days.toReversed().map((day) => (
            <tr key={day.start}>
              <th scope="row">{voice.instant(day.start + DAY / 2, 'day')}</th>
              <td className="number">{day.spent === null ? '–' : voice.share(day.spent)}</td>
              <td className="number">{voice.count(day.bad)}</td>
              <td className="number">{voice.count(day.good)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
