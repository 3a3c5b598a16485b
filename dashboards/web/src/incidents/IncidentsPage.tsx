import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { IncidentSummary } from '../../../../src/contract/index.ts'
import { fleetQuery, incidentsQuery } from '../api/queries.ts'
import { scopeLabel } from '../format/scope.ts'
import { Empty, Failed, Loading, PageState } from '../shell/States.tsx'
import { useTitle } from '../shell/title.ts'
import { useVoice } from '../shell/voice.ts'
import { IncidentMark } from './IncidentMark.tsx'
import { incidentSentence } from './sentence.ts'

const route = getRouteApi('/incidents')
const SHOWN = ['open', 'resolved', 'all'] as const

export function IncidentsPage(): ReactElement {
  const { words } = useVoice()
  useTitle(words.incidents)
  const answer = useQuery(incidentsQuery)
  if (answer.data !== undefined)
    return (
      <div className="page incidents">
        <Incidents all={answer.data} />
      </div>
    )
  return (
    <PageState title={words.incidents}>
      {answer.isPending ? (
        <Loading height={320} />
      ) : (
        <Failed cause={answer.error} onRetry={() => void answer.refetch()} />
      )}
    </PageState>
  )
}

function Incidents({ all }: { all: readonly IncidentSummary[] }): ReactElement {
  const { words, count } = useVoice()
  const navigate = useNavigate({ from: '/incidents' })
  const chosen = SHOWN.find((s) => s === route.useSearch().state) ?? 'all'
  const open = all.filter((i) => i.state === 'open')
  const shown = all
    .filter((i) => chosen === 'all' || i.state === chosen)
    .toSorted((a, b) => rank(a) - rank(b) || b.startedAt - a.startedAt)
  const sizes = { all: all.length, open: open.length, resolved: all.length - open.length }
  return (
    <>
      <h1 className="sentence">
        {open.length === 0
          ? words.noOpenIncidents
          : words.openIncidents(count(open.length), open.filter((i) => i.acknowledged === null).length)}
      </h1>
      {all.length === 0 ? (
        <Empty>{words.noIncidentsAtAll}</Empty>
      ) : (
        <>
          <div className="filters">
            <div className="segments" role="group" aria-label={words.state}>
              {SHOWN.map((s) => (
                <button
                  key={s}
                  type="button"
                  aria-pressed={s === chosen}
                  onClick={() =>
                    void navigate({
                      search: (old) => ({ ...old, state: s === 'all' ? '' : s }),
                      replace: true,
                    })
                  }
                >
                  {words[s]} <span className="figure">{count(sizes[s])}</span>
                </button>
              ))}
            </div>
          </div>
          {shown.length === 0 ? (
            <Empty>{chosen === 'open' ? words.noOpenIncidents : words.noIncidentsAtAll}</Empty>
          ) : (
            <ul className="incidentrows">
              {shown.map((i) => (
                <Row key={i.id} incident={i} />
              ))}
            </ul>
          )}
        </>
      )}
    </>
  )
}

/** Open before resolved, pages before tickets. */
function rank(incident: IncidentSummary): number {
  return (incident.state === 'open' ? 0 : 2) + (incident.severity === 'page' ? 0 : 1)
}

function Row({ incident }: { incident: IncidentSummary }): ReactElement {
  const voice = useVoice()
  const { words, instant, duration, rate, share } = voice
  const now = useQuery(fleetQuery).data?.now
  const end = incident.resolvedAt ?? now
  return (
    <li data-state={incident.state}>
      <Link to="/incidents/$incidentId" params={{ incidentId: incident.id }} data-row="">
        <IncidentMark incident={incident} />
        <span className="what">
          <span className="said" lang={voice.language === 'en' ? 'en' : undefined}>
            {incidentSentence(incident, voice)}
          </span>
          <small>
            {incident.id} · {incident.service} · {scopeLabel(incident.scope) || words.wholeScope}
            {incident.reopened > 0 && ` · ${words.reopened(incident.reopened)}`}
            {incident.blindSince !== null && ` · ${words.blindShort}`}
          </small>
        </span>
        <span className="pair">
          <small>{words.started}</small>
          {instant(incident.startedAt, 'day-minute')}
        </span>
        <span className="pair">
          <small>{incident.state === 'open' ? words.lasting : words.lasted}</small>
          {end === undefined ? '–' : duration(end - incident.startedAt)}
        </span>
        <span className="pair number">
          <small>{words.peak}</small>
          {rate(incident.peakRate)}
        </span>
        <span className="pair number">
          <small>{words.spentByIt}</small>
          {share(incident.budgetSpent)}
        </span>
        <span className="pair ack">
          <small>{words.acknowledgedShort}</small>
          {incident.acknowledged?.by ?? '–'}
        </span>
      </Link>
    </li>
  )
}
