import { Link } from '@tanstack/react-router'
import type { ReactElement, ReactNode } from 'react'
import { budgetBar, variableTheme } from '../../../../src/charts/index.ts'
import type { Evaluation, SloDetail } from '../../../../src/contract/index.ts'
import { Drawn, Glyph } from '../drawing/Drawn.tsx'
import { scopeLabel } from '../format/scope.ts'
import { headline, presentRate, sentenceOf } from '../format/sentences.ts'
import { useVoice, type Voice } from '../shell/voice.ts'

/** What matters first: the state in words, what is left as a share, in time and in events, and how sure that is. */
export function Hero({ slo, evaluation }: { slo: SloDetail; evaluation: Evaluation }): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const window = headline(evaluation)
  const scope = scopeLabel(evaluation.scope)
  const left = window.budget.leftRatio
  return (
    <header className="hero">
      <div className="title">
        <h1>
          {slo.name}
          {scope !== '' && <span className="scope">{scope}</span>}
        </h1>
        <span className="stateword tag" data-state={evaluation.state}>
          <Glyph state={evaluation.state} />
          {words[evaluation.state]}
        </span>
      </div>
      <p className="about muted">
        <Link to="/service/$" params={{ _splat: slo.service }} className="link" title={words.serviceLink}>
          {slo.service}
        </Link>{' '}
        · {slo.owner} · {voice.indicator(slo.indicator)} · {slo.target}
        {'\u202f% '}
        {words.over(voice.window(slo.window))}
      </p>
      <p className="verdict" aria-live="polite">
        {sentenceOf(evaluation, voice)}
      </p>
      <div className="tiles">
        <div className="tile first">
          <span className="label">{words.budgetLeft}</span>
          <span className="huge figure" key={left}>
            {left === null ? '–' : voice.percent(left)}
          </span>
          <Drawn
            drawing={budgetBar(
              { state: evaluation.state, leftRatio: left, interval: window.budget.interval },
              {
                width: 320,
                height: 14,
                below: left !== null && left < 0 ? 0.25 : 0,
                theme: variableTheme,
                label: `${words.budgetLeft}: ${left === null ? words.unknownShort : voice.percent(left)}`,
              },
            )}
          />
          {left !== null && <p className="muted">{budgetWords(evaluation, slo, voice).join(' · ')}</p>}
        </div>
        <Tiles slo={slo} evaluation={evaluation} voice={voice} />
      </div>
      {window.budget.interval !== null && window.coverage.ratio !== null && (
        <p className="partial">
          {words.partialNote(
            voice.share(window.coverage.ratio),
            voice.percent(window.budget.interval.low),
            voice.percent(window.budget.interval.high),
          )}
        </p>
      )}
    </header>
  )
}

function Tiles({
  slo,
  evaluation,
  voice,
}: {
  slo: SloDetail
  evaluation: Evaluation
  voice: Voice
}): ReactElement {
  const { words } = voice
  const window = headline(evaluation)
  const { coverage, exhaustion } = window
  const now = presentRate(evaluation)
  return (
    <>
      <Tile
        label={words.sli}
        value={
          window.sli === null
            ? '–'
            : voice.level(window.sli, { target: slo.target, events: window.good + window.bad })
        }
      >
        {words.target} {slo.target}
        {'\u202f%'}
      </Tile>
      <Tile
        label={words.burnNow}
        value={now?.rate === undefined || now.rate === null ? '–' : voice.rate(now.rate)}
      >
        {now && words.perHour(voice.span(now.length))}
        {now?.factor !== undefined && ` · ${words.firesFrom(voice.rate(now.factor))}`}
      </Tile>
      <Tile
        label={words.goneIn}
        value={
          exhaustion.kind === 'in'
            ? voice.duration(exhaustion.seconds)
            : exhaustion.kind === 'exhausted'
              ? words.exhaustedShort
              : exhaustion.kind === 'never'
                ? words.never
                : '–'
        }
      >
        {exhaustion.kind === 'in' && voice.instant(slo.now + exhaustion.seconds, 'day-minute')}
      </Tile>
      <Tile label={words.measuredTitle} value={coverage.ratio === null ? '–' : voice.share(coverage.ratio)}>
        {coverage.kind === 'full'
          ? words.coverageFull
          : words.coveragePart(voice.duration((coverage.missing + coverage.partial) * 60))}
      </Tile>
    </>
  )
}

function Tile({
  label,
  value,
  children,
}: {
  label: string
  value: string
  children: ReactNode
}): ReactElement {
  return (
    <div className="tile">
      <span className="label">{label}</span>
      <span className="big figure">{value}</span>
      <p className="muted">{children}</p>
    </div>
  )
}

/** The budget in time and in events: a share alone says nothing about size. */
function budgetWords(evaluation: Evaluation, slo: SloDetail, { words, duration, count }: Voice): string[] {
  const { budget } = headline(evaluation)
  const time = budget.timeLeft ?? 0
  const inTime =
    time >= 0
      ? words.leftOf(duration(time), duration(budget.time))
      : words.overBy(duration(-time), duration(budget.time))
  const say = slo.method === 'occurrences' ? words.spentOf : words.slicesSpentOf
  return [inTime, say(count(budget.spent), count(Math.floor(budget.events)))]
}
