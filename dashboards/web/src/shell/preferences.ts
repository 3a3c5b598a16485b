import { useSyncExternalStore } from 'react'
import { type Zone, zones } from '../format/time.ts'
import { type Language, languages, type Words, wordsOf } from '../words/index.ts'

export type Theme = 'system' | 'light' | 'dark' | 'contrast'

/** What a reader chose for this browser. An address may say otherwise for one page: `?theme=dark&lang=ja&tz=utc`. */
export interface Preferences {
  readonly theme: Theme
  readonly language: Language
  readonly zone: Zone
  /** Whether keys without Ctrl or ⌘ do something (WCAG 2.1.4). */
  readonly singleKeys: boolean
  /** Written beside what this reader does to incidents. */
  readonly name: string
}

const themes: readonly Theme[] = ['system', 'light', 'dark', 'contrast']
const PREFIX = 'nines.'

let current = read()
const listeners = new Set<() => void>()

function read(): Preferences {
  const asked = new URLSearchParams(location.search)
  return {
    theme: oneOf(themes, asked.get('theme') ?? kept('theme')) ?? 'system',
    language:
      oneOf(languages, asked.get('lang') ?? kept('lang')) ??
      (navigator.language.startsWith('ja') ? 'ja' : 'en'),
    zone: oneOf(zones, asked.get('tz') ?? kept('tz')) ?? 'local',
    singleKeys: kept('keys') !== 'off',
    name: kept('name') ?? '',
  }
}

/** Keeps the choice and shows it at once. */
export function choose(choice: Partial<Preferences>): void {
  current = { ...current, ...choice }
  if (choice.theme) keep('theme', choice.theme)
  if (choice.language) keep('lang', choice.language)
  if (choice.zone) keep('tz', choice.zone)
  if (choice.singleKeys !== undefined) keep('keys', choice.singleKeys ? 'on' : 'off')
  if (choice.name !== undefined) keep('name', choice.name)
  show()
  for (const tell of listeners) tell()
}

/** Writes theme and language where the style sheet and assistive technology look. */
export function show(): void {
  const root = document.documentElement
  if (current.theme === 'system') delete root.dataset['theme']
  else root.dataset['theme'] = current.theme
  root.lang = current.language
}

export function isDark(theme: Theme): boolean {
  return theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches)
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, () => current)
}

export function useWords(): Words {
  return wordsOf(usePreferences().language)
}

function subscribe(tell: () => void): () => void {
  listeners.add(tell)
  return () => listeners.delete(tell)
}

function oneOf<T extends string>(known: readonly T[], text: string | null): T | undefined {
  return known.find((k) => k === text)
}

/** Storage may be switched off or full; a choice then lasts as long as the page. */
function kept(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name)
  } catch {
    return null
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value)
  } catch {
    // As above: the choice lasts as long as the page.
  }
}

/** Whether the page is dark now, whoever decided it; never on paper. */
export function useDark(): boolean {
  return useSyncExternalStore(
    (tell) => {
      const quiet = subscribe(tell)
      const queries = ['(prefers-color-scheme: dark)', 'print'].map((q) => matchMedia(q))
      for (const query of queries) query.addEventListener('change', tell)
      return () => {
        quiet()
        for (const query of queries) query.removeEventListener('change', tell)
      }
    },
    () => isDark(current.theme) && !matchMedia('print').matches,
  )
}
