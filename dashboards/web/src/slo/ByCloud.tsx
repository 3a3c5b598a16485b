import { useQueries } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactElement, useId, useMemo } from 'react'
import { gaps } from '../../../../src/charts/index.ts'
import type { Evaluation, SloDetail, SloSeries } from '../../../../src/contract/index.ts'
import { seriesQuery } from '../api/queries.ts'
import { Glyph } from '../drawing/Drawn.tsx'
import { type Plot, TimeChart } from '../drawing/TimeChart.tsx'
import { scopeText } from '../format/scope.ts'
import { headline } from '../format/sentences.ts'
import { useVoice } from '../shell/voice.ts'
import { endsOf } from './BurnDown.tsx'
import type { PageZoom } from './SloPage.tsx'
import type { Shown } from './stretch.ts'

/** The budget left in each cloud, side by side on one scale. */
export function ByCloud({
  slo,
  shown,
  zoom,
}: {
  slo: SloDetail
  shown: Shown
  zoom: PageZoom
}): ReactElement {
  const { words } = useVoice()
  const heading = useId()
  const clouds = slo.clouds.map(({ cloud }) => cloud)
  const answers = useQueries({
    queries: clouds.map((cloud) =>
      seriesQuery({ id: slo.id, ...shown.asked, scope: scopeText({ cloud_provider: cloud }) }, 180),
    ),
  })
  const all = answers.flatMap((a) => a.data?.left ?? []).filter((v) => v !== null)
  const low = Math.min(0, ...all)
  return (
    <section className="panel" aria-labelledby={heading}>
      <header>
        <h2 id={heading}>{words.byCloud}</h2>
        <span className="muted">{words.budgetLeft}</span>
      </header>
      <div className="multiples">
        {clouds.map((cloud, i) => {
          const evaluation = slo.scopes.find(
            (s) => Object.keys(s.scope).length === 1 && s.scope['cloud_provider'] === cloud,
          )
          return (
            <Cloud
              key={cloud}
              slo={slo}
              cloud={cloud}
              evaluation={evaluation}
              series={answers[i]?.data}
              low={low}
              shown={shown}
              zoom={zoom}
            />
          )
        })}
      </div>
    </section>
  )
}

function Cloud({
  slo,
  cloud,
  evaluation,
  series,
  low,
  shown,
  zoom,
}: {
  slo: SloDetail
  cloud: string
  evaluation: Evaluation | undefined
  series: SloSeries | undefined
  low: number
  shown: Shown
  zoom: PageZoom
}): ReactElement {
  const voice = useVoice()
  const { words, percent } = voice
  const state = evaluation?.state ?? 'unknown'
  const left = evaluation ? headline(evaluation).budget.leftRatio : null
  const plot = useMemo((): Plot | undefined => {
    if (series === undefined) return undefined
    return {
      ends: endsOf(series),
      step: series.step,
      curves: [
        {
          label: cloud,
          values: series.left,
          colour: state,
          width: 1.75,
          fill: 0.13,
          format: (v) => percent(v),
        },
      ],
      x: shown.asked,
      y: { low: low < 0 ? low * 1.08 : 0, high: 1, format: (v) => percent(v) },
      marks: {
        lines: [{ at: 0, label: '', strong: true }],
        gaps: gaps(series.start, series.good, series.step),
      },
      height: 128,
    }
  }, [series, cloud, state, low, shown.asked.from, shown.asked.to, percent])
  const said = left === null ? words.unknownShort : percent(left)
  return (
    <figure>
      <figcaption>
        <Link
          to="/slo/$"
          params={{ _splat: slo.id }}
          search={(s) => ({ ...s, scope: scopeText({ cloud_provider: cloud }) })}
          resetScroll={false}
        >
          <Glyph state={state} label={words[state]} />
          <b>{cloud}</b>
        </Link>
        <span className="figure">{said}</span>
      </figcaption>
      <div role="img" aria-label={words.byCloudSays(cloud, said)}>
        {plot && <TimeChart plot={plot} zoom={zoom} />}
      </div>
    </figure>
  )
}
