import type { ReactElement } from 'react'
import { budgetBar, spark, variableTheme } from '../../../../src/charts/index.ts'
import type { SloSummary } from '../../../../src/contract/index.ts'
import { Drawn, Glyph } from '../drawing/Drawn.tsx'
import { headline } from '../format/sentences.ts'
import { useSettled } from '../shell/settled.ts'
import { useVoice } from '../shell/voice.ts'
import { SplitLink } from './SplitLink.tsx'

/** The cells that list, grid, matrix and the page of a promise share, so that one number never looks like two. */

export function StateCell({ slo }: { slo: SloSummary }): ReactElement {
  const { words } = useVoice()
  return (
    <span className="stateword" data-state={slo.state}>
      <Glyph state={slo.state} />
      {words[slo.state]}
    </span>
  )
}

export function Sli({ slo }: { slo: SloSummary }): ReactElement {
  const voice = useVoice()
  const { sli, good, bad, coverage } = headline(slo.whole)
  return (
    <>
      {sli === null ? (
        <span className="none">–</span>
      ) : (
        voice.level(sli, { target: slo.target, events: good + bad })
      )}
      {coverage.kind !== 'full' && coverage.ratio !== null && (
        <small>
          {voice.share(coverage.ratio)} {voice.words.measured}
        </small>
      )}
    </>
  )
}

export function BudgetCell({ slo, width = 136 }: { slo: SloSummary; width?: number }): ReactElement {
  const voice = useVoice()
  const { budget } = headline(slo.whole)
  const left = budget.leftRatio === null ? voice.words.unknownShort : voice.percent(budget.leftRatio)
  return (
    <span className="budgetcell">
      <Drawn
        drawing={budgetBar(
          { state: slo.whole.state, leftRatio: budget.leftRatio, interval: budget.interval },
          { width, height: 10, theme: variableTheme, label: `${voice.words.budgetLeft}: ${left}` },
        )}
      />
      <span className="figure" aria-hidden="true">
        {budget.leftRatio === null ? '–' : left}
      </span>
    </span>
  )
}

export function SparkCell({ slo }: { slo: SloSummary }): ReactElement {
  return useSettled() ? <SparkDrawn slo={slo} /> : <svg width="96" height="22" aria-hidden="true" />
}

function SparkDrawn({ slo }: { slo: SloSummary }): ReactElement {
  const { words, rate } = useVoice()
  const { bounds } = headline(slo.whole)
  const even = 3600 / Math.max(3600, bounds.to - bounds.from)
  const known = slo.spark.filter((v) => v !== null)
  const peak = known.length === 0 ? words.unknownShort : rate(Math.max(...known) / even)
  return (
    <Drawn
      drawing={spark(slo.spark, {
        width: 96,
        height: 22,
        theme: variableTheme,
        even,
        label: `${words.last24}: ${words.peak} ${peak}`,
      })}
    />
  )
}

export function GoneIn({ slo }: { slo: SloSummary }): ReactElement {
  const { words, duration } = useVoice()
  const { exhaustion } = headline(slo.whole)
  switch (exhaustion.kind) {
    case 'in':
      return <b>{duration(exhaustion.seconds)}</b>
    case 'exhausted':
      return <b>{words.exhaustedShort}</b>
    case 'never':
      return <span className="none">{words.never}</span>
    case 'unknown':
      return <span className="none">{words.unknownShort}</span>
    default:
      return exhaustion satisfies never
  }
}

/** One cloud's share of a promise: shape for its state, height for what is left. Opens the promise split on it. */
export function CloudCell({ slo, cloud }: { slo: SloSummary; cloud: string }): ReactElement {
  const { words, percent } = useVoice()
  const one = slo.clouds.find((c) => c.cloud === cloud)
  if (one === undefined)
    return (
      <span className="none" title={words.notSplit}>
        ·
      </span>
    )
  const left = one.leftRatio === null ? words.unknownShort : percent(one.leftRatio)
  const label = `${slo.name}, ${cloud}: ${words[one.state]}, ${words.budgetLeft} ${left}`
  const tall = Math.round(Math.max(0, Math.min(1, one.leftRatio ?? 0)) * 18)
  return (
    <SplitLink slo={slo.id} cloud={cloud} label={label} title={`${cloud}: ${words[one.state]}, ${left}`}>
      <Glyph state={one.state} size={10} />
      <svg width="6" height="18" viewBox="0 0 6 18" aria-hidden="true">
        <rect width="6" height="18" fill="var(--line)" />
        <rect y={18 - tall} width="6" height={tall} fill={`var(--${one.state})`} />
      </svg>
    </SplitLink>
  )
}
