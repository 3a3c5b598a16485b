import './gallery.css'
import type { ReactElement, ReactNode } from 'react'
import { badge, budgetBar, bullet, spark, variableTheme } from '../../../../src/charts/index.ts'
import type { Preview, State } from '../../../../src/contract/index.ts'
import { ApiFailure } from '../api/client.ts'
import { ChartPanel } from '../drawing/ChartPanel.tsx'
import { Drawn, Glyph } from '../drawing/Drawn.tsx'
import type { Plot } from '../drawing/TimeChart.tsx'
import { Empty, Failed, Loading } from '../shell/States.tsx'
import { useTitle } from '../shell/title.ts'
import { useVoice } from '../shell/voice.ts'
import { ReplayTable } from '../try/Replay.tsx'

const STATES: readonly State[] = ['ok', 'watch', 'burning', 'exhausted', 'unknown']
const LEFTS = [1, 0.42, 0.04, 0, -0.2, -3, null] as const
/** An instant that never moves, so that pictures of this page are the same every day. */
const AT = 1_795_000_000
const HOUR = 3600

/** Every part in every state, from numbers that never change: for designers, and for the pictures of the tests. */
export function GalleryPage(): ReactElement {
  const { words, percent } = useVoice()
  useTitle(words.gallery)
  return (
    <div className="page gallery">
      <h1 className="sentence">{words.gallery}</h1>
      <p className="muted">{words.galleryNote}</p>
      <Part name="state">
        {STATES.map((state) => (
          <span key={state} className="stateword">
            <Glyph state={state} /> {words[state]}
          </span>
        ))}
      </Part>
      <Part name="budget bar">
        {STATES.flatMap((state) =>
          LEFTS.map((left) => (
            <figure key={`${state} ${left}`}>
              <Drawn
                drawing={budgetBar(
                  { state, leftRatio: left, interval: left === 0.42 ? { low: 0.2, high: 0.6 } : null },
                  { width: 140, height: 10, below: 0.25, theme: variableTheme, label: `${state} ${left}` },
                )}
              />
              <figcaption>{left === null ? '–' : percent(left)}</figcaption>
            </figure>
          )),
        )}
      </Part>
      <Part name="bullet">
        {[
          { long: 0.3, short: 0, factor: 14.4, kind: 'calm' as const },
          { long: 16, short: 2, factor: 14.4, kind: 'calm' as const },
          { long: 18, short: 22, factor: 14.4, kind: 'burning' as const },
          { long: 900, short: 400, factor: 6, kind: 'burning' as const },
          { long: null, short: null, factor: 3, kind: 'no-data' as const },
        ].map((b) => (
          <Drawn
            key={`${b.kind} ${b.long} ${b.factor}`}
            drawing={bullet(b, {
              width: 200,
              height: 15,
              theme: variableTheme,
              label: `${b.long ?? '–'} / ${b.factor}`,
            })}
          />
        ))}
      </Part>
      <Part name="spark">
        {[
          Array.from({ length: 24 }, (_, i) => (i % 5) / 4000),
          Array.from({ length: 24 }, (_, i) => (i > 18 ? 0.02 * (i - 18) : 0.0004)),
          Array.from({ length: 24 }, (_, i) => (i < 9 || i > 15 ? 0.001 : null)),
          Array.from({ length: 24 }, () => null),
        ].map((values, i) => (
          // The four never change places.
          <Drawn
            key={i}
            drawing={spark(values, {
              width: 96,
              height: 22,
              even: 1 / 720,
              theme: variableTheme,
              label: 'spark',
            })}
          />
        ))}
      </Part>
      <Part name="badge">
        {STATES.map((state) => (
          <Drawn
            key={state}
            drawing={badge({ state, name: 'checkout', says: '99.954 % of 99.9 %' }, { theme: variableTheme })}
          />
        ))}
      </Part>
      <Part name="panel">
        <Loading height={120} />
        <Empty next="nines import">{words.emptyFleet}</Empty>
        <Failed cause={new ApiFailure(503, 'The store cannot be reached')} onRetry={() => undefined} />
      </Part>
      <ChartPanel
        title="chart"
        says="A curve with a gap, an incident and a threshold."
        plots={[plotOf(percent)]}
        zoom={{}}
      />
      <ChartPanel
        title="chart, no data"
        says=""
        plots={[plotOf(percent)]}
        zoom={{}}
        nothing={words.noDataChart}
      />
      <ChartPanel
        title="chart, no traffic"
        says=""
        plots={[plotOf(percent)]}
        zoom={{}}
        nothing={words.noTrafficChart}
      />
      <ReplayTable preview={PREVIEW} />
    </div>
  )
}

function Part({ name, children }: { name: string; children: ReactNode }): ReactElement {
  return (
    <section className="part" aria-label={name}>
      <h2>{name}</h2>
      <div className="pieces">{children}</div>
    </section>
  )
}

function plotOf(percent: (v: number) => string): Plot {
  const ends = Array.from({ length: 120 }, (_, i) => AT + (i + 1) * HOUR)
  return {
    ends,
    step: HOUR,
    curves: [
      {
        label: 'left',
        values: ends.map((_, i) => (i > 60 && i < 72 ? null : 1 - i / 140 - (i > 90 ? 0.2 : 0))),
        colour: 'burning',
        width: 2,
        fill: 0.13,
        format: (v) => percent(v),
      },
    ],
    x: { from: AT, to: AT + 132 * HOUR },
    y: { low: 0, high: 1, format: percent },
    marks: {
      bands: [{ from: AT + 88 * HOUR, to: AT + 94 * HOUR, label: 'INC-1' }],
      gaps: [{ from: AT + 61 * HOUR, to: AT + 72 * HOUR }],
      lines: [{ at: 0.25, label: '25 %' }],
      now: AT + 120 * HOUR,
    },
    height: 200,
    lane: true,
  }
}

const PREVIEW: Preview = {
  range: { from: AT, to: AT + 720 * HOUR },
  target: '99.9',
  withinMs: null,
  windowDays: 30,
  good: 1,
  bad: 0,
  sli: 1,
  leftRatio: 1,
  lowest: 1,
  step: HOUR,
  start: [],
  left: [],
  rules: [
    {
      rule: 'page-fast',
      severity: 'page',
      factor: 14.4,
      long: 3600,
      short: 300,
      firings: [{ from: AT + 90 * HOUR, to: AT + 92 * HOUR, peak: 33 }],
    },
    { rule: 'ticket-slow', severity: 'ticket', factor: 1, long: 259_200, short: 21_600, firings: [] },
  ],
  suggested: '99.9',
}
