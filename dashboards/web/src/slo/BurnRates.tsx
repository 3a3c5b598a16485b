import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { type ReactElement, useMemo } from 'react'
import { bullet, variableTheme } from '../../../../src/charts/index.ts'
import type { Evaluation, Verdict } from '../../../../src/contract/index.ts'
import { ChartPanel } from '../drawing/ChartPanel.tsx'
import { Drawn, Glyph } from '../drawing/Drawn.tsx'
import type { Plot } from '../drawing/TimeChart.tsx'
import { useVoice } from '../shell/voice.ts'
import { type ChartProps, endsOf, marksOf, nothingOf, rangeWords } from './BurnDown.tsx'

const route = getRouteApi('/slo/$')

/** Each burn rule as a bullet bar against its factor; the chosen one over time. */
export function BurnRates({ slo, evaluation, shown, zoom, series }: ChartProps): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const search = route.useSearch()
  const chosen = chosenRule(evaluation, search.rule)
  const plot = useMemo((): Plot => {
    const burn = series.burn.find((b) => b.rule === chosen?.rule)
    const values = [...(burn?.long ?? []), ...(burn?.short ?? [])].filter((v) => v !== null)
    const factor = burn?.factor ?? 1
    return {
      ends: endsOf(series),
      step: series.step,
      curves: [
        { label: words.short, values: burn?.short ?? [], colour: 'muted', width: 1, format: voice.rate },
        { label: words.long, values: burn?.long ?? [], colour: 'accent', width: 2, format: voice.rate },
      ],
      x: shown.axis,
      y: { low: 0, high: Math.max(factor * 1.3, ...values) * 1.04, format: voice.tick },
      marks: {
        ...marksOf(slo, series),
        lines: [{ at: factor, label: `${burn?.rule ?? ''} ${voice.rate(factor)}` }],
      },
      height: 168,
    }
  }, [slo, series, chosen?.rule, shown.axis.from, shown.axis.to, voice, words])
  const peak = Math.max(0, ...(plot.curves[1]?.values ?? []).map((v) => v ?? 0))
  return (
    <ChartPanel
      title={words.burnRates}
      says={words.burnRatesSays(voice.rate(peak), rangeWords(shown, voice))}
      plots={[plot]}
      zoom={zoom}
      nothing={nothingOf(series, voice)}
    >
      <Rules verdicts={evaluation.verdicts} chosen={chosen?.rule} />
    </ChartPanel>
  )
}

/** The rule in the address, else the one that fires, else the fastest. */
function chosenRule({ verdicts }: Evaluation, name: string | undefined): Verdict | undefined {
  return verdicts.find((v) => v.rule === name) ?? verdicts.find((v) => v.kind === 'burning') ?? verdicts[0]
}

function Rules({
  verdicts,
  chosen,
}: {
  verdicts: readonly Verdict[]
  chosen: string | undefined
}): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const navigate = useNavigate({ from: '/slo/$' })
  const shownRate = (r: number | null): string => (r === null ? '–' : voice.rate(r))
  return (
    <div className="scroller" tabIndex={0} role="group" aria-label={words.rules}>
      <table className="rules">
        <thead>
          <tr>
            <th scope="col">{words.rule}</th>
            <th scope="col" className="number">
              {words.longWindow}
            </th>
            <th scope="col" className="number">
              {words.shortWindow}
            </th>
            <th scope="col" className="bar">
              <span className="visually-hidden">{words.burnRates}</span>
            </th>
            <th scope="col" className="number">
              {words.factor}
            </th>
            <th scope="col">{words.until}</th>
          </tr>
        </thead>
        <tbody>
          {verdicts.map((v) => (
            <tr key={v.rule} data-chosen={v.rule === chosen || undefined}>
              <th scope="row">
                <button
                  type="button"
                  aria-pressed={v.rule === chosen}
                  onClick={() =>
                    void navigate({
                      search: (s) => ({ ...s, rule: v.rule }),
                      replace: true,
                      resetScroll: false,
                    })
                  }
                >
                  <Glyph
                    state={v.kind === 'burning' ? 'burning' : v.kind === 'calm' ? 'ok' : 'unknown'}
                    size={10}
                  />
                  {v.rule}
                </button>
                <small>{words[v.severity]}</small>
              </th>
              <td className="number">
                <b>{shownRate(v.long.rate)}</b> <small>{voice.span(v.long.length)}</small>
              </td>
              <td className="number">
                {shownRate(v.short.rate)} <small>{voice.span(v.short.length)}</small>
              </td>
              <td className="bar">
                <Drawn
                  drawing={bullet(
                    { long: v.long.rate, short: v.short.rate, factor: v.factor, kind: v.kind },
                    {
                      width: 240,
                      height: 15,
                      theme: variableTheme,
                      label: `${v.rule}: ${shownRate(v.long.rate)} / ${shownRate(v.short.rate)}, ${words.factor} ${voice.rate(v.factor)}`,
                    },
                  )}
                />
              </td>
              <td className="number">{voice.rate(v.factor)}</td>
              <td>
                {v.kind === 'burning' ? (
                  <b>{words.fires}</b>
                ) : v.badUntilFiring === null ? (
                  <span className="muted">{words.noDataRule}</span>
                ) : (
                  <span className="muted">{words.badUntil(voice.count(v.badUntilFiring))}</span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
