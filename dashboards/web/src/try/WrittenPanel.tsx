import { type ReactElement, useId, useState } from 'react'
import type { Preview, SloSummary } from '../../../../src/contract/index.ts'
import { readScope } from '../format/scope.ts'
import { copyText } from '../shell/clipboard.ts'
import { download } from '../shell/download.ts'
import { useVoice } from '../shell/voice.ts'
import type { TrySearch } from './TryPage.tsx'
import { changeOf, definitionOf } from './written.ts'

/** The YAML that a try ends in, to copy or to save. */
export function WrittenPanel({
  search,
  preview,
  slo,
}: {
  search: TrySearch
  preview: Preview
  slo: SloSummary | undefined
}): ReactElement {
  const { words } = useVoice()
  const heading = useId()
  const [copied, setCopied] = useState(false)
  const text =
    search.service === undefined
      ? changeOf(preview, { target: slo?.target ?? '', window: slo?.window ?? '', withinMs: withinOf(slo) })
      : definitionOf({
          service: search.service,
          source: search.source ?? 'edge',
          scope: readScope(search.scope ?? ''),
          preview,
        })
  return (
    <section className="panel" aria-labelledby={heading}>
      <header>
        <h2 id={heading}>{search.service === undefined ? words.tryYamlChange : words.tryYaml}</h2>
        {search.service !== undefined && <span className="muted">{words.tryYamlNote}</span>}
        <span className="end">
          <button
            type="button"
            className="button"
            onClick={() => {
              void copyText(text).then(() => setCopied(true))
            }}
          >
            {copied ? words.tryCopied : words.tryCopy}
          </button>{' '}
          {search.service !== undefined && (
            <button
              type="button"
              className="button"
              onClick={() => download(`${search.service}.yaml`, text, 'application/yaml')}
            >
              {words.tryDownload}
            </button>
          )}
        </span>
      </header>
      <pre className="yaml" tabIndex={0} role="group" aria-label={words.tryYaml} lang="en">
        {text}
      </pre>
    </section>
  )
}

function withinOf(slo: SloSummary | undefined): number | null {
  const [, digits, unit] = /^within ([\d.]+)(ms|s)$/.exec(slo?.indicator ?? '') ?? []
  return digits === undefined ? null : Number(digits) * (unit === 's' ? 1000 : 1)
}
