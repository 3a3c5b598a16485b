import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { type ReactElement, useId } from 'react'
import type { ServiceGroups } from '../../../../src/contract/index.ts'
import { type ServiceStretch, serviceGroupsQuery } from '../api/queries.ts'
import { readScope, scopeText } from '../format/scope.ts'
import { Empty, Failed, Loading } from '../shell/States.tsx'
import { useVoice } from '../shell/voice.ts'
import { failing, frequency } from './figures.ts'
import { Trend } from './Trend.tsx'

const route = getRouteApi('/service/$')

const SPLITS = [
  { by: 'operation', label: 'dimOperation' },
  { by: 'cloud_provider', label: 'dimCloud' },
  { by: 'cloud_provider,cloud_region', label: 'dimRegion' },
  { by: 'k8s_cluster_name', label: 'dimCluster' },
  { by: 'http_response_status_code', label: 'dimCode' },
  { by: 'reason', label: 'dimReason' },
  { by: 'cloud_provider,operation', label: 'dimCloudOperation' },
] as const

/** The operations of a service, or any other split, most failing first. */
export function Groups({
  stretch,
  nothing,
}: {
  stretch: ServiceStretch
  /** Why there is nothing to see; undefined when there is. */
  nothing: string | undefined
}): ReactElement {
  const { words } = useVoice()
  const heading = useId()
  const navigate = useNavigate({ from: '/service/$' })
  const by = route.useSearch().by ?? 'operation'
  const answer = useQuery(serviceGroupsQuery(stretch, { by, points: 24, limit: 50 }))
  return (
    <section className="panel" aria-labelledby={heading}>
      <header>
        <h2 id={heading}>{by === 'operation' ? words.byWhat : words.byOther}</h2>
        <div className="segments small" role="group" aria-label={words.contributorsBy}>
          {SPLITS.map((s) => (
            <button
              key={s.by}
              type="button"
              aria-pressed={s.by === by}
              onClick={() =>
                void navigate({
                  search: (old) => ({ ...old, by: s.by === 'operation' ? '' : s.by }),
                  replace: true,
                  resetScroll: false,
                })
              }
            >
              {words[s.label]}
            </button>
          ))}
        </div>
      </header>
      {answer.isPending || (answer.isPlaceholderData && answer.data?.by.join(',') !== by) ? (
        <Loading />
      ) : answer.data === undefined ? (
        <Failed cause={answer.error} onRetry={() => void answer.refetch()} />
      ) : answer.data.groups.length === 0 ? (
        <Empty>{nothing ?? words.noTrafficChart}</Empty>
      ) : (
        <Rows answer={answer.data} stretch={stretch} />
      )}
    </section>
  )
}

function Rows({ answer, stretch }: { answer: ServiceGroups; stretch: ServiceStretch }): ReactElement {
  const voice = useVoice()
  const { words, count } = voice
  const seconds = Math.max(
    60,
    answer.minutes.reduce((n, m) => n + m, 0) * 60 || answer.range.to - answer.range.from,
  )
  const ratios = (g: ServiceGroups['groups'][number]): (number | null)[] =>
    g.series.requests.map((n, i) => (n === null || n === 0 ? null : (g.series.bad[i] ?? 0) / n))
  const worst = Math.max(0.001, ...answer.groups.flatMap(ratios).map((v) => v ?? 0))
  const ms = (value: number | null): string => (value === null ? '–' : voice.latency(value))
  return (
    <div className="scroller" tabIndex={0} role="group" aria-label={words.byWhat}>
      <table className="rows grouprows">
        <thead>
          <tr>
            <th scope="col">{words.what}</th>
            <th scope="col" className="number">
              {words.requests}
            </th>
            <th scope="col" className="number">
              {words.errorRate}
            </th>
            <th scope="col">
              <span className="visually-hidden">{words.overTime}</span>
            </th>
            <th scope="col" className="number">
              p50
            </th>
            <th scope="col" className="number">
              p95
            </th>
            <th scope="col" className="number">
              p99
            </th>
            <th scope="col" className="number">
              {words.shareOfBad}
            </th>
          </tr>
        </thead>
        <tbody>
          {answer.groups.map((g) => (
            <tr key={JSON.stringify(g.labels)}>
              <th scope="row" className="mono">
                <GroupName answer={answer} labels={g.labels} stretch={stretch} />
              </th>
              <td className="number">
                {g.good + g.bad > 0 ? (
                  frequency((g.good + g.bad) / seconds, voice)
                ) : (
                  <span className="none">
                    {count(g.ignored)} {words.ignored.toLowerCase()}
                  </span>
                )}
              </td>
              <td className="number">
                <b>{failing(g.errorRatio, voice)}</b>
              </td>
              <td>
                <Trend
                  values={ratios(g)}
                  most={worst}
                  label={`${words.errorRate}: ${failing(g.errorRatio, voice)}`}
                />
              </td>
              <td className="number">{ms(g.latency.p50)}</td>
              <td className="number">{ms(g.latency.p95)}</td>
              <td className="number">{ms(g.latency.p99)}</td>
              <td className="number">
                {g.bad === 0 ? <span className="none">–</span> : `${voice.share(g.share)} (${count(g.bad)})`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {answer.total > answer.groups.length && (
        <p className="muted">{words.restGroups(count(answer.total - answer.groups.length))}</p>
      )}
    </div>
  )
}

/** Leads to the same page for this part alone; a reason is no label, so it leads nowhere. */
function GroupName({
  answer,
  labels,
  stretch,
}: {
  answer: ServiceGroups
  labels: Readonly<Record<string, string>>
  stretch: ServiceStretch
}): ReactElement {
  const { words } = useVoice()
  const own = Object.fromEntries(Object.entries(labels).filter(([name]) => name !== 'reason'))
  const text = answer.by
    .map((name) => labels[name] ?? '')
    .filter((v) => v !== '')
    .join(' · ')
  if (text === '') return <span className="none">{words.noOperation}</span>
  if (Object.keys(own).length === 0) return <>{text}</>
  return (
    <Link
      to="/service/$"
      params={{ _splat: stretch.id }}
      search={(s) => ({ ...s, scope: scopeText({ ...readScope(stretch.scope), ...own }) })}
      resetScroll={false}
    >
      {text}
    </Link>
  )
}
