import { type ReactElement, useMemo } from 'react'
import type { ServiceDetail } from '../../../../src/contract/index.ts'
import { ChartPanel } from '../drawing/ChartPanel.tsx'
import type { Marks } from '../drawing/marks.ts'
import type { Plot } from '../drawing/TimeChart.tsx'
import type { Range } from '../format/range.ts'
import { useVoice, type Voice } from '../shell/voice.ts'
import { ceiling, errorRatios, failing, frequency, ratesOf } from './figures.ts'
import type { ServiceZoom } from './ServicePage.tsx'

/** Requests a second, and the share of them that fails, on one time axis with the incidents of the promises. */
export function Traffic({
  service,
  axis,
  zoom,
}: {
  service: ServiceDetail
  axis: Range
  zoom: ServiceZoom
}): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const plots = useMemo(() => plotsOf(service, axis, voice), [service, axis.from, axis.to, voice])
  return (
    <ChartPanel
      title={words.overTime}
      says={words.overTimeSays(
        voice.count(service.good + service.bad),
        failing(service.errorRatio, voice),
        rangeSaid(axis, voice),
      )}
      plots={plots}
      zoom={zoom}
      nothing={nothingOf(service, voice)}
    />
  )
}

export function rangeSaid(axis: Range, { words, instant }: Voice): string {
  return words.to2(instant(axis.from, 'day-minute'), instant(axis.to, 'day-minute'))
}

/** Why there is nothing to see: no traffic is not the same as no data. */
export function nothingOf({ data }: ServiceDetail, { words }: Voice): string | undefined {
  if (data === 'no-traffic') return words.noTrafficChart
  return data === 'no-data' || data === 'error' ? words.noDataChart : undefined
}

/** What every chart of the page shows in the same place. */
export function marksOf(service: ServiceDetail): Marks {
  return {
    bands: service.incidents.map((i) => ({ from: i.from, to: i.to ?? service.now, label: i.id })),
    gaps: service.gaps.map(({ from, to }) => ({ from, to })),
  }
}

function plotsOf(service: ServiceDetail, axis: Range, voice: Voice): Plot[] {
  const { words } = voice
  const { start, step, series } = service
  const ends = start.map((s) => s + step)
  const all = series.good.map((g, i) => (g === null ? null : g + (series.bad[i] ?? 0)))
  const requests = ratesOf(all, series.minutes, step)
  const ignored = ratesOf(series.ignored, series.minutes, step)
  const errors = errorRatios(series.good, series.bad)
  const marks = marksOf(service)
  const rate = (v: number): string => frequency(v, voice)
  const share = (v: number): string => failing(v, voice)
  const some = service.ignored > 0
  return [
    {
      ends,
      step,
      curves: [
        { label: words.requests, values: requests, colour: 'ok', width: 1.5, fill: 0.16, format: rate },
        ...(some
          ? [
              {
                label: words.ignored,
                values: ignored,
                colour: 'muted' as const,
                width: 1,
                dash: [3, 3],
                format: rate,
              },
            ]
          : []),
      ],
      x: axis,
      y: { low: 0, high: ceiling([...requests, ...ignored], 0.01), format: (v) => axisRate(v, voice) },
      marks,
      height: 168,
      lane: true,
      bare: true,
    },
    {
      ends,
      step,
      curves: [
        { label: words.errorRate, values: errors, colour: 'burning', width: 1.25, fill: 0.35, format: share },
      ],
      x: axis,
      y: { low: 0, high: ceiling(errors, 0.000_1), format: (v) => axisShare(v, voice) },
      marks: { ...(marks.bands ? { bands: marks.bands } : {}), ...(marks.gaps ? { gaps: marks.gaps } : {}) },
      height: 128,
    },
  ]
}

/** Ticks have no more digits than it takes to tell them apart. */
export function axisRate(perSecond: number, { words, language }: Voice): string {
  const digits = { maximumSignificantDigits: 3 }
  return words.perSecond(new Intl.NumberFormat(language, digits).format(perSecond))
}

export function axisShare(ratio: number, { language }: Voice): string {
  return `${new Intl.NumberFormat(language, { maximumSignificantDigits: 3 }).format(ratio * 100)}\u202f%`
}
