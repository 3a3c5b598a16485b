/** A piece of SVG as data: the web page makes elements of it, a picture for Slack makes text of it. */
export interface Drawing {
  readonly tag: string
  readonly attributes: Attributes
  readonly children: readonly (Drawing | string)[]
}

export type Attributes = Readonly<Record<string, string | number | undefined>>

/** One element; children that are undefined are left out, so that a part may be absent without a branch. */
export function element(
  tag: string,
  attributes: Attributes = {},
  children: readonly (Drawing | string | undefined)[] = [],
): Drawing {
  return { tag, attributes, children: children.filter((c) => c !== undefined) }
}

/** The outermost element: `width` × `height` in CSS pixels, with what it shows in words for those who cannot see it. */
export function canvas(
  size: Size,
  label: string,
  children: readonly (Drawing | string | undefined)[],
): Drawing {
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width: size.width,
      height: size.height,
      viewBox: `0 0 ${size.width} ${size.height}`,
      role: 'img',
      'aria-label': label,
    },
    children,
  )
}

export interface Size {
  /** CSS pixels. */
  readonly width: number
  readonly height: number
}

/** The drawing as SVG text. Texts and attribute values are escaped; undefined attributes are left out. */
export function toSvg({ tag, attributes, children }: Drawing): string {
  let open = `<${tag}`
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined) open += ` ${name}="${escape(String(value))}"`
  if (children.length === 0) return `${open}/>`
  const inside = children.map((c) => (typeof c === 'string' ? escape(c) : toSvg(c))).join('')
  return `${open}>${inside}</${tag}>`
}

/** Coordinates with at most two decimals: a hundredth of a pixel cannot be seen, and texts stay short. */
export function px(n: number): number {
  return Math.round(n * 100) / 100
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ENTITIES[c] ?? c)
}
