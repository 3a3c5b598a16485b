import { Link, useNavigate } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { ServiceSummary } from '../../../../src/contract/index.ts'
import { Glyph } from '../drawing/Drawn.tsx'
import { monogram } from '../fleet/filter.ts'
import { Icon } from '../shell/icons.tsx'
import { useVoice, type Voice } from '../shell/voice.ts'
import { failing, frequency, measuredShare } from './figures.ts'
import { type Column, isTold, nextSort, type ServicesSearch, sortOf } from './filter.ts'
import { Trend } from './Trend.tsx'

/** What has no service of its own has a name all the same. */
export function nameOf(
  { service, name }: Pick<ServiceSummary, 'service' | 'name'>,
  { words }: Voice,
): string {
  if (service === '__overflow__') return words.overflowService
  return service === '__unnamed__' ? words.noService : name
}

/** One row a service and source: what two sources have seen is never added up. */
export function ServiceTable({
  services,
  all,
  search,
  range,
}: {
  services: readonly ServiceSummary[]
  all: readonly ServiceSummary[]
  search: ServicesSearch
  range: { readonly from: number; readonly to: number }
}): ReactElement {
  const { words } = useVoice()
  // One scale for the trends of all rows, so that rows can be compared.
  const worst = Math.max(0.001, ...all.flatMap((s) => trendOf(s)).map((v) => v ?? 0))
  return (
    <table className="servicetable" aria-label={words.services}>
      <thead>
        <tr>
          <Header column="name" search={search} label={words.service} />
          <th scope="col" className="c-clouds">
            {words.clouds}
          </th>
          <Header column="requests" search={search} label={words.requests} numeric />
          <Header column="errors" search={search} label={words.errorRate} numeric />
          <th scope="col" className="c-trend">
            <span className="visually-hidden">{words.overTime}</span>
          </th>
          <Header column="p50" search={search} label="p50" numeric />
          <Header column="p95" search={search} label="p95" numeric />
          <Header column="p99" search={search} label="p99" numeric />
          <th scope="col" className="c-slos">
            {words.promisesOf}
          </th>
        </tr>
      </thead>
      <tbody>
        {services.map((service) => (
          <Row
            key={`${service.service}\n${service.source}`}
            service={service}
            worst={worst}
            seconds={range.to - range.from}
          />
        ))}
      </tbody>
    </table>
  )
}

function trendOf({ spark }: ServiceSummary): (number | null)[] {
  return spark.requests.map((n, i) => (n === null || n === 0 ? null : (spark.bad[i] ?? 0) / n))
}

function Row({
  service,
  worst,
  seconds,
}: {
  service: ServiceSummary
  worst: number
  seconds: number
}): ReactElement {
  const voice = useVoice()
  const { words, count } = voice
  const navigate = useNavigate()
  const params = { _splat: service.service }
  const search = { source: service.source }
  const requests = service.good + service.bad
  const told = isTold(service)
  const latency = (ms: number | null): string => (ms === null ? '–' : voice.latency(ms))
  return (
    <tr
      onClick={(e) => {
        if (e.target instanceof Element && e.target.closest('a') !== null) return
        if (String(getSelection() ?? '') !== '') return
        void navigate({ to: '/service/$', params, search })
      }}
    >
      <th scope="row" className="c-name">
        <Link to="/service/$" params={params} search={search} data-row="">
          {nameOf(service, voice)}
        </Link>
        <small>
          {service.source}
          {service.coverage.ratio !== null && service.coverage.kind !== 'full' && (
            <>
              {' · '}
              {measuredShare(service.coverage.ratio, voice)} {words.measured}
            </>
          )}
        </small>
      </th>
      <td className="c-clouds">
        {service.clouds.length === 0 ? (
          <span className="none">–</span>
        ) : (
          service.clouds.map(monogram).join(' ')
        )}
      </td>
      <td className="c-requests number">
        {!told ? (
          <span className="none">{words.noDataShort}</span>
        ) : requests === 0 ? (
          <span className="none">{words.noTrafficShort}</span>
        ) : (
          <>
            {frequency(requests / Math.max(60, service.coverage.known * 60 || seconds), voice)}
            <small>{count(requests)}</small>
          </>
        )}
      </td>
      <td className="c-errors number">
        <b>{failing(service.errorRatio, voice)}</b>
        {service.bad > 0 && <small>{count(service.bad)}</small>}
      </td>
      <td className="c-trend">
        <Trend
          values={trendOf(service)}
          most={worst}
          label={`${words.errorRate}: ${failing(service.errorRatio, voice)}`}
        />
      </td>
      <td className="c-p50 number">{latency(service.latency.p50)}</td>
      <td className="c-p95 number">{latency(service.latency.p95)}</td>
      <td className="c-p99 number">{latency(service.latency.p99)}</td>
      <td className="c-slos">
        {service.slos.map((slo) => (
          <Link
            key={slo.id}
            to="/slo/$"
            params={{ _splat: slo.id }}
            className="slomark"
            title={`${slo.name}: ${words[slo.state]}`}
          >
            <Glyph state={slo.state} label={`${slo.name}: ${words[slo.state]}`} />
          </Link>
        ))}
        {service.slos.length === 0 && <span className="none">–</span>}
      </td>
    </tr>
  )
}

function Header({
  column,
  search,
  label,
  numeric = false,
}: {
  column: Column
  search: ServicesSearch
  label: string
  numeric?: boolean
}): ReactElement {
  const { words } = useVoice()
  const navigate = useNavigate({ from: '/services' })
  const sort = sortOf(search)
  const mine = sort.column === column
  return (
    <th
      scope="col"
      className={`c-${column}${numeric ? ' number' : ''}`}
      aria-sort={mine ? (sort.down ? 'descending' : 'ascending') : undefined}
    >
      <button
        type="button"
        title={words.sortBy(label)}
        onClick={() =>
          void navigate({ search: (s) => ({ ...s, sort: nextSort(search, column) }), replace: true })
        }
      >
        {label}
        {mine && <Icon name={sort.down ? 'down' : 'up'} size={12} />}
      </button>
    </th>
  )
}
