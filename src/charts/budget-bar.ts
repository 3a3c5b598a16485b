import type { State } from '../contract/index.ts'
import { canvas, type Drawing, element, px, type Size } from './drawing.ts'
import { hatch } from './hatch.ts'
import type { Theme } from './theme.ts'

export interface BudgetBar {
  readonly state: State
  /** Share of the budget left; below zero when overspent, null when not known. */
  readonly leftRatio: number | null
  /** What the share could be while some minutes are unmeasured. */
  readonly interval: { readonly low: number; readonly high: number } | null
}

export interface BudgetBarOptions extends Size {
  readonly theme: Theme
  readonly label: string
  /** The part of the width that lies left of zero, 0..1. What is overspent further is cut off with a notch. */
  readonly below?: number
}

/**
 * The budget left on a track from nothing to all. An overspent budget grows to the left of zero, hatched, on the same
 * scale; what is not known is hatched over the whole track; the uncertain end of a partly measured budget is hatched.
 */
export function budgetBar(budget: BudgetBar, options: BudgetBarOptions): Drawing {
  const { width, height, theme } = options
  const zero = px(width * (options.below ?? 0.2))
  const scale = width - zero
  const fill = theme[budget.state]
  const track = element('rect', { x: zero, y: 0, width: px(scale), height, fill: theme.line })
  const tick = element('rect', { x: zero - 0.5, y: 0, width: 1, height, fill: theme.muted })
  const parts: (Drawing | undefined)[] = [track]
  if (budget.leftRatio === null) {
    parts.push(
      hatch({ x: zero, y: 0, width: scale, height }, { stroke: theme.unknown, spacing: 4, width: 1.2 }),
    )
  } else if (budget.leftRatio >= 0) {
    parts.push(
      element('rect', { x: zero, y: 0, width: px(scale * Math.min(1, budget.leftRatio)), height, fill }),
    )
  } else {
    const long = Math.min(zero, -budget.leftRatio * scale)
    const box = { x: px(zero - long), y: 0, width: px(long), height }
    parts.push(element('rect', { ...box, fill, 'fill-opacity': 0.28 }))
    parts.push(hatch(box, { stroke: fill, spacing: 4, width: 1.6 }))
    if (-budget.leftRatio * scale > zero)
      parts.push(
        element('path', {
          d: `M0 0L4 ${height / 2}L0 ${height}Z`,
          fill: theme.surface,
        }),
      )
  }
  parts.push(uncertainty(budget, { zero, scale, height, theme }))
  parts.push(tick)
  return canvas(options, options.label, parts)
}

function uncertainty(
  { interval, state }: BudgetBar,
  { zero, scale, height, theme }: { zero: number; scale: number; height: number; theme: Theme },
): Drawing | undefined {
  if (interval === null) return undefined
  const at = (share: number): number => Math.max(0, zero + scale * Math.min(1, share))
  const box = { x: px(at(interval.low)), y: 0, width: px(at(interval.high) - at(interval.low)), height }
  return element('g', {}, [
    element('rect', { ...box, fill: theme.surface, 'fill-opacity': 0.55 }),
    hatch(box, { stroke: theme[state], spacing: 3, width: 1 }),
  ])
}
