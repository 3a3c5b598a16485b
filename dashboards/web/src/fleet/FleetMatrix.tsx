import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { SloSummary, State } from '../../../../src/contract/index.ts'
import { Glyph } from '../drawing/Drawn.tsx'
import { headline } from '../format/sentences.ts'
import { useVoice } from '../shell/voice.ts'
import { cloudsOf } from './filter.ts'

const MOST_ROWS = 500

/** Promises down, clouds across: where the trouble is shows as a column or as a row. */
export function FleetMatrix({
  slos,
  all,
}: {
  slos: readonly SloSummary[]
  all: readonly SloSummary[]
}): ReactElement {
  const { words, count } = useVoice()
  const clouds = cloudsOf(all)
  const rows = slos.slice(0, MOST_ROWS)
  return (
    <div className="scroller" tabIndex={0} role="group" aria-label={words.matrix}>
      <table className="matrix">
        <thead>
          <tr>
            <th scope="col">{words.promise}</th>
            <th scope="col">{words.whole}</th>
            {clouds.map((cloud) => (
              <th scope="col" key={cloud}>
                {cloud}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((slo) => (
            <tr key={slo.id}>
              <th scope="row">
                <Link to="/slo/$" params={{ _splat: slo.id }} data-row="">
                  {slo.name}
                </Link>
              </th>
              <Cell slo={slo} state={slo.whole.state} left={headline(slo.whole).budget.leftRatio} />
              {clouds.map((cloud) => {
                const one = slo.clouds.find((c) => c.cloud === cloud)
                return one === undefined ? (
                  <td key={cloud} className="absent" title={words.notSplit}>
                    ·
                  </td>
                ) : (
                  <Cell key={cloud} slo={slo} state={one.state} left={one.leftRatio} cloud={cloud} />
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {slos.length > rows.length && (
        <p className="muted">{words.showing(count(rows.length), count(slos.length))}</p>
      )}
    </div>
  )
}

function Cell({
  slo,
  state,
  left,
  cloud,
}: {
  slo: SloSummary
  state: State
  left: number | null
  cloud?: string
}): ReactElement {
  const { words, percent } = useVoice()
  const fill = Math.max(0, Math.min(1, left ?? 0)) * 100
  return (
    <td>
      <Link
        to="/slo/$"
        params={{ _splat: slo.id }}
        search={cloud === undefined ? {} : { scope: `cloud_provider=${cloud}` }}
        className="matrixcell"
        data-state={state}
        aria-label={`${slo.name}, ${cloud ?? words.whole}: ${words[state]}, ${left === null ? words.unknownShort : percent(left)}`}
      >
        <Glyph state={state} />
        <span className="figure">{left === null ? '–' : percent(left)}</span>
        <span className="fill" aria-hidden="true">
          <i style={{ width: `${fill}%` }} />
        </span>
      </Link>
    </td>
  )
}
