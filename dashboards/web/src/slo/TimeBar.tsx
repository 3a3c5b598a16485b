import { Link } from '@tanstack/react-router'
import { type ReactElement, useState } from 'react'
import type { SloDetail } from '../../../../src/contract/index.ts'
import { Glyph } from '../drawing/Drawn.tsx'
import { frozen, presets, type RangeText, shifted, zoomed } from '../format/range.ts'
import { scopeLabel, scopeText } from '../format/scope.ts'
import { fromInput, toInput } from '../format/time.ts'
import { copyText } from '../shell/clipboard.ts'
import { Icon } from '../shell/icons.tsx'
import { useVoice } from '../shell/voice.ts'
import type { Shown } from './stretch.ts'

/** Which split and which stretch of time the charts below show. Stays in view while they scroll. */
export function TimeBar({
  slo,
  shown,
  scope,
  set,
}: {
  slo: SloDetail
  shown: Shown
  scope: string
  set: (text: RangeText) => void
}): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const [custom, setCustom] = useState(false)
  const tops = slo.scopes.filter((s) => Object.keys(s.scope).length === 1)
  const chosen = tops.some((s) => scopeText(s.scope) === scope) || scope === ''
  const others = chosen ? [] : slo.scopes.filter((s) => scopeText(s.scope) === scope)
  return (
    <div className="timebar">
      {tops.length > 1 && (
        <div className="segments scopes" role="group" aria-label={words.scope}>
          <ScopeLink id={slo.id} scope="" chosen={scope === ''}>
            {words.whole}
          </ScopeLink>
          {[...tops]
            .sort(byText)
            .concat(others)
            .map((s) => (
              <ScopeLink
                key={scopeText(s.scope)}
                id={slo.id}
                scope={scopeText(s.scope)}
                chosen={scopeText(s.scope) === scope}
              >
                <Glyph state={s.state} size={10} label={words[s.state]} />
                {scopeLabel(s.scope)}
              </ScopeLink>
            ))}
        </div>
      )}
      <div className="segments ranges" role="group" aria-label={words.range}>
        <button
          type="button"
          aria-pressed={shown.whole}
          onClick={() => set({})}
          title={`${words.resetRange} (0)`}
        >
          {words.rangeWindow(voice.window(slo.window))}
        </button>
        {presets
          .filter((p) => p !== slo.window)
          .map((p) => (
            <Preset key={p} preset={p} shown={shown} now={slo.now} set={set} />
          ))}
        <button type="button" aria-expanded={custom} onClick={() => setCustom(!custom)}>
          {words.rangeCustom}
        </button>
      </div>
      <div className="segments steps">
        <Step
          label={`${words.earlier} ([)`}
          icon="left"
          act={() => set(frozen(shifted(shown.asked, -1, slo.now)))}
        />
        <Step
          label={`${words.later} (])`}
          icon="right"
          act={() => set(frozen(shifted(shown.asked, 1, slo.now)))}
        />
        <Step
          label={`${words.zoomOut} (-)`}
          icon="minus"
          act={() => set(frozen(zoomed(shown.asked, 'out', slo.now)))}
        />
        <Step
          label={`${words.zoomIn} (+)`}
          icon="plus"
          act={() => set(frozen(zoomed(shown.asked, 'in', slo.now)))}
        />
      </div>
      <CopyLink shown={shown} set={set} />
      <Link
        to="/compare"
        search={{ slos: scope === '' ? slo.id : `${slo.id} ${slo.id}@${scope}` }}
        className="tool text"
      >
        <Icon name="compare" size={16} /> {words.compareThis}
      </Link>
      <span className="span muted">
        {words.to2(
          voice.instant(shown.asked.from, 'day-minute'),
          voice.instant(Math.min(slo.now, shown.asked.to), 'day-minute'),
        )}
      </span>
      {custom && <Custom shown={shown} now={slo.now} set={set} onDone={() => setCustom(false)} />}
    </div>
  )
}

function byText(a: SloDetail['scopes'][number], b: SloDetail['scopes'][number]): number {
  return scopeText(a.scope).localeCompare(scopeText(b.scope))
}

function ScopeLink({
  id,
  scope,
  chosen,
  children,
}: {
  id: string
  scope: string
  chosen: boolean
  children: React.ReactNode
}): ReactElement {
  return (
    <Link
      to="/slo/$"
      params={{ _splat: id }}
      search={(s) => ({ ...s, scope })}
      replace
      resetScroll={false}
      data-chosen={chosen || undefined}
      aria-current={chosen ? 'true' : undefined}
    >
      {children}
    </Link>
  )
}

export function Preset({
  preset,
  shown,
  now,
  set,
}: {
  preset: (typeof presets)[number]
  shown: Shown
  now: number
  set: (text: RangeText) => void
}): ReactElement {
  const voice = useVoice()
  const length = Number.parseInt(preset, 10) * (preset.endsWith('d') ? 86_400 : 3600)
  const mine =
    !shown.whole &&
    now - shown.asked.to < 3600 &&
    Math.abs(shown.asked.to - shown.asked.from - length) <= length / 60
  return (
    <button
      type="button"
      aria-pressed={mine}
      onClick={() => set({ from: `now-${preset}`, to: 'now' })}
      title={voice.words.rangeLast(voice.window(preset))}
    >
      {preset}
    </button>
  )
}

export function Step({
  label,
  icon,
  act,
}: {
  label: string
  icon: 'left' | 'right' | 'plus' | 'minus'
  act: () => void
}): ReactElement {
  return (
    <button type="button" aria-label={label} title={label} onClick={act}>
      <Icon name={icon} size={14} />
    </button>
  )
}

/** A link that shows the same to whoever opens it, whenever. */
export function CopyLink({ shown, set }: { shown: Shown; set: (text: RangeText) => void }): ReactElement {
  const { words } = useVoice()
  const [copied, setCopied] = useState(false)
  const copy = async (): Promise<void> => {
    const url = new URL(location.href)
    for (const [name, value] of Object.entries(frozen(shown.asked))) url.searchParams.set(name, value)
    // Without a clipboard the address itself becomes the link.
    if (!(await copyText(url.href))) return set(frozen(shown.asked))
    setCopied(true)
    setTimeout(() => setCopied(false), 2000)
  }
  return (
    <button type="button" className="tool text" onClick={() => void copy()} aria-live="polite">
      <Icon name="link" size={16} /> {copied ? words.copied : words.copyLink}
    </button>
  )
}

export function Custom({
  shown,
  now,
  set,
  onDone,
}: {
  shown: Shown
  now: number
  set: (text: RangeText) => void
  onDone: () => void
}): ReactElement {
  const { words, zone } = useVoice()
  const [from, setFrom] = useState(() => toInput(shown.asked.from, zone))
  const [to, setTo] = useState(() => toInput(Math.min(now, shown.asked.to), zone))
  const start = fromInput(from, zone)
  const end = fromInput(to, zone)
  const valid = start !== undefined && end !== undefined && end - start >= 60
  return (
    <form
      className="custom"
      onSubmit={(e) => {
        e.preventDefault()
        if (!valid) return
        set(frozen({ from: start, to: Math.min(end, now) }))
        onDone()
      }}
    >
      <label>
        {words.from}
        <input
          className="field"
          type="datetime-local"
          value={from}
          onChange={(e) => setFrom(e.target.value)}
        />
      </label>
      <label>
        {words.to}
        <input className="field" type="datetime-local" value={to} onChange={(e) => setTo(e.target.value)} />
      </label>
      <button type="submit" className="button primary" disabled={!valid}>
        {words.apply}
      </button>
    </form>
  )
}
