import { Link } from '@tanstack/react-router'
import type { ReactElement, ReactNode } from 'react'
import { ApiFailure } from '../api/client.ts'
import { useFreshness } from './live.ts'
import { useWords } from './preferences.ts'
import { useVoice } from './voice.ts'

/** Empty, loading and failed each look different and say what to do next. */
export function Loading({ height = 160 }: { height?: number }): ReactElement {
  const words = useWords()
  return (
    <div className="state loading" role="status" style={{ minHeight: height }}>
      <span className="shimmer" aria-hidden="true" />
      <p>{words.loading}</p>
    </div>
  )
}

export function Failed({ cause, onRetry }: { cause: Error; onRetry: () => void }): ReactElement {
  const words = useWords()
  const status = cause instanceof ApiFailure ? cause.status : 0
  return (
    <div className="state failed" role="alert">
      <p>
        <strong>{words.failedTitle}</strong> {status === 0 ? words.failedNetwork : words.failedAnswer(status)}
      </p>
      {cause.message !== '' && <p className="detail">{cause.message}</p>}
      <button type="button" className="button" onClick={onRetry}>
        {words.failedRetry}
      </button>
    </div>
  )
}

/** A page that has nothing to show yet, or cannot: it still has its name for those who navigate by headings. */
export function PageState({ title, children }: { title: string; children: ReactNode }): ReactElement {
  return (
    <div className="page">
      <h1 className="visually-hidden">{title}</h1>
      {children}
    </div>
  )
}

export function Empty({ children, next }: { children: ReactNode; next?: ReactNode }): ReactElement {
  return (
    <div className="state empty">
      <p>{children}</p>
      {next !== undefined && <p className="detail">{next}</p>}
    </div>
  )
}

export function Missing({ children }: { children: ReactNode }): ReactElement {
  const words = useWords()
  return (
    <div className="page">
      <div className="state empty">
        <h1>{children}</h1>
        <Link to="/" className="button">
          {words.toFleet}
        </Link>
      </div>
    </div>
  )
}

export function NotFound(): ReactElement {
  return <Missing>{useWords().notFound}</Missing>
}

/** A page that no longer hears from the service says so above its figures. */
export function StaleNotice(): ReactElement | null {
  const { words, duration } = useVoice()
  const { stale, age, connection } = useFreshness()
  if (!stale || connection === 'paused') return null
  return (
    <p className="stale" role="status">
      {words.staleNote(duration(age))}
    </p>
  )
}
