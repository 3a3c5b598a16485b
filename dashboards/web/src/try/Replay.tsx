import { type ReactElement, useId } from 'react'
import type { Preview } from '../../../../src/contract/index.ts'
import { useVoice } from '../shell/voice.ts'

/** What each rule would have done over the window, minute by minute. */
export function ReplayTable({
  preview,
  children,
}: {
  preview: Preview
  children?: ReactElement
}): ReactElement {
  const voice = useVoice()
  const { words } = voice
  const heading = useId()
  const times = (severity: 'page' | 'ticket'): number =>
    preview.rules.filter((r) => r.severity === severity).reduce((n, { firings }) => n + firings.length, 0)
  return (
    <section className="panel" aria-labelledby={heading}>
      <header>
        <h2 id={heading}>{words.replay}</h2>
        <b>{words.replaySays(times('page'), times('ticket'))}</b>
        <span className="muted">{words.replayNote(words.tryWindowDays(String(preview.windowDays)))}</span>
        {children && <span className="end">{children}</span>}
      </header>
      <div className="scroller" tabIndex={0} role="group" aria-label={words.replay}>
        <table className="rows replay">
          <thead>
            <tr>
              <th scope="col">{words.rule}</th>
              <th scope="col" className="number">
                {words.factor}
              </th>
              <th scope="col">{words.replay}</th>
              <th scope="col">
                <span className="visually-hidden">{words.when}</span>
              </th>
              <th scope="col">{words.replayLast}</th>
              <th scope="col" className="number">
                {words.replayPeak}
              </th>
              <th scope="col" className="number">
                {words.replayTotal}
              </th>
            </tr>
          </thead>
          <tbody>
            {preview.rules.map(({ rule, severity, factor, firings, long, short }) => {
              const last = firings.at(-1)
              return (
                <tr key={rule}>
                  <th scope="row">
                    {rule}{' '}
                    <small>
                      {words[severity]} · {voice.span(long)} / {voice.span(short)}
                    </small>
                  </th>
                  <td className="number">{voice.rate(factor)}</td>
                  <td>
                    {firings.length === 0 ? (
                      <span className="muted">{words.replayNone}</span>
                    ) : (
                      <b>{words.replayTimes(firings.length)}</b>
                    )}
                  </td>
                  <td>
                    <Strip preview={preview} firings={firings} />
                  </td>
                  <td>{last === undefined ? '–' : voice.instant(last.from, 'day-minute')}</td>
                  <td className="number">
                    {firings.length === 0 ? '–' : voice.rate(Math.max(...firings.map(({ peak }) => peak)))}
                  </td>
                  <td className="number">
                    {firings.length === 0
                      ? '–'
                      : voice.duration(firings.reduce((n, { from, to }) => n + Math.max(60, to - from), 0))}
                  </td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
    </section>
  )
}

/** Where in the window the rule fired; the words beside it say the same. */
function Strip({
  preview: { range },
  firings,
}: {
  preview: Preview
  firings: Preview['rules'][number]['firings']
}): ReactElement {
  const length = range.to - range.from
  const x = (at: number): number => Math.min(198, ((at - range.from) / length) * 200)
  return (
    <svg className="strip" width="200" height="14" viewBox="0 0 200 14" aria-hidden="true">
      <path d="M0 13.5H200" stroke="var(--line-strong)" />
      {firings.map(({ from, to }) => (
        <rect
          key={from}
          x={x(from)}
          width={Math.max(2, x(to) - x(from))}
          y="2"
          height="11"
          fill="var(--burning)"
        />
      ))}
    </svg>
  )
}
