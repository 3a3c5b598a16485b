/** What the page runs: times as the reader's clock shows them, and the page again when something has changed. */
export const SCRIPT: string = `
const parts = (date) => {
  const day = (options) => new Intl.DateTimeFormat(undefined, options).format(date)
  const midnight = (d) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime()
  const days = Math.round((midnight(date) - midnight(new Date())) / 86400000)
  const near = { '-1': 'Yesterday', 0: 'Today', 1: 'Tomorrow' }[days]
  const long = day({ weekday: 'long', month: 'long', day: 'numeric', year: 'numeric' })
  const short = day({ month: 'short', day: 'numeric', year: 'numeric' })
  const plain = day({ month: 'long', day: 'numeric', year: 'numeric' })
  const inside = (text) => (near ? near.toLowerCase() : text)
  return {
    date_num: day({ year: 'numeric', month: '2-digit', day: '2-digit' }),
    date: plain, date_short: short, date_long: long,
    date_pretty: inside(plain), date_short_pretty: inside(short), date_long_pretty: near || long,
    time: day({ hour: 'numeric', minute: '2-digit' }),
    time_secs: day({ hour: 'numeric', minute: '2-digit', second: '2-digit' }),
    ago: ago((Date.now() - date.getTime()) / 1000),
  }
}
const ago = (seconds) => {
  const format = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' })
  const [size, unit] = [[86400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']]
    .find(([size]) => Math.abs(seconds) >= size) || [1, 'second']
  return format.format(-Math.trunc(seconds / size), unit)
}
const tellTimes = (root) => {
  for (const time of root.querySelectorAll('time[data-unix]')) {
    const date = new Date(Number(time.dataset.unix) * 1000)
    const all = parts(date)
    time.dateTime = date.toISOString()
    time.title = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' }).format(date)
    time.textContent = time.dataset.format.replace(/\\{(\\w+)\\}/g, (whole, name) => all[name] ?? whole)
  }
}
const home = document.querySelector('link[rel=stylesheet]').getAttribute('href').replace(/\\/slack\\.css$/, '')
let busy = false
const look = async () => {
  if (busy || document.hidden) return
  busy = true
  try {
    const app = document.querySelector('.app')
    const state = await (await fetch(home + '/state.json')).json()
    if (String(state.revision) !== app.dataset.revision) {
      const text = await (await fetch(location.href)).text()
      const next = new DOMParser().parseFromString(text, 'text/html')
      // A form that stands open keeps what is being written.
      const open = app.querySelector('[data-view]')
      const same = open && next.querySelector('[data-view="' + open.dataset.view + '"]')
      if (same && !same.querySelector('.error')) same.closest('.veil').replaceWith(open.closest('.veil'))
      const composing = app.querySelector('[data-composer]')
      if (composing && next.querySelector('[data-composer]')) next.querySelector('[data-composer]').replaceWith(composing)
      const focused = document.activeElement
      const list = app.querySelector('.messages')
      const before = list ? list.scrollTop : 0
      app.replaceWith(next.querySelector('.app'))
      const now = document.querySelector('.messages')
      if (now) now.scrollTop = before
      if (focused && document.contains(focused)) focused.focus()
      document.querySelector('.app .dialog textarea')?.focus()
      document.title = next.title
    }
    tellTimes(document)
  } catch {
    // The service is restarting: the next look finds it.
  } finally {
    busy = false
  }
}
const app = () => document.querySelector('.app')
const say = (text) => {
  const status = document.querySelector('[role=status]')
  if (status) status.textContent = text
}
const tell = async (path, body) => {
  const response = await fetch(home + '/' + path, {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ channel: app().dataset.channel, user: app().dataset.me, ...body }),
  })
  const done = await response.json()
  if (!done.ok) say('Slack would say: ' + done.error)
  for (const ms of [50, 300, 900]) setTimeout(look, ms)
  return done.ok
}
document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-press]')
  const item = button && button.closest('[data-ts]')
  if (item) void tell('press', { ts: item.dataset.ts, action: button.dataset.press })
  const close = event.target.closest('[data-close]')
  if (close) void tell('close', { view: close.closest('[data-view]').dataset.view })
})
document.addEventListener('submit', async (event) => {
  event.preventDefault()
  const form = event.target
  const values = Object.fromEntries(new FormData(form))
  if (form.dataset.view) await tell('submit', { view: form.dataset.view, texts: values })
  else if (await tell(values.text.startsWith('/') ? 'command' : 'mention', { text: values.text })) form.reset()
})
tellTimes(document)
setInterval(look, 2000)
document.addEventListener('visibilitychange', look)
`
