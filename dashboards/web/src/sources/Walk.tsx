import type { ReactElement } from 'react'
import type { DiagnosisStep, SourceDiagnosis, State } from '../../../../src/contract/index.ts'
import { Glyph } from '../drawing/Drawn.tsx'
import { Prose } from '../shell/Prose.tsx'
import { useVoice } from '../shell/voice.ts'

const MARKS: Readonly<Record<DiagnosisStep['state'], State>> = {
  well: 'ok',
  empty: 'exhausted',
  wrong: 'burning',
  waiting: 'unknown',
  unused: 'unknown',
  unknown: 'unknown',
}

/** From the source to the budget: which step gives nothing, since when, and what to do. */
export function Walk({ source, now }: { source: SourceDiagnosis; now: number }): ReactElement {
  const { words, duration } = useVoice()
  const steps = {
    source: words.stepSource,
    collector: words.stepCollector,
    ledger: words.stepLedger,
    sli: words.sli,
    budget: words.stepBudget,
  }
  const states = {
    well: words.walkWell,
    empty: words.walkEmpty,
    wrong: words.walkWrong,
    waiting: words.walkWaiting,
    unused: words.walkUnused,
    unknown: words.walkUnknown,
  }
  const broken = source.walk.filter(({ remedy }) => remedy !== '')
  return (
    <div className="walk">
      <ol aria-label={words.walk}>
        {source.walk.map(({ step, state, text }) => (
          <li key={step} data-state={state} title={text}>
            <span className="name">{steps[step]}</span>
            <span className="stateword">
              <Glyph state={MARKS[state]} size={10} />
              {states[state]}
            </span>
            <small lang="en">{text}</small>
          </li>
        ))}
      </ol>
      {broken.map(({ step, text, since, remedy, state }) => (
        <div className="finding" data-state={state} key={step}>
          <p>
            <b>{steps[step]}:</b> <span lang="en">{text}</span>
            {since !== null && (
              <span className="muted"> {words.since(duration(Math.max(0, now - since)))}</span>
            )}
          </p>
          <p>
            <span className="muted">{words.remedy}: </span>
            <span lang="en">
              <Prose text={remedy} />
            </span>
          </p>
        </div>
      ))}
    </div>
  )
}
