import './journeys.css'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { JourneySummary } from '../../../../src/contract/index.ts'
import { journeysQuery } from '../api/queries.ts'
import { BudgetCell, GoneIn, Sli, SparkCell, StateCell } from '../fleet/Cells.tsx'
import { Empty, Failed, Loading, PageState } from '../shell/States.tsx'
import { useTitle } from '../shell/title.ts'
import { useVoice } from '../shell/voice.ts'

/** Every journey with what is left of its budget, and of its redundancy. */
export function JourneysPage(): ReactElement {
  const { words } = useVoice()
  const answer = useQuery(journeysQuery)
  useTitle(words.journeys)
  if (answer.data === undefined)
    return (
      <PageState title={words.journeys}>
        {answer.isPending ? (
          <Loading height={320} />
        ) : (
          <Failed cause={answer.error} onRetry={() => void answer.refetch()} />
        )}
      </PageState>
    )
  const { journeys } = answer.data
  return (
    <div className="page journeys">
      <h1 className="sentence">{words.journeysTitle}</h1>
      <p>
        <Link to="/graph" className="link">
          {words.graph}
        </Link>
      </p>
      {journeys.length === 0 ? (
        <Empty next={words.journeysNext}>{words.journeysNone}</Empty>
      ) : (
        <div className="scroll" role="region" aria-label={words.journeys} tabIndex={0}>
          <table className="rows">
            <thead>
              <tr>
                <th scope="col">{words.state}</th>
                <th scope="col">{words.journeys}</th>
                <th scope="col" className="number">
                  {words.sli}
                </th>
                <th scope="col" className="number">
                  {words.target}
                </th>
                <th scope="col">{words.budgetLeft}</th>
                <th scope="col">{words.last24}</th>
                <th scope="col">{words.goneIn}</th>
                <th scope="col">{words.journeyRedundancy}</th>
              </tr>
            </thead>
            <tbody>
              {journeys.map((journey) => (
                <Row key={journey.name} journey={journey} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  )
}

function Row({ journey }: { journey: JourneySummary }): ReactElement {
  const { words } = useVoice()
  const { row, redundancy } = journey
  return (
    <tr>
      <td>
        <StateCell slo={row} />
      </td>
      <th scope="row">
        <Link to="/journey/$" params={{ _splat: journey.name }} className="link">
          {row.name}
        </Link>
        <small className="muted"> {row.owner}</small>
      </th>
      <td className="number figure">
        <Sli slo={row} />
      </td>
      <td className="number figure">{`${row.target}\u202f%`}</td>
      <td>
        <BudgetCell slo={row} />
      </td>
      <td>
        <SparkCell slo={row} />
      </td>
      <td>
        <GoneIn slo={row} />
      </td>
      <td>
        <Failures redundancy={redundancy} />
        {redundancy.usual !== null && (
          <small className="muted"> {words.journeyUsual(String(redundancy.usual))}</small>
        )}
      </td>
    </tr>
  )
}

/** How many more parts must fail: zero is said in words. */
export function Failures({ redundancy }: { redundancy: JourneySummary['redundancy'] }): ReactElement {
  const { words } = useVoice()
  if (redundancy.failures === null) return <span className="none">–</span>
  return redundancy.failures === 0 ? (
    <b>{words.journeyDown}</b>
  ) : (
    <b className="figure">{redundancy.failures}</b>
  )
}
