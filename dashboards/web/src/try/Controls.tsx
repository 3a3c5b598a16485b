import { type ReactElement, useId } from 'react'
import type { Preview } from '../../../../src/contract/index.ts'
import { useVoice } from '../shell/voice.ts'
import type { TrySearch } from './TryPage.tsx'
import { nearest, targets, thresholds, windows } from './targets.ts'

/** What can be promised otherwise. Sliders work with arrow keys; each says its value in words. */
export function Controls({
  search,
  preview,
  set,
}: {
  search: TrySearch
  preview: Preview
  set: (change: TrySearch) => void
}): ReactElement {
  const { words, latency } = useVoice()
  const target = search.target ?? preview.target
  const at = nearest(
    targets.map((t) => Math.log10(100 - Number(t))),
    Math.log10(Math.max(0.0001, 100 - Number(target))),
  )
  const within =
    search.within === undefined ? preview.withinMs : search.within === 'any' ? null : Number(search.within)
  const step = within === null ? thresholds.length : nearest(thresholds, within)
  return (
    <section className="controls">
      <Slider
        label={words.tryTarget}
        says={`${target}\u202f%`}
        at={at}
        most={targets.length - 1}
        onChange={(i) => set({ target: targets[i] ?? target })}
      />
      <Exactly target={target} set={set} />
      <Slider
        label={words.tryThreshold}
        says={within === null ? words.tryAnyDuration : `< ${latency(within)}`}
        at={step}
        most={thresholds.length}
        onChange={(i) => set({ within: i === thresholds.length ? 'any' : String(thresholds[i]) })}
      />
      <div className="control">
        <span className="label" id="try-window">
          {words.tryWindow}
        </span>
        <div className="segments small" role="group" aria-labelledby="try-window">
          {windows.map((days) => (
            <button
              key={days}
              type="button"
              aria-pressed={Number(search.window ?? preview.windowDays) === days}
              onClick={() => set({ window: String(days) })}
            >
              {words.tryWindowDays(String(days))}
            </button>
          ))}
        </div>
      </div>
    </section>
  )
}

function Slider({
  label,
  says,
  at,
  most,
  onChange,
}: {
  label: string
  says: string
  at: number
  most: number
  onChange: (at: number) => void
}): ReactElement {
  const id = useId()
  return (
    <div className="control">
      <label className="label" htmlFor={id}>
        {label}
      </label>
      <output className="figure" htmlFor={id}>
        {says}
      </output>
      <input
        id={id}
        type="range"
        min={0}
        max={most}
        step={1}
        value={at}
        aria-valuetext={says}
        onChange={(e) => onChange(Number(e.target.value))}
      />
    </div>
  )
}

/** Any target with up to four decimals; what is not one is not asked. */
function Exactly({ target, set }: { target: string; set: (change: TrySearch) => void }): ReactElement {
  const { words } = useVoice()
  return (
    <label className="control exact">
      <span className="label">{words.tryTargetExact}</span>
      <input
        key={target}
        className="field"
        inputMode="decimal"
        defaultValue={target}
        onChange={(e) => {
          if (/^\d{1,2}(\.\d{1,4})?$/.test(e.target.value) && Number(e.target.value) > 0)
            set({ target: e.target.value })
        }}
      />
    </label>
  )
}
