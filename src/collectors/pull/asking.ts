import { failed, type Result, type World } from '../../base/index.ts'
import { createBreaker } from './breaker.ts'
import type { Answer, Asked, CountSource, PullFailure, Reply } from './source.ts'

/** A source that is asked with patience: a little again when it fails, and not at all while it keeps failing. */
export interface Asking {
  /** A result for each question. */
  readonly ask: (
    asked: Asked,
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<string, Result<Answer, PullFailure>>>
  readonly isProbing: () => boolean
  /** Whether a question would be answered with the last failure, without being asked. */
  readonly isResting: () => boolean
}

const ATTEMPTS = 3
const PAUSE_MS = 500

export function createAsking(world: World, source: CountSource): Asking {
  const breaker = createBreaker(world)
  const attempt = async (asked: Asked, signal: AbortSignal): Promise<readonly Reply[]> => {
    const resting = breaker.closedBy()
    if (resting !== undefined) return refuseAll(asked, resting)
    const replies = await source.ask(asked, signal)
    const whole = replies
      .map(({ result }) => (result.kind === 'failed' ? result.error : undefined))
      .find(isOfSource)
    if (whole === undefined) breaker.succeeded()
    else if (!signal.aborted) breaker.failed(whole)
    return replies
  }
  return {
    isProbing: breaker.isProbing,
    isResting: () => breaker.closedBy() !== undefined,
    ask: async (asked, signal) => {
      const found = new Map<string, Result<Answer, PullFailure>>()
      let left = asked.questions
      for (let attempts = 1; left.length > 0; attempts++) {
        for (const { key, result } of await attempt({ ...asked, questions: left }, signal))
          found.set(key, result)
        left = left.filter(({ key }) => isPassing(found.get(key)))
        if (attempts === ATTEMPTS || left.length === 0 || breaker.closedBy() !== undefined) break
        const pause = PAUSE_MS * 2 ** (attempts - 1) * (1 + world.random())
        await world.clock.sleep(pause, signal).catch(() => undefined)
        if (signal.aborted) break
      }
      for (const { key } of asked.questions) if (!found.has(key)) found.set(key, failed(SILENT))
      return found
    },
  }
}

const SILENT: PullFailure = {
  kind: 'unavailable',
  text: 'the source left a question unanswered',
  remedy: 'is the source complete, or does a proxy before it cut answers?',
}

function refuseAll({ questions }: Asked, failure: PullFailure): readonly Reply[] {
  return questions.map(({ key }) => ({ key, result: failed(failure) }))
}

/** Failures of the source as a whole, not of one question. */
function isOfSource(failure: PullFailure | undefined): failure is PullFailure {
  return failure !== undefined && (failure.kind === 'unavailable' || failure.kind === 'throttled')
}

/** Worth another attempt at once: what the source asks us to wait for is not. */
function isPassing(result: Result<Answer, PullFailure> | undefined): boolean {
  if (result === undefined) return true
  return (
    result.kind === 'failed' && result.error.kind === 'unavailable' && result.error.retryAfterMs === undefined
  )
}
