import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { IncidentDetail } from '../../../../src/contract/index.ts'
import { ApiFailure } from '../api/client.ts'
import { incidentQuery, type Stretch } from '../api/queries.ts'
import { Glyph } from '../drawing/Drawn.tsx'
import { scopeLabel, scopeText } from '../format/scope.ts'
import { headline } from '../format/sentences.ts'
import { Failed, Loading, Missing, PageState } from '../shell/States.tsx'
import { useTitle } from '../shell/title.ts'
import { useVoice } from '../shell/voice.ts'
import { Exemplars } from '../slo/Exemplars.tsx'
import { Actions } from './Actions.tsx'
import { IncidentChart } from './IncidentChart.tsx'
import { IncidentMark } from './IncidentMark.tsx'
import { incidentSentence } from './sentence.ts'
import { useSloId } from './slo-id.ts'
import { Timeline } from './Timeline.tsx'

const route = getRouteApi('/incidents/$incidentId')

export function IncidentPage(): ReactElement {
  const { words } = useVoice()
  const id = route.useParams().incidentId
  const incident = useQuery(incidentQuery(id))
  useTitle(id)
  if (incident.data !== undefined) return <IncidentView incident={incident.data} />
  if (incident.error instanceof ApiFailure && incident.error.status === 404)
    return <Missing>{words.notFoundIncident}</Missing>
  return (
    <PageState title={id}>
      {incident.isPending ? (
        <Loading height={480} />
      ) : (
        <Failed cause={incident.error} onRetry={() => void incident.refetch()} />
      )}
    </PageState>
  )
}

function IncidentView({ incident }: { incident: IncidentDetail }): ReactElement {
  const voice = useVoice()
  const { words, instant } = voice
  const scope = scopeLabel(incident.scope)
  const id = useSloId(incident)
  return (
    <div className="page incident">
      <header className="hero">
        <p className="about muted">
          <span className="mono">{incident.id}</span> ·{' '}
          <Link to="/service/$" params={{ _splat: incident.service }} className="link">
            {incident.service}
          </Link>{' '}
          · {scope || words.wholeScope}
          {incident.reopened > 0 && ` · ${words.reopened(incident.reopened)}`}
        </p>
        <div className="title">
          <h1>{incident.name}</h1>
          <span className="tag">
            <IncidentMark incident={incident} />
          </span>
        </div>
        <p className="verdict">{incidentSentence(incident, voice)}</p>
        {incident.blindSince !== null && (
          <p className="partial">{words.blind(instant(incident.blindSince, 'day-minute'))}</p>
        )}
        <Tiles incident={incident} />
      </header>
      <div className="columns">
        <div className="main">
          <IncidentChart incident={incident} id={id} />
          <Members incident={incident} id={id} />
          <Exemplars stretch={during(incident, id)} />
          <Timeline incident={incident} />
        </div>
        <aside className="side" aria-label={words.actions}>
          <Actions incident={incident} />
          <section>
            <h2>{words.facts}</h2>
            <dl className="facts">
              <dt>{words.promise}</dt>
              <dd>
                <Link to="/slo/$" params={{ _splat: id }} search={around(incident)}>
                  {incident.name}
                </Link>
              </dd>
              <dt>{words.owner}</dt>
              <dd>{incident.owner}</dd>
              {/^https?:/.test(incident.runbook) && (
                <>
                  <dt>{words.runbook}</dt>
                  <dd>
                    <a href={incident.runbook}>{incident.runbook.replace(/^https?:\/\//, '')}</a>
                  </dd>
                </>
              )}
            </dl>
            {voice.language !== 'en' && (
              <p className="told" lang="en">
                {incident.sentence}
              </p>
            )}
          </section>
        </aside>
      </div>
    </div>
  )
}

/** The incident's own stretch of time; while it is open it ends at a round instant, so that it is asked for seldom. */
function during(incident: IncidentDetail, id: string): Stretch {
  const end = incident.resolvedAt ?? Math.ceil(incident.now / 300) * 300
  return {
    id,
    from: incident.startedAt,
    to: Math.max(end, incident.startedAt + 60),
    scope: scopeText(incident.scope),
  }
}

/** The stretch of time of the incident with as much before it, for the page of the promise. */
function around(incident: IncidentDetail): { from: string; to: string; scope: string } {
  const end = incident.resolvedAt ?? incident.now
  const pad = Math.max(3600, end - incident.startedAt)
  return {
    from: String(incident.startedAt - pad),
    to: String(Math.min(incident.now, end + pad / 2)),
    scope: scopeText(incident.scope),
  }
}

function Tiles({ incident }: { incident: IncidentDetail }): ReactElement {
  const voice = useVoice()
  const { words, instant, duration, rate, share, count } = voice
  const end = incident.resolvedAt ?? incident.now
  const window = incident.evaluation && headline(incident.evaluation)
  const left = window?.budget.leftRatio ?? null
  return (
    <div className="tiles five">
      <Tile
        label={words.spentByIt}
        value={share(incident.budgetSpent)}
        detail={words.badCount(count(incident.badEvents))}
      />
      <Tile
        label={words.peak}
        value={rate(incident.peakRate)}
        detail={incident.members[0]?.rules.join(', ') ?? ''}
      />
      <Tile
        label={incident.state === 'open' ? words.lasting : words.lasted}
        value={duration(end - incident.startedAt)}
        detail={instant(incident.startedAt, 'day-minute')}
      />
      <Tile
        label={words.budgetLeft}
        value={left === null ? '–' : voice.percent(left)}
        detail={scopeLabel(incident.scope) || words.wholeScope}
      />
      <Tile
        label={words.acknowledgedShort}
        value={incident.acknowledged?.by ?? '–'}
        detail={
          incident.acknowledged ? instant(incident.acknowledged.at, 'day-minute') : words.notAcknowledged
        }
        text
      />
    </div>
  )
}

function Tile({
  label,
  value,
  detail,
  text = false,
}: {
  label: string
  value: string
  detail: string
  text?: boolean
}): ReactElement {
  return (
    <div className="tile">
      <span className="label">{label}</span>
      <span className={text ? 'big name' : 'big figure'}>{value}</span>
      <p className="muted">{detail}</p>
    </div>
  )
}

function Members({ incident, id }: { incident: IncidentDetail; id: string }): ReactElement {
  const { words, rate } = useVoice()
  return (
    <section className="panel" aria-labelledby="members">
      <header>
        <h2 id="members">{words.members}</h2>
      </header>
      <div className="scroller" tabIndex={0} role="group" aria-label={words.members}>
        <table className="rows">
          <thead>
            <tr>
              <th scope="col">{words.scope}</th>
              <th scope="col">{words.severity}</th>
              <th scope="col">{words.rules}</th>
              <th scope="col" className="number">
                {words.rate}
              </th>
              <th scope="col">{words.state}</th>
            </tr>
          </thead>
          <tbody>
            {incident.members.map((m) => (
              <tr key={scopeText(m.scope)}>
                <th scope="row">
                  <Link
                    to="/slo/$"
                    params={{ _splat: id }}
                    search={{ ...around(incident), scope: scopeText(m.scope) }}
                    className="link"
                  >
                    {scopeLabel(m.scope) || words.wholeScope}
                  </Link>
                </th>
                <td>{words[m.severity]}</td>
                <td>{m.rules.join(', ')}</td>
                <td className="number">{rate(m.rate)}</td>
                <td>
                  <span className="stateword">
                    <Glyph state={m.firing ? 'burning' : 'ok'} size={10} />
                    {m.firing ? words.firing : words.quiet}
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
