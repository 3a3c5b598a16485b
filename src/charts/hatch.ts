import { type Drawing, element, px } from './drawing.ts'

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/**
 * Diagonal lines that fill the box and end at its edges. Computed rather than a pattern with an id: ids collide when
 * many drawings share a page, and not every renderer of SVG knows patterns.
 */
export function hatch(box: Box, options: { stroke: string; spacing?: number; width?: number }): Drawing {
  const spacing = options.spacing ?? 4
  const { x, y, width, height } = box
  let d = ''
  for (let c = spacing; c < width + height; c += spacing) {
    // The line runs through the points with (px - x) + (y + height - py) = c, from the left or bottom edge up.
    const fromX = Math.min(c, width)
    const fromY = c - fromX
    const toY = Math.min(c, height)
    const toX = c - toY
    d += `M${px(x + fromX)} ${px(y + fromY)}L${px(x + toX)} ${px(y + toY)}`
  }
  return element('path', { d, stroke: options.stroke, 'stroke-width': options.width ?? 1, fill: 'none' })
}
