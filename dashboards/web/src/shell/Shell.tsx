import { Outlet, useNavigate } from '@tanstack/react-router'
import { type ReactElement, useEffect, useState } from 'react'
import { zones } from '../format/time.ts'
import { HelpDialog } from './HelpDialog.tsx'
import { moveRow, useKeys } from './keys.ts'
import { useFreshness, useLive } from './live.ts'
import { Palette } from './Palette.tsx'
import { choose, isDark, usePreferences, useWords } from './preferences.ts'
import { Rail } from './Rail.tsx'
import { StaleNotice } from './States.tsx'
import { TopBar } from './TopBar.tsx'

/** What stands around every page: rail, top bar, search, keys. */
export function Shell(): ReactElement {
  const words = useWords()
  const [open, setOpen] = useState<'palette' | 'help' | undefined>(undefined)
  const freshness = useFreshness()
  useShellKeys(setOpen)
  return (
    <div className="shell" data-stale={freshness.stale || undefined}>
      <a className="skip" href="#main" onClick={focusMain}>
        {words.skip}
      </a>
      <Rail />
      <TopBar onSearch={() => setOpen('palette')} onHelp={() => setOpen('help')} />
      <main id="main" tabIndex={-1}>
        <StaleNotice />
        <Outlet />
      </main>
      {open === 'palette' && <Palette onClose={() => setOpen(undefined)} onHelp={() => setOpen('help')} />}
      {open === 'help' && <HelpDialog onClose={() => setOpen(undefined)} />}
    </div>
  )
}

/** With a base element in the page, a bare fragment would lead away from it. */
function focusMain(event: { preventDefault: () => void }): void {
  event.preventDefault()
  document.getElementById('main')?.focus()
}

function useShellKeys(setOpen: (what: 'palette' | 'help') => void): void {
  const navigate = useNavigate()
  const live = useLive()
  const { theme, language, zone } = usePreferences()
  const paused = useFreshness().connection === 'paused'
  useKeys({
    '/': () => setOpen('palette'),
    '?': () => setOpen('help'),
    'g f': () => void navigate({ to: '/' }),
    'g i': () => void navigate({ to: '/incidents' }),
    'g v': () => void navigate({ to: '/services' }),
    'g r': () => void navigate({ to: '/review' }),
    'g e': () => void navigate({ to: '/events' }),
    'g t': () => void navigate({ to: '/try' }),
    'g c': () => void navigate({ to: '/compare' }),
    'g w': () => void navigate({ to: '/wall' }),
    'g s': () => void navigate({ to: '/sources' }),
    j: () => moveRow(1),
    k: () => moveRow(-1),
    t: () => choose({ theme: isDark(theme) ? 'light' : 'dark' }),
    l: () => choose({ language: language === 'en' ? 'ja' : 'en' }),
    z: () => choose({ zone: zones[(zones.indexOf(zone) + 1) % zones.length] ?? 'local' }),
    '.': () => live.pause(!paused),
  })
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.metaKey || event.ctrlKey)) return
      event.preventDefault()
      setOpen('palette')
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [setOpen])
}
