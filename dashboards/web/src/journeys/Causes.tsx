import type { ReactElement } from 'react'
import type { Cause, JourneyDetail } from '../../../../src/contract/index.ts'
import { useVoice } from '../shell/voice.ts'

/** Who brought the shortfall about, seen five ways; each way adds up to the whole. */
export function Causes({ detail }: { detail: JourneyDetail }): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const { attribution } = detail
  const owners = attribution.owners.map((cause) => ({ ...cause, name: words.journeyOwners(cause.name) }))
  return (
    <section className="panel">
      <header>
        <h2>{words.journeyCauses}</h2>
      </header>
      <p className="muted">
        {words.journeyShortfall(voice.duration(attribution.shortfall * 60))}. {words.journeyCausesNote}
      </p>
      {attribution.shortfall <= 0 ? (
        <p className="muted">{words.journeyCausesNone}</p>
      ) : (
        <div className="causes">
          <List title={words.journeyByLeaf} causes={attribution.leaves} />
          <List title={words.journeyByCloud} causes={attribution.clouds} />
          <List title={words.journeyByRegion} causes={attribution.regions} />
          <List title={words.journeyByProvider} causes={attribution.providers} />
          <List title={words.journeyByOwner} causes={owners} />
        </div>
      )}
    </section>
  )
}

function List({ title, causes }: { title: string; causes: readonly Cause[] }): ReactElement | null {
  const voice = useVoice()
  const ordered = causes.filter(({ minutes }) => minutes > 0).toSorted((a, b) => b.minutes - a.minutes)
  if (ordered.length === 0) return null
  return (
    <table className="rows causelist">
      <caption>{title}</caption>
      <tbody>
        {ordered.map((cause) => (
          <tr key={cause.name}>
            <th scope="row">{cause.name === '' ? voice.words.journeyElsewhere : cause.name}</th>
            <td>
              <span className="sharebar" aria-hidden="true">
                <span style={{ inlineSize: `${Math.max(1, cause.share * 100)}%` }} />
              </span>
            </td>
            <td className="number figure">{voice.share(cause.share)}</td>
            <td className="number figure muted">{voice.duration(cause.minutes * 60)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
