import './review.css'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { type ReactElement, useState } from 'react'
import type { IncidentSummary, Review } from '../../../../src/contract/index.ts'
import { fleetQuery, incidentsQuery, reviewQuery } from '../api/queries.ts'
import { Glyph } from '../drawing/Drawn.tsx'
import { readRange } from '../format/range.ts'
import { copyText } from '../shell/clipboard.ts'
import { download } from '../shell/download.ts'
import { Empty, Failed, Loading, PageState } from '../shell/States.tsx'
import { useTitle } from '../shell/title.ts'
import { useVoice } from '../shell/voice.ts'
import { csvOf, markdownOf, sentenceOf, titleOf } from './written.ts'

export interface ReviewSearch {
  readonly from?: string
  readonly to?: string
}

type Row = Review['rows'][number]

const route = getRouteApi('/review')
const HOUR = 3600

/** A period on one page, to be gone through by people, on screen or on paper. */
export function ReviewPage(): ReactElement {
  const { words } = useVoice()
  const search = route.useSearch()
  const now = useQuery(fleetQuery).data?.now ?? Math.floor(Date.now() / 1000)
  const asked = readRange(search, now) ?? { from: now - 7 * 86_400, to: now }
  const range = { from: Math.floor(asked.from / HOUR) * HOUR, to: Math.ceil(asked.to / HOUR) * HOUR }
  const answer = useQuery(reviewQuery(range))
  const incidents = useQuery(incidentsQuery).data ?? []
  useTitle(words.review)
  if (answer.data === undefined)
    return (
      <PageState title={words.review}>
        {answer.isPending ? (
          <Loading height={480} />
        ) : (
          <Failed cause={answer.error} onRetry={() => void answer.refetch()} />
        )}
      </PageState>
    )
  const inside = incidents.filter((i) => i.startedAt < range.to && (i.resolvedAt ?? now) >= range.from)
  return <Reviewed review={answer.data} incidents={inside} waiting={answer.isPlaceholderData} />
}

function Reviewed({
  review,
  incidents,
  waiting,
}: {
  review: Review
  incidents: readonly IncidentSummary[]
  waiting: boolean
}): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const dear = incidents.toSorted((a, b) => b.budgetSpent - a.budgetSpent).slice(0, 8)
  return (
    <div className="page review" data-waiting={waiting || undefined}>
      <h1 className="sentence">{titleOf(review, voice)}</h1>
      <p className="verdict">{sentenceOf(review, voice)}</p>
      <Tools review={review} incidents={incidents} />
      {review.rows.length === 0 ? <Empty>{words.emptyFleet}</Empty> : <Promises rows={review.rows} />}
      <div className="pairs">
        <Advice
          title={words.reviewTight}
          note={words.reviewTightNote}
          rows={review.rows.filter(({ spent }) => spent !== null && spent > 3)}
        />
        <Advice
          title={words.reviewLoose}
          note={words.reviewLooseNote}
          rows={review.rows.filter(({ spent }) => spent !== null && spent < 0.05)}
        />
      </div>
      <div className="pairs">
        <Teams rows={review.rows} />
        <section className="panel">
          <header>
            <h2>{words.reviewTop}</h2>
          </header>
          {dear.length === 0 ? (
            <p className="muted">{words.reviewNoIncidents}</p>
          ) : (
            <ul className="advice">
              {dear.map((i) => (
                <li key={i.id}>
                  <Link to="/incidents/$incidentId" params={{ incidentId: i.id }}>
                    <b>{i.id}</b> {i.name}
                  </Link>
                  <span className="figure">−{voice.share(i.budgetSpent)}</span>
                </li>
              ))}
            </ul>
          )}
        </section>
      </div>
    </div>
  )
}

function Tools({
  review,
  incidents,
}: {
  review: Review
  incidents: readonly IncidentSummary[]
}): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/review' })
  const [copied, setCopied] = useState(false)
  const periods = [
    ['now-7d', words.reviewWeek],
    ['now-30d', words.reviewMonth],
    ['now-90d', words.reviewQuarter],
  ] as const
  return (
    <div className="filters screen">
      <div className="segments" role="group" aria-label={words.reviewPeriod}>
        {periods.map(([from, name]) => (
          <button
            key={from}
            type="button"
            aria-pressed={(search.from ?? 'now-7d') === from}
            onClick={() => void navigate({ search: (s) => ({ ...s, from, to: 'now' }), replace: true })}
          >
            {name}
          </button>
        ))}
      </div>
      <button
        type="button"
        className="button"
        onClick={() => void copyText(markdownOf(review, incidents, voice)).then(() => setCopied(true))}
      >
        {copied ? words.tryCopied : words.reviewMarkdown}
      </button>
      <button
        type="button"
        className="button"
        onClick={() => download('review.csv', csvOf(review), 'text/csv')}
      >
        {words.reviewCsv}
      </button>
      <button type="button" className="button" onClick={() => print()}>
        {words.reviewPrint}
      </button>
    </div>
  )
}

