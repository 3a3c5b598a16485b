import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useMemo } from 'react'
import type { ServiceLatency as Answer, ServiceDetail } from '../../../../src/contract/index.ts'
import { type ServiceStretch, serviceLatencyQuery } from '../api/queries.ts'
import { ChartPanel } from '../drawing/ChartPanel.tsx'
import type { Curve, Plot } from '../drawing/TimeChart.tsx'
import type { Range } from '../format/range.ts'
import { Failed, Loading } from '../shell/States.tsx'
import { useVoice, type Voice } from '../shell/voice.ts'
import { heatmapOf } from '../slo/Latency.tsx'
import type { ServiceZoom } from './ServicePage.tsx'
import { marksOf, nothingOf, rangeSaid } from './Traffic.tsx'

/** How long requests took: what most of them stayed below, and how many took how long. */
export function ServiceLatency({
  service,
  stretch,
  zoom,
}: {
  service: ServiceDetail
  stretch: ServiceStretch
  zoom: ServiceZoom
}): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const answer = useQuery(serviceLatencyQuery(stretch))
  const { data: map } = answer
  const axis = { from: stretch.from, to: stretch.to }
  const lines = useMemo(
    () => map && linesOf(map, service, axis, voice),
    [map, service, axis.from, axis.to, voice],
  )
  const heat = useMemo(
    () => (map === undefined || map.edges.length < 2 ? undefined : heatmapOf(map, axis, voice)),
    [map, axis.from, axis.to, voice],
  )
  if (map === undefined || lines === undefined)
    return (
      <section className="panel">
        {answer.isError ? (
          <Failed cause={answer.error} onRetry={() => void answer.refetch()} />
        ) : (
          <Loading height={240} />
        )}
      </section>
    )
  const ms = (value: number | null): string => (value === null ? '–' : voice.latency(value))
  const { p50, p95, p99 } = service.latency
  const nothing = nothingOf(service, voice) ?? (map.timed.every((n) => n === 0) ? words.noLatency : undefined)
  const says = words.quantilesSays(ms(p50), ms(p95), ms(p99), rangeSaid(axis, voice))
  return (
    <>
      <ChartPanel title={words.latency} says={says} plots={[lines]} zoom={zoom} nothing={nothing} />
      {heat && nothing === undefined && (
        <ChartPanel title={words.heatmap} says={says} plots={[heat]} zoom={zoom} />
      )}
    </>
  )
}

const LINES = [
  { label: 'p50', opacity: 0.5, width: 1.5 },
  { label: 'p90', opacity: 0.65, width: 1.5 },
  { label: 'p95', opacity: 0.8, width: 1.5 },
  { label: 'p99', opacity: 1, width: 2 },
  { label: 'p999', opacity: 1, width: 1, dash: [3, 3] },
] as const

function linesOf(map: Answer, service: ServiceDetail, axis: Range, voice: Voice): Plot {
  const { latency } = voice
  const curves = LINES.map(
    ({ label, ...style }): Curve => ({
      ...style,
      label: label === 'p999' ? 'p99.9' : label,
      values: map[label],
      colour: 'accent',
      format: (v) => latency(v),
    }),
  )
  const known = curves.flatMap(({ values }) => values).filter((v) => v !== null)
  const { bands, gaps } = marksOf(service)
  return {
    ends: map.start.map((s) => s + map.step),
    step: map.step,
    curves,
    x: axis,
    y: {
      low: roundBelow(Math.min(...known, 1e9) * 0.8),
      high: Math.max(1, ...known) * 1.3,
      format: (v) => tickOf(v, voice),
    },
    log: true,
    marks: { ...(bands ? { bands } : {}), ...(gaps ? { gaps } : {}) },
    height: 200,
  }
}

/** The chart's ticks begin at the axis's lower end, so that has to be round: 1, 2 or 5 times a power of ten. */
export function roundBelow(ms: number): number {
  const decade = 10 ** Math.floor(Math.log10(Math.max(0.001, ms)) + 1e-9)
  return decade * ([5, 2, 1].find((n) => n * decade <= ms * (1 + 1e-9)) ?? 1)
}

/** On a logarithmic axis only round values are written, so that they stay apart. */
export function tickOf(ms: number, { latency }: Voice): string {
  const leading = ms / 10 ** Math.floor(Math.log10(ms) + 1e-9)
  return [1, 2, 5].some((n) => Math.abs(leading - n) < 0.01) ? latency(ms) : ''
}
