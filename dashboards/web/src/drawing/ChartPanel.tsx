import { type KeyboardEvent, type ReactElement, type ReactNode, useId, useState } from 'react'
import { Icon } from '../shell/icons.tsx'
import { useVoice } from '../shell/voice.ts'
import { point, pointed, usePointed } from './cursor.ts'
import { type Curve, type Plot, TimeChart, type Zoom } from './TimeChart.tsx'

/** One or more charts of the same buckets, one above the other, with what they say in words, in a row and as a table. */
export function ChartPanel({
  title,
  says,
  plots,
  zoom,
  nothing,
  note,
  children,
}: {
  title: ReactNode
  /** The sentence that stands for the drawing. */
  says: string
  plots: readonly Plot[]
  zoom: Zoom
  /** Why there is nothing to see; undefined when there is. */
  nothing?: string | undefined
  note?: ReactNode
  children?: ReactNode
}): ReactElement {
  const { words } = useVoice()
  const [table, setTable] = useState(false)
  const heading = useId()
  return (
    <section className="panel" aria-labelledby={heading}>
      <header>
        <h2 id={heading}>{title}</h2>
        {note}
        <span className="tools">
          <button
            type="button"
            className="tool"
            aria-pressed={table}
            title={table ? words.showChart : words.showTable}
            aria-label={table ? words.showChart : words.showTable}
            onClick={() => setTable(!table)}
          >
            <Icon name={table ? 'chart' : 'table'} size={16} />
          </button>
        </span>
      </header>
      {children}
      {nothing !== undefined ? (
        <p className="nochart" style={{ minHeight: plots.reduce((n, p) => n + p.height, 0) }}>
          {nothing}
        </p>
      ) : table ? (
        <Figures plots={plots} />
      ) : (
        <Charts says={says} plots={plots} zoom={zoom} />
      )}
    </section>
  )
}

function Charts({ says, plots, zoom }: { says: string; plots: readonly Plot[]; zoom: Zoom }): ReactElement {
  const { words } = useVoice()
  const [spoken, setSpoken] = useState(false)
  const press = (event: KeyboardEvent): void => {
    const [first] = plots
    if (first === undefined || (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight')) return
    event.preventDefault()
    event.stopPropagation()
    const here = indexAt(first, pointed() ?? first.x.to)
    const next = Math.max(0, Math.min(first.ends.length - 1, here + (event.key === 'ArrowLeft' ? -1 : 1)))
    setSpoken(true)
    point((first.ends[next] ?? 0) - first.step / 2)
  }
  return (
    <>
      <Readout plots={plots} spoken={spoken} />
      <div
        className="charts"
        role="img"
        aria-label={`${says} ${words.chartKeys}`}
        tabIndex={0}
        onKeyDown={press}
        onBlur={() => {
          setSpoken(false)
          point(undefined)
        }}
      >
        {plots.map((plot, i) => (
          // The order of the charts of a panel never changes.
          <TimeChart key={i} plot={plot} zoom={zoom} />
        ))}
      </div>
    </>
  )
}

/** All values of the panel at the instant that the page points at; at the end while nobody points. */
function Readout({ plots, spoken }: { plots: readonly Plot[]; spoken: boolean }): ReactElement {
  const voice = useVoice()
  const at = usePointed()
  const [first] = plots
  const i = first === undefined ? -1 : indexAt(first, at ?? first.x.to)
  const end = first?.ends[i]
  return (
    <p className="readout" aria-live={spoken ? 'polite' : 'off'} data-pointed={at !== undefined || undefined}>
      {end !== undefined && first !== undefined && (
        <span className="at">{voice.instant(end - first.step, 'day-minute')}</span>
      )}
      {plots
        .flatMap((p) => p.curves)
        .map((c) => (
          <span key={c.label} className="value">
            {c.width !== 0 && <Key curve={c} />}
            {c.label} <b className="figure">{shown(c, i)}</b>
          </span>
        ))}
    </p>
  )
}

function Key({ curve }: { curve: Curve }): ReactElement {
  return (
    <svg width="14" height="8" viewBox="0 0 14 8" aria-hidden="true">
      {curve.kind === 'bars' ? (
        <rect x="2" width="10" height="8" fill={`var(--${curve.colour})`} fillOpacity={curve.fill} />
      ) : (
        <path
          d="M0 4H14"
          stroke={`var(--${curve.colour})`}
          strokeOpacity={curve.opacity}
          strokeWidth={curve.width ?? 1.5}
          strokeDasharray={curve.dash?.join(' ')}
        />
      )}
    </svg>
  )
}

function Figures({ plots }: { plots: readonly Plot[] }): ReactElement {
  const voice = useVoice()
  const [first] = plots
  const curves = plots.flatMap((p) => p.curves)
  return (
    <div className="scroller figures" tabIndex={0} role="group" aria-label={voice.words.asTable}>
      <table>
        <thead>
          <tr>
            <th scope="col">{voice.words.time}</th>
            {curves.map((c) => (
              <th scope="col" key={c.label} className="number">
                {c.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {first?.ends
            .map((end, i) => (
              <tr key={end}>
                <th scope="row">{voice.instant(end - first.step, 'day-minute')}</th>
                {curves.map((c) => (
                  <td key={c.label} className="number">
                    {shown(c, i)}
                  </td>
                ))}
              </tr>
            ))
            .reverse()}
        </tbody>
      </table>
    </div>
  )
}

function shown(curve: Curve, i: number): string {
  const value = curve.values[i]
  return value === null || value === undefined ? '–' : curve.format(value)
}

/** The bucket that holds the instant, the last one for instants beyond. */
function indexAt(plot: Plot, instant: number): number {
  const { ends, step } = plot
  const first = ends[0]
  if (first === undefined) return -1
  return Math.max(0, Math.min(ends.length - 1, Math.floor((instant - first) / step) + 1))
}
