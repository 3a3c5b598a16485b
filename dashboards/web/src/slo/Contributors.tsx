import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { type ReactElement, useId } from 'react'
import type { Contributors as Answer, SloDetail } from '../../../../src/contract/index.ts'
import { contributorsQuery, type Stretch } from '../api/queries.ts'
import { Empty, Failed, Loading } from '../shell/States.tsx'
import { useVoice } from '../shell/voice.ts'

const route = getRouteApi('/slo/$')

/** The ways to split what was spent; each is a set of labels, spelt as the API does. */
const SPLITS = [
  { by: 'cloud_provider', label: 'dimCloud' },
  { by: 'cloud_provider,cloud_region', label: 'dimRegion' },
  { by: 'k8s_cluster_name', label: 'dimCluster' },
  { by: 'operation', label: 'dimOperation' },
  { by: 'http_response_status_code', label: 'dimCode' },
  { by: 'reason', label: 'dimReason' },
  { by: 'cloud_provider,operation', label: 'dimCloudOperation' },
] as const

/** Who spent the budget in this stretch of time, and whether they always do. */
export function Contributors({ stretch, slo }: { stretch: Stretch; slo: SloDetail }): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const heading = useId()
  const navigate = useNavigate({ from: '/slo/$' })
  const by = route.useSearch().by ?? (slo.clouds.length > 1 ? 'cloud_provider,cloud_region' : 'operation')
  const answer = useQuery(contributorsQuery(stretch, by))
  return (
    <section className="panel" aria-labelledby={heading}>
      <header>
        <h2 id={heading}>{words.contributors}</h2>
        <div className="segments small" role="group" aria-label={words.contributorsBy}>
          {SPLITS.map((s) => (
            <button
              key={s.by}
              type="button"
              aria-pressed={s.by === by}
              onClick={() =>
                void navigate({ search: (old) => ({ ...old, by: s.by }), replace: true, resetScroll: false })
              }
            >
              {words[s.label]}
            </button>
          ))}
        </div>
      </header>
      {answer.isPending ? (
        <Loading />
      ) : answer.data === undefined ? (
        <Failed cause={answer.error} onRetry={() => void answer.refetch()} />
      ) : answer.data.rows.every((r) => r.bad === 0) ? (
        <Empty>{words.contributorsNone}</Empty>
      ) : (
        <Rows answer={answer.data} />
      )}
    </section>
  )
}

function Rows({ answer }: { answer: Answer }): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const ratio = (r: number | null): string => (r === null ? '–' : voice.share(r))
  return (
    <div className="scroller" tabIndex={0} role="group" aria-label={words.contributors}>
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">{words.what}</th>
            <th scope="col">{words.shareOfBad}</th>
            <th scope="col" className="number">
              {words.bad}
            </th>
            <th scope="col" className="number">
              {words.badRatio}
            </th>
            <th scope="col" className="number">
              {words.baseline}
            </th>
          </tr>
        </thead>
        <tbody>
          {answer.rows.map((row) => (
            <tr key={JSON.stringify(row.labels)}>
              <th scope="row" className="mono">
                {answer.by.map((name) => row.labels[name] ?? '–').join(' · ')}
              </th>
              <td className="sharecell">
                <svg width="120" height="10" aria-hidden="true">
                  <rect width="120" height="10" fill="var(--line)" />
                  <rect
                    width={Math.max(row.bad > 0 ? 1 : 0, row.share * 120)}
                    height="10"
                    fill="var(--burning)"
                  />
                </svg>
                <span className="figure">{voice.share(row.share)}</span>
              </td>
              <td className="number">{voice.count(row.bad)}</td>
              <td className="number">{ratio(row.badRatio)}</td>
              <td className="number muted">
                {ratio(row.baseline)}
                {row.badRatio !== null &&
                  row.baseline !== null &&
                  row.baseline > 0 &&
                  row.badRatio / row.baseline >= 2 && (
                    <b className="times"> {voice.rate(row.badRatio / row.baseline)}</b>
                  )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
