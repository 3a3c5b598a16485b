import type { LiveEvent } from '../../../../src/contract/index.ts'

/** What the stream's holder tells whoever listens. */
export type Heard =
  | { readonly kind: 'event'; readonly event: LiveEvent }
  | { readonly kind: 'connection'; readonly up: boolean }

const RETRY_MS = 3000

/** Holds the stream until the signal, through refusals and restarts of the service. */
export function connect(url: string, hear: (heard: Heard) => void, signal: AbortSignal): void {
  if (signal.aborted) return
  const source = new EventSource(url)
  const take = (message: MessageEvent<string>): void => {
    const event: LiveEvent = JSON.parse(message.data)
    hear({ kind: 'event', event })
  }
  source.onopen = () => hear({ kind: 'connection', up: true })
  source.onmessage = take
  for (const name of ['fleet', 'incident', 'reset']) source.addEventListener(name, take)
  source.onerror = () => {
    hear({ kind: 'connection', up: false })
    // The browser tries again by itself unless the answer was a refusal; then it is on us.
    if (source.readyState === EventSource.CLOSED) setTimeout(() => connect(url, hear, signal), RETRY_MS)
  }
  signal.addEventListener('abort', () => source.close())
}
