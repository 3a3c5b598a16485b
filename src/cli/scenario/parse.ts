import { failed, ok, perMillion, type Result, seconds } from '../../base/index.ts'
import type { BurnRule, CalendarWindow, Window } from '../../slo/index.ts'
import type {
  CorrectStep,
  Expectation,
  Row,
  Scenario,
  ScenarioProblem,
  ScenarioSlo,
  Step,
} from './language.ts'
import { type Fault, parseDecimal, parseLength, parseRun, parseScope, parseTarget } from './words.ts'

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

interface Draft {
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

const fault = (message: string, remedy: string): Fault => ({ message, remedy })

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

const burn = (
  name: string,
  windows: readonly [number, number],
  factor: readonly [number, number],
): BurnRule => ({
  name,
  severity: name.startsWith('page') ? 'page' : 'ticket',
  long: seconds(windows[0]),
  short: seconds(windows[1]),
  factor: { num: factor[0], den: factor[1] },
  after: seconds(0),
})

/** The rules of a scenario that names none: the SRE workbook's, table 5-8, with the daily ticket between them. */
const GOOGLE_30D: readonly BurnRule[] = [
  burn('page-fast', [3_600, 300], [144, 10]),
  burn('page-slow', [21_600, 1_800], [6, 1]),
  burn('ticket-fast', [86_400, 7_200], [3, 1]),
  burn('ticket-slow', [259_200, 21_600], [1, 1]),
]

/** `30d`, or `month from 2026-01-01 00:00:00 in Asia/Tokyo`. */
function parseWindow(words: readonly string[]): Result<Window, Fault> {
  const [first = '', from, date, time, within, zone] = words
  const unit = UNITS.find((name) => name === first)
  if (unit && from === 'from' && date && time && within === 'in' && zone)
    return ok({ kind: 'calendar', name: unit, unit, count: 1, start: `${date} ${time}`, zone })
  if (unit)
    return failed(fault(`A ${unit} needs a beginning`, `Write: ${unit} from 2026-01-01 00:00:00 in UTC`))
  const length = parseLength(first)
  return length.kind === 'ok' ? ok({ kind: 'rolling', name: first, length: length.value }) : length
}

const UNITS: readonly CalendarWindow['unit'][] = ['minute', 'hour', 'day', 'week', 'month', 'quarter', 'year']

function takeOption(draft: Draft, slo: ScenarioSlo, words: readonly string[]): Fault | undefined {
  const [name = '', ...rest] = words
  const change = parseOption(slo, name, rest)
  if (change.kind === 'failed') return change.error
  draft.slo = { ...slo, ...change.value }
  return undefined
}

function parseOption(
  slo: ScenarioSlo,
  name: string,
  rest: readonly string[],
): Result<Partial<ScenarioSlo>, Fault> {
  const [first = '', second = ''] = rest
  switch (name) {
    case 'also': {
      const window = parseWindow(rest.slice(1))
      return window.kind === 'ok' ? ok({ windows: [...slo.windows, window.value] }) : window
    }
    case 'split':
      return ok({ splitBy: rest.slice(1) })
    case 'no-data':
      return first === 'freeze' || first === 'good' || first === 'bad'
        ? ok({ noData: first })
        : failed(fault(`${first} is no way to treat no data`, 'Write freeze, good or bad'))
    case 'min-bad-events':
      return /^\d+$/.test(first)
        ? ok({ minBadEvents: Number(first) })
        : failed(fault(`${first} is not a number of events`, 'Write digits'))
    case 'timeslices':
    case 'ratio-timeslices':
      return parseSlices(name, first, second)
    case 'rule': {
      const rule = parseRule(rest)
      const rules = slo.rules === GOOGLE_30D ? [] : slo.rules
      return rule.kind === 'ok' ? ok({ rules: [...rules, rule.value] }) : rule
    }
    default:
      return failed(
        fault(
          `${name} is no option of an SLO`,
          'Write also, split by, no-data, min-bad-events, timeslices, ratio-timeslices or rule',
        ),
      )
  }
}

/** `timeslices 1m 95%`, `ratio-timeslices 5m`. */
function parseSlices(
  method: 'timeslices' | 'ratio-timeslices',
  width: string,
  target: string,
): Result<Partial<ScenarioSlo>, Fault> {
  const length = parseLength(width)
  if (length.kind === 'failed') return length
  if (method === 'ratio-timeslices') return ok({ method, slice: { width: length.value } })
  const good = target === '100%' ? ok({ allowed: 0 }) : parseTarget(target)
  if (good.kind === 'failed') return good
  return ok({ method, slice: { width: length.value, allowed: perMillion(good.value.allowed) } })
}

/** `rule page-fast 14.4 over 1h and 5m`. */
function parseRule(words: readonly string[]): Result<BurnRule, Fault> {
  const [name = '', factor = '', over, long = '', and, short = ''] = words
  const parsed = { factor: parseDecimal(factor), long: parseLength(long), short: parseLength(short) }
  if (over !== 'over' || and !== 'and')
    return failed(fault('A rule needs two windows', 'Write: rule page 14.4 over 1h and 5m'))
  if (parsed.factor.kind === 'failed') return parsed.factor
  if (parsed.long.kind === 'failed') return parsed.long
  if (parsed.short.kind === 'failed') return parsed.short
  const rule = burn(name, [parsed.long.value, parsed.short.value], [1, 1])
  return ok({ ...rule, factor: parsed.factor.value })
}

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
