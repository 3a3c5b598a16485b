import type { ReactElement } from 'react'
import type { IncidentSummary } from '../../../../src/contract/index.ts'
import { Glyph } from '../drawing/Drawn.tsx'
import { useVoice } from '../shell/voice.ts'

/** What kind of incident, in a shape and words: an open page, an open ticket, or a resolved one. */
export function IncidentMark({ incident }: { incident: IncidentSummary }): ReactElement {
  const { words } = useVoice()
  const open = incident.state === 'open'
  const state = !open
    ? 'ok'
    : incident.blindSince !== null
      ? 'unknown'
      : incident.severity === 'page'
        ? 'burning'
        : 'watch'
  return (
    <span className="stateword incidentmark">
      <Glyph state={state} />
      {open ? words[incident.severity] : words.resolvedState}
    </span>
  )
}
