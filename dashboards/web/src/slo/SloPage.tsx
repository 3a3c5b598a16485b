import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { type ReactElement, useMemo } from 'react'
import type { Evaluation, SloDetail } from '../../../../src/contract/index.ts'
import { ApiFailure } from '../api/client.ts'
import { type Stretch, seriesQuery, sloQuery } from '../api/queries.ts'
import type { Zoom } from '../drawing/TimeChart.tsx'
import { frozen, type Range, type RangeText, shifted, zoomed } from '../format/range.ts'
import { readScope, scopeText } from '../format/scope.ts'
import { useKeys } from '../shell/keys.ts'
import { Failed, Loading, Missing, PageState } from '../shell/States.tsx'
import { useTitle } from '../shell/title.ts'
import { useVoice } from '../shell/voice.ts'
import { BudgetCalendar } from './BudgetCalendar.tsx'
import { BurnDown } from './BurnDown.tsx'
import { BurnRates } from './BurnRates.tsx'
import { ByCloud } from './ByCloud.tsx'
import { Contributors } from './Contributors.tsx'
import { Definition } from './Definition.tsx'
import { Events } from './Events.tsx'
import { Exemplars } from './Exemplars.tsx'
import { Hero } from './Hero.tsx'
import { Latency } from './Latency.tsx'
import { Replayed } from './Replayed.tsx'
import { Side } from './Side.tsx'
import { type Shown, shownOf, within } from './stretch.ts'
import { TimeBar } from './TimeBar.tsx'

const route = getRouteApi('/slo/$')

export function SloPage(): ReactElement {
  const { words } = useVoice()
  const id = route.useParams()._splat ?? ''
  const slo = useQuery(sloQuery(id))
  useTitle(slo.data?.name ?? '')
  if (slo.data !== undefined) return <SloView slo={slo.data} />
  if (slo.error instanceof ApiFailure && slo.error.status === 404)
    return <Missing>{words.notFoundPromise}</Missing>
  return (
    <PageState title={id}>
      {slo.isPending ? (
        <Loading height={480} />
      ) : (
        <Failed cause={slo.error} onRetry={() => void slo.refetch()} />
      )}
    </PageState>
  )
}

function SloView({ slo }: { slo: SloDetail }): ReactElement {
  const { words } = useVoice()
  const search = route.useSearch()
  const scope = readScope(search.scope ?? '')
  const evaluation = evaluationOf(slo, scopeText(scope))
  const shown = shownOf(slo, search)
  const stretch: Stretch = { id: slo.id, ...shown.asked, scope: scopeText(scope) }
  const series = useQuery(seriesQuery(stretch, 360))
  const zoom = useZoom(slo, shown)
  const trimmed = useMemo(
    () => series.data && within(series.data, shown.axis.from),
    [series.data, shown.axis.from],
  )
  const chart = trimmed && { slo, evaluation, shown, zoom, series: trimmed }
  return (
    <div className="page slo">
      <Hero slo={slo} evaluation={evaluation} />
      <TimeBar slo={slo} shown={shown} scope={scopeText(scope)} set={zoom.set} />
      <div className="columns">
        <div className="main">
          {series.isPending && <Loading height={320} />}
          {series.isError && <Failed cause={series.error} onRetry={() => void series.refetch()} />}
          {chart && (
            <div className="stack" data-waiting={series.isPlaceholderData || undefined}>
              <BurnDown {...chart} />
              <BurnRates {...chart} />
              <Events {...chart} />
            </div>
          )}
          <Latency slo={slo} stretch={stretch} shown={shown} zoom={zoom} />
          {slo.clouds.length > 1 && <ByCloud slo={slo} shown={shown} zoom={zoom} />}
          <Contributors stretch={stretch} slo={slo} />
          <Exemplars stretch={stretch} />
          <Replayed slo={slo} scope={scopeText(scope)} />
          <BudgetCalendar id={slo.id} scope={scopeText(scope)} now={slo.now} />
          <Definition slo={slo} />
        </div>
        <aside className="side" aria-label={words.facts}>
          <Side slo={slo} scope={scopeText(scope)} />
        </aside>
      </div>
    </div>
  )
}

/** The evaluation of the split in the address; of the whole when there is no such split any more. */
function evaluationOf(slo: SloDetail, scope: string): Evaluation {
  return scope === '' ? slo.whole : (slo.scopes.find((s) => scopeText(s.scope) === scope) ?? slo.whole)
}

export interface PageZoom extends Zoom {
  readonly onZoom: (from: number, to: number) => void
  readonly onReset: () => void
  readonly set: (text: RangeText) => void
}

/** Everything that changes the stretch of time goes through the address. */
function useZoom(slo: SloDetail, shown: Shown): PageZoom {
  const navigate = useNavigate({ from: '/slo/$' })
  const set = ({ from, to }: RangeText): void =>
    void navigate({ search: (s) => ({ ...s, from: from ?? '', to: to ?? '' }), replace: true })
  const go = (range: Range): void => set(frozen(range))
  useKeys({
    '[': () => go(shifted(shown.asked, -1, slo.now)),
    ']': () => go(shifted(shown.asked, 1, slo.now)),
    '-': () => go(zoomed(shown.asked, 'out', slo.now)),
    '+': () => go(zoomed(shown.asked, 'in', slo.now)),
    '=': () => go(zoomed(shown.asked, 'in', slo.now)),
    '0': () => set({}),
  })
  return {
    set,
    onZoom: (from, to) => go({ from: Math.max(0, from), to: Math.min(slo.now, to) }),
    onReset: () => set({}),
  }
}
