import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { type ReactElement, useId, useMemo } from 'react'
import type { ServiceDetail, ServiceGroups } from '../../../../src/contract/index.ts'
import { type ServiceStretch, serviceGroupsQuery } from '../api/queries.ts'
import { type Plot, TimeChart } from '../drawing/TimeChart.tsx'
import { readScope, scopeLabel, scopeText } from '../format/scope.ts'
import { Failed, Loading } from '../shell/States.tsx'
import { useVoice, type Voice } from '../shell/voice.ts'
import { ceiling, failing, frequency, ratesOf } from './figures.ts'
import type { ServiceZoom } from './ServicePage.tsx'
import { axisRate, axisShare } from './Traffic.tsx'

const route = getRouteApi('/service/$')
const SPLITS = [
  { by: 'cloud_provider', label: 'dimCloud' },
  { by: 'cloud_provider,cloud_region', label: 'dimRegion' },
] as const
const SHOWN = 12

type Group = ServiceGroups['groups'][number]

/** Requests and errors of each cloud or region, side by side on one scale. */
export function Clouds({
  service,
  stretch,
  zoom,
}: {
  service: ServiceDetail
  stretch: ServiceStretch
  zoom: ServiceZoom
}): ReactElement | null {
  const { words } = useVoice()
  const heading = useId()
  const navigate = useNavigate({ from: '/service/$' })
  const chosen = route.useSearch().clouds === 'region' ? SPLITS[1] : SPLITS[0]
  const answer = useQuery(serviceGroupsQuery(stretch, { by: chosen.by, points: 120, limit: SHOWN }))
  if (service.clouds.length === 0) return null
  return (
    <section className="panel" aria-labelledby={heading}>
      <header>
        <h2 id={heading}>{words.cloudsTitle}</h2>
        <div className="segments small" role="group" aria-label={words.contributorsBy}>
          {SPLITS.map((s) => (
            <button
              key={s.by}
              type="button"
              aria-pressed={s === chosen}
              onClick={() =>
                void navigate({
                  search: (old) => ({ ...old, clouds: s === SPLITS[1] ? 'region' : '' }),
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
      {answer.isPending || (answer.isPlaceholderData && answer.data?.by.join(',') !== chosen.by) ? (
        <Loading />
      ) : answer.data === undefined ? (
        <Failed cause={answer.error} onRetry={() => void answer.refetch()} />
      ) : (
        <Multiples answer={answer.data} service={service} stretch={stretch} zoom={zoom} />
      )}
    </section>
  )
}

function Multiples({
  answer,
  service,
  stretch,
  zoom,
}: {
  answer: ServiceGroups
  service: ServiceDetail
  stretch: ServiceStretch
  zoom: ServiceZoom
}): ReactElement {
  const groups = answer.groups.toSorted((a, b) => scopeLabel(a.labels).localeCompare(scopeLabel(b.labels)))
  const highest = useMemo(
    () => ({
      rate: ceiling(
        groups.flatMap((g) => ratesOf(g.series.requests, answer.minutes, answer.step)),
        0.01,
      ),
      errors: ceiling(
        groups.flatMap((g) => ratiosOf(g)),
        0.001,
      ),
    }),
    [answer],
  )
  return (
    <div className="multiples">
      {groups.map((group) => (
        <One
          key={scopeText(group.labels)}
          group={group}
          answer={answer}
          gaps={service.gaps}
          highest={highest}
          stretch={stretch}
          zoom={zoom}
        />
      ))}
    </div>
  )
}

const ratiosOf = ({ series }: Group): (number | null)[] =>
  series.requests.map((n, i) => (n === null || n === 0 ? null : (series.bad[i] ?? 0) / n))

interface Highest {
  readonly rate: number
  readonly errors: number
}

function One({
  group,
  answer,
  gaps,
  highest,
  stretch,
  zoom,
}: {
  group: Group
  answer: ServiceGroups
  gaps: ServiceDetail['gaps']
  highest: Highest
  stretch: ServiceStretch
  zoom: ServiceZoom
}): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const name = scopeLabel(group.labels) || words.unknown
  const axis = { from: stretch.from, to: stretch.to }
  const plots = useMemo(
    () => plotsOf({ group, answer, gaps, highest }, axis, voice),
    [group, answer, gaps, highest, axis.from, axis.to, voice],
  )
  const minutes = answer.minutes.reduce((n, m) => n + m, 0)
  const rate = frequency((group.good + group.bad) / Math.max(60, minutes * 60), voice)
  const ratio = failing(group.errorRatio, voice)
  const p95 = group.latency.p95
  return (
    <figure>
      <figcaption>
        <Link
          to="/service/$"
          params={{ _splat: stretch.id }}
          search={(s) => ({ ...s, scope: scopeText({ ...readScope(stretch.scope), ...group.labels }) })}
          resetScroll={false}
        >
          <b>{name}</b>
        </Link>
        <span className="figure">
          {rate} · {ratio}
          {p95 !== null && ` · p95 ${voice.latency(p95)}`}
        </span>
      </figcaption>
      <div role="img" aria-label={words.cloudSays(name, rate, ratio)}>
        {plots.map((plot, i) => (
          // The order of the two charts never changes.
          <TimeChart key={i} plot={plot} zoom={zoom} />
        ))}
      </div>
    </figure>
  )
}

function plotsOf(
  {
    group,
    answer,
    gaps,
    highest,
  }: { group: Group; answer: ServiceGroups; gaps: ServiceDetail['gaps']; highest: Highest },
  axis: { from: number; to: number },
  voice: Voice,
): Plot[] {
  const ends = answer.start.map((s) => s + answer.step)
  const common = { ends, step: answer.step, x: axis }
  return [
    {
      ...common,
      curves: [
        {
          label: voice.words.requests,
          values: ratesOf(group.series.requests, answer.minutes, answer.step),
          colour: 'ok',
          width: 1.25,
          fill: 0.16,
          format: (v) => frequency(v, voice),
        },
      ],
      y: { low: 0, high: highest.rate, format: (v) => axisRate(v, voice) },
      height: 84,
      bare: true,
    },
    {
      ...common,
      curves: [
        {
          label: voice.words.errorRate,
          values: ratiosOf(group),
          colour: 'burning',
          width: 1.25,
          fill: 0.35,
          format: (v) => failing(v, voice),
        },
      ],
      y: { low: 0, high: highest.errors, format: (v) => axisShare(v, voice) },
      marks: { gaps: gaps.map(({ from, to }) => ({ from, to })) },
      height: 104,
    },
  ]
}
