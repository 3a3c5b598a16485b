import { failed, ok, type Result, seconds } from '../../base/index.ts'
import type {
  CorrectStep,
  Expectation,
  Row,
  Scenario,
  ScenarioProblem,
  ScenarioSlo,
  Step,
} from './language.ts'
import { fault, GOOGLE_30D, parseWindow, takeOption } from './options.ts'
import { type Fault, parseLength, parseRun, parseScope, parseTarget } from './words.ts'

/** Reads a scenario. Gives every fault of the text at once. */
export function parseScenario(file: string, text: string): Result<Scenario, readonly ScenarioProblem[]> {
  const problems: ScenarioProblem[] = []
  const draft: Draft = { name: '', slo: undefined, steps: [] }
  text.split('\n').forEach((written, i) => {
    const line = written.replace(/(^|\s)#.*$/, '').trimEnd()
    const words = line.trim().split(/\s+/)
    if (draft.name === '' && written.startsWith('#')) draft.name = written.slice(1).trim()
    if (line.trim() === '') return
    const fault = takeLine(draft, { words, indented: /^\s/.test(line), line: i + 1 })
    if (fault) problems.push({ file, line: i + 1, ...fault })
  })
  if (!draft.slo && problems.length === 0)
    problems.push({ file, line: 1, message: 'There is no SLO', remedy: 'Begin with: slo 99.9% over 30d' })
  if (problems.length > 0 || !draft.slo) return failed(problems)
  return ok({ name: draft.name || file, slo: draft.slo, steps: draft.steps.map(finished) })
}

export interface Draft {
  name: string
  slo: ScenarioSlo | undefined
  readonly steps: DraftStep[]
}

type DraftStep =
  | { readonly kind: 'load'; readonly from: number; readonly rows: Row[] }
  | CorrectStep
  | { readonly kind: 'evaluate'; readonly at: number; readonly expected: Expectation[] }

interface Line {
  readonly words: readonly string[]
  readonly indented: boolean
  readonly line: number
}

function finished(step: DraftStep): Step {
  switch (step.kind) {
    case 'load':
      return { ...step, from: seconds(step.from) }
    case 'evaluate':
      return { ...step, at: seconds(step.at) }
    case 'correct':
      return step
    default:
      return step satisfies never
  }
}

/** Adds one line to the draft; gives what is wrong with it. */
function takeLine(draft: Draft, line: Line): Fault | undefined {
  if (line.indented) return takeIndented(draft, line)
  const [verb = '', ...rest] = line.words
  switch (verb) {
    case 'slo':
      return draft.slo ? fault('A second slo', 'Put it into a file of its own') : takeSlo(draft, rest)
    case 'load':
      return takeTimed(rest, 'from', (from) => draft.steps.push({ kind: 'load', from, rows: [] }))
    case 'evaluate':
      return takeTimed(rest, 'at', (at) => draft.steps.push({ kind: 'evaluate', at, expected: [] }))
    case 'exclude':
    case 'forgive':
      return takeCorrection(draft, verb, rest)
    default:
      return fault(`${verb} begins no statement`, 'Write slo, load, exclude, forgive or evaluate')
  }
}

function takeIndented(draft: Draft, line: Line): Fault | undefined {
  const last = draft.steps[draft.steps.length - 1]
  const { slo } = draft
  if (!slo) return fault('There is no slo yet', 'Begin with: slo 99.9% over 30d')
  if (!last) return takeOption(draft, slo, line.words)
  switch (last.kind) {
    case 'load':
      return takeRow(last.rows, slo, line.words)
    case 'evaluate':
      return takeExpectation(last.expected, slo, line)
    case 'correct':
      return fault('Nothing goes below a correction', 'Begin the line at its margin')
    default:
      return last satisfies never
  }
}

/** `slo 99.9% over 30d`. */
function takeSlo(draft: Draft, words: readonly string[]): Fault | undefined {
  const [written = '', over, ...window] = words
  const target = parseTarget(written)
  if (target.kind === 'failed') return target.error
  if (over !== 'over') return fault('The window is missing', 'Write: slo 99.9% over 30d')
  const parsed = parseWindow(window)
  if (parsed.kind === 'failed') return parsed.error
  draft.slo = {
    ...target.value,
    windows: [parsed.value],
    splitBy: [],
    method: 'occurrences',
    slice: undefined,
    rules: GOOGLE_30D,
    noData: 'freeze',
    minBadEvents: 0,
    start: START,
  }
  return undefined
}

/** 2026-01-01T00:00:00Z, unless the scenario says `start`. */
const START = 1_767_225_600

/** `load`, `load from 2h`, `evaluate at 30d`. Without an instant: the start. */
function takeTimed(
  words: readonly string[],
  preposition: string,
  take: (at: number) => void,
): Fault | undefined {
  const [word, written = '0'] = words
  if (word !== undefined && word !== preposition)
    return fault(`${word} is not ${preposition}`, `Write: ${preposition} 30d`)
  const at = parseLength(written)
  if (at.kind === 'failed') return at.error
  take(at.value)
  return undefined
}

/** `exclude 12h to 13h`, `forgive 12h to 13h for aws`. */
function takeCorrection(
  draft: Draft,
  how: 'exclude' | 'forgive',
  words: readonly string[],
): Fault | undefined {
  const [first = '', to, last = '', _for, scope = 'all'] = words
  const from = parseLength(first)
  const until = parseLength(last)
  if (to !== 'to') return fault('A correction needs an end', `Write: ${how} 12h to 13h`)
  if (from.kind === 'failed') return from.error
  if (until.kind === 'failed') return until.error
  const labels = parseScope(scope, draft.slo?.splitBy ?? [])
  if (labels.kind === 'failed') return labels.error
  draft.steps.push({ kind: 'correct', how, from: from.value, to: until.value, scope: labels.value })
  return undefined
}

/** `aws 100x29d 50+50x1h`. */
function takeRow(rows: Row[], slo: ScenarioSlo, words: readonly string[]): Fault | undefined {
  const [name = '', ...rest] = words
  const labels = parseScope(name, slo.splitBy)
  if (labels.kind === 'failed') return labels.error
  const runs: Row['runs'][number][] = []
  for (const word of rest) {
    const run = parseRun(word)
    if (run.kind === 'failed') return run.error
    runs.push(run.value)
  }
  rows.push({ name, labels: labels.value, runs })
  return undefined
}

/** `all left 30.5%`, `aws rule page-fast burning`: a scope, what is asked, and the answer. */
function takeExpectation(
  expected: Expectation[],
  slo: ScenarioSlo,
  { words, line }: Line,
): Fault | undefined {
  const [name = '', ...rest] = words
  const scope = parseScope(name, slo.splitBy)
  if (scope.kind === 'failed') return scope.error
  const answer = rest[rest.length - 1]
  if (rest.length < 2 || answer === undefined)
    return fault('An expectation needs a scope, a question and an answer', 'Write: all state burning')
  expected.push({ line, scope: scope.value, subject: rest.slice(0, -1), answer })
  return undefined
}
