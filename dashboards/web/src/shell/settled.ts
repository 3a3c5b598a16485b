import { useSyncExternalStore } from 'react'

// What can wait until the page can be used: it waits once in the life of a page, not on every one.
let settled = false
const listeners = new Set<() => void>()

function settle(): void {
  settled = true
  for (const tell of listeners) tell()
}

/** Whether the first page has been shown and had a moment of nothing to do. */
export function useSettled(): boolean {
  return useSyncExternalStore(subscribe, () => settled)
}

function subscribe(tell: () => void): () => void {
  // The first who waits starts the wait: before there is something to show, an idle moment only means that it is awaited.
  if (listeners.size === 0 && !settled) afterPaint(settle)
  listeners.add(tell)
  return () => listeners.delete(tell)
}

function afterPaint(then: () => void): void {
  requestAnimationFrame(() => {
    // Not every browser says when it is idle; the moment after the frame is near enough.
    if ('requestIdleCallback' in globalThis) requestIdleCallback(then, { timeout: 1_000 })
    else setTimeout(then, 50)
  })
}
