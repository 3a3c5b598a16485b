import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import type { Distances as Measured } from '../../../../src/contract/index.ts'
import { distancesQuery } from '../api/queries.ts'
import { useVoice } from '../shell/voice.ts'

const PHASES = ['dns', 'connect', 'tls', 'first-byte', 'transfer'] as const

type Leg = Measured['legs'][number]

/** How far it is, in time, from where Nines runs to what it probes. Nothing while nothing was probed. */
export function Distances({ now }: { now: number }): ReactElement | null {
  const { words } = useVoice()
  const { data } = useQuery(distancesQuery(now))
  const ways = waysOf(data?.legs ?? [])
  if (ways.length === 0) return null
  const headings = ['DNS', words.connecting, 'TLS', words.firstByte, words.transferring]
  return (
    <section className="card distances" aria-labelledby="distances">
      <h2 id="distances">{words.distances}</h2>
      <p className="muted">{words.distancesNote}</p>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.wayFrom}</th>
            <th scope="col">{words.wayTo}</th>
            {headings.map((heading) => (
              <th key={heading} scope="col" className="numeric">
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {ways.map(({ key, first, legs }) => (
            <tr key={key}>
              <td>{first.from === '' ? '–' : first.from}</td>
              <th scope="row">
                {first.service} <span className="muted">{first.to}</span>
              </th>
              {PHASES.map((phase) => (
                <td key={phase} className="numeric">
                  <Cell leg={legs.find((leg) => leg.phase === phase)} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Cell({ leg }: { leg: Leg | undefined }): ReactElement {
  const voice = useVoice()
  const median = leg?.p50Ms ?? null
  if (leg === undefined || median === null) return <>–</>
  return (
    <>
      {voice.latency(median)}{' '}
      <span className="muted">{leg.p99Ms === null ? '–' : voice.latency(leg.p99Ms)}</span>
    </>
  )
}

function waysOf(
  legs: readonly Leg[],
): readonly { readonly key: string; readonly first: Leg; readonly legs: readonly Leg[] }[] {
  const ways = new Map<string, Leg[]>()
  for (const leg of legs) {
    const key = JSON.stringify([leg.source, leg.from, leg.to, leg.service])
    const own = ways.get(key)
    if (own) own.push(leg)
    else ways.set(key, [leg])
  }
  return [...ways].flatMap(([key, own]) => (own[0] ? [{ key, first: own[0], legs: own }] : []))
}