function Promises({ rows }: { rows: readonly Row[] }): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const ordered = rows.toSorted((a, b) => (b.spent ?? -1) - (a.spent ?? -1))
  return (
    <div className="scroller" tabIndex={0} role="group" aria-label={words.reviewPromises}>
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">{words.promise}</th>
            <th scope="col">{words.reviewPeriod}</th>
            <th scope="col" className="number">
              {words.target}
            </th>
            <th scope="col" className="number">
              {words.sli}
            </th>
            <th scope="col">{words.reviewSpent}</th>
            <th scope="col" className="number">
              {words.bad}
            </th>
            <th scope="col" className="number">
              {words.reviewIncidents}
            </th>
          </tr>
        </thead>
        <tbody>
          {ordered.map((r) => (
            <tr key={r.id}>
              <th scope="row">
                <Link to="/slo/$" params={{ _splat: r.id }}>
                  {r.name}
                </Link>
                <small>
                  {r.service} · {r.owner === '' ? words.unowned : r.owner}
                </small>
              </th>
              <td>
                <Met met={r.met} />
              </td>
              <td className="number">
                {r.target}
                {'\u202f'}%
              </td>
              <td className="number">
                {r.sli === null ? '–' : voice.level(r.sli, { target: r.target, events: r.good + r.bad })}
              </td>
              <td>
                <Spent spent={r.spent} />{' '}
                <span className="figure">{r.spent === null ? '–' : voice.share(r.spent)}</span>
              </td>
              <td className="number">{voice.count(r.bad)}</td>
              <td className="number">{voice.count(r.incidents)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Met({ met }: { met: boolean | null }): ReactElement {
  const { words } = useVoice()
  return (
    <span className="stateword">
      <Glyph state={met === null ? 'unknown' : met ? 'ok' : 'exhausted'} size={10} />
      {met === null ? words.reviewNoEvents : met ? words.reviewMet : words.reviewMissed}
    </span>
  )
}

/** How much of the budget of the period went; the upright line is all of it. */
function Spent({ spent }: { spent: number | null }): ReactElement {
  const width = Math.min(1.5, spent ?? 0) * 80
  return (
    <svg className="spentbar" width="120" height="10" aria-hidden="true">
      <rect width="80" height="10" fill="var(--line)" />
      <rect width={width} height="10" fill={(spent ?? 0) > 1 ? 'var(--exhausted)' : 'var(--ok)'} />
      <path d="M80.5 0V10" stroke="var(--text)" />
    </svg>
  )
}

function Advice({ title, note, rows }: { title: string; note: string; rows: readonly Row[] }): ReactElement {
  const { words, share } = useVoice()
  return (
    <section className="panel">
      <header>
        <h2>{title}</h2>
      </header>
      <p className="muted">{note}</p>
      {rows.length === 0 ? (
        <p>{words.reviewNobody}</p>
      ) : (
        <ul className="advice">
          {rows.slice(0, 8).map((r) => (
            <li key={r.id}>
              <Link to="/try" search={{ slo: r.id }}>
                {r.name}
              </Link>
              <span className="figure">{share(r.spent ?? 0)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function Teams({ rows }: { rows: readonly Row[] }): ReactElement {
  const { words, count } = useVoice()
  const teams = new Map<string, Row[]>()
  for (const row of rows) teams.set(row.owner, [...(teams.get(row.owner) ?? []), row])
  return (
    <section className="panel">
      <header>
        <h2>{words.reviewTeams}</h2>
      </header>
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">{words.reviewTeam}</th>
            <th scope="col" className="number">
              {words.reviewPromises}
            </th>
            <th scope="col" className="number">
              {words.reviewMet}
            </th>
            <th scope="col" className="number">
              {words.reviewMissed}
            </th>
          </tr>
        </thead>
        <tbody>
          {[...teams]
            .toSorted(([a], [b]) => a.localeCompare(b))
            .map(([team, own]) => (
              <tr key={team}>
                <th scope="row">{team === '' ? words.unowned : team}</th>
                <td className="number">{count(own.length)}</td>
                <td className="number">{count(own.filter(({ met }) => met === true).length)}</td>
                <td className="number">{count(own.filter(({ met }) => met === false).length)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  )
}
