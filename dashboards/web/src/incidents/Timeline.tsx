import type { ReactElement } from 'react'
import type { IncidentDetail, State } from '../../../../src/contract/index.ts'
import { Glyph } from '../drawing/Drawn.tsx'
import { useVoice } from '../shell/voice.ts'
import type { Words } from '../words/index.ts'

const KINDS: Readonly<Record<string, { readonly word: keyof Words; readonly state?: State }>> = {
  opened: { word: 'kindOpened', state: 'burning' },
  worse: { word: 'kindWorse', state: 'burning' },
  reopened: { word: 'kindReopened', state: 'burning' },
  better: { word: 'kindBetter', state: 'watch' },
  resolved: { word: 'kindResolved', state: 'ok' },
  blind: { word: 'kindBlind', state: 'unknown' },
  sighted: { word: 'kindSighted', state: 'ok' },
  acknowledged: { word: 'kindAcknowledged' },
  unacknowledged: { word: 'kindUnacknowledged' },
  muted: { word: 'kindMuted' },
  note: { word: 'kindNote' },
  told: { word: 'kindTold' },
  'not-told': { word: 'kindNotTold', state: 'watch' },
  restated: { word: 'kindRestated' },
}

/** Everything that happened, oldest first: what the service decided, what it told, what people did. */
export function Timeline({ incident }: { incident: IncidentDetail }): ReactElement {
  const { words, instant } = useVoice()
  const entries = incident.timeline.toSorted((a, b) => a.at - b.at)
  return (
    <section className="panel" aria-labelledby="timeline">
      <header>
        <h2 id="timeline">{words.timeline}</h2>
      </header>
      <ol className="timeline">
        {entries.map((entry, i) => {
          const kind = KINDS[entry.kind]
          const name = kind === undefined ? entry.kind : words[kind.word]
          return (
            // Two entries of one second are told apart by their place in the order.
            <li key={`${entry.at} ${entry.kind} ${i}`} data-person={entry.by !== null || undefined}>
              <time dateTime={new Date(entry.at * 1000).toISOString()} title={instant(entry.at, 'full')}>
                {instant(entry.at, 'day-minute')}
              </time>
              <span className="dot">
                {kind?.state === undefined ? <i aria-hidden="true" /> : <Glyph state={kind.state} />}
              </span>
              <span className="body">
                <b>{typeof name === 'string' ? name : entry.kind}</b>
                {entry.by !== null && <span className="muted"> {entry.by}</span>}
                <span className="text">{entry.text}</span>
              </span>
            </li>
          )
        })}
      </ol>
    </section>
  )
}
