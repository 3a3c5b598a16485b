import { type ReactElement, useId } from 'react'
import type { SloDetail } from '../../../../src/contract/index.ts'
import { useVoice } from '../shell/voice.ts'

/** The promise as it is written in git, with the commit that says so. */
export function Definition({ slo }: { slo: SloDetail }): ReactElement {
  const { words, instant } = useVoice()
  const heading = useId()
  const { file, line, text, commit } = slo.origin
  return (
    <section className="panel" aria-labelledby={heading}>
      <header>
        <h2 id={heading}>{words.definition}</h2>
        <span className="muted mono">
          {file}:{line}
        </span>
        <span className="muted end">
          {commit === null
            ? words.noCommit
            : words.committed(commit.id.slice(0, 10), commit.author, instant(commit.at, 'day'))}
          {commit?.dirty === true && ` · ${words.uncommitted}`}
        </span>
      </header>
      <pre className="yaml" tabIndex={0} role="group" aria-label={`${words.definition} ${file}`} lang="en">
        {text.split('\n').map((row, i) => (
          // The lines of a file have no other name than their number.
          <Line key={i} row={row} />
        ))}
      </pre>
    </section>
  )
}

/** Key, value and comment set apart: enough to read, far from a parser. */
function Line({ row }: { row: string }): ReactElement {
  const [, indent = '', key = '', rest = row] = /^(\s*(?:- )?)([\w./-]+:)?(.*)$/.exec(row) ?? []
  const comment = /^\s*#/.test(rest)
  return (
    <code>
      {indent}
      <span className="k">{key}</span>
      <span className={comment ? 'c' : 'v'}>{rest}</span>
      {'\n'}
    </code>
  )
}
