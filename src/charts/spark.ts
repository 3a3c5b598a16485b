import { canvas, type Drawing, element, px, type Size } from './drawing.ts'
import type { Theme } from './theme.ts'

export interface SparkOptions extends Size {
  readonly theme: Theme
  readonly label: string
  /** What one bar would be when the budget were spent evenly: one bar's length over the window's. */
  readonly even: number
}

/** From this many times the even pace on, a bar has its full height: the factor of the usual first page is 14.4. */
const FULL_HEIGHT_RATE = 16

/**
 * How the budget was spent, a bar an hour. Every spark has the same scale, so that rows can be compared: the height is
 * the square root of the pace, the hairline is the even pace, and a bar that reaches the top is 16× or more. Hours that
 * nobody measured are dots on the floor, hours without spending a hairline.
 */
export function spark(values: readonly (number | null)[], options: SparkOptions): Drawing {
  const { width, height, theme, even } = options
  const pitch = width / Math.max(1, values.length)
  const bar = Math.max(1, pitch - 1)
  const bars = values.map((value, i) => {
    const x = px(i * pitch)
    if (value === null)
      return element('rect', { x, y: height - 1, width: px(bar / 2), height: 1, fill: theme.unknown })
    const rate = even <= 0 ? 0 : value / even
    const tall = Math.max(1, Math.min(1, Math.sqrt(Math.max(0, rate) / FULL_HEIGHT_RATE)) * height)
    return element('rect', {
      x,
      y: px(height - tall),
      width: px(bar),
      height: px(tall),
      fill: colourOf(rate, theme),
      'fill-opacity': rate <= 1 ? 0.55 : undefined,
    })
  })
  const pace = px(height - Math.sqrt(1 / FULL_HEIGHT_RATE) * height) - 0.5
  const line = element('path', {
    d: `M0 ${pace}H${width}`,
    stroke: theme.muted,
    'stroke-width': 1,
    'stroke-dasharray': '1 3',
    fill: 'none',
  })
  return canvas(options, options.label, [...bars, line])
}

function colourOf(rate: number, theme: Theme): string {
  if (rate <= 1) return theme.muted
  return rate < 6 ? theme.watch : theme.burning
}
