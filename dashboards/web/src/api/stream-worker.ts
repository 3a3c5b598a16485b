import { connect, type Heard } from './stream.ts'

// One stream for all tabs of a browser: HTTP/1.1 gives a host six connections, and six tabs would take them all.

/** What a tab says to the worker. */
type Said = { readonly kind: 'listen'; readonly url: string } | { readonly kind: 'leave' }

const tabs = new Set<MessagePort>()
let held: AbortController | undefined
let last: Heard | undefined

addEventListener('connect', (event) => {
  const port = event instanceof MessageEvent ? event.ports[0] : undefined
  if (!port) return
  port.onmessage = (message: MessageEvent<Said>) => {
    if (message.data.kind === 'listen') join(port, message.data.url)
    else leave(port)
  }
})

function join(port: MessagePort, url: string): void {
  tabs.add(port)
  // A tab that comes late learns that the stream is up; what it missed it has asked the API for.
  if (last?.kind === 'connection' || last?.kind === 'event')
    port.postMessage({ kind: 'connection', up: last.kind === 'event' || last.up })
  if (held) return
  held = new AbortController()
  connect(url, tellAll, held.signal)
}

function leave(port: MessagePort): void {
  tabs.delete(port)
  if (tabs.size > 0) return
  held?.abort()
  held = undefined
  last = undefined
}

function tellAll(heard: Heard): void {
  last = heard
  for (const tab of tabs) tab.postMessage(heard)
}
