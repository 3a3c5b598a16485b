import { type Ratio, ratio, type Seconds } from '../../base/index.ts'
import { type BurnVerdict, type Evaluation, floorPercent, type WindowEvaluation } from '../../slo/index.ts'
import type { Expectation } from './language.ts'
import { parseLength } from './words.ts'

/** What an evaluation answers to an expectation's question, written the way the expectation is. */
export function answer(evaluation: Evaluation | undefined, { subject, answer: like }: Expectation): string {
  if (!evaluation) return 'no-such-scope'
  const [question = '', name = '', detail] = subject
  switch (question) {
    case 'state':
      return evaluation.state
    case 'rule':
    case 'until':
      return verdictAnswer(evaluation, question, name)
    case 'rate':
      return rateAnswer(evaluation, { length: name, side: detail ?? 'any', like })
    default: {
      const window = evaluation.windows.find((w) => w.window === name) ?? evaluation.windows[0]
      return window ? windowAnswer(window, question, like) : 'no-such-window'
    }
  }
}

function verdictAnswer(evaluation: Evaluation, question: 'rule' | 'until', name: string): string {
  const verdict = evaluation.verdicts.find((v) => v.rule.name === name)
  if (!verdict) return 'no-such-rule'
  return question === 'rule' ? verdict.kind : String(verdict.badUntilFiring ?? 'never')
}

/** The rate over a window of any rule, with as many decimals as the expectation. */
function rateAnswer(
  evaluation: Evaluation,
  asked: { readonly length: string; readonly side: string; readonly like: string },
): string {
  const length = parseLength(asked.length)
  const sides = evaluation.verdicts.flatMap((v: BurnVerdict) => [v.long, v.short])
  const side = length.kind === 'ok' ? sides.find((s) => s.length === length.value) : undefined
  if (!side) return 'no-such-window'
  return side.rate === undefined ? 'none' : side.rate.toFixed(decimalsOf(asked.like))
}

function windowAnswer(window: WindowEvaluation, question: string, like: string): string {
  const { budget, counts, coverage } = window
  switch (question) {
    case 'sli':
      return percent(window.sli, like)
    case 'left':
      return percent(budget.leftRatio, like)
    case 'low':
    case 'high':
      return percent(budget.interval?.[question], like)
    case 'before':
      return percent(window.corrected?.leftRatio, like)
    case 'coverage':
      return percent(coverage.ratio, like)
    case 'good':
    case 'bad':
      return String(round(counts[question]))
    case 'spent':
      return String(round(budget.spent))
    case 'budget':
      return String(round(budget.events))
    case 'time':
      return written(budget.time)
    case 'time-left':
      return budget.timeLeft === undefined ? 'none' : written(budget.timeLeft)
    case 'data':
      return window.data
    case 'exhausted':
      return window.exhaustion.kind === 'in' ? written(window.exhaustion.seconds) : window.exhaustion.kind
    default:
      return 'no-such-question'
  }
}

/** Shares are shown rounded down, as everywhere. */
function percent(share: Ratio | undefined, like: string): string {
  return share === undefined ? 'none' : `${floorPercent(ratio(share), decimalsOf(like))}%`
}

function decimalsOf(text: string): number {
  return /\.(\d+)/.exec(text)?.[1]?.length ?? 0
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6
}

/** `1d2h3m4s`, with a minus when below zero. */
function written(length: Seconds): string {
  let rest = Math.abs(length)
  const parts = (
    [
      ['d', 86_400],
      ['h', 3_600],
      ['m', 60],
      ['s', 1],
    ] as const
  ).flatMap(([unit, size]) => {
    const count = Math.floor(rest / size)
    rest -= count * size
    return count > 0 ? [`${count}${unit}`] : []
  })
  return `${length < 0 ? '-' : ''}${parts.join('') || '0'}`
}
