import { type ReactElement, useMemo } from 'react'
import { ChartPanel } from '../drawing/ChartPanel.tsx'
import type { Plot } from '../drawing/TimeChart.tsx'
import { useVoice } from '../shell/voice.ts'
import { type ChartProps, endsOf, marksOf, nothingOf, rangeWords } from './BurnDown.tsx'

/**
 * Good and bad events on one time axis, each with a scale of its own: on a common one the bad of a promise of three
 * nines would be a thousandth of the height, which is to say nothing.
 */
export function Events({ slo, shown, zoom, series }: ChartProps): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const plots = useMemo((): Plot[] => {
    const most = (values: readonly (number | null)[]): number => Math.max(1, ...values.map((v) => v ?? 0))
    const common = { ends: endsOf(series), step: series.step, x: shown.axis }
    const { gaps, bands } = marksOf(slo, series)
    return [
      {
        ...common,
        curves: [
          {
            label: words.goodEvents,
            values: series.good,
            colour: 'ok',
            kind: 'bars',
            fill: 0.55,
            format: voice.count,
          },
        ],
        y: { low: 0, high: most(series.good) * 1.05, format: voice.count },
        marks: bands ? { bands } : {},
        height: 92,
        bare: true,
      },
      {
        ...common,
        curves: [
          {
            label: words.badEvents,
            values: series.bad,
            colour: 'burning',
            kind: 'bars',
            fill: 1,
            format: voice.count,
          },
        ],
        y: { low: 0, high: most(series.bad) * 1.05, format: voice.count },
        marks: { ...(bands ? { bands } : {}), ...(gaps ? { gaps } : {}) },
        height: 112,
      },
    ]
  }, [slo, series, shown.axis.from, shown.axis.to, voice, words])
  const total = (values: readonly (number | null)[]): string =>
    voice.count(values.reduce<number>((n, v) => n + (v ?? 0), 0))
  return (
    <ChartPanel
      title={slo.method === 'occurrences' ? words.events : `${words.events} (${words.slices})`}
      says={words.eventsSays(total(series.good), total(series.bad), rangeWords(shown, voice))}
      plots={plots}
      zoom={zoom}
      nothing={nothingOf(series, voice)}
    />
  )
}
