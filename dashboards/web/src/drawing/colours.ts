import type { Theme } from '../../../../src/charts/index.ts'

export type Colour = keyof Theme

/** What a colour of the page is at this moment, for canvases, which know no variables. */
export function colour(name: Colour, opacity = 1): string {
  const hex = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
  // Style sheets are packed with #fff for #ffffff; only the long form takes two more digits for the opacity.
  const long = hex.length === 4 ? hex.replace(/[0-9a-f]/gi, '$&$&') : hex
  const alpha = Math.round(opacity * 255)
  return opacity === 1 ? long : long + alpha.toString(16).padStart(2, '0')
}
