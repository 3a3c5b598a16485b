import { isoMinute, unixSeconds } from '../../../base/index.ts'
import { blocksToHtml } from './blocks-html.ts'
import { emojiOf, escapeHtml, mrkdwnToHtml, mrkdwnToPlain } from './mrkdwn.ts'
import {
  type Channel,
  findChannel,
  findMessage,
  type Message,
  repliesTo,
  topLevel,
  type User,
  type Workspace,
} from './workspace.ts'

export interface PageOptions {
  readonly path: string
  readonly nowMs: number
  /** Id or name; absent: the one with the newest message. */
  readonly channel?: string
  /** The message whose thread stands beside; `none`: no thread. Absent: the newest that has one. */
  readonly thread?: string
  /** Whose eyes it is seen with; absent: the first of the workspace's people. */
  readonly as?: string
}

const MESSAGES_SHOWN = 100

/** The page without its script is whole already: newest message first in the text, last on the screen. */
export function renderPage(workspace: Workspace, options: PageOptions): string {
  const channel = (options.channel && findChannel(workspace, options.channel)) || busiest(workspace)
  if (channel === undefined)
    return frame('Slack, emulated', '<main><p class="empty">There is no channel.</p></main>', options)
  const me = (options.as && workspace.users.get(options.as)) || [...workspace.users.values()][0]
  const messages = topLevel(channel)
    .filter(({ ephemeralFor }) => ephemeralFor === undefined || ephemeralFor === me?.id)
    .slice(-MESSAGES_SHOWN)
    .toReversed()
  const newest = messages[0]
  const thread = threadOf(channel, messages, options)
  const place = { workspace, channel, thread, options }
  const title =
    newest === undefined
      ? `#${channel.name}`
      : `${mrkdwnToPlain(newest.text).slice(0, 300)} — #${channel.name}`
  const body = `
<div class="app${thread === undefined ? '' : ' with-thread'}" data-revision="${workspace.revision}" data-channel="${channel.id}" data-me="${me?.id ?? ''}">
${sidebar(workspace, channel, options, me)}
<main>
<header><h1>#${escapeHtml(channel.name)}</h1><p>${channel.archived ? 'Archived. ' : ''}${escapeHtml(channel.topic)}</p></header>
<ol class="messages" tabindex="0" aria-label="Messages in #${escapeHtml(channel.name)}, newest first">
${messages.length === 0 ? '<li class="empty">Nothing has been said here yet. When a promise burns, its incident appears here.</li>' : withDays(messages, place)}
</ol>
${composer(channel)}
</main>
${thread === undefined ? '' : threadPane(thread, place)}
${dialogOf(workspace, me?.id, options.path)}
</div>`
  return frame(title, body, options)
}

interface PlaceOnPage {
  readonly workspace: Workspace
  readonly channel: Channel
  readonly thread: Message | undefined
  readonly options: PageOptions
}

function frame(title: string, body: string, { path }: PageOptions): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escapeHtml(title)} — Slack, emulated</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${path}/slack.css">
<link rel="icon" href="${path}/avatar.svg">
<script src="${path}/slack.js" defer></script>
</head>
<body>${body}
</body>
</html>
`
}

function busiest(workspace: Workspace): Channel | undefined {
  const last = (channel: Channel): number => Number(channel.messages.at(-1)?.ts ?? 0)
  return [...workspace.channels.values()].reduce<Channel | undefined>(
    (best, channel) => (best === undefined || last(channel) > last(best) ? channel : best),
    undefined,
  )
}

function threadOf(
  channel: Channel,
  messages: readonly Message[],
  { thread }: PageOptions,
): Message | undefined {
  if (thread === 'none') return undefined
  if (thread !== undefined) return findMessage(channel, thread)
  return messages.find(
    (message) => message.threadTs === undefined && repliesTo(channel, message.ts).length > 0,
  )
}

/** Commands are written here; they go to the app as Slack would send them, signed. */
const composer = (channel: Channel): string => `<form class="composer" data-composer>
<input name="text" autocomplete="off" placeholder="/nines help" aria-label="Write a command to #${escapeHtml(channel.name)}">
<p role="status">An emulated Slack: it takes what Nines sends, with Slack’s limits, and sends nothing anywhere.</p></form>`

/** The form that stands open for whoever looks. */
function dialogOf(workspace: Workspace, me: string | undefined, path: string): string {
  const view = workspace.views.findLast((each) => each.user === me)
  if (view === undefined) return ''
  const errors = Object.values(view.errors).map(
    (text) => `<p class="error" role="alert">${escapeHtml(text)}</p>`,
  )
  return `<div class="veil"><form class="dialog" role="dialog" aria-modal="true" aria-label="${escapeHtml(view.title)}" data-view="${escapeHtml(view.id)}">
