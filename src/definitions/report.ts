import type { Problem } from './model.ts'
import { lineText, type Place, positionOf } from './place.ts'
import type { ProblemCode } from './problems.ts'

/**
 * Collects what is wrong, everywhere at once. The same fault found twice (an SLI that two SLOs use) is told once,
 * and still counts as an error for each who asked.
 */
export interface Report {
  /** True when the spec is held to the letter: what `tolerate` is told becomes an error. */
  readonly strict: boolean
  readonly error: (code: ProblemCode, place: Place, text: Wording) => void
  readonly warn: (code: ProblemCode, place: Place, text: Wording) => void
  /** Outside the letter of the spec, yet clear: a warning, and an error in strict mode. */
  readonly tolerate: (code: ProblemCode, place: Place, text: Wording) => void
  /** How many errors so far; a rise between two moments tells that something in between failed. */
  readonly errors: () => number
  /** By file, line and column. */
  readonly problems: () => readonly Problem[]
  readonly add: (problem: Problem) => void
}

export interface Wording {
  /** What is wrong, one sentence without a full stop. */
  readonly message: string
  /** What to write. */
  readonly remedy: string
}

export function createReport(options: { readonly strict: boolean }): Report {
  const found = new Map<string, Problem>()
  let errors = 0
  const add = (problem: Problem): void => {
    if (problem.severity === 'error') errors += 1
    const key = `${problem.file}\n${problem.line}\n${problem.column}\n${problem.code}\n${problem.message}`
    if (!found.has(key)) found.set(key, problem)
  }
  const tell = (severity: Problem['severity']) => (code: ProblemCode, place: Place, text: Wording) => {
    const { source } = place
    const { line, column } = positionOf(source, place.start)
    const sourceLine = lineText(source, line)
    const room = Math.max(1, sourceLine.length - column + 1)
    const length = Math.min(room, Math.max(1, place.end - place.start))
    add({ code, severity, file: source.file, line, column, length, ...text, sourceLine })
  }
  const error = tell('error')
  const warn = tell('warning')
  return {
    strict: options.strict,
    error,
    warn,
    tolerate: options.strict ? error : warn,
    errors: () => errors,
    problems: () => [...found.values()].sort(inOrder),
    add,
  }
}

function inOrder(a: Problem, b: Problem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1
  return a.line - b.line || a.column - b.column || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0)
}
