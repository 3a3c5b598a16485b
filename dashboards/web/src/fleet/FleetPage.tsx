import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { type ReactElement, useDeferredValue, useMemo } from 'react'
import type { Fleet } from '../../../../src/contract/index.ts'
import { fleetQuery, metaQuery } from '../api/queries.ts'
import { Glyph } from '../drawing/Drawn.tsx'
import { fleetSentence } from '../format/sentences.ts'
import { Prose } from '../shell/Prose.tsx'
import { Empty, Failed, Loading, PageState } from '../shell/States.tsx'
import { useTitle } from '../shell/title.ts'
import { useVoice } from '../shell/voice.ts'
import { FleetGrid } from './FleetGrid.tsx'
import { FleetMatrix } from './FleetMatrix.tsx'
import { FleetTable } from './FleetTable.tsx'
import { type FleetSearch, select, shownOrder, statesOf, viewOf, views } from './filter.ts'

const route = getRouteApi('/')

export function FleetPage(): ReactElement {
  const { words } = useVoice()
  const fleet = useQuery(fleetQuery)
  useTitle(words.fleet)
  if (fleet.isPending)
    return (
      <PageState title={words.fleet}>
        <Loading height={320} />
      </PageState>
    )
  if (fleet.data === undefined)
    return (
      <PageState title={words.fleet}>
        <Failed cause={fleet.error} onRetry={() => void fleet.refetch()} />
      </PageState>
    )
  return <FleetView fleet={fleet.data} />
}

function FleetView({ fleet }: { fleet: Fleet }): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const search = route.useSearch()
  const asked = useDeferredValue(search)
  const shown = useMemo(() => select(fleet.slos, asked), [fleet.slos, asked])
  const view = viewOf(search)
  return (
    <div className={`page fleet view-${view}`}>
      <h1 className="sentence" aria-live="polite">
        {fleetSentence(fleet, voice)}
      </h1>
      <ProblemsBanner />
      {fleet.slos.length === 0 ? (
        <Empty next={<Prose text={words.emptyFleetNext} />}>{words.emptyFleet}</Empty>
      ) : (
        <>
          <Filters fleet={fleet} search={search} shown={shown.length} />
          {shown.length === 0 ? (
            <Empty>{words.emptyFilter}</Empty>
          ) : view === 'list' ? (
            <FleetTable slos={shown} all={fleet.slos} search={search} />
          ) : view === 'grid' ? (
            <FleetGrid slos={shown} />
          ) : (
            <FleetMatrix slos={shown} all={fleet.slos} />
          )}
        </>
      )}
    </div>
  )
}

/** The counters of the states are the filter; beside them the words to look for, and the view. */
function Filters({
  fleet,
  search,
  shown,
}: {
  fleet: Fleet
  search: FleetSearch
  shown: number
}): ReactElement {
  const { words, count } = useVoice()
  const navigate = useNavigate({ from: '/' })
  const chosen = statesOf(search)
  const set = (change: FleetSearch): void =>
    void navigate({ search: (s) => ({ ...s, ...change }), replace: true })
  const filtered = chosen.length > 0 || (search.q ?? '') !== ''
  return (
    <div className="filters">
      <div className="counters" role="group" aria-label={words.filterStates}>
        {shownOrder.map((state) => (
          <button
            key={state}
            type="button"
            className="counter"
            aria-pressed={chosen.includes(state)}
            data-none={fleet.states[state] === 0 || undefined}
            title={words[`${state}Meaning`]}
            onClick={() => {
              const next = chosen.includes(state) ? chosen.filter((s) => s !== state) : [...chosen, state]
              set({ state: next.join(',') })
            }}
          >
            <Glyph state={state} />
            <b className="figure">{count(fleet.states[state])}</b>
            <span>{words[state]}</span>
          </button>
        ))}
      </div>
      <input
        type="search"
        className="field"
        aria-label={words.filter}
        placeholder={words.filter}
        value={search.q ?? ''}
        onChange={(e) => set({ q: e.target.value })}
      />
      {filtered && (
        <span className="shown" role="status">
          {words.showing(count(shown), count(fleet.slos.length))}
          <button type="button" className="plain" onClick={() => set({ q: '', state: '' })}>
            {words.clear}
          </button>
        </span>
      )}
      <div className="segments" role="group" aria-label={words.view}>
        {views.map((view) => (
          <button
            key={view}
            type="button"
            aria-pressed={viewOf(search) === view}
            onClick={() => set({ view: view === 'list' ? '' : view })}
          >
            {words[view]}
          </button>
        ))}
      </div>
    </div>
  )
}

function ProblemsBanner(): ReactElement | null {
  const { words } = useVoice()
  const problems = useQuery(metaQuery).data?.definitions.problems ?? []
  if (problems.length === 0) return null
  const errors = problems.filter((p) => p.severity === 'error').length
  return (
    <p className="banner">
      {words.problemsBanner(errors, problems.length - errors)}{' '}
      <Link to="/sources" hash="definitions">
        {words.showProblems}
      </Link>
    </p>
  )
}
