import './journeys.css'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactElement, ReactNode } from 'react'
import type { JourneyDetail } from '../../../../src/contract/index.ts'
import { ApiFailure } from '../api/client.ts'
import { journeyQuery } from '../api/queries.ts'
import { Glyph } from '../drawing/Drawn.tsx'
import { BudgetCell, GoneIn, Sli, SparkCell } from '../fleet/Cells.tsx'
import { Failed, Loading, Missing, PageState } from '../shell/States.tsx'
import { useTitle } from '../shell/title.ts'
import { useVoice, type Voice } from '../shell/voice.ts'
import { Causes } from './Causes.tsx'
import { Failures } from './JourneysPage.tsx'
import { Tree } from './Tree.tsx'

const route = getRouteApi('/journey/$')

/** One journey: what it gives, what it rests on, who spent it, and whether it can be kept. */
export function JourneyPage(): ReactElement {
  const { words } = useVoice()
  const name = route.useParams()._splat ?? ''
  const answer = useQuery(journeyQuery(name))
  useTitle(answer.data?.row.name ?? name)
  if (answer.data !== undefined) return <Shown detail={answer.data} />
  if (answer.error instanceof ApiFailure && answer.error.status === 404)
    return <Missing>{words.notFound}</Missing>
  return (
    <PageState title={name}>
      {answer.isPending ? (
        <Loading height={480} />
      ) : (
        <Failed cause={answer.error} onRetry={() => void answer.refetch()} />
      )}
    </PageState>
  )
}

function Shown({ detail }: { detail: JourneyDetail }): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const { row, redundancy, feasibility } = detail
  return (
    <div className="page journey">
      <header className="hero">
        <div className="title">
          <h1>{row.name}</h1>
          <span className="stateword tag" data-state={row.state}>
            <Glyph state={row.state} />
            {words[row.state]}
          </span>
        </div>
        <p className="about muted">
          {row.owner} · {row.target}
          {'\u202f% '}
          {words.over(voice.window(row.window))}
          {row.incident !== null && (
            <>
              {' · '}
              <Link to="/incidents/$incidentId" params={{ incidentId: row.incident }} className="link">
                {row.incident}
              </Link>
            </>
          )}
        </p>
        <p className="verdict" aria-live="polite">
          {redundancy.sentence}
        </p>
        {detail.coverageSentence !== '' && <p className="partial">{detail.coverageSentence}</p>}
        <div className="journeyfigures">
          <Figure label={words.budgetLeft}>
            <BudgetCell slo={row} width={120} />
            <small className="muted">
              {words.goneIn}: <GoneIn slo={row} />
            </small>
          </Figure>
          <Figure label={words.journeyMeasured}>
            <span className="large figure">
              <Sli slo={row} />
            </span>
          </Figure>
          <Correlation detail={detail} voice={voice} />
          <Figure label={words.journeyRedundancy}>
            <span className="large figure">
              <Failures redundancy={redundancy} />
            </span>
            {redundancy.usual !== null && (
              <small className="muted">{words.journeyUsual(String(redundancy.usual))}</small>
            )}
          </Figure>
          <Figure label={words.last24}>
            <SparkCell slo={row} />
          </Figure>
        </div>
      </header>
      <Tree detail={detail} />
      <Causes detail={detail} />
      <section className="panel">
        <header>
          <h2>{words.journeyFeasible}</h2>
        </header>
        <p>{feasibility.sentence}</p>
      </section>
      <p>
        <Link to="/slo/$" params={{ _splat: row.id }} className="link">
          {words.burnRates}
        </Link>
        {' · '}
        <Link to="/graph" search={{ at: `journey/${detail.name}` }} className="link">
          {words.graph}
        </Link>
      </p>
    </div>
  )
}

/** Beside what was measured, what the textbook makes of the parts' averages; the difference is what they share. */
function Correlation({ detail, voice }: { detail: JourneyDetail; voice: Voice }): ReactElement {
  const { words } = voice
  const { textbook, cost, costMinutes } = detail.correlation
  const events = detail.row.whole.windows[0]
  const of = { target: detail.row.target, events: (events?.good ?? 0) + (events?.bad ?? 0) }
  return (
    <>
      <Figure label={words.journeyTextbook}>
        <span className="large figure">{textbook === null ? '–' : voice.level(textbook, of)}</span>
        <small className="muted">{words.journeyTextbookNote}</small>
      </Figure>
      <Figure label={words.journeyCorrelation}>
        <span className="large figure">{cost === null ? '–' : voice.percent(cost, 4)}</span>
        {costMinutes !== null && (
          <small className="muted">
            {words.journeyCorrelationNote(`${costMinutes < 0 ? '−' : ''}${voice.duration(costMinutes * 60)}`)}
          </small>
        )}
      </Figure>
    </>
  )
}

function Figure({ label, children }: { label: string; children: ReactNode }): ReactElement {
  return (
    <div className="tile">
      <span className="label">{label}</span>
      {children}
    </div>
  )
}
