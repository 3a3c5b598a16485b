import { createElement, type ReactElement } from 'react'
import { type Drawing, stateGlyph, variableTheme } from '../../../../src/charts/index.ts'
import type { State } from '../../../../src/contract/index.ts'

/** A shared drawing as elements of the page. */
export function Drawn({ drawing }: { drawing: Drawing }): ReactElement {
  return toElement(drawing, 0)
}

function toElement({ tag, attributes, children }: Drawing, key: number): ReactElement {
  const props: Record<string, string | number> = { key }
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && name !== 'xmlns')
      props[name.startsWith('aria-') ? name : name.replace(/-([a-z])/g, (_, c: string) => c.toUpperCase())] =
        value
  return createElement(tag, props, ...children.map((c, i) => (typeof c === 'string' ? c : toElement(c, i))))
}

/** The shape and colour of a state; the word must stand beside it, or in `label`. */
export function Glyph({
  state,
  size = 12,
  label,
}: {
  state: State
  size?: number
  label?: string
}): ReactElement {
  return (
    <svg
      className="glyph"
      width={size}
      height={size}
      viewBox="0 0 12 12"
      {...(label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}
    >
      <Drawn drawing={stateGlyph(state, { theme: variableTheme })} />
    </svg>
  )
}
