import { canvas, type Drawing, element, px, type Size } from './drawing.ts'
import type { Theme } from './theme.ts'

export interface Bullet {
  /** Burn rate over the long window, and over the short one; null without events. */
  readonly long: number | null
  readonly short: number | null
  /** The rate from which the rule fires when both windows reach it. */
  readonly factor: number
  readonly kind: 'no-data' | 'calm' | 'burning'
}

/**
 * One burn rule: the wide bar is the long window, the narrow bar in it the short one, the upright line the factor.
 * The factor always stands at 60 % of the width, so that bullets of different rules line up: past the line is over.
 */
export function bullet(rule: Bullet, options: Size & { theme: Theme; label: string }): Drawing {
  const { width, height, theme } = options
  const mark = width * 0.6
  const reach = (rate: number | null): number =>
    rate === null ? 0 : px(Math.min(width, (rate / rule.factor) * mark))
  const fill = rule.kind === 'burning' ? theme.burning : theme.muted
  const inner = height / 3
  return canvas(options, options.label, [
    element('rect', { x: 0, y: 0, width, height, fill: theme.line, 'fill-opacity': 0.6 }),
    element('rect', {
      x: 0,
      y: 0,
      width: reach(rule.long),
      height,
      fill,
      'fill-opacity': rule.kind === 'burning' ? 0.45 : 0.38,
    }),
    element('rect', { x: 0, y: px(inner), width: reach(rule.short), height: px(inner), fill }),
    element('rect', { x: px(mark) - 1, y: 0, width: 2, height, fill: theme.text }),
    beyond(rule, options, inner),
  ])
}

/** A notch where a rate leaves the drawing, so that a cut bar does not look like a measured end. */
function beyond(
  { long, short, factor }: Bullet,
  { width, height, theme }: Size & { theme: Theme },
  inner: number,
): Drawing | undefined {
  if (Math.max(long ?? 0, short ?? 0) <= factor / 0.6) return undefined
  return element('path', {
    d: `M${width} 0L${width - inner} ${height / 2}L${width} ${height}Z`,
    fill: theme.surface,
  })
}
