/**
 * Making somebody else's text safe to stand in a Slack message: no control or direction characters, no half
 * surrogates, no markup, and never longer than its place allows.
 */

/** Control characters, line and paragraph separators, direction overrides, zero-width marks, byte order marks. */
const UNSAFE =
  // oxlint-disable-next-line no-control-regex -- these are the characters to take out
  /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** One line of clean text. Texts of any length are looked at only as far as they can matter. */
export function clean(text: string, max: number): string {
  const head = text.slice(0, max * 4)
  const line = head.replace(LONE_SURROGATE, '\ufffd').replace(UNSAFE, ' ').replace(/\s+/g, ' ').trim()
  return cut(line, max, head.length < text.length)
}

/** For `plain_text`, where markup means nothing. */
export const plain = clean

/** For `mrkdwn`: with `&`, `<` and `>` escaped nothing can be a mention, a link or a date. `max` is after escaping. */
export function escaped(text: string, max: number): string {
  let room = max
  for (;;) {
    const result = clean(text, room).replace(/[&<>]/g, (c) => ENTITIES[c] ?? c)
    if (result.length <= max) return result
    room = Math.max(1, Math.floor(room - (result.length - max) / 5) - 1)
  }
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** In the typewriter's letters, where `*` and `_` are themselves. Empty text gives an empty string. */
export function code(text: string, max: number): string {
  const inside = escaped(text.replaceAll('`', 'ˋ'), max - 2)
  return inside === '' ? '' : `\`${inside}\``
}

const URL_LENGTH_MAX = 600

/** The address when it is one that a reader may click: http or https and not absurdly long. */
export function webAddress(text: string): string | undefined {
  if (text.length > URL_LENGTH_MAX || !URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined
  if (url.username !== '' || url.password !== '') return undefined
  const href = url.href.replace(/[|<>]/g, (c) => encodeURIComponent(c))
  return href.length <= URL_LENGTH_MAX ? href : undefined
}

/** `<url|label>`, or only the label when there is no address to go to. The label must be escaped already. */
export function link(address: string | undefined, label: string): string {
  const url = address === undefined ? undefined : webAddress(address)
  return url === undefined ? label : `<${url}|${label.replaceAll('|', '¦')}>`
}

function cut(text: string, max: number, already: boolean): string {
  if (text.length <= max && !already) return text
  let end = Math.min(text.length, max - 1)
  const last = text.charCodeAt(end - 1)
  if (last >= 0xd800 && last <= 0xdbff) end--
  return `${text.slice(0, end).trimEnd()}…`
}
