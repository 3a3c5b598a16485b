import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, type ReactElement, type ReactNode, useEffect, useRef, useState } from 'react'
import { fleetQuery, incidentsQuery, servicesQuery } from '../api/queries.ts'
import { Glyph } from '../drawing/Drawn.tsx'
import { matches } from '../fleet/filter.ts'
import { zones } from '../format/time.ts'
import { DEFAULT_LENGTH } from '../services/filter.ts'
import { Dialog } from './Dialog.tsx'
import { Icon, type IconName } from './icons.tsx'
import { choose, useWords } from './preferences.ts'
import { useVoice } from './voice.ts'

interface Choice {
  readonly key: string
  readonly text: string
  readonly detail: string
  readonly mark: ReactNode
  readonly act: () => void
}

const MOST = 40

/** One field that finds promises, incidents, pages and commands. */
export function Palette({ onClose, onHelp }: { onClose: () => void; onHelp: () => void }): ReactElement {
  const words = useWords()
  const [query, setQuery] = useState('')
  const [at, setAt] = useState(0)
  const list = useRef<HTMLDivElement>(null)
  const found = useChoices(onHelp)
    .filter((c) => matches(`${c.text} ${c.detail}`, query))
    .slice(0, MOST)
  const chosen = Math.min(at, Math.max(0, found.length - 1))
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  })
  const take = (choice: Choice | undefined): void => {
    if (choice === undefined) return
    onClose()
    choice.act()
  }
  const press = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Enter') take(found[chosen])
    else if (event.key === 'ArrowDown') setAt(Math.min(found.length - 1, chosen + 1))
    else if (event.key === 'ArrowUp') setAt(Math.max(0, chosen - 1))
    else return
    event.preventDefault()
  }
  return (
    <Dialog label={words.search} className="palette" onClose={onClose}>
      <input
        type="search"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={found.length > 0 ? `choice-${chosen}` : undefined}
        aria-label={words.searchHint}
        placeholder={words.searchHint}
        autoComplete="off"
        spellCheck={false}
        value={query}
        onChange={(e) => {
          setQuery(e.target.value)
          setAt(0)
        }}
        onKeyDown={press}
      />
      <div id="palette-list" role="listbox" aria-label={words.search} ref={list}>
        {found.map((c, i) => (
          <div
            key={c.key}
            id={`choice-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === chosen}
            onPointerMove={() => setAt(i)}
            onClick={() => take(c)}
          >
            <span className="mark">{c.mark}</span>
            <span className="name">{c.text}</span>
            <span className="detail">{c.detail}</span>
          </div>
        ))}
      </div>
      {found.length === 0 && <p className="nothing">{words.noMatch}</p>}
    </Dialog>
  )
}

function useChoices(onHelp: () => void): Choice[] {
  const { words } = useVoice()
  const navigate = useNavigate()
  const slos = useQuery(fleetQuery).data?.slos ?? []
  const incidents = useQuery(incidentsQuery).data ?? []
  const seen = useQuery(servicesQuery(DEFAULT_LENGTH)).data?.services.map(({ service }) => service) ?? []
  const services = [...new Set([...seen, ...slos.map(({ service }) => service)])].sort()
  const icon = (name: IconName): ReactElement => <Icon name={name} size={16} />
  const pages = usePages()
  const commands = useCommands(onHelp)
  return [
    ...slos.map((s) => ({
      key: `s-${s.id}`,
      text: s.name,
      detail: `${s.service} · ${words[s.state]}`,
      mark: <Glyph state={s.state} />,
      act: () => void navigate({ to: '/slo/$', params: { _splat: s.id } }),
    })),
    ...pages,
    ...services.map((name) => ({
      key: `v-${name}`,
      text: name,
      detail: words.service,
      mark: icon('services'),
      act: () => void navigate({ to: '/service/$', params: { _splat: name } }),
    })),
    ...incidents.map((i) => ({
      key: `i-${i.id}`,
      text: `${i.id} ${i.name}`,
      detail: words[i.state],
      mark: icon('incidents'),
      act: () => void navigate({ to: '/incidents/$incidentId', params: { incidentId: i.id } }),
    })),
    ...commands,
  ]
}

/** Where to go, by the same keys as everywhere. */
const PAGES = [
  { to: '/', keys: 'g f', word: 'fleet', icon: 'fleet' },
  { to: '/services', keys: 'g v', word: 'services', icon: 'services' },
  { to: '/incidents', keys: 'g i', word: 'incidents', icon: 'incidents' },
  { to: '/review', keys: 'g r', word: 'review', icon: 'review' },
  { to: '/events', keys: 'g e', word: 'plans', icon: 'plans' },
  { to: '/try', keys: 'g t', word: 'tryPick', icon: 'try' },
  { to: '/compare', keys: 'g c', word: 'compareTitle', icon: 'compare' },
  { to: '/wall', keys: 'g w', word: 'wall', icon: 'wall' },
  { to: '/sources', keys: 'g s', word: 'sources', icon: 'sources' },
] as const

function usePages(): Choice[] {
  const words = useWords()
  const navigate = useNavigate()
  return PAGES.map(({ to, keys, word, icon }) => ({
    key: `p-${to}`,
    text: words[word],
    detail: keys,
    mark: <Icon name={icon} size={16} />,
    act: () => void navigate({ to }),
  }))
}

function useCommands(onHelp: () => void): Choice[] {
  const words = useWords()
  const icon = (name: IconName): ReactElement => <Icon name={name} size={16} />
  const zoneNames = { local: words.zoneLocal, utc: words.zoneUtc, jst: words.zoneJst }
  return [
    {
      key: 'c-light',
      text: `${words.theme}: ${words.themeLight}`,
      detail: 't',
      mark: icon('theme'),
      act: () => choose({ theme: 'light' }),
    },
    {
      key: 'c-dark',
      text: `${words.theme}: ${words.themeDark}`,
      detail: 't',
      mark: icon('theme'),
      act: () => choose({ theme: 'dark' }),
    },
    {
      key: 'c-contrast',
      text: `${words.theme}: ${words.themeContrast}`,
      detail: '',
      mark: icon('theme'),
      act: () => choose({ theme: 'contrast' }),
    },
    {
      key: 'c-system',
      text: `${words.theme}: ${words.themeSystem}`,
      detail: '',
      mark: icon('theme'),
      act: () => choose({ theme: 'system' }),
    },
    {
      key: 'c-en',
      text: 'English',
      detail: words.language,
      mark: icon('help'),
      act: () => choose({ language: 'en' }),
    },
    {
      key: 'c-ja',
      text: '日本語',
      detail: words.language,
      mark: icon('help'),
      act: () => choose({ language: 'ja' }),
    },
    ...zones.map((zone) => ({
      key: `c-${zone}`,
      text: `${words.zone}: ${zoneNames[zone]}`,
      detail: 'z',
      mark: icon('help'),
      act: () => choose({ zone }),
    })),
    { key: 'c-help', text: words.help, detail: '?', mark: icon('help'), act: onHelp },
  ]
}
