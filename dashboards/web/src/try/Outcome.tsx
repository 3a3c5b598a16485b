import { type ReactElement, useMemo } from 'react'
import type { Preview } from '../../../../src/contract/index.ts'
import { ChartPanel } from '../drawing/ChartPanel.tsx'
import type { Plot } from '../drawing/TimeChart.tsx'
import { useVoice } from '../shell/voice.ts'
import type { TrySearch } from './TryPage.tsx'

/** The sentence, the budget it would have had, and the target that history suggests. */
export function Outcome({
  preview,
  set,
}: {
  preview: Preview
  set: (change: TrySearch) => void
}): ReactElement {
  const voice = useVoice()
  const { words, percent, count } = voice
  const { leftRatio: left, lowest, sli, suggested } = preview
  const target = `${preview.target}\u202f%`
  const window = words.tryWindowDays(String(preview.windowDays))
  const total = preview.good + preview.bad
  const plot = useMemo((): Plot => plotOf(preview, words.tryLeft, percent), [preview, words, percent])
  return (
    <>
      <section className="verdictbox">
        <p className="verdict" aria-live="polite">
          {left === null
            ? words.tryNone
            : left < 0
              ? words.tryBroken(percent(Math.ceil(-left * 100) / 100), target, window)
              : words.tryKept(percent(left), target, window)}
        </p>
        {sli !== null && (
          <p className="muted">
            {words.tryAllows(count(Math.floor(allowedOf(preview.target, total))), count(total))}{' '}
            {words.tryHappened(count(preview.bad))} {lowest === null ? '' : words.tryLowest(percent(lowest))}
          </p>
        )}
        {sli !== null && (
          <p className="suggested">
            {suggested === null ? words.trySuggestedNone : words.trySuggested(`${suggested}\u202f%`)}{' '}
            {suggested !== null && suggested !== preview.target && (
              <button type="button" className="button" onClick={() => set({ target: suggested })}>
                {words.tryTake(`${suggested}\u202f%`)}
              </button>
            )}
          </p>
        )}
      </section>
      <ChartPanel
        title={words.tryLeft}
        says={words.trySays(left === null ? '–' : percent(left), lowest === null ? '–' : percent(lowest))}
        plots={[plot]}
        zoom={{}}
        nothing={left === null ? words.noDataChart : undefined}
      />
    </>
  )
}

/** Whole events that a target allows of so many. */
function allowedOf(target: string, total: number): number {
  const [whole = '0', decimals = ''] = target.split('.')
  const allowed = 1_000_000 - Number(whole) * 10_000 - Number(decimals.padEnd(4, '0'))
  return (total * allowed) / 1e6
}

function plotOf(preview: Preview, label: string, percent: (v: number, digits?: number) => string): Plot {
  const low = Math.min(0, preview.lowest ?? 0)
  return {
    ends: preview.start.map((s) => s + preview.step),
    step: preview.step,
    curves: [
      {
        label,
        values: preview.left,
        colour: (preview.leftRatio ?? 0) < 0 ? 'exhausted' : 'ok',
        width: 2,
        fill: 0.13,
        format: (v) => percent(v, 1),
      },
    ],
    x: preview.range,
    y: { low: low * 1.08, high: 1, format: (v) => percent(v) },
    marks: {
      lines: [{ at: 0, label: '', strong: true }],
      bands: preview.rules
        .filter(({ severity }) => severity === 'page')
        .flatMap(({ rule, firings }) => firings.map(({ from, to }) => ({ from, to, label: rule }))),
    },
    height: 220,
    lane: true,
  }
}
