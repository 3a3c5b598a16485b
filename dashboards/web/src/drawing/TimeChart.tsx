import 'uplot/dist/uPlot.min.css'
import { type ReactElement, useEffect, useRef } from 'react'
import uPlot from 'uplot'
import { zoneName } from '../format/time.ts'
import { useDark } from '../shell/preferences.ts'
import { useVoice, type Voice } from '../shell/voice.ts'
import { type Colour, colour } from './colours.ts'
import { onPoint, point, pointed } from './cursor.ts'
import { drawBehind, drawInFront, fontOf, type Marks } from './marks.ts'

/** One curve over the buckets of a chart; null where nothing is known. */
export interface Curve {
  readonly label: string
  readonly values: readonly (number | null)[]
  readonly colour: Colour
  readonly kind?: 'line' | 'bars'
  readonly width?: number
  readonly dash?: readonly number[]
  /** Of the line; absent: 1. Steps of one hue tell curves of one kind apart. */
  readonly opacity?: number
  /** Opacity of the area down to zero; absent: no area. */
  readonly fill?: number
  readonly format: (value: number) => string
}

export interface Plot {
  /** The end of each bucket, ascending: a value belongs to the stretch that ends there. */
  readonly ends: readonly number[]
  readonly step: number
  readonly curves: readonly Curve[]
  readonly x: { readonly from: number; readonly to: number }
  readonly y: { readonly low: number; readonly high: number; readonly format: (value: number) => string }
  readonly marks?: Marks
  readonly height: number
  /** Without a time axis: another chart stands right below. */
  readonly bare?: boolean
  /** With room above for the names of incidents. */
  readonly lane?: boolean
  /** Draws instead of curves, for what uPlot has no curve for. */
  readonly paint?: (u: uPlot) => void
  readonly log?: boolean
}

export interface Zoom {
  readonly onZoom?: (from: number, to: number) => void
  readonly onReset?: () => void
}

/** A canvas on the page's shared time axis. Dragging zooms, a double click goes back; the cursor is everybody's. */
export function TimeChart({ plot, zoom }: { plot: Plot; zoom: Zoom }): ReactElement {
  const box = useRef<HTMLDivElement>(null)
  const voice = useVoice()
  const dark = useDark()
  const latest = useRef(zoom)
  useEffect(() => {
    latest.current = zoom
  })
  useEffect(() => {
    const place = box.current
    if (place === null) return
    const u = new uPlot(
      optionsOf(plot, { voice, width: place.clientWidth, zoom: latest }),
      dataOf(plot),
      place,
    )
    const follow = (): void => {
      const t = pointed()
      const left = t === undefined ? -10 : u.valToPos(t, 'x')
      u.setCursor({ left, top: t === undefined ? -10 : u.bbox.height / 2 }, false)
    }
    const move = (event: MouseEvent): void => point(u.posToVal(event.offsetX, 'x'))
    const leave = (): void => point(undefined)
    u.over.addEventListener('mousemove', move)
    u.over.addEventListener('mouseleave', leave)
    const quiet = onPoint(follow)
    const watch = new ResizeObserver(() => {
      if (place.clientWidth > 0 && place.clientWidth !== u.width)
        u.setSize({ width: place.clientWidth, height: plot.height })
    })
    watch.observe(place)
    // A canvas does not wait for fonts as text does: what was drawn before they came is drawn again.
    let gone = false
    if (document.fonts.status !== 'loaded')
      void document.fonts.ready.then(() => {
        if (!gone) u.redraw(false, true)
      })
    return () => {
      gone = true
      watch.disconnect()
      quiet()
      u.destroy()
    }
  }, [plot, voice, dark])
  return <div ref={box} className="plot" style={{ height: plot.height }} aria-hidden="true" />
}

function dataOf(plot: Plot): uPlot.AlignedData {
  return [[...plot.ends], ...plot.curves.map((c) => [...c.values])]
}

function optionsOf(
  plot: Plot,
  { voice, width, zoom }: { voice: Voice; width: number; zoom: { readonly current: Zoom } },
): uPlot.Options {
  const marks = plot.marks ?? {}
  const { from, to } = plot.x
  const { low, high } = plot.y
  return {
    width,
    height: plot.height,
    padding: [plot.lane === true ? 18 : 8, 20, plot.bare === true ? 8 : 0, 0],
    legend: { show: false },
    tzDate: (t) =>
      voice.zone === 'local' ? new Date(t * 1000) : uPlot.tzDate(new Date(t * 1000), zoneName(voice.zone)),
    scales: {
      x: { time: true, range: () => [from, to] },
      y: { range: () => [low, high], ...(plot.log === true ? { distr: 3 as const } : {}) },
    },
    axes: [timeAxis(plot, voice), valueAxis(plot)],
    series: [{}, ...plot.curves.map(seriesOf)],
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: zoom.current.onZoom !== undefined, y: false, setScale: false },
      bind: {
        dblclick: () => () => {
          zoom.current.onReset?.()
          return null
        },
      },
    },
    hooks: {
      drawClear: [(u) => drawBehind(u, marks)],
      draw: [
        (u) => {
          plot.paint?.(u)
          drawInFront(u, marks)
        },
      ],
      setSelect: [
        (u) => {
          const start = u.posToVal(u.select.left, 'x')
          const end = u.posToVal(u.select.left + u.select.width, 'x')
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
          if (end - start >= 60) zoom.current.onZoom?.(start, end)
        },
      ],
    },
  }
}

function seriesOf(curve: Curve): uPlot.Series {
  const stroke = (): string => colour(curve.colour, curve.opacity)
  const bars = uPlot.paths.bars
  return {
    label: curve.label,
    stroke,
    width: curve.kind === 'bars' ? 0 : (curve.width ?? 1.5),
    points: { show: false },
    ...(curve.dash ? { dash: [...curve.dash] } : {}),
    ...(curve.fill === undefined ? {} : { fill: () => colour(curve.colour, curve.fill) }),
    ...(curve.kind === 'bars' && bars ? { paths: bars({ size: [0.86, 40], align: -1 }) } : {}),
  }
}

function timeAxis(plot: Plot, voice: Voice): uPlot.Axis {
  return {
    show: plot.bare !== true,
    size: 28,
    space: plot.height < 150 && plot.bare !== true ? 64 : 84,
    gap: 6,
    font: fontOf(undefined),
    stroke: () => colour('muted'),
    grid: { show: true, stroke: () => colour('text', 0.05), width: 1 },
    ticks: { show: true, stroke: () => colour('line'), width: 1, size: 4 },
    // uPlot gives itself, the instants, the axis, the room a tick has, and the step between instants.
    values: (...[, instants, , , step]) => instants.map((t) => tickOf(t, step, voice)),
  }
}

/** The hour within a day, the day at its midnight and beyond. */
function tickOf(t: number, step: number, voice: Voice): string {
  const clock = voice.instant(t, 'minute')
  return step >= 86_400 || clock === '00:00' ? voice.instant(t, 'day') : clock
}

function valueAxis(plot: Plot): uPlot.Axis {
  return {
    size: 56,
    space: plot.height < 120 ? 26 : 40,
    gap: 6,
    font: fontOf(undefined),
    stroke: () => colour('muted'),
    grid: { show: true, stroke: () => colour('text', 0.08), width: 1 },
    ticks: { show: false },
    values: (_u, splits) => splits.map((v) => (v === null ? '' : plot.y.format(v))),
  }
}
