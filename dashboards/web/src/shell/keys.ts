import { useEffect, useRef } from 'react'
import { usePreferences } from './preferences.ts'

/** Keys without Ctrl or ⌘, each doing one thing on the page that is open. `g f` is two keys, one after the other. */
export type Keys = Readonly<Record<string, () => void>>

const SEQUENCE_MS = 1200

/** Not while somebody writes, nor inside a dialog, nor when single keys are switched off. */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys)
  const { singleKeys } = usePreferences()
  useEffect(() => {
    latest.current = keys
  })
  useEffect(() => {
    if (!singleKeys) return
    let first = ''
    let firstAt = 0
    const press = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || writes(event.target)) return
      const sequence = event.timeStamp - firstAt < SEQUENCE_MS ? `${first} ${event.key}` : event.key
      const act = latest.current[sequence] ?? latest.current[event.key]
      first = event.key
      firstAt = event.timeStamp
      if (act === undefined) return
      event.preventDefault()
      act()
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [singleKeys])
}

function writes(target: EventTarget | null): boolean {
  return (
    target instanceof Element && target.closest('input, textarea, select, dialog, [contenteditable]') !== null
  )
}

/** Moves the focus among the rows of the page's list; the focused row's own link opens with Enter. */
export function moveRow(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')]
  const here = rows.findIndex((row) => row === document.activeElement)
  const next = rows[here < 0 ? (by === 1 ? 0 : rows.length - 1) : here + by]
  next?.focus()
  next?.scrollIntoView({ block: 'nearest' })
}
