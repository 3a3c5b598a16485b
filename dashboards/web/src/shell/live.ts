import { createContext, use, useEffect, useState, useSyncExternalStore } from 'react'
import type { Live, LiveState } from '../api/live.ts'

export const LiveContext = createContext<Live | undefined>(undefined)

export function useLive(): Live {
  const live = use(LiveContext)
  if (live === undefined) throw new Error('useLive needs a LiveContext above it')
  return live
}

/** A service evaluates every minute; three minutes without a word is a stream that says nothing any more. */
const STALE_AFTER_S = 180

export interface Freshness extends LiveState {
  /** Whole seconds since the last event, or since the page opened when there was none. */
  readonly age: number
  readonly stale: boolean
}

/** The stream's state, with its age, told again every five seconds. */
export function useFreshness(): Freshness {
  const live = useLive()
  const state = useSyncExternalStore(live.subscribe, live.state)
  const [now, setNow] = useState(() => performance.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 5000)
    return () => clearInterval(timer)
  }, [])
  const age = Math.max(0, Math.floor((now - (state.heardAt ?? 0)) / 1000))
  return { ...state, age, stale: age > STALE_AFTER_S }
}
