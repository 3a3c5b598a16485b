import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { incidentsQuery, sourcesQuery } from '../api/queries.ts'
import { Icon } from './icons.tsx'
import { useWords } from './preferences.ts'

export function Rail(): ReactElement {
  const words = useWords()
  const open = useQuery(incidentsQuery).data?.filter((i) => i.state === 'open').length ?? 0
  const failing = useQuery(sourcesQuery).data?.filter((s) => s.state === 'failing').length ?? 0
  return (
    <nav className="rail" aria-label={words.navigation}>
      <Link to="/" activeOptions={{ exact: true, includeSearch: false }}>
        <Icon name="fleet" size={20} />
        <span>{words.fleet}</span>
      </Link>
      <Link to="/services" activeOptions={{ includeSearch: false }}>
        <Icon name="services" size={20} />
        <span>{words.services}</span>
      </Link>
      <Link to="/journeys" activeOptions={{ includeSearch: false }} className="wide-only">
        <Icon name="journeys" size={20} />
        <span>{words.journeys}</span>
      </Link>
      <Link to="/graph" activeOptions={{ includeSearch: false }} className="wide-only">
        <Icon name="graph" size={20} />
        <span>{words.graph}</span>
      </Link>
      <Link to="/incidents" activeOptions={{ includeSearch: false }}>
        <Icon name="incidents" size={20} />
        <span>{words.incidents}</span>
        {open > 0 && <b className="badge">{open}</b>}
      </Link>
      <Link to="/review" activeOptions={{ includeSearch: false }} className="wide-only">
        <Icon name="review" size={20} />
        <span>{words.review}</span>
      </Link>
      <Link to="/events" activeOptions={{ includeSearch: false }} className="wide-only">
        <Icon name="plans" size={20} />
        <span>{words.plans}</span>
      </Link>
      <Link to="/try" activeOptions={{ includeSearch: false }} className="wide-only">
        <Icon name="try" size={20} />
        <span>{words.try}</span>
      </Link>
      <Link to="/sources" activeOptions={{ includeSearch: false }}>
        <Icon name="sources" size={20} />
        <span>{words.sources}</span>
        {failing > 0 && <b className="badge">{failing}</b>}
      </Link>
    </nav>
  )
}
