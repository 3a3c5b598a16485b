import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { ServiceDetail, State } from '../../../../src/contract/index.ts'
import { Glyph } from '../drawing/Drawn.tsx'
import { scopeText } from '../format/scope.ts'
import { useVoice } from '../shell/voice.ts'
import { isTold } from './filter.ts'

const MARKS: Readonly<Record<ServiceDetail['reasons'][number]['outcome'], State>> = {
  good: 'ok',
  bad: 'burning',
  ignored: 'unknown',
}

/** Beside the charts: the promises about it, who has seen it, and every outcome, the ignored ones too. */
export function ServiceSide({ service }: { service: ServiceDetail }): ReactElement {
  const { words, count } = useVoice()
  return (
    <>
      <section>
        <h2>{words.promisesOf}</h2>
        {service.slos.length === 0 ? (
          <p className="muted">{words.noPromises}</p>
        ) : (
          <ul className="scopes">
            {service.slos.map((slo) => (
              <li key={slo.id}>
                <Link to="/slo/$" params={{ _splat: slo.id }}>
                  <Glyph state={slo.state} size={10} label={words[slo.state]} />
                  <span className="name">{slo.name}</span>
                </Link>
              </li>
            ))}
          </ul>
        )}
        <p>
          <Link
            to="/try"
            search={{ service: service.service, source: service.source, scope: scopeText(service.scope) }}
            className="link"
          >
            {words.tryNewFor}
          </Link>
        </p>
      </section>
      <section>
        <h2>{words.outcomes}</h2>
        <ul className="outcomes">
          {service.reasons.map((r) => (
            <li key={`${r.outcome} ${r.reason}`} title={r.meaning}>
              <Glyph
                state={MARKS[r.outcome]}
                size={10}
                label={r.outcome === 'good' ? words.good : r.outcome === 'bad' ? words.bad : words.ignored}
              />
              <code>{r.reason}</code>
              <span className="figure">{count(r.count)}</span>
            </li>
          ))}
        </ul>
        {service.reasons.length === 0 && <p className="muted">–</p>}
      </section>
      <section>
        <h2>{words.seenBy}</h2>
        <ul className="outcomes">
          {service.sources.map(({ name, type, good, bad }) => (
            <li key={name}>
              <span className="name">
                {name} {type !== '' && <small>{type}</small>}
              </span>
              <span className="figure">
                {name === service.source && !isTold(service) ? '–' : count(good + bad)}
              </span>
            </li>
          ))}
        </ul>
        {service.sources.length > 1 && <p className="muted note">{words.seenByNote}</p>}
      </section>
    </>
  )
}
