import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { type ReactElement, useId } from 'react'
import { type ServiceStretch, serviceExemplarsQuery } from '../api/queries.ts'
import { Empty, Failed, Loading } from '../shell/States.tsx'
import { useVoice } from '../shell/voice.ts'
import { ExemplarRows } from '../slo/Exemplars.tsx'

const route = getRouteApi('/service/$')

/** Single requests that failed, or took longest, with the way to their traces. */
export function ServiceExemplars({ stretch }: { stretch: ServiceStretch }): ReactElement {
  const { words } = useVoice()
  const heading = useId()
  const navigate = useNavigate({ from: '/service/$' })
  const kind = route.useSearch().show === 'slow' ? 'slow' : 'bad'
  const answer = useQuery(serviceExemplarsQuery(stretch, kind))
  return (
    <section className="panel" aria-labelledby={heading}>
      <header>
        <h2 id={heading}>{words.requestsOneByOne}</h2>
        <div className="segments small" role="group" aria-label={words.requestsOneByOne}>
          {(['bad', 'slow'] as const).map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={each === kind}
              onClick={() =>
                void navigate({
                  search: (old) => ({ ...old, show: each === 'slow' ? 'slow' : '' }),
                  replace: true,
                  resetScroll: false,
                })
              }
            >
              {each === 'bad' ? words.failed : words.slowest}
            </button>
          ))}
        </div>
      </header>
      {answer.isPending ? (
        <Loading />
      ) : answer.data === undefined ? (
        <Failed cause={answer.error} onRetry={() => void answer.refetch()} />
      ) : answer.data.length === 0 ? (
        <Empty>{kind === 'bad' ? words.exemplarsNone : words.slowNone}</Empty>
      ) : (
        <ExemplarRows exemplars={answer.data} />
      )}
    </section>
  )
}
