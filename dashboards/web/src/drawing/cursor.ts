import { useSyncExternalStore } from 'react'

/** The instant that every chart of the page points at; undefined while nobody points. */
let at: number | undefined
const listeners = new Set<() => void>()

export function point(instant: number | undefined): void {
  if (instant === at) return
  at = instant
  for (const tell of listeners) tell()
}

export function onPoint(tell: () => void): () => void {
  listeners.add(tell)
  return () => listeners.delete(tell)
}

export function pointed(): number | undefined {
  return at
}

export function usePointed(): number | undefined {
  return useSyncExternalStore(onPoint, pointed)
}
