import type { UnixSeconds } from '../../base/index.ts'
import { type CoverageSpan, type ExternalQuery, questionSource } from '../../traffic/index.ts'
import type { Sink } from '../collector.ts'
import { type Knowledge, Statements } from './knowledge.ts'
import { type Question, questionOf, type Refusal } from './questions.ts'

/** What is asked now, as far as it can be answered here. */
export interface Asked {
  readonly questions: readonly Question[]
  readonly refused: readonly { readonly query: ExternalQuery; readonly refusal: Refusal }[]
}

/** Reads the questions again only when they are others than before. */
export function createAsked(
  ask: () => readonly ExternalQuery[],
  renamed: ReadonlyMap<string, string>,
): () => Asked {
  let keys = ''
  let asked: Asked = { questions: [], refused: [] }
  return () => {
    const queries = ask()
    const now = queries.map(({ key, silence }) => `${key} ${silence}`).join()
    if (now === keys) return asked
    keys = now
    const read = queries.map((query) => ({ query, result: questionOf(query, renamed) }))
    asked = {
      questions: read.flatMap(({ result }) => (result.kind === 'ok' ? [result.value] : [])),
      refused: read.flatMap(({ query, result }) =>
        result.kind === 'failed' ? [{ query, refusal: result.error }] : [],
      ),
    }
    return asked
  }
}

/** What is to be said about the minutes of a source, and of the questions to it. */
export interface Saying {
  readonly source: string
  readonly asked: () => Asked
  /** Whether requests are counted; else the source is known by its questions alone. */
  readonly hasRules: boolean
  /** What the samples tell of a question's minutes; without a key, of those of the requests. */
  readonly knowledgeOf: (question?: string) => Knowledge
  readonly now: () => UnixSeconds
}

/**
 * A sink that says of every minute no more than the samples know: that the receiver ran and somebody wrote to it does
 * not yet mean that the series which are counted were among what was written. Each question has coverage of its own.
 * Minutes of which samples come later are said again.
 */
export function withQuestions(sink: Sink, saying: Saying): Sink {
  const { source, asked, hasRules, knowledgeOf, now } = saying
  const requests = new Statements(source, (minute) => knowledgeOf().of(minute, false))
  const byQuestion = new Map<string, Statements>()
  const statementsOf = ({ key, silentIsZero }: Question): Statements => {
    const found = byQuestion.get(key)
    if (found !== undefined) return found
    const name = questionSource({ source, key })
    const made = new Statements(name, (minute) => knowledgeOf(key).of(minute, silentIsZero))
    byQuestion.set(key, made)
    return made
  }
  // What could not be written is written with the next step.
  let owed: readonly CoverageSpan[] = []
  return {
    checkpoint: sink.checkpoint,
    write: async (step, signal) => {
      const { coverage = [] } = step
      const own = coverage.filter((span) => span.source === source)
      const others = coverage.filter((span) => span.source !== source)
      const { questions, refused } = asked()
      const at = now()
      owed = [
        ...owed,
        ...(hasRules ? requests.improved(at) : []),
        ...questions.flatMap((question) => statementsOf(question).improved(at)),
      ]
      const said: readonly CoverageSpan[] = [
        ...others,
        ...(hasRules ? requests.narrow(own) : own),
        ...questions.flatMap((question) => statementsOf(question).narrow(own)),
        ...owed,
        ...refused.flatMap(({ query, refusal }) =>
          own.map((span) => ({
            ...span,
            source: questionSource(query),
            state: 'missing' as const,
            reason: refusal.text,
          })),
        ),
      ]
      await sink.write(said.length === 0 ? step : { ...step, coverage: said }, signal)
      owed = []
    },
  }
}
