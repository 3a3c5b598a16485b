import { useQuery } from '@tanstack/react-query'
import { type ReactElement, useId, useState } from 'react'
import type { Exemplar } from '../../../../src/contract/index.ts'
import { exemplarsQuery, type Stretch } from '../api/queries.ts'
import { copyText } from '../shell/clipboard.ts'
import { Icon } from '../shell/icons.tsx'
import { Empty, Failed, Loading } from '../shell/States.tsx'
import { useVoice } from '../shell/voice.ts'

/** Single bad requests, each with what leads to it elsewhere. */
export function Exemplars({ stretch }: { stretch: Stretch }): ReactElement {
  const { words } = useVoice()
  const heading = useId()
  const answer = useQuery(exemplarsQuery(stretch))
  return (
    <section className="panel" aria-labelledby={heading}>
      <header>
        <h2 id={heading}>{words.exemplars}</h2>
      </header>
      {answer.isPending ? (
        <Loading />
      ) : answer.data === undefined ? (
        <Failed cause={answer.error} onRetry={() => void answer.refetch()} />
      ) : answer.data.length === 0 ? (
        <Empty>{words.exemplarsNone}</Empty>
      ) : (
        <ExemplarRows exemplars={answer.data} />
      )}
    </section>
  )
}

export function ExemplarRows({ exemplars }: { exemplars: readonly Exemplar[] }): ReactElement {
  const voice = useVoice()
  const { words } = voice
  return (
    <div className="scroller" tabIndex={0} role="group" aria-label={words.exemplars}>
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">{words.when}</th>
            <th scope="col">{words.what}</th>
            <th scope="col">{words.reason}</th>
            <th scope="col" className="number">
              {words.took}
            </th>
            <th scope="col">{words.trace}</th>
          </tr>
        </thead>
        <tbody>
          {exemplars.map((e) => (
            <tr key={`${e.atMs} ${e.traceId ?? e.requestId}`}>
              <th scope="row">{voice.instant(Math.floor(e.atMs / 1000), 'day-minute')}</th>
              <td className="mono">{Object.values(e.labels).join(' · ')}</td>
              <td>{e.reason}</td>
              <td className="number">{e.durationMs === null ? '–' : voice.latency(e.durationMs)}</td>
              <td className="mono">
                {e.traceUrl !== null && e.traceId !== null ? (
                  <TraceLink url={e.traceUrl} id={e.traceId} />
                ) : (
                  <TraceId id={e.traceId ?? e.requestId} />
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** Where the trace can be seen; only addresses of the web become links, whatever the configuration made of them. */
function TraceLink({ url, id }: { url: string; id: string }): ReactElement {
  const { words } = useVoice()
  if (!/^https?:\/\//.test(url)) return <TraceId id={id} />
  return (
    <a className="link trace" href={url} target="_blank" rel="noreferrer" title={`${words.openTrace}: ${id}`}>
      <span className="visually-hidden">{words.openTrace} </span>
      {id.slice(0, 12)}
      <Icon name="external" size={13} />
    </a>
  )
}

function TraceId({ id }: { id: string | null }): ReactElement {
  const { words } = useVoice()
  const [copied, setCopied] = useState<boolean | undefined>(undefined)
  if (id === null) return <span className="none">–</span>
  return (
    <button
      type="button"
      className="copy"
      title={`${words.copyTrace}: ${id}`}
      onClick={() => {
        void copyText(id).then(setCopied)
      }}
    >
      {copied === false ? id : id.slice(0, 12)}
      <Icon name="copy" size={13} />
      <span className="muted" aria-live="polite">
        {copied === true ? words.copied : ''}
      </span>
    </button>
  )
}
