import type { Evaluation, Fleet, SloSummary, WindowEvaluation } from '../../../../src/contract/index.ts'
import type { Language, Words } from '../words/index.ts'
import { duration, span, windowName } from './durations.ts'
import { count, percent, rate } from './numbers.ts'

interface Voice {
  readonly words: Words
  readonly language: Language
}

/** The first window is the headline. The contract promises at least one; a missing one is a fault of the service. */
export function headline(evaluation: Evaluation): WindowEvaluation {
  const [first] = evaluation.windows
  if (first === undefined) throw new Error('an evaluation came without a window')
  return first
}

/** A burn rate, the window it was measured over, and the factor it exceeds when a rule fires. */
export interface PresentRate {
  readonly rate: number | null
  readonly length: number
  readonly factor?: number
}

/** The rate that the state rests on: of the fastest rule that fires, else the pace. */
export function presentRate(evaluation: Evaluation): PresentRate {
  const firing = evaluation.verdicts
    .filter((v) => v.kind === 'burning')
    .toSorted((a, b) => (b.long.rate ?? 0) - (a.long.rate ?? 0))[0]
  if (firing !== undefined)
    return { rate: firing.long.rate, length: firing.long.length, factor: firing.factor }
  const { rate, over } = headline(evaluation).pace
  return { rate, length: over }
}

/** What a tired person needs to know of one evaluation, in one sentence. */
export function sentenceOf(evaluation: Evaluation, voice: Voice): string {
  const { words, language } = voice
  const { budget, exhaustion, window, coverage } = headline(evaluation)
  const gone = exhaustion.kind === 'in' ? duration(exhaustion.seconds, words, language) : undefined
  const name = windowName(window, words)
  const left = budget.leftRatio ?? 0
  switch (evaluation.state) {
    case 'ok':
      return words.sentenceOk(percent(left, 0, language), name)
    case 'watch':
      return words.sentenceWatch(
        rate(presentRate(evaluation)?.rate ?? 0, language),
        gone ?? words.unknownShort,
      )
    case 'burning':
      return burningSentence(evaluation, { gone, name }, voice)
    case 'exhausted':
      // Rounded the same way as the budget left beside it, away from zero.
      return words.sentenceExhausted(percent(Math.ceil(-left * 100) / 100, 0, language), name)
    case 'unknown':
      return coverage.kind === 'none' || coverage.known === 0 ? words.sentenceNoData : words.sentenceNoTraffic
    default:
      return evaluation.state satisfies never
  }
}

/** The rate that fires and the pace that the forecast rests on are of two windows, so both are named. */
function burningSentence(
  evaluation: Evaluation,
  { gone, name }: { gone: string | undefined; name: string },
  { words, language }: Voice,
): string {
  const burn = presentRate(evaluation)
  const { over } = headline(evaluation).pace
  const said = rate(burn?.rate ?? 0, language)
  const length = span(burn?.length ?? 0, words, language)
  return gone === undefined
    ? words.sentenceBurning(said, length, name)
    : words.sentenceBurningGone({ rate: said, length, pace: span(over, words, language), window: name, gone })
}

/** The line on top of the fleet. In English the service's own sentence stands; other languages say the same of it. */
export function fleetSentence(fleet: Fleet, { words, language }: Voice): string {
  if (language === 'en') return fleet.sentence
  if (fleet.slos.length === 0) return words.emptyFleet
  const all = count(fleet.slos.length, language)
  const burning = fleet.slos.filter((s) => s.state === 'burning').toSorted(byLeft)
  const first = words.fleetSentence(count(burning.length, language), all)
  const [worst] = burning
  if (worst === undefined) return first
  const { budget, exhaustion } = headline(worst.whole)
  const gone = exhaustion.kind === 'in' ? duration(exhaustion.seconds, words, language) : undefined
  return `${first} ${words.fleetWorst(worst.name, percent(budget.leftRatio ?? 0, 0, language), gone)}`
}

/** Least left first; what is not known comes last. */
export function byLeft(a: SloSummary, b: SloSummary): number {
  return leftOf(a) - leftOf(b)
}

export function leftOf(slo: SloSummary): number {
  return slo.whole.windows[0]?.budget.leftRatio ?? Number.POSITIVE_INFINITY
}
