import type { State } from '../contract/index.ts'
import { type Drawing, element } from './drawing.ts'
import { hatch } from './hatch.ts'
import type { Theme } from './theme.ts'

/**
 * The shape of a state in a 12 × 12 box, moved to (x, y): disc, triangle, diamond, square, broken ring. The shape alone
 * tells the state; the colour only repeats it.
 */
export function stateGlyph(
  state: State,
  { theme, x = 0, y = 0 }: { theme: Theme; x?: number; y?: number },
): Drawing {
  const place = x === 0 && y === 0 ? undefined : `translate(${x} ${y})`
  const fill = theme[state]
  switch (state) {
    case 'ok':
      return element('g', { transform: place }, [element('circle', { cx: 6, cy: 6, r: 4.25, fill })])
    case 'watch':
      return element('g', { transform: place }, [element('path', { d: 'M6 1.2L11.2 10.6H.8Z', fill })])
    case 'burning':
      return element('g', { transform: place }, [element('path', { d: 'M6 .2L11.8 6L6 11.8L.2 6Z', fill })])
    case 'exhausted':
      return element('g', { transform: place }, [
        element('rect', { x: 1, y: 1, width: 10, height: 10, fill }),
        hatch({ x: 1, y: 1, width: 10, height: 10 }, { stroke: theme.surface, spacing: 5, width: 0.8 }),
      ])
    case 'unknown':
      return element('g', { transform: place }, [
        element('circle', {
          cx: 6,
          cy: 6,
          r: 4.4,
          fill: 'none',
          stroke: fill,
          'stroke-width': 1.8,
          'stroke-dasharray': '2.3 2.3',
        }),
      ])
    default:
      return state satisfies never
  }
}
