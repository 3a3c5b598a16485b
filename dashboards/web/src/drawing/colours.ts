import type { Theme } from '../../../../src/charts/index.ts'

export type Colour = keyof Theme

/** What a colour of the page is at this moment, for canvases, which know no variables. */
export function colour(name: Colour, opacity = 1): string {
  const hex = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
  return opacity === 1
    ? hex
    : `${hex}${Math.round(opacity * 255)
        .toString(16)
        .padStart(2, '0')}`
}
