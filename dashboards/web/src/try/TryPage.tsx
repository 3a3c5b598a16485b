import './try.css'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { type ReactElement, useDeferredValue } from 'react'
import type { Preview, PreviewAsked, SloSummary } from '../../../../src/contract/index.ts'
import { fleetQuery, previewQuery, servicesQuery } from '../api/queries.ts'
import { readScope } from '../format/scope.ts'
import { DEFAULT_LENGTH } from '../services/filter.ts'
import { Empty, Failed, Loading, PageState } from '../shell/States.tsx'
import { useTitle } from '../shell/title.ts'
import { useVoice } from '../shell/voice.ts'
import { Controls } from './Controls.tsx'
import { Outcome } from './Outcome.tsx'
import { ReplayTable } from './Replay.tsx'
import { WrittenPanel } from './WrittenPanel.tsx'

export interface TrySearch {
  readonly slo?: string
  readonly service?: string
  readonly source?: string
  readonly scope?: string
  readonly target?: string
  /** Milliseconds, or `any`. */
  readonly within?: string
  /** Days. */
  readonly window?: string
}

const route = getRouteApi('/try')

/** Another promise on the recorded past; what is tried is in the address. */
export function TryPage(): ReactElement {
  const { words } = useVoice()
  const search = route.useSearch()
  useTitle(words.try)
  return search.slo === undefined && search.service === undefined ? <Choose /> : <Trying search={search} />
}

function Trying({ search }: { search: TrySearch }): ReactElement {
  const { words } = useVoice()
  const asked = useDeferredValue(askedOf(search))
  const answer = useQuery(previewQuery(asked))
  const slo = useQuery(fleetQuery).data?.slos.find(({ id }) => id === search.slo)
  const name = slo?.name ?? search.service ?? search.slo ?? ''
  const title = search.service === undefined ? words.tryTitle(name) : words.tryNew(name)
  if (answer.data === undefined)
    return (
      <PageState title={title}>
        {answer.isPending ? (
          <Loading height={480} />
        ) : (
          <Failed cause={answer.error} onRetry={() => void answer.refetch()} />
        )}
      </PageState>
    )
  return (
    <Tried
      search={search}
      preview={answer.data}
      slo={slo}
      title={title}
      waiting={answer.isFetching}
      failed={answer.error ?? undefined}
    />
  )
}

function Tried({
  search,
  preview,
  slo,
  title,
  waiting,
  failed,
}: {
  search: TrySearch
  preview: Preview
  slo: SloSummary | undefined
  title: string
  waiting: boolean
  failed: Error | undefined
}): ReactElement {
  const navigate = useNavigate({ from: '/try' })
  const set = (change: TrySearch): void =>
    void navigate({ search: (s) => ({ ...s, ...change }), replace: true, resetScroll: false })
  return (
    <div className="page try">
      <h1 className="sentence">{title}</h1>
      {slo && (
        <p className="muted about">
          <Link to="/slo/$" params={{ _splat: slo.id }} className="link">
            {slo.name}
          </Link>
        </p>
      )}
      {failed && (
        <p role="alert" className="banner">
          {failed.message}
        </p>
      )}
      <div className="columns">
        <div className="main stack" data-waiting={waiting || undefined}>
          <Outcome preview={preview} set={set} />
          <ReplayTable preview={preview} />
          <WrittenPanel search={search} preview={preview} slo={slo} />
        </div>
        <aside className="side">
          <Controls search={search} preview={preview} set={set} />
        </aside>
      </div>
    </div>
  )
}

export function askedOf(search: TrySearch): PreviewAsked {
  const within = search.within === 'any' ? null : Number(search.within)
  return {
    ...(search.slo === undefined ? {} : { slo: search.slo }),
    ...(search.service === undefined ? {} : { service: search.service }),
    ...(search.source === undefined ? {} : { source: search.source }),
    scope: readScope(search.scope ?? ''),
    ...(search.target === undefined ? {} : { target: search.target }),
    ...(search.within === undefined || Number.isNaN(within) ? {} : { withinMs: within }),
    ...(search.window === undefined ? {} : { windowDays: Number(search.window) }),
  }
}

/** Nothing is chosen yet: promises that exist, and services that were seen. */
function Choose(): ReactElement {
  const { words } = useVoice()
  const slos = useQuery(fleetQuery).data?.slos ?? []
  const services =
    useQuery(servicesQuery(DEFAULT_LENGTH)).data?.services.filter(({ service }) => service !== '') ?? []
  return (
    <div className="page try">
      <h1 className="sentence">{words.tryPick}</h1>
      <p className="muted about">{words.tryPickNote}</p>
      {slos.length + services.length === 0 && <Empty>{words.servicesNone}</Empty>}
      <div className="choices">
        <section>
          <h2>{words.tryOfService}</h2>
          <ul>
            {services.map(({ service, source }) => (
              <li key={`${service} ${source}`}>
                <Link to="/try" search={{ service, source }}>
                  {service} <small>{source}</small>
                </Link>
              </li>
            ))}
          </ul>
        </section>
        <section>
          <h2>{words.tryOfSlo}</h2>
          <ul>
            {slos.map(({ id, name, target }) => (
              <li key={id}>
                <Link to="/try" search={{ slo: id }}>
                  {name}{' '}
                  <small>
                    {target}
                    {'\u202f'}%
                  </small>
                </Link>
              </li>
            ))}
          </ul>
        </section>
      </div>
    </div>
  )
}
