import { type Drawing, element, px, type Size } from './drawing.ts'
import { at, type Scale, ticks, timeLabel, timeTicks } from './scale.ts'
import type { Theme } from './theme.ts'

export interface PictureOptions extends Size {
  readonly theme: Theme
  /** What the picture says, for those who cannot see it. */
  readonly label: string
  /** Written above, in the text colour. */
  readonly title: string
  /** Written beside the title, muted: the window, the scope, the time zone. */
  readonly note: string
  /** Seconds east of UTC of the wall clock on the time axis. */
  readonly offset: number
  /** The fonts of the renderer, as in CSS. */
  readonly fonts: string
}

export interface Frame {
  readonly x: Scale
  readonly y: Scale
}

export const MARGIN = { left: 52, right: 16, top: 40, bottom: 28 } as const

export function frameOf(
  options: Size,
  range: { from: number; to: number },
  y: { low: number; high: number },
): Frame {
  return {
    x: { from: range.from, to: range.to, start: MARGIN.left, end: options.width - MARGIN.right },
    y: { from: y.low, to: y.high, start: options.height - MARGIN.bottom, end: MARGIN.top },
  }
}

/** Title, axes and hairlines of a picture. */
export function furniture(frame: Frame, options: PictureOptions, unit: (value: number) => string): Drawing[] {
  const { theme } = options
  const words = { 'font-family': options.fonts, 'font-size': 12, fill: theme.muted }
  const times = timeTicks({ from: frame.x.from, to: frame.x.to }, options.offset)
  const step = (times[1] ?? 0) - (times[0] ?? 0)
  return [
    element('rect', { width: options.width, height: options.height, fill: theme.surface }),
    element('text', { ...words, x: 16, y: 24 }, [
      element('tspan', { 'font-size': 14, 'font-weight': 650, fill: theme.text }, [options.title]),
      element('tspan', { dx: 8 }, [options.note]),
    ]),
    ...ticks(frame.y.from, frame.y.to, 4).flatMap((value) => {
      const y = px(at(frame.y, value))
      return [
        element('path', {
          d: `M${frame.x.start} ${y}H${frame.x.end}`,
          stroke: theme.line,
          'stroke-width': 1,
        }),
        element('text', { ...words, x: MARGIN.left - 8, y: y + 4, 'text-anchor': 'end' }, [unit(value)]),
      ]
    }),
    ...times.map((t) =>
      element('text', { ...words, x: px(at(frame.x, t)), y: options.height - 9, 'text-anchor': 'middle' }, [
        timeLabel(t, { offset: options.offset, step }),
      ]),
    ),
  ]
}

/** A stretch of time behind the curves, from top to floor. */
export function band(
  frame: Frame,
  from: number,
  to: number,
): { x: number; y: number; width: number; height: number } {
  const a = Math.max(frame.x.start, at(frame.x, from))
  const b = Math.min(frame.x.end, at(frame.x, to))
  return { x: px(a), y: frame.y.end, width: px(Math.max(0, b - a)), height: frame.y.start - frame.y.end }
}
