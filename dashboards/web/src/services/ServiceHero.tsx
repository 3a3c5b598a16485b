import { Link } from '@tanstack/react-router'
import type { ReactElement, ReactNode } from 'react'
import type { ServiceDetail } from '../../../../src/contract/index.ts'
import { scopeLabel } from '../format/scope.ts'
import { useVoice } from '../shell/voice.ts'
import { failing, frequency, measuredShare } from './figures.ts'
import { isTold } from './filter.ts'
import { nameOf } from './ServiceTable.tsx'

/** What matters first: how much, how many fail, how slow, and how sure that is. */
export function ServiceHero({ service }: { service: ServiceDetail }): ReactElement {
  const voice = useVoice()
  const { words, count } = voice
  const scope = scopeLabel(service.scope)
  const { good, bad, ignored, coverage, latency, range } = service
  const requests = good + bad
  const seconds = coverage.known > 0 ? coverage.known * 60 : range.to - range.from
  const told = isTold(service)
  const ms = (value: number | null): string => (value === null ? '–' : voice.latency(value))
  return (
    <header className="hero">
      <div className="title">
        <h1>
          {nameOf(service, voice)}
          {scope !== '' && <span className="scope">{scope}</span>}
        </h1>
      </div>
      {service.description !== '' && <p className="about muted">{service.description}</p>}
      <DataNote service={service} />
      <div className="tiles service">
        <Tile label={words.requests} value={told ? frequency(requests / Math.max(60, seconds), voice) : '–'}>
          {told && count(requests)}
          {ignored > 0 && ` · ${words.ignoredNote(count(ignored))}`}
        </Tile>
        <Tile label={words.errorRate} value={failing(service.errorRatio, voice)}>
          {told && words.badCount(count(bad))}
        </Tile>
        <Tile label="p50" value={ms(latency.p50)}>
          {latency.p90 !== null && `p90 ${ms(latency.p90)}`}
        </Tile>
        <Tile label="p95" value={ms(latency.p95)}>
          {latency.timed > 0 && latency.timed < requests
            ? words.timedNote(count(latency.timed), count(requests))
            : ''}
        </Tile>
        <Tile label="p99" value={ms(latency.p99)}>
          {latency.p999 !== null && `p99.9 ${ms(latency.p999)}`}
        </Tile>
        <Tile label={words.measuredTitle} value={measuredShare(coverage.ratio, voice)}>
          {coverage.kind === 'full'
            ? words.coverageFull
            : words.coveragePart(voice.duration((coverage.missing + coverage.partial) * 60))}
        </Tile>
      </div>
    </header>
  )
}

function Tile({
  label,
  value,
  children,
}: {
  label: string
  value: string
  children: ReactNode
}): ReactElement {
  return (
    <div className="tile">
      <span className="label">{label}</span>
      <span className="big figure">{value}</span>
      <p className="muted">{children}</p>
    </div>
  )
}

/** No traffic, no data, part of it, or not to be read: each has its own sentence. */
function DataNote({ service }: { service: ServiceDetail }): ReactElement | null {
  const voice = useVoice()
  const { words } = voice
  const { data, coverage } = service
  if (data === 'measured') return null
  const said =
    data === 'no-traffic'
      ? words.dataNoTraffic
      : data === 'no-data'
        ? words.dataNoData
        : data === 'error'
          ? words.dataError
          : words.dataPartial(
              measuredShare(coverage.ratio, voice),
              voice.duration((coverage.missing + coverage.partial) * 60),
            )
  const why = service.gaps.find(({ reason }) => reason !== '')?.reason
  return (
    <p className="partial" data-data={data}>
      {said} {why !== undefined && <span className="muted">{why} </span>}
      {data !== 'no-traffic' && (
        <Link to="/sources" className="link">
          {words.lookAtSources}
        </Link>
      )}
    </p>
  )
}
