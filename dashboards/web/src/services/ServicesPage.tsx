import './services.css'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { type ReactElement, useDeferredValue, useMemo } from 'react'
import type { Services } from '../../../../src/contract/index.ts'
import { servicesQuery } from '../api/queries.ts'
import { Empty, Failed, Loading, PageState } from '../shell/States.tsx'
import { useTitle } from '../shell/title.ts'
import { useVoice } from '../shell/voice.ts'
import { failing } from './figures.ts'
import { DEFAULT_LENGTH, lengthOf, lengths, type ServicesSearch, select, worstOf } from './filter.ts'
import { ServiceTable } from './ServiceTable.tsx'

const route = getRouteApi('/services')

export function ServicesPage(): ReactElement {
  const { words } = useVoice()
  const search = route.useSearch()
  const answer = useQuery(servicesQuery(lengthOf(search)))
  useTitle(words.services)
  if (answer.data !== undefined)
    return <ServicesView services={answer.data} search={search} waiting={answer.isPlaceholderData} />
  return (
    <PageState title={words.services}>
      {answer.isPending ? (
        <Loading height={320} />
      ) : (
        <Failed cause={answer.error} onRetry={() => void answer.refetch()} />
      )}
    </PageState>
  )
}

function ServicesView({
  services: { services, range },
  search,
  waiting,
}: {
  services: Services
  search: ServicesSearch
  waiting: boolean
}): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const asked = useDeferredValue(search)
  const shown = useMemo(() => select(services, asked), [services, asked])
  const worst = worstOf(services)
  const names = new Set(services.map(({ service }) => service)).size
  return (
    <div className="page services">
      <h1 className="sentence">
        {services.length === 0
          ? words.services
          : `${words.servicesSentence(voice.count(names), voice.window(lengthOf(search)))} ${
              worst === undefined
                ? words.servicesFine
                : words.servicesWorst(worst.name, failing(worst.errorRatio, voice), voice.count(worst.bad))
            }`}
      </h1>
      {services.length === 0 ? (
        <Empty next={words.servicesNoneNext}>{words.servicesNone}</Empty>
      ) : (
        <>
          <Filters search={search} shown={shown.length} all={services.length} />
          {shown.length === 0 ? (
            <Empty>{words.servicesNoMatch}</Empty>
          ) : (
            <div className="stack" data-waiting={waiting || undefined}>
              <ServiceTable services={shown} all={services} search={search} range={range} />
            </div>
          )}
        </>
      )}
    </div>
  )
}

function Filters({
  search,
  shown,
  all,
}: {
  search: ServicesSearch
  shown: number
  all: number
}): ReactElement {
  const { words, count, window } = useVoice()
  const navigate = useNavigate({ from: '/services' })
  const set = (change: ServicesSearch): void =>
    void navigate({ search: (s) => ({ ...s, ...change }), replace: true })
  return (
    <div className="filters">
      <input
        type="search"
        className="field"
        aria-label={words.servicesFilter}
        placeholder={words.servicesFilter}
        value={search.q ?? ''}
        onChange={(e) => set({ q: e.target.value })}
      />
      {(search.q ?? '') !== '' && (
        <span className="shown" role="status">
          {words.servicesShowing(count(shown), count(all))}
        </span>
      )}
      <div className="segments" role="group" aria-label={words.range}>
        {lengths.map((length) => (
          <button
            key={length}
            type="button"
            aria-pressed={lengthOf(search) === length}
            title={words.rangeLast(window(length))}
            onClick={() => set({ range: length === DEFAULT_LENGTH ? '' : length })}
          >
            {length}
          </button>
        ))}
      </div>
    </div>
  )
}
