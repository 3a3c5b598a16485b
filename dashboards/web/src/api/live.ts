import type { QueryClient } from '@tanstack/react-query'
import type { Fleet, IncidentSummary, LiveEvent } from '../../../../src/contract/index.ts'
import { address } from './client.ts'

/**
 * The live stream, and how old what it said last is. One connection a browser where tabs can agree on who holds it (a
 * lock and a channel, which need HTTPS or localhost); one a tab elsewhere.
 */
export interface LiveState {
  readonly connection: 'connecting' | 'live' | 'reconnecting' | 'paused'
  /** Milliseconds of this page's clock at the last event; undefined before the first. */
  readonly heardAt: number | undefined
}

export interface Live {
  readonly state: () => LiveState
  readonly subscribe: (tell: () => void) => () => void
  readonly pause: (paused: boolean) => void
  /** Ends the connection and everything waiting for it. */
  readonly stop: () => void
}

type Heard =
  | { readonly kind: 'event'; readonly event: LiveEvent }
  | { readonly kind: 'connection'; readonly up: boolean }

const RETRY_MS = 3000

export function createLive(client: QueryClient): Live {
  let state: LiveState = { connection: 'connecting', heardAt: undefined }
  const listeners = new Set<() => void>()
  const stopped = new AbortController()
  const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('nines-live') : undefined

  const become = (next: Partial<LiveState>): void => {
    state = { ...state, ...next }
    for (const tell of listeners) tell()
  }
  const hear = (heard: Heard): void => {
    if (state.connection === 'paused') return
    if (heard.kind === 'connection') {
      become({ connection: heard.up ? 'live' : 'reconnecting' })
      return
    }
    become({ connection: 'live', heardAt: performance.now() })
    absorb(client, heard.event)
  }
  const hold = (): void =>
    connect(stopped.signal, (heard) => {
      hear(heard)
      channel?.postMessage(heard)
    })

  if (channel) channel.onmessage = (message: MessageEvent<Heard>) => hear(message.data)
  if (channel && 'locks' in navigator) {
    // Whoever gets the lock holds the connection until its tab closes; then the next in the queue takes over.
    const wait = navigator.locks.request('nines-live', { signal: stopped.signal }, () => {
      hold()
      return new Promise<void>((done) => stopped.signal.addEventListener('abort', () => done()))
    })
    wait.catch(() => become({ connection: 'reconnecting' }))
  } else hold()

  return {
    state: () => state,
    subscribe: (tell) => {
      listeners.add(tell)
      return () => listeners.delete(tell)
    },
    pause: (paused) => {
      become({ connection: paused ? 'paused' : 'connecting' })
      if (!paused) refresh(client)
    },
    stop: () => {
      stopped.abort()
      channel?.close()
    },
  }
}

function connect(signal: AbortSignal, hear: (heard: Heard) => void): void {
  if (signal.aborted) return
  const source = new EventSource(address('api/v1/stream'))
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
    if (source.readyState === EventSource.CLOSED) setTimeout(() => connect(signal, hear), RETRY_MS)
  }
  signal.addEventListener('abort', () => source.close())
}

/** Puts what was heard where the pages look. */
function absorb(client: QueryClient, event: LiveEvent): void {
  switch (event.type) {
    case 'fleet': {
      const changed = new Map(event.changed.map((s) => [s.id, s]))
      client.setQueryData<Fleet>(['fleet'], (fleet) => {
        if (fleet === undefined) return undefined
        const known = new Set(fleet.slos.map((s) => s.id))
        const added = event.changed.filter((s) => !known.has(s.id))
        const slos = [...fleet.slos.map((s) => changed.get(s.id) ?? s), ...added]
        return { now: event.now, sentence: event.sentence, states: event.states, slos }
      })
      for (const id of changed.keys()) void client.invalidateQueries({ queryKey: ['slo', id] })
      return
    }
    case 'incident': {
      const { incident } = event
      client.setQueryData<readonly IncidentSummary[]>(['incidents'], (list) =>
        list === undefined ? undefined : [incident, ...list.filter((i) => i.id !== incident.id)],
      )
      void client.invalidateQueries({ queryKey: ['incident', incident.id] })
      return
    }
    case 'reset':
      refresh(client)
      return
    default:
      event satisfies never
  }
}

function refresh(client: QueryClient): void {
  void client.invalidateQueries()
}
