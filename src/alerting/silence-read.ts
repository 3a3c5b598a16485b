import type { SilenceMatcher } from './silence.ts'

const HEAD = /\s*([A-Za-z_][\w.-]{0,199})(=~|!~|!=|=)/y
const QUOTED = /["“”]((?:[^"“”\\]|\\.)*)["“”]/y
const BARE = /[^\s,"“”{}]+/y
const NEXT = /[\s,}]*/y
const BEGIN = /[\s{]*/y

/** What was read from the beginning of a text, and what stands behind it. */
export interface ReadMatchers {
  readonly matchers: readonly SilenceMatcher[]
  readonly rest: string
}

/**
 * Matchers as people write them, `{service_name="checkout", cloud_provider=~"aws|gcp"} …`: braces, commas and, around
 * values without spaces, quotes may be left out. What is no matcher any more is the rest.
 */
export function readMatchers(text: string): ReadMatchers {
  const matchers: SilenceMatcher[] = []
  let at = taken(BEGIN, text, 0)?.end ?? 0
  for (;;) {
    const head = taken(HEAD, text, at)
    if (head === undefined) break
    const value = taken(QUOTED, text, head.end) ?? taken(BARE, text, head.end)
    if (value === undefined) break
    const [, name = '', op = '='] = head.found
    const [whole, quoted] = value.found
    const said = quoted === undefined ? whole : quoted.replaceAll(/\\(["\\])/g, '$1')
    matchers.push({ name, op: opOf(op), value: said })
    at = taken(NEXT, text, value.end)?.end ?? value.end
  }
  return { matchers, rest: text.slice(at).trim() }
}

const opOf = (text: string): SilenceMatcher['op'] =>
  (['!=', '=~', '!~'] as const).find((known) => known === text) ?? '='

function taken(
  pattern: RegExp,
  text: string,
  from: number,
): { readonly found: RegExpExecArray; readonly end: number } | undefined {
  const sticky = new RegExp(pattern.source, 'y')
  sticky.lastIndex = from
  const found = sticky.exec(text)
  return found === null ? undefined : { found, end: sticky.lastIndex }
}
