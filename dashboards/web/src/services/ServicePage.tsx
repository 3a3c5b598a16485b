import './services.css'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { ServiceDetail } from '../../../../src/contract/index.ts'
import { ApiFailure } from '../api/client.ts'
import { fleetQuery, type ServiceStretch, serviceQuery } from '../api/queries.ts'
import type { Zoom } from '../drawing/TimeChart.tsx'
import { frozen, type Range, type RangeText, readRange, shifted, zoomed } from '../format/range.ts'
import { readScope, scopeText } from '../format/scope.ts'
import { useKeys } from '../shell/keys.ts'
import { Failed, Loading, PageState } from '../shell/States.tsx'
import { useTitle } from '../shell/title.ts'
import { useVoice } from '../shell/voice.ts'
import { Clouds } from './Clouds.tsx'
import { Failures } from './Failures.tsx'
import { Groups } from './Groups.tsx'
import { ServiceBar } from './ServiceBar.tsx'
import { ServiceExemplars } from './ServiceExemplars.tsx'
import { ServiceHero } from './ServiceHero.tsx'
import { ServiceLatency } from './ServiceLatency.tsx'
import { ServiceSide } from './ServiceSide.tsx'
import { nothingOf, Traffic } from './Traffic.tsx'

const route = getRouteApi('/service/$')

const POINTS = 240
const DEFAULT: RangeText = { from: 'now-6h', to: 'now' }

export function ServicePage(): ReactElement {
  const id = route.useParams()._splat ?? ''
  const now = useMinute()
  useTitle(id)
  if (now === undefined)
    return (
      <PageState title={id}>
        <Loading height={480} />
      </PageState>
    )
  return <ServiceAt id={id} now={now} />
}

function ServiceAt({ id, now }: { id: string; now: number }): ReactElement {
  const { words } = useVoice()
  const search = route.useSearch()
  const range = readRange(search, now) ?? readRange(DEFAULT, now) ?? { from: now - 21_600, to: now }
  const asked = aligned(range)
  const stretch: ServiceStretch = {
    id,
    ...asked,
    source: search.source ?? '',
    scope: scopeText(readScope(search.scope ?? '')),
  }
  const answer = useQuery(serviceQuery(stretch, POINTS))
  useTitle(answer.data?.name ?? id)
  const zoom = useZoom(asked, now)
  // While another service is on its way, the one before must not stand under its name.
  if (answer.data !== undefined && answer.data.service === id)
    return (
      <ServiceView
        key={id}
        service={answer.data}
        stretch={{ ...stretch, source: answer.data.source }}
        zoom={zoom}
        waiting={answer.isPlaceholderData}
      />
    )
  return (
    <PageState title={id}>
      {answer.isPending || answer.isPlaceholderData ? (
        <Loading height={480} />
      ) : answer.error instanceof ApiFailure && answer.error.status === 404 ? (
        <div className="state empty">
          <p>{words.notFoundService}</p>
          <Link to="/services" className="button">
            {words.toServices}
          </Link>
        </div>
      ) : (
        answer.error && <Failed cause={answer.error} onRetry={() => void answer.refetch()} />
      )}
    </PageState>
  )
}

function ServiceView({
  service,
  stretch,
  zoom,
  waiting,
}: {
  service: ServiceDetail
  stretch: ServiceStretch
  zoom: ServiceZoom
  waiting: boolean
}): ReactElement {
  const voice = useVoice()
  const { words } = voice
  // Where nothing is known, nothing is said to be fine.
  const nothing = nothingOf(service, voice)
  const axis = { from: stretch.from, to: stretch.to }
  return (
    <div className="page service">
      <ServiceHero service={service} />
      <ServiceBar service={service} stretch={stretch} zoom={zoom} />
      <div className="columns">
        <div className="main">
          <div className="stack" data-waiting={waiting || undefined}>
            <Traffic service={service} axis={axis} zoom={zoom} />
          </div>
          <ServiceLatency service={service} stretch={stretch} zoom={zoom} />
          <Groups stretch={stretch} nothing={nothing} />
          {nothing === undefined && (
            <>
              <Failures stretch={stretch} />
              <Clouds service={service} stretch={stretch} zoom={zoom} />
            </>
          )}
          <ServiceExemplars stretch={stretch} />
        </div>
        <aside className="side" aria-label={words.service}>
          <ServiceSide service={service} />
        </aside>
      </div>
    </div>
  )
}

/**
 * The service's own present, to the minute: charts that end now move on once a minute, and all of the page ask for the
 * same. Undefined until it is known; this browser's clock stands in when the service does not say.
 */
function useMinute(): number | undefined {
  const fleet = useQuery(fleetQuery)
  if (fleet.isPending) return undefined
  const now = fleet.data?.now ?? 0
  return Math.floor((now > 0 ? now : Date.now() / 1000) / 60) * 60
}

/** Ends that move by less than a bucket would ask for the same curves again every minute. */
function aligned({ from, to }: Range): Range {
  const grain = Math.max(60, Math.floor((to - from) / POINTS / 60) * 60)
  return { from: Math.floor(from / grain) * grain, to: Math.ceil(to / grain) * grain }
}

export interface ServiceZoom extends Zoom {
  readonly onZoom: (from: number, to: number) => void
  readonly onReset: () => void
  readonly set: (text: RangeText) => void
  readonly now: number
}

/** Everything that changes the stretch of time goes through the address. */
function useZoom(asked: Range, now: number): ServiceZoom {
  const navigate = useNavigate({ from: '/service/$' })
  const set = ({ from, to }: RangeText): void =>
    void navigate({
      search: (s) => ({ ...s, from: from ?? '', to: to ?? '' }),
      replace: true,
      resetScroll: false,
    })
  const go = (range: Range): void => set(frozen(range))
  useKeys({
    '[': () => go(shifted(asked, -1, now)),
    ']': () => go(shifted(asked, 1, now)),
    '-': () => go(zoomed(asked, 'out', now)),
    '+': () => go(zoomed(asked, 'in', now)),
    '=': () => go(zoomed(asked, 'in', now)),
    '0': () => set({}),
  })
  return {
    set,
    now,
    onZoom: (from, to) => go({ from: Math.max(0, from), to: Math.min(now, to) }),
    onReset: () => set({}),
  }
}
