import './sources.css'
import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import type { Meta, Source, SourceDiagnosis, State } from '../../../../src/contract/index.ts'
import { diagnosisQuery, metaQuery, sourcesQuery } from '../api/queries.ts'
import { Glyph } from '../drawing/Drawn.tsx'
import { scopeLabel } from '../format/scope.ts'
import { Prose } from '../shell/Prose.tsx'
import { Empty, Failed, Loading, PageState } from '../shell/States.tsx'
import { useTitle } from '../shell/title.ts'
import { useVoice } from '../shell/voice.ts'
import { Distances } from './Distances.tsx'
import { Installation } from './Installation.tsx'
import { Walk } from './Walk.tsx'

/** What each collector reads and how it fares; below it, what is wrong with the definitions. */
export function SourcesPage(): ReactElement {
  const { words } = useVoice()
  useTitle(words.sources)
  const sources = useQuery(sourcesQuery)
  const meta = useQuery(metaQuery)
  const diagnosis = useQuery(diagnosisQuery)
  if (sources.data !== undefined)
    return (
      <div className="page sources">
        <Sources sources={sources.data} now={meta.data?.now} diagnosed={diagnosis.data?.sources ?? []} />
        {meta.data && sources.data.some(({ type }) => type === 'Probe') && <Distances now={meta.data.now} />}
        {diagnosis.data && <Installation diagnosis={diagnosis.data} />}
        {meta.data && <Definitions meta={meta.data} />}
      </div>
    )
  return (
    <PageState title={words.sources}>
      {sources.isPending ? (
        <Loading height={320} />
      ) : (
        <Failed cause={sources.error} onRetry={() => void sources.refetch()} />
      )}
      {meta.data && <Definitions meta={meta.data} />}
    </PageState>
  )
}

const MARKS: Readonly<Record<Source['state'], State>> = {
  starting: 'unknown',
  reading: 'ok',
  waiting: 'ok',
  failing: 'burning',
  stopped: 'exhausted',
}

function Sources({
  sources,
  now,
  diagnosed,
}: {
  sources: readonly Source[]
  now: number | undefined
  diagnosed: readonly SourceDiagnosis[]
}): ReactElement {
  const { words, count } = useVoice()
  const failing = sources.filter((s) => s.state === 'failing')
  const found = new Map(diagnosed.map((d) => [d.name, d]))
  const isWrong = (s: Source): boolean => s.problem !== null || found.get(s.name)?.finding === 'wrong'
  const ordered = sources.toSorted(
    (a, b) => Number(isWrong(b)) - Number(isWrong(a)) || a.name.localeCompare(b.name),
  )
  const at = now ?? Math.max(0, ...sources.map((s) => s.lastSuccess ?? 0))
  return (
    <>
      <h1 className="sentence">
        {sources.length === 0
          ? words.noSources
          : words.sourcesSentence(count(failing.length), count(sources.length))}
      </h1>
      <ul className="sourcelist">
        {ordered.map((s) => (
          <SourceCard key={s.name} source={s} diagnosis={found.get(s.name)} now={at} />
        ))}
      </ul>
    </>
  )
}

function SourceCard({
  source,
  diagnosis,
  now,
}: {
  source: Source
  /** Undefined until the service has answered. */
  diagnosis: SourceDiagnosis | undefined
  now: number
}): ReactElement {
  const voice = useVoice()
  const { words, count, duration, instant } = voice
  const ago = (at: number | null): string =>
    at === null ? words.neverYet : now - at < 10 ? words.justNow : words.ago(duration(now - at))
  const labels = scopeLabel(source.labels)
  return (
    <li className="card source" data-state={source.state}>
      <header>
        <h2>{source.name}</h2>
        <span className="muted">
          {source.type}
          {labels !== '' && ` · ${labels}`}
        </span>
        <span className="stateword">
          <Glyph state={MARKS[source.state]} />
          {words[source.state]}
        </span>
      </header>
      {source.problem && !diagnosis?.walk.some(({ text }) => text === source.problem?.text) && (
        <div className="problem">
          <p>
            <b>{source.problem.text}</b> <span className="muted">{ago(source.problem.at)}</span>
          </p>
          <p>
            <span className="muted">{words.remedy}: </span>
            <Prose text={source.problem.remedy} />
          </p>
        </div>
      )}
      <dl className="figures-row">
        <Figure label={words.lastSuccess} value={ago(source.lastSuccess)} />
        <Figure
          label={words.completeThrough}
          value={
            source.completeThrough === null
              ? '–'
              : instant(
                  source.completeThrough,
                  now - source.completeThrough > 72_000 ? 'day-minute' : 'minute',
                )
          }
          detail={source.completeThrough === null ? '' : words.behind(duration(now - source.completeThrough))}
        />
        <Figure label={words.eventsRead} value={count(source.events)} />
        <Figure label={words.series} value={count(source.series)} />
        <Figure label={words.rejected} value={count(source.rejected)} loud={source.rejected > 0} />
        <Figure
          label={words.overflowed}
          value={count(diagnosis?.overflowed ?? source.overflowed)}
          loud={(diagnosis?.overflowed ?? source.overflowed) > 0}
        />
      </dl>
      {diagnosis && <Walk source={diagnosis} now={now} />}
      {source.targets.length > 0 && (
        <ul className="targets" aria-label={words.targets}>
          {source.targets.map((t) => (
            <li key={t.name}>
              <Glyph state={t.ok ? 'ok' : 'burning'} size={10} label={t.ok ? words.reading : words.failing} />
              <span className="mono">{t.name}</span>
              <span className="muted">{t.detail}</span>
            </li>
          ))}
        </ul>
      )}
    </li>
  )
}

function Figure({
  label,
  value,
  detail = '',
  loud = false,
}: {
  label: string
  value: string
  detail?: string
  loud?: boolean
}): ReactElement {
  return (
    <div>
      <dt>{label}</dt>
      <dd className={loud ? 'loud' : undefined}>
        {value}
        {detail !== '' && <small>{detail}</small>}
      </dd>
    </div>
  )
}

function Definitions({ meta }: { meta: Meta }): ReactElement {
  const { words, count } = useVoice()
  const { problems, slos, files, commit } = meta.definitions
  return (
    <section id="definitions" className="definitions" aria-labelledby="definitions-title">
      <h2 id="definitions-title">{words.definitions}</h2>
      <p className="muted">
        {words.definitionsSentence(count(slos), count(files))}{' '}
        {commit !== null && <span className="mono">{commit}</span>}
      </p>
      {problems.length === 0 ? (
        <Empty>{words.noProblems}</Empty>
      ) : (
        <ul className="problems">
          {problems.map((p) => (
            <li key={`${p.file}:${p.line}:${p.column} ${p.code}`}>
              <span className="stateword">
                <Glyph state={p.severity === 'error' ? 'burning' : 'watch'} />
                {words[p.severity]}
              </span>
              <div>
                <p>
                  <b>{p.message}</b>
                </p>
                <p>
                  <span className="muted">{words.remedy}: </span>
                  <Prose text={p.remedy} />
                </p>
                <p className="mono muted">
                  {p.file}:{p.line}:{p.column} · {p.code}
                </p>
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
