import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import type { SloDetail } from '../../../../src/contract/index.ts'
import { incidentsQuery } from '../api/queries.ts'
import { Glyph } from '../drawing/Drawn.tsx'
import { scopeLabel, scopeText } from '../format/scope.ts'
import { headline } from '../format/sentences.ts'
import { useVoice } from '../shell/voice.ts'

/** Beside the charts: incidents, splits with the worst first, and what the promise says. */
export function Side({ slo, scope }: { slo: SloDetail; scope: string }): ReactElement {
  const voice = useVoice()
  const { words } = voice
  return (
    <>
      <Incidents slo={slo} />
      {slo.scopes.length > 0 && (
        <section>
          <h2>{words.scopes}</h2>
          <ul className="scopes">
            {slo.scopes.map((s) => {
              const left = headline(s).budget.leftRatio
              const text = scopeText(s.scope)
              return (
                <li key={text} data-level={Object.keys(s.scope).length}>
                  <Link
                    to="/slo/$"
                    params={{ _splat: slo.id }}
                    search={(old) => ({ ...old, scope: text })}
                    resetScroll={false}
                    aria-current={text === scope ? 'true' : undefined}
                  >
                    <Glyph state={s.state} size={10} label={words[s.state]} />
                    <span className="name">{scopeLabel(s.scope)}</span>
                    <span className="figure">{left === null ? '–' : voice.percent(left)}</span>
                  </Link>
                </li>
              )
            })}
          </ul>
        </section>
      )}
      <section>
        <h2>{words.facts}</h2>
        <p>{slo.description}</p>
        <Facts slo={slo} />
      </section>
    </>
  )
}

function Facts({ slo }: { slo: SloDetail }): ReactElement {
  const { words, window, indicator, count } = useVoice()
  const noData = { freeze: words.noDataFreeze, good: words.noDataGood, bad: words.noDataBad }[slo.noData]
  return (
    <dl className="facts">
      <dt>{words.indicator}</dt>
      <dd>{indicator(slo.indicator)}</dd>
      <dt>{words.target}</dt>
      <dd>
        {slo.target}
        {'\u202f% '}
        {words.over(window(slo.window))}
      </dd>
      <dt>{words.method}</dt>
      <dd>{words[slo.method]}</dd>
      <dt>{words.policy}</dt>
      <dd>
        {/^https?:/.test(slo.policy.source) ? (
          <a href={slo.policy.source}>{slo.policy.name}</a>
        ) : (
          slo.policy.name
        )}
      </dd>
      <dt>{words.noDataPolicy}</dt>
      <dd>{noData}</dd>
      <dt>{words.minBad}</dt>
      <dd>{count(slo.minBadEvents)}</dd>
      <dt>{words.service}</dt>
      <dd>
        <Link to="/service/$" params={{ _splat: slo.service }}>
          {slo.service}
        </Link>
      </dd>
      <dt>{words.owner}</dt>
      <dd>{slo.owner}</dd>
      {/^https?:/.test(slo.runbook) && (
        <>
          <dt>{words.runbook}</dt>
          <dd>
            <a href={slo.runbook}>{slo.runbook.replace(/^https?:\/\//, '')}</a>
          </dd>
        </>
      )}
    </dl>
  )
}

function Incidents({ slo }: { slo: SloDetail }): ReactElement {
  const { words, instant, share, duration } = useVoice()
  const all = useQuery(incidentsQuery).data ?? []
  const mine = slo.incidents.map((id) => all.find((i) => i.id === id) ?? id)
  return (
    <section>
      <h2>{words.incidentsOfPromise}</h2>
      {mine.length === 0 ? (
        <p className="muted">{words.noIncidents}</p>
      ) : (
        <ul className="incidentlist">
          {mine.map((i) =>
            typeof i === 'string' ? (
              <li key={i}>
                <Link to="/incidents/$incidentId" params={{ incidentId: i }}>
                  {i}
                </Link>
              </li>
            ) : (
              <li key={i.id}>
                <Link to="/incidents/$incidentId" params={{ incidentId: i.id }}>
                  <Glyph state={i.state === 'open' ? 'burning' : 'ok'} size={10} label={words[i.state]} />
                  <b>{i.id}</b>
                  <span className="figure">−{share(i.budgetSpent)}</span>
                  <small>
                    {instant(i.startedAt, 'day-minute')} · {duration((i.resolvedAt ?? slo.now) - i.startedAt)}{' '}
                    · {scopeLabel(i.scope) || words.wholeScope}
                  </small>
                </Link>
              </li>
            ),
          )}
        </ul>
      )}
    </section>
  )
}
