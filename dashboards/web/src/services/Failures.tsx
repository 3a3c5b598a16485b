import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useId } from 'react'
import type { ServiceGroups } from '../../../../src/contract/index.ts'
import { type ServiceStretch, serviceGroupsQuery } from '../api/queries.ts'
import { Empty, Failed, Loading } from '../shell/States.tsx'
import { useVoice } from '../shell/voice.ts'
import { failing } from './figures.ts'

const SHOWN = 6

/** The routes with most bad requests, each with its reasons in words. */
export function Failures({ stretch }: { stretch: ServiceStretch }): ReactElement {
  const { words } = useVoice()
  const heading = useId()
  const answer = useQuery(serviceGroupsQuery(stretch, { by: 'operation', points: 24, limit: 50 }))
  const failed = answer.data?.groups.filter(({ bad }) => bad > 0).slice(0, SHOWN) ?? []
  return (
    <section className="panel" aria-labelledby={heading}>
      <header>
        <h2 id={heading}>{words.failures}</h2>
      </header>
      {answer.isPending ? (
        <Loading />
      ) : answer.data === undefined ? (
        <Failed cause={answer.error} onRetry={() => void answer.refetch()} />
      ) : failed.length === 0 ? (
        <Empty>{words.failuresNone}</Empty>
      ) : (
        <ol className="failures">
          {failed.map((group) => (
            <Failure key={JSON.stringify(group.labels)} group={group} most={failed[0]?.bad ?? 1} />
          ))}
        </ol>
      )}
    </section>
  )
}

function Failure({ group, most }: { group: ServiceGroups['groups'][number]; most: number }): ReactElement {
  const voice = useVoice()
  const { words, count } = voice
  return (
    <li>
      <p className="route">
        <span className="mono">{group.labels['operation'] ?? words.noOperation}</span>
        <svg width="120" height="8" aria-hidden="true">
          <rect width="120" height="8" fill="var(--line)" />
          <rect width={Math.max(1, (group.bad / most) * 120)} height="8" fill="var(--burning)" />
        </svg>
        <span className="figure">
          <b>{count(group.bad)}</b> {words.bad.toLowerCase()} · {failing(group.errorRatio, voice)}
        </span>
      </p>
      <ul>
        {group.reasons.map(({ reason, count: n, meaning }) => (
          <li key={reason}>
            <b className="figure">{count(n)}</b> <code>{reason}</code>
            {meaning !== '' && (
              <span className="muted" lang="en">
                {meaning}
              </span>
            )}
          </li>
        ))}
      </ul>
    </li>
  )
}
