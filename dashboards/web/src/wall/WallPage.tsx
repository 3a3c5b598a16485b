import './wall.css'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { budgetBar, variableTheme } from '../../../../src/charts/index.ts'
import type { SloSummary } from '../../../../src/contract/index.ts'
import { fleetQuery } from '../api/queries.ts'
import { Drawn, Glyph } from '../drawing/Drawn.tsx'
import { fleetSentence, headline, leftOf, sentenceOf } from '../format/sentences.ts'
import { Empty, Failed, Loading, PageState } from '../shell/States.tsx'
import { useTitle } from '../shell/title.ts'
import { useVoice } from '../shell/voice.ts'

const ORDER = ['burning', 'exhausted', 'watch', 'unknown', 'ok'] as const
const MOST = 12

/** For a screen on a wall: what needs somebody, large; the rest as one line of shapes. */
export function WallPage(): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const fleet = useQuery(fleetQuery)
  useTitle(words.wall)
  if (fleet.data === undefined)
    return (
      <PageState title={words.wall}>
        {fleet.isPending ? (
          <Loading height={480} />
        ) : (
          <Failed cause={fleet.error} onRetry={() => void fleet.refetch()} />
        )}
      </PageState>
    )
  const ordered = fleet.data.slos.toSorted(
    (a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || leftOf(a) - leftOf(b),
  )
  const large = ordered.filter(({ state }) => state !== 'ok').slice(0, MOST)
  const rest = ordered.filter((slo) => !large.includes(slo))
  return (
    <div className="page wall">
      <h1>{fleetSentence(fleet.data, voice)}</h1>
      {ordered.length === 0 && <Empty>{words.emptyFleet}</Empty>}
      <ul className="cards">
        {large.map((slo) => (
          <Card key={slo.id} slo={slo} />
        ))}
      </ul>
      {rest.length > 0 && (
        <>
          <p className="muted">
            {large.length === 0
              ? words.wallAll(voice.count(rest.length))
              : words.wallOthers(voice.count(rest.length))}
          </p>
          <ul className="dots">
            {rest.map((slo) => (
              <li key={slo.id}>
                <Link to="/slo/$" params={{ _splat: slo.id }} title={slo.name}>
                  <Glyph state={slo.state} size={16} label={`${slo.name}: ${words[slo.state]}`} />
                </Link>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}

function Card({ slo }: { slo: SloSummary }): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const left = headline(slo.whole).budget.leftRatio
  return (
    <li className="wallcard" data-state={slo.state}>
      <Link to="/slo/$" params={{ _splat: slo.id }}>
        <span className="stateword">
          <Glyph state={slo.state} size={18} />
          {words[slo.state]}
        </span>
        <b className="name">{slo.name}</b>
        <span className="huge figure">{left === null ? '–' : voice.percent(left)}</span>
        <Drawn
          drawing={budgetBar(
            { state: slo.state, leftRatio: left, interval: headline(slo.whole).budget.interval },
            {
              width: 300,
              height: 14,
              below: left !== null && left < 0 ? 0.25 : 0,
              theme: variableTheme,
              label: words.budgetLeft,
            },
          )}
        />
        <span className="says">{sentenceOf(slo.whole, voice)}</span>
      </Link>
    </li>
  )
}
