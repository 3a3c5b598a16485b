import {
  createSilence,
  endSilence,
  type FoldEntry,
  foldSilences,
  NO_SILENCES,
  type RegexTest,
  type Silence,
  type SilenceRequest,
  type SilenceResult,
  type SilenceState,
} from '../alerting/index.ts'
import { failed, ok, type Result, type World } from '../base/index.ts'
import { compileRegex } from '../definitions/index.ts'
import type { Journal } from '../store/index.ts'

/** Quiet that people asked for: what the journal says of it, and the way to change that. */
export interface SilenceBook {
  readonly all: () => readonly Silence[]
  /** Takes in what is in the journal. */
  readonly take: (entries: readonly FoldEntry[]) => void
  readonly regex: RegexTest
  /** A sentence when it cannot be. What is asked twice under one name is made once. */
  readonly create: (asked: SilenceRequest) => Promise<Result<Silence, string>>
  readonly end: (asked: { readonly id: string; readonly by: string }) => Promise<Result<Silence, string>>
}

interface BookParts {
  readonly journal: Pick<Journal, 'append'>
  /** One change after the other, and none while a step is decided. */
  readonly exclusive: <T>(work: () => Promise<T>) => Promise<T>
}

export function createSilenceBook(
  world: Pick<World, 'clock'>,
  { journal, exclusive }: BookParts,
): SilenceBook {
  let state: SilenceState = NO_SILENCES
  const change = async (result: Result<SilenceResult, string>): Promise<string | undefined> => {
    if (result.kind === 'failed') return result.error
    if (result.value.events.length > 0) await journal.append(result.value.events)
    ;({ state } = result.value)
    return undefined
  }
  return {
    all: () => state.silences,
    take: (entries) => {
      state = foldSilences(state, entries)
    },
    regex: createRegexTest(),
    create: (asked) =>
      exclusive(async () => {
        const refusal =
          patternProblem(asked) ?? (await change(createSilence(state, asked, world.clock.now())))
        if (refusal !== undefined) return failed(refusal)
        const made = state.silences.findLast(
          ({ by, reason }) => by === asked.by.trim() && reason === asked.reason.trim(),
        )
        return made === undefined ? failed('It was asked for before, and is forgotten since') : ok(made)
      }),
    end: (asked) =>
      exclusive(async () => {
        const refusal = await change(endSilence(state, asked, world.clock.now()))
        if (refusal !== undefined) return failed(refusal)
        const ended = state.silences.find(({ id }) => id === asked.id)
        return ended === undefined ? failed(`There is no silence ${asked.id.slice(0, 40)}`) : ok(ended)
      }),
  }
}

/** Why a pattern cannot be tried; said when it is asked for, since later nobody would hear of it. */
function patternProblem({ matchers }: Pick<SilenceRequest, 'matchers'>): string | undefined {
  for (const { name, op, value } of matchers) {
    if (op !== '=~' && op !== '!~') continue
    const compiled = compileRegex(value)
    if (compiled.kind === 'failed') return `${name}${op}"${value.slice(0, 80)}": ${compiled.error}`
  }
  return undefined
}

const PATTERNS_KEPT = 1_000

/** Each pattern is compiled once. One that cannot be compiled (an older version took it) matches nothing. */
function createRegexTest(): RegexTest {
  const compiled = new Map<string, (text: string) => boolean>()
  return (pattern, text) => {
    let test = compiled.get(pattern)
    if (test === undefined) {
      const made = compileRegex(pattern)
      test = made.kind === 'ok' ? made.value : () => false
      if (compiled.size >= PATTERNS_KEPT) compiled.clear()
      compiled.set(pattern, test)
    }
    return test(text)
  }
}
