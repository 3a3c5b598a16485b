import { type ReactElement, useMemo } from 'react'
import { gaps } from '../../../../src/charts/index.ts'
import type { Evaluation, SloDetail, SloSeries } from '../../../../src/contract/index.ts'
import { ChartPanel } from '../drawing/ChartPanel.tsx'
import type { Cone, Marks } from '../drawing/marks.ts'
import type { Plot } from '../drawing/TimeChart.tsx'
import { headline, presentRate } from '../format/sentences.ts'
import { useVoice, type Voice } from '../shell/voice.ts'
import type { PageZoom } from './SloPage.tsx'
import type { Shown } from './stretch.ts'

export interface ChartProps {
  readonly slo: SloDetail
  readonly evaluation: Evaluation
  readonly shown: Shown
  readonly zoom: PageZoom
  readonly series: SloSeries
}

/** The budget left over time, with the incidents that took it and where it goes from here. */
export function BurnDown({ slo, evaluation, shown, zoom, series }: ChartProps): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const plot = useMemo(
    () => plotOf({ slo, evaluation, shown, series }, voice),
    [slo, evaluation, shown.axis.from, shown.axis.to, series, voice],
  )
  const known = series.left.filter((v) => v !== null)
  const says =
    known.length === 0
      ? words.noDataChart
      : words.burnDownSays(
          voice.percent(known.at(-1) ?? 0),
          voice.percent(Math.min(...known)),
          rangeWords(shown, voice),
        )
  return (
    <ChartPanel
      title={words.burnDown}
      says={says}
      plots={[plot]}
      zoom={zoom}
      nothing={nothingOf(series, voice)}
    />
  )
}

function plotOf({ slo, evaluation, shown, series }: Omit<ChartProps, 'zoom'>, voice: Voice): Plot {
  const { words, percent } = voice
  const known = series.left.filter((v) => v !== null)
  const low = Math.min(0, ...known)
  const left = {
    label: words.budgetLeft,
    values: series.left,
    colour: evaluation.state,
    width: 2,
    fill: 0.13,
    format: (v: number) => percent(v, 1),
  }
  const even = series.ideal && {
    label: words.evenPace,
    values: series.ideal,
    colour: 'muted' as const,
    width: 1,
    dash: [2, 4],
    format: (v: number) => percent(v),
  }
  const pace = series.ideal?.at(-1)
  const cone = shown.live ? coneOf(slo.now, evaluation, series, voice) : undefined
  return {
    ends: endsOf(series),
    step: series.step,
    curves: even ? [left, even] : [left],
    x: shown.axis,
    y: { low: low < 0 ? low * 1.08 : 0, high: Math.max(1, ...known), format: (v) => percent(v) },
    marks: {
      ...marksOf(slo, series),
      lines: [{ at: 0, label: '', strong: true }],
      ...(shown.axis.to > shown.asked.to ? { now: shown.asked.to } : {}),
      ...(cone ? { cone } : {}),
      ...(pace !== undefined && shown.axis.to > shown.asked.to
        ? { pace: { from: shown.asked.to, left: pace, to: shown.axis.to } }
        : {}),
    },
    height: 248,
    lane: true,
  }
}

function coneOf(
  now: number,
  evaluation: Evaluation,
  series: SloSeries,
  { words, instant }: Voice,
): Cone | undefined {
  const { exhaustion, bounds } = headline(evaluation)
  const left = series.left.at(-1)
  if (exhaustion.kind !== 'in' || left === null || left === undefined) return undefined
  const length = bounds.to - bounds.from
  const rates = evaluation.verdicts.map((v) => v.long.rate).filter((r) => r !== null)
  const present = left / Math.max(1, exhaustion.seconds)
  return {
    from: now,
    left,
    colour: evaluation.state,
    slow: Math.min(present, ...rates.map((r) => r / length)),
    present,
    fast: Math.max(present, (presentRate(evaluation)?.rate ?? 0) / length),
    label: words.goneAt(instant(now + exhaustion.seconds, 'day-minute')),
  }
}

export function endsOf(series: { start: readonly number[]; step: number }): number[] {
  return series.start.map((s) => s + series.step)
}

/** Incidents and unmeasured time, which every chart of the page shows in the same place. */
export function marksOf(slo: SloDetail, series: SloSeries): Marks {
  return {
    bands: series.incidents.map((i) => ({ from: i.from, to: i.to ?? slo.now, label: i.id })),
    gaps: gaps(series.start, series.good, series.step),
  }
}

export function rangeWords(shown: Shown, { words, instant }: Voice): string {
  return words.to2(instant(shown.asked.from, 'day-minute'), instant(shown.asked.to, 'day-minute'))
}

/** Why a chart is empty: nothing measured is not the same as nothing happened. */
export function nothingOf(series: SloSeries, { words }: Voice): string | undefined {
  if (series.good.every((v) => v === null)) return words.noDataChart
  const total = series.good.reduce<number>((n, v, i) => n + (v ?? 0) + (series.bad[i] ?? 0), 0)
  return total === 0 ? words.noTrafficChart : undefined
}
