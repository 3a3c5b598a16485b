import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useMemo } from 'react'
import type uPlot from 'uplot'
import type { LatencyMap, SloDetail } from '../../../../src/contract/index.ts'
import { latencyQuery, type Stretch } from '../api/queries.ts'
import { ChartPanel } from '../drawing/ChartPanel.tsx'
import { colour } from '../drawing/colours.ts'
import type { Plot } from '../drawing/TimeChart.tsx'
import type { Range } from '../format/range.ts'
import { useVoice, type Voice } from '../shell/voice.ts'
import { rangeWords } from './BurnDown.tsx'
import type { PageZoom } from './SloPage.tsx'
import type { Shown } from './stretch.ts'

/** How long requests took: darker cells hold more of them, and those above the threshold have another colour. */
export function Latency({
  slo,
  stretch,
  shown,
  zoom,
}: {
  slo: SloDetail
  stretch: Stretch
  shown: Shown
  zoom: PageZoom
}): ReactElement | null {
  const voice = useVoice()
  const { words } = voice
  const { data: map } = useQuery({ ...latencyQuery(stretch), enabled: slo.method === 'occurrences' })
  const plot = useMemo(
    () => (map === undefined || map.edges.length < 2 ? undefined : heatmapOf(map, shown.axis, voice)),
    [map, shown.axis.from, shown.axis.to, voice],
  )
  // A promise about availability whose source keeps no durations has nothing to show here, and says nothing.
  if (map === undefined || plot === undefined) return null
  const slow = map.counts.reduce((n, column) => n + slowOf(map, column), 0)
  const threshold = map.thresholdMs === null ? '' : voice.latency(map.thresholdMs)
  return (
    <ChartPanel
      title={words.latency}
      says={words.latencySays(threshold, voice.count(slow), rangeWords(shown, voice))}
      plots={[plot]}
      zoom={zoom}
      nothing={map.counts.every((column) => column.every((n) => n === 0)) ? words.noTrafficChart : undefined}
    />
  )
}

function slowOf(map: LatencyMap, column: readonly number[]): number {
  const { thresholdMs } = map
  if (thresholdMs === null) return 0
  return column.reduce((n, count, row) => ((map.edges[row] ?? 0) >= thresholdMs ? n + count : n), 0)
}

/** The upper edge of the row in which the given share of a column's requests is reached. */
function quantile(map: LatencyMap, column: readonly number[], share: number): number | null {
  const total = column.reduce((n, c) => n + c, 0)
  if (total === 0) return null
  let seen = 0
  for (const [row, n] of column.entries()) {
    seen += n
    if (seen >= total * share) return map.edges[row + 1] ?? null
  }
  return null
}

/** The lowest row begins at nothing, which has no place on a logarithmic axis: it is drawn from half its upper edge. */
function lowest({ edges }: LatencyMap): number {
  const [first = 1, second = 2] = edges
  return first > 0 ? first : second / 2
}

/** The heatmap as a plot: a column a stretch of time, a row a range of latency on a logarithmic axis. */
export function heatmapOf(map: LatencyMap, axis: Range, voice: Voice): Plot {
  const { words, latency } = voice
  const bound = (share: number): (number | null)[] => map.counts.map((c) => quantile(map, c, share))
  const threshold = map.thresholdMs
  return {
    ends: map.start.map((s) => s + map.step),
    step: map.step,
    curves: [
      { label: 'p50', values: bound(0.5), colour: 'text', width: 0, format: (v) => `≤ ${latency(v)}` },
      { label: 'p99', values: bound(0.99), colour: 'text', width: 0, format: (v) => `≤ ${latency(v)}` },
    ],
    x: axis,
    y: { low: lowest(map), high: map.edges.at(-1) ?? 1000, format: latency },
    log: true,
    marks:
      threshold === null
        ? {}
        : { lines: [{ at: threshold, label: `${words.threshold} ${latency(threshold)}` }] },
    paint: (u) => paint(u, map),
    height: 200,
  }
}

/** Cells by the square root of their share, slow ones stronger: rare slow requests stay visible beside many fast. */
function paint(u: uPlot, map: LatencyMap): void {
  const most = Math.max(1, ...map.counts.map((c) => Math.max(...c)))
  const { ctx } = u
  const fast = colour('ok')
  const slow = colour('burning')
  ctx.save()
  ctx.beginPath()
  ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height)
  ctx.clip()
  for (const [i, column] of map.counts.entries()) {
    const start = map.start[i] ?? 0
    const left = Math.floor(u.valToPos(start, 'x', true))
    const right = Math.floor(u.valToPos(start + map.step, 'x', true))
    for (const [row, n] of column.entries()) {
      if (n === 0) continue
      const low = Math.max(map.edges[row] ?? 1, lowest(map))
      const top = Math.floor(u.valToPos(map.edges[row + 1] ?? low, 'y', true))
      const floor = Math.floor(u.valToPos(low, 'y', true))
      ctx.globalAlpha = 0.06 + 0.94 * (n / most) ** 0.5
      if (map.thresholdMs !== null && low >= map.thresholdMs) {
        ctx.fillStyle = slow
        ctx.globalAlpha = Math.min(1, 0.1 + 1.6 * (n / most) ** 0.5)
      } else ctx.fillStyle = fast
      ctx.fillRect(left, top, Math.max(1, right - left), floor - top)
    }
  }
  ctx.restore()
}
