import type { ReactElement } from 'react'
import type { Check, Diagnosis, State } from '../../../../src/contract/index.ts'
import { Glyph } from '../drawing/Drawn.tsx'
import { Prose } from '../shell/Prose.tsx'
import { useVoice } from '../shell/voice.ts'
import type { Words } from '../words/index.ts'

const MARKS: Readonly<Record<Check['finding'], State>> = { well: 'ok', wrong: 'burning', unknown: 'unknown' }

/** The same checks that `nines doctor` prints: what is wrong first. */
export function Installation({ diagnosis }: { diagnosis: Diagnosis }): ReactElement {
  const { words } = useVoice()
  const wrong = diagnosis.checks.filter(({ finding }) => finding === 'wrong').length
  const ordered = diagnosis.checks.toSorted((a, b) => rank(a) - rank(b))
  return (
    <section className="definitions" aria-labelledby="installation-title">
      <h2 id="installation-title">{words.diagnosis}</h2>
      <p className="muted">
        {wrong === 0 ? words.diagnosisWell : words.diagnosisWrong(wrong)} <code>nines doctor</code>
      </p>
      <ul className="checks">
        {ordered.map((check) => (
          <li key={check.name} data-finding={check.finding}>
            <span className="stateword">
              <Glyph state={MARKS[check.finding]} />
              {findingWord(check, words)}
            </span>
            <b>{nameOf(check, words)}</b>
            <div lang="en">
              <p>{check.text}</p>
              {check.remedy !== '' && (
                <p className="muted">
                  <Prose text={check.remedy} />
                </p>
              )}
            </div>
          </li>
        ))}
      </ul>
    </section>
  )
}

const rank = ({ finding }: Check): number => ['wrong', 'unknown', 'well'].indexOf(finding)

function findingWord({ finding }: Check, words: Words): string {
  return { well: words.findingWell, wrong: words.findingWrong, unknown: words.findingUnknown }[finding]
}

/** A check that this page does not know yet is called what the service calls it. */
function nameOf({ name }: Check, words: Words): string {
  const known: Readonly<Record<string, string>> = {
    version: words.checkVersion,
    definitions: words.checkDefinitions,
    store: words.checkStore,
    disk: words.checkDisk,
    clock: words.checkClock,
    evaluation: words.checkEvaluation,
    slack: 'Slack',
  }
  return known[name] ?? name
}
