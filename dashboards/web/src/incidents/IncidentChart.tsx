import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type ReactElement, useMemo } from 'react'
import { gaps } from '../../../../src/charts/index.ts'
import type { IncidentDetail, SloSeries } from '../../../../src/contract/index.ts'
import { seriesQuery } from '../api/queries.ts'
import { ChartPanel } from '../drawing/ChartPanel.tsx'
import type { Plot } from '../drawing/TimeChart.tsx'
import { scopeText } from '../format/scope.ts'
import { Failed, Loading } from '../shell/States.tsx'
import { useVoice, type Voice } from '../shell/voice.ts'
import { endsOf, nothingOf } from '../slo/BurnDown.tsx'

/** The promise over the incident: how fast it burned against the rule that opened it, and the bad events. */
export function IncidentChart({ incident, id }: { incident: IncidentDetail; id: string }): ReactElement {
  const voice = useVoice()
  const { words, rate, instant } = voice
  const navigate = useNavigate()
  const end = incident.resolvedAt ?? incident.now
  const pad = Math.max(1800, Math.floor((end - incident.startedAt) * 0.4))
  const grain = Math.max(60, Math.floor((end - incident.startedAt + 2 * pad) / 240 / 60) * 60)
  const from = Math.floor((incident.startedAt - pad) / grain) * grain
  const to = Math.ceil(Math.min(incident.now, end + pad) / grain) * grain
  const stretch = { id, from, to, scope: scopeText(incident.scope) }
  const series = useQuery(seriesQuery(stretch, 240))
  const rule = incident.members[0]?.rules[0]
  const plots = useMemo(
    () => (series.data === undefined ? [] : plotsOf(series.data, { incident, rule, from, to }, voice)),
    [series.data, incident.id, incident.resolvedAt, rule, from, to, voice],
  )
  if (series.isPending) return <Loading height={300} />
  if (series.data === undefined) return <Failed cause={series.error} onRetry={() => void series.refetch()} />
  return (
    <ChartPanel
      title={words.burnRates}
      says={words.burnRatesSays(
        rate(incident.peakRate),
        words.to2(instant(from, 'day-minute'), instant(to, 'day-minute')),
      )}
      plots={plots}
      zoom={{
        onZoom: (a, b) =>
          void navigate({
            to: '/slo/$',
            params: { _splat: stretch.id },
            search: { from: String(Math.floor(a)), to: String(Math.floor(b)), scope: stretch.scope },
          }),
      }}
      nothing={nothingOf(series.data, voice)}
    />
  )
}

function plotsOf(
  series: SloSeries,
  shown: { incident: IncidentDetail; rule: string | undefined; from: number; to: number },
  { words, rate, tick, count }: Voice,
): Plot[] {
  const { incident } = shown
  const burn = series.burn.find((b) => b.rule === shown.rule) ?? series.burn[0]
  const rates = [...(burn?.long ?? []), ...(burn?.short ?? [])].filter((v) => v !== null)
  const factor = burn?.factor ?? 1
  const common = { ends: endsOf(series), step: series.step, x: { from: shown.from, to: shown.to } }
  const bands = [{ from: incident.startedAt, to: incident.resolvedAt ?? incident.now, label: incident.id }]
  const blank = gaps(series.start, series.good, series.step)
  return [
    {
      ...common,
      curves: [
        { label: words.short, values: burn?.short ?? [], colour: 'muted', width: 1, format: rate },
        { label: words.long, values: burn?.long ?? [], colour: 'accent', width: 2, format: rate },
      ],
      y: { low: 0, high: Math.max(factor * 1.3, ...rates) * 1.04, format: tick },
      marks: { bands, gaps: blank, lines: [{ at: factor, label: `${burn?.rule ?? ''} ${rate(factor)}` }] },
      height: 208,
      bare: true,
      lane: true,
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
          format: count,
        },
      ],
      y: { low: 0, high: Math.max(1, ...series.bad.map((v) => v ?? 0)) * 1.05, format: count },
      marks: { bands },
      height: 120,
    },
  ]
}
