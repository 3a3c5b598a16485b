/** Slack's markup, as HTML. Whatever the text holds, the result is safe to stand in a page. */
export function mrkdwnToHtml(text: string): string {
  return text
    .split(/(```[\s\S]*?```)/)
    .map((part) => (/^```[\s\S]*```$/.test(part) ? codeBlock(part.slice(3, -3)) : lines(part)))
    .join('')
}

/** `plain_text`: nothing but emoji names means anything. */
export const plainToHtml = (text: string): string => emoji(escapeHtml(decode(text)))

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c)

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Senders escape only these three. */
const decode = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

/** What people read of a text, for titles: tokens give their labels. */
export function mrkdwnToPlain(text: string): string {
  const bare = text.replace(/<([^<>]*)>/g, (_all, inside: string) => {
    const [target = '', label] = inside.split('|')
    return label ?? target.replace(/^[#@!]/, '')
  })
  return decode(bare.replace(/[*`~]/g, ''))
}

const codeBlock = (text: string): string =>
  `<pre><code>${escapeHtml(decode(text.replace(/^\n/, '')))}</code></pre>`

function lines(text: string): string {
  return text
    .split('\n')
    .map((line) =>
      /^(&gt;|>) ?/.test(line) ? `<q>${spans(line.replace(/^(&gt;|>) ?/, ''))}</q>` : spans(line),
    )
    .join('<br>')
}

/** Characters for private use stand for what is done already, so that emphasis may reach over it. */
const OPEN = '\ue000'
const CLOSE = '\ue001'

/** Code first, since nothing inside it means anything; then tokens; then emphasis around both. */
function spans(text: string): string {
  const done: string[] = []
  const put = (html: string): string => `${OPEN}${done.push(html) - 1}${CLOSE}`
  const bare = text
    .replaceAll(OPEN, '')
    .replaceAll(CLOSE, '')
    .replace(/`([^`\n]+)`/g, (_all, code: string) => put(`<code>${escapeHtml(decode(code))}</code>`))
    .replace(/<([^<>\n]+)>/g, (_all, inside: string) => put(token(inside)))
  return emphasis(bare).replace(/\ue000(\d+)\ue001/g, (_all, at: string) => done[Number(at)] ?? '')
}

function emphasis(text: string): string {
  return emoji(escapeHtml(decode(text)))
    .replace(/(^|[\s(])\*([^*\n]+)\*(?=$|[\s).,:;!?…])/g, '$1<strong>$2</strong>')
    .replace(/(^|[\s(])_([^_\n]+)_(?=$|[\s).,:;!?])/g, '$1<em>$2</em>')
    .replace(/(^|[\s(])~([^~\n]+)~(?=$|[\s).,:;!?])/g, '$1<s>$2</s>')
}

/** What stands between angle brackets: a link, a person, a channel, a date, a call to everybody. */
function token(inside: string): string {
  const [target = '', ...rest] = inside.split('|')
  const label = rest.join('|')
  if (target.startsWith('!date^')) return date(target, label)
  if (target.startsWith('!')) return mention(`@${label || target.slice(1).replace(/^subteam\^/, '')}`)
  if (target.startsWith('@')) return mention(`@${label || target.slice(1)}`)
  if (target.startsWith('#')) return mention(`#${label || target.slice(1)}`)
  const url = decode(target)
  if (!URL.canParse(url) || !/^(https?|mailto):$/.test(new URL(url).protocol))
    return escapeHtml(decode(label || target))
  return `<a href="${escapeHtml(url)}" rel="noopener noreferrer">${emphasis(label || target)}</a>`
}

const mention = (text: string): string => `<span class="mention">${escapeHtml(decode(text))}</span>`

/** `!date^unix^format^link`: the page's script puts the reader's own time; without it the fallback stands. */
function date(target: string, fallback: string): string {
  const [, unix = '', format = ''] = target.split('^')
  if (!/^\d{1,12}$/.test(unix)) return escapeHtml(decode(fallback))
  return `<time data-unix="${unix}" data-format="${escapeHtml(decode(format))}">${escapeHtml(decode(fallback))}</time>`
}

/** The few names that are common in alerts; emoji themselves need no help. */
const EMOJI: Readonly<Record<string, string>> = {
  white_check_mark: '✅',
  eyes: '👀',
  fire: '🔥',
  rocket: '🚀',
  warning: '⚠️',
  red_circle: '🔴',
  large_green_circle: '🟢',
  tada: '🎉',
  '+1': '👍',
}

export const emojiOf = (name: string): string => EMOJI[name] ?? `:${name}:`

/** Drawn by the page, since not every machine has a font with them; Slack draws its own too. */
const DRAWN: Readonly<Record<string, string>> = {
  '🔴': 'red',
  '🟠': 'orange',
  '🟡': 'yellow',
  '🟢': 'green',
  '⚪': 'white',
  '✅': 'check',
}

const emoji = (html: string): string =>
  html
    .replace(/:([a-z0-9_+-]{2,30}):/g, (all, name: string) => EMOJI[name] ?? all)
    .replace(/🔴|🟠|🟡|🟢|⚪|✅/gu, (char) => `<i class="emoji ${DRAWN[char] ?? ''}">${char}</i>`)
