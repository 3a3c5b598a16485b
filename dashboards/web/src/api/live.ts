import type { QueryClient } from '@tanstack/react-query'
import type { Fleet, IncidentSummary, LiveEvent } from '../../../../src/contract/index.ts'
import { address } from './client.ts'
import { connect, type Heard } from './stream.ts'

/**
 * The live stream, and how old what it said last is. One connection a browser, held by a shared worker; one a tab
 * where there are none. In a worker the connection also does not count as a page that is still loading.
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

export function createLive(client: QueryClient): Live {
  let state: LiveState = { connection: 'connecting', heardAt: undefined }
  let up = false
  const listeners = new Set<() => void>()
  const stopped = new AbortController()
  const become = (next: Partial<LiveState>): void => {
    state = { ...state, ...next }
    for (const tell of listeners) tell()
  }
  const hear = (heard: Heard): void => {
    up = heard.kind === 'event' || heard.up
    if (state.connection === 'paused') return
    if (heard.kind === 'connection') {
      become({ connection: up ? 'live' : 'reconnecting' })
      return
    }
    become({ connection: 'live', heardAt: performance.now() })
    absorb(client, heard.event)
  }
  if ('SharedWorker' in globalThis) listenToWorker(hear, stopped.signal)
  else connect(address('api/v1/stream').href, hear, stopped.signal)

  return {
    state: () => state,
    subscribe: (tell) => {
      listeners.add(tell)
      return () => listeners.delete(tell)
    },
    pause: (paused) => {
      become({ connection: paused ? 'paused' : up ? 'live' : 'connecting' })
      if (!paused) refresh(client)
    },
    stop: () => stopped.abort(),
  }
}

function listenToWorker(hear: (heard: Heard) => void, signal: AbortSignal): void {
  const worker = new SharedWorker(new URL('./stream-worker.ts', import.meta.url), {
    type: 'module',
    name: 'nines-live',
  })
  worker.port.onmessage = (message: MessageEvent<Heard>) => hear(message.data)
  const listen = (): void => worker.port.postMessage({ kind: 'listen', url: address('api/v1/stream').href })
  listen()
  signal.addEventListener('abort', () => worker.port.close())
  // A tab that closes says so, because a port does not: the last one takes the connection with it.
  addEventListener('pagehide', () => worker.port.postMessage({ kind: 'leave' }))
  // One that comes back out of the browser's history listens again; what it missed it asks the API for.
  addEventListener('pageshow', (event) => {
    if (!event.persisted) return
    listen()
    hear({ kind: 'event', event: { type: 'reset' } })
  })
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
