import type { State } from '../contract/index.ts'
import { canvas, type Drawing, element } from './drawing.ts'
import { stateGlyph } from './glyph.ts'
import type { Theme } from './theme.ts'

export interface Badge {
  readonly state: State
  readonly name: string
  /** What stands behind the name: `99.95 % over 30 d`. */
  readonly says: string
}

const HEIGHT = 24
const PADDING = 8
const FONT = 'Inter, "Helvetica Neue", Arial, "Hiragino Sans", "Noto Sans JP", sans-serif'

/** A promise in one line, for a README or a status page: shape, name and level. Texts get as much room as they may need. */
export function badge({ state, name, says }: Badge, { theme }: { readonly theme: Theme }): Drawing {
  const left = PADDING + 18 + widthOf(name) + PADDING
  const width = Math.ceil(left + PADDING + widthOf(says) + PADDING)
  const text = (x: number, value: string, weight: number): Drawing =>
    element(
      'text',
      { x, y: 16, 'font-family': FONT, 'font-size': 12, 'font-weight': weight, fill: theme.text },
      [value],
    )
  return canvas({ width, height: HEIGHT }, `${name}: ${state}, ${says}`, [
    element('title', {}, [`${name}: ${state}, ${says}`]),
    element('rect', {
      x: 0.5,
      y: 0.5,
      width: width - 1,
      height: HEIGHT - 1,
      rx: 4,
      fill: theme.surface,
      stroke: theme.line,
    }),
    element('path', { d: `M${left} 1V${HEIGHT - 1}`, stroke: theme.line }),
    stateGlyph(state, { theme, x: PADDING, y: 6 }),
    text(PADDING + 18, name, 550),
    text(left + PADDING, says, 400),
  ])
}

/** Generous for the letters that are common, a full square for those of East Asia. */
function widthOf(text: string): number {
  let width = 0
  for (const letter of text)
    width += /[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/.test(letter) ? 12 : 6.8
  return width
}
