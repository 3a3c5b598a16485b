import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactElement, useEffect, useState } from 'react'
import { metaQuery } from '../api/queries.ts'
import { type Zone, zoneLabel, zones } from '../format/time.ts'
import { Icon, Mark } from './icons.tsx'
import { useFreshness, useLive } from './live.ts'
import { choose, isDark, usePreferences } from './preferences.ts'
import { useSettled } from './settled.ts'
import { useVoice } from './voice.ts'

export function TopBar({ onSearch, onHelp }: { onSearch: () => void; onHelp: () => void }): ReactElement {
  const { words, language } = useVoice()
  const { theme } = usePreferences()
  const meta = useQuery(metaQuery).data
  return (
    <header className="topbar">
      <Link to="/" className="brand">
        <Mark />
        <span>Nines</span>
      </Link>
      {meta?.demo === true && <span className="demo">{words.demo}</span>}
      <button type="button" className="search" onClick={onSearch} aria-keyshortcuts="/ Control+K Meta+K">
        <Icon name="search" size={16} />
        <span>{words.search}</span>
        <kbd>/</kbd>
      </button>
      <div className="tools">
        <LiveLight />
        <Clock />
        <button
          type="button"
          className="tool wide-only"
          onClick={onHelp}
          aria-label={words.help}
          title={`${words.help} (?)`}
        >
          <Icon name="help" />
        </button>
        <button
          type="button"
          className="tool"
          onClick={() => choose({ theme: isDark(theme) ? 'light' : 'dark' })}
          aria-label={`${words.theme}: ${isDark(theme) ? words.themeDark : words.themeLight}`}
          title={`${words.theme} (t)`}
        >
          <Icon name="theme" />
        </button>
        <button
          type="button"
          className="tool text"
          onClick={() => choose({ language: language === 'en' ? 'ja' : 'en' })}
          lang={language === 'en' ? 'ja' : 'en'}
          title={`${words.language} (l)`}
        >
          {language === 'en' ? '日本語' : 'English'}
        </button>
      </div>
    </header>
  )
}

/** Whether the numbers move, in a shape, a word and an age. */
function LiveLight(): ReactElement {
  const { words, duration } = useVoice()
  const live = useLive()
  const { connection, age, stale, heardAt } = useFreshness()
  const shown = connection === 'live' && stale ? 'reconnecting' : connection
  const label = connection === 'paused' ? words.resumeLive : words.pauseLive
  return (
    <button
      type="button"
      className="livelight"
      data-connection={shown}
      onClick={() => live.pause(connection !== 'paused')}
      title={`${label} (.)`}
    >
      <i aria-hidden="true" />
      <span>{words[connection]}</span>
      {heardAt !== undefined && age >= 60 && <span className="age">{words.ago(duration(age))}</span>}
    </button>
  )
}

/** The wall clock that every instant on the page is written by, and the choice of it. */
function Clock(): ReactElement {
  const { words, language, zone, instant } = useVoice()
  const [now, setNow] = useState(() => Date.now() / 1000)
  // To name the local zone the browser loads its tables of zones, which the first rows need not wait for.
  const named = useSettled() || zone !== 'local'
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now() / 1000), 10_000)
    return () => clearInterval(timer)
  }, [])
  const names: Readonly<Record<Zone, string>> = {
    local: words.zoneLocal,
    utc: words.zoneUtc,
    jst: words.zoneJst,
  }
  return (
    <label className="clock">
      <span className="figure">{instant(now)}</span>
      <span className="zone">{named ? zoneLabel(zone, now, language) : ''}</span>
      <select
        aria-label={words.zone}
        value={zone}
        onChange={(e) => choose({ zone: zones.find((z) => z === e.target.value) ?? 'local' })}
      >
        {zones.map((z) => (
          <option key={z} value={z}>
            {names[z]}
          </option>
        ))}
      </select>
    </label>
  )
}