<h2>${escapeHtml(view.title)}</h2>${blocksToHtml(view.blocks, path)}${errors.join('')}
<p class="b-actions"><button type="button" class="button" data-close>${escapeHtml(view.close)}</button><button class="button primary">${escapeHtml(view.submit)}</button></p></form></div>`
}

function sidebar(
  workspace: Workspace,
  current: Channel,
  { path }: PageOptions,
  me: User | undefined,
): string {
  const items = [...workspace.channels.values()].map((channel) => {
    const here = channel.id === current.id ? ' aria-current="page"' : ''
    const count = topLevel(channel).length
    return `<li><a href="${path}?channel=${channel.id}"${here}><span>#</span> ${escapeHtml(channel.name)}${count === 0 ? '' : ` <small>${count}</small>`}</a></li>`
  })
  const people = [...workspace.users.values()]
    .map(({ id, name, locale }) => {
      const here = id === me?.id ? ' aria-current="true"' : ''
      return `<a href="${path}?channel=${current.id}&amp;as=${id}"${here}><span><i></i></span> ${escapeHtml(name)} <small>${escapeHtml(locale.slice(0, 2))}</small></a>`
    })
    .join('')
  return `<nav aria-label="Channels"><h2>${escapeHtml(workspace.name)}</h2><p>Channels</p><ul>${items.join('')}</ul><div class="people"><p>You are</p>${people}</div></nav>`
}

/** A line between two days, in UTC where no script runs. */
function withDays(messages: readonly Message[], place: PlaceOnPage): string {
  let html = ''
  messages.forEach((message, i) => {
    html += messageToHtml(message, place, true)
    const day = dayOf(message)
    const before = messages[i + 1]
    if (before === undefined || dayOf(before) !== day)
      html += `<li class="day"><time data-unix="${secondsOf(message.ts)}" data-format="{date_long_pretty}">${day}</time></li>`
  })
  return html
}

const secondsOf = (ts: string): number => Math.floor(Number(ts))
const dayOf = (message: Message): string => isoOf(message.ts).slice(0, 10)

function messageToHtml(message: Message, place: PlaceOnPage, inChannel: boolean): string {
  const { workspace, channel, thread, options } = place
  const isBot = message.user === workspace.bot.user
  const name = isBot ? workspace.bot.name : message.user
  const replies = inChannel && message.threadTs === undefined ? repliesTo(channel, message.ts) : []
  const body =
    message.blocks.length > 0
      ? `<p class="fallback">${mrkdwnToHtml(message.text)}</p>${blocksToHtml(message.blocks, options.path)}`
      : `<p>${mrkdwnToHtml(message.text)}</p>`
  const selected = thread?.ts === message.ts && inChannel ? ' class="selected"' : ''
  const anchor = inChannel ? ` id="p${message.ts.replace('.', '')}"` : ''
  return `<li${anchor}${selected} data-ts="${message.ts}"><article>
${isBot ? `<img class="avatar" src="${options.path}/avatar.svg" alt="">` : `<span class="avatar">${escapeHtml(name.slice(0, 1))}</span>`}
<div class="content"><p class="by"><b>${escapeHtml(name)}</b>${isBot ? ' <i class="app-badge">APP</i>' : ''} ${clock(message.ts)}${message.broadcast && inChannel ? ' <span class="note">also sent to the channel</span>' : ''}</p>
${message.ephemeralFor === undefined ? '' : '<p class="note">Only visible to you</p>'}${body}${filesOf(workspace, message, options.path)}${message.editedTs === undefined ? '' : `<p class="edited">(edited ${clock(message.editedTs)})</p>`}
${reactionsOf(message)}${repliesLink(replies, message, place)}</div></article></li>`
}

/** `2026-11-20 05:03 UTC`. */
const isoOf = (ts: string): string => isoMinute(unixSeconds(secondsOf(ts)))

const clock = (ts: string): string =>
  `<time data-unix="${secondsOf(ts)}" data-format="{time}">${isoOf(ts).slice(11)}</time>`

function filesOf(workspace: Workspace, { files = [] }: Message, path: string): string {
  return files
    .flatMap((id) => workspace.files.get(id) ?? [])
    .map(
      ({ id, name, altText }) =>
        `<figure><figcaption>${escapeHtml(name)}</figcaption><img src="${path}/files/${id}" alt="${escapeHtml(altText)}"></figure>`,
    )
    .join('')
}

function reactionsOf(message: Message): string {
  if (message.reactions.size === 0) return ''
  const all = [...message.reactions].map(
    ([name, users]) => `<span>${escapeHtml(emojiOf(name))} ${users.size}</span>`,
  )
  return `<p class="reactions">${all.join(' ')}</p>`
}

function repliesLink(
  replies: readonly Message[],
  message: Message,
  { channel, options }: PlaceOnPage,
): string {
  const last = replies.at(-1)
  if (last === undefined) return ''
  const words = replies.length === 1 ? '1 reply' : `${replies.length} replies`
  return `<p class="replies"><a href="${options.path}?channel=${channel.id}&amp;thread=${message.ts}">${words}</a> <span>last ${clock(last.ts)}</span></p>`
}

function threadPane(thread: Message, place: PlaceOnPage): string {
  const { channel, options } = place
  const replies = repliesTo(channel, thread.ts)
  const count = replies.length === 1 ? '1 reply' : `${replies.length} replies`
  return `<aside aria-label="Thread"><header><h2>Thread</h2><p>#${escapeHtml(channel.name)}</p><a class="close" href="${options.path}?channel=${channel.id}&amp;thread=none" aria-label="Close the thread">×</a></header>
<ol>${replies
    .toReversed()
    .map((reply) => messageToHtml(reply, place, false))
    .join('')}<li class="count">${count}</li>${messageToHtml(thread, place, false)}</ol></aside>`
}
