import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { SloDetail } from '../../../../src/contract/index.ts'
import { previewQuery } from '../api/queries.ts'
import { readScope } from '../format/scope.ts'
import { useVoice } from '../shell/voice.ts'
import { ReplayTable } from '../try/Replay.tsx'

/** What the alert rules would have done over the last window, and the way to try other ones. */
export function Replayed({ slo, scope }: { slo: SloDetail; scope: string }): ReactElement | null {
  const { words } = useVoice()
  // Slices of time are judged whole, and cannot be replayed by the minute.
  const answer = useQuery(
    previewQuery({ slo: slo.id, scope: readScope(scope) }, slo.method === 'occurrences'),
  )
  if (answer.data === undefined) return null
  return (
    <ReplayTable preview={answer.data}>
      <Link to="/try" search={{ slo: slo.id, scope }} className="link">
        {words.tryWhatIf}
      </Link>
    </ReplayTable>
  )
}
