import { seconds } from '../base/index.ts'
import type { BurnRule, Severity } from '../slo/index.ts'
import type { PolicyTemplate } from './model.ts'

const MINUTE = 60
const HOUR = 3_600

/**
 * The burn policies that are there without a file. `slo-definitions/policies/` has the same as documents, to read and
 * to copy; a test holds that the two agree. A factor is written as its exact fraction: share × period ÷ long.
 */
export const SHIPPED_POLICIES: readonly PolicyTemplate[] = [
  template(
    'google-30d',
    30,
    'SRE workbook, chapter 5, table 5-8: https://sre.google/workbook/alerting-on-slos/',
    [
      { ...fast('page'), num: 72, den: 5 },
      { ...slow('page'), num: 6, den: 1 },
      { ...day('ticket'), num: 3, den: 1 },
      { ...threeDays('ticket'), num: 1, den: 1 },
    ],
  ),
  template('google-28d', 28, 'The shares of the SRE workbook over four whole weeks, as Sloth has them', [
    { ...fast('page'), num: 336, den: 25 },
    { ...slow('page'), num: 28, den: 5 },
    { ...day('ticket'), num: 14, den: 5 },
    { ...threeDays('ticket'), num: 14, den: 15 },
  ]),
  template('google-7d', 7, 'The paging shares of the SRE workbook over a week', [
    { ...fast('page'), num: 84, den: 25 },
    { ...slow('page'), num: 7, den: 5 },
  ]),
  template('sloth-7d', 7, 'The 7 day windows among the examples of https://github.com/slok/sloth', [
    { ...fast('page'), num: 336, den: 25 },
    { ...slow('page'), num: 7, den: 2 },
    { ...day('ticket'), num: 7, den: 5 },
    { ...threeDays('ticket'), num: 49, den: 50 },
  ]),
  template('datadog-7d', 7, 'https://docs.datadoghq.com/service_level_objectives/burn_rate/', [
    { ...fast('page'), num: 84, den: 5 },
    { ...slow('page'), num: 28, den: 5 },
    { ...day('ticket'), num: 14, den: 5 },
  ]),
  template('datadog-90d', 90, 'https://docs.datadoghq.com/service_level_objectives/burn_rate/', [
    { ...fast('page'), num: 108, den: 5 },
    { ...slow('page'), num: 54, den: 5 },
    { ...day('ticket'), num: 9, den: 2 },
  ]),
  template('pyrra-28d', 28, 'The windows of https://github.com/pyrra-dev/pyrra for four weeks', [
    { ...fast('page'), num: 14, den: 1, after: 2 * MINUTE },
    { ...slow('page'), num: 7, den: 1, after: 15 * MINUTE },
    { ...day('ticket'), num: 2, den: 1, after: HOUR },
    { ...threeDays('ticket'), long: 96 * HOUR, num: 1, den: 1, after: 3 * HOUR },
  ]),
]

interface Line {
  readonly name: string
  readonly severity: Severity
  readonly long: number
  readonly short: number
  readonly num: number
  readonly den: number
  readonly after?: number
}

function fast(severity: Severity) {
  return { name: `${severity}-fast`, severity, long: HOUR, short: 5 * MINUTE }
}

function slow(severity: Severity) {
  return { name: `${severity}-slow`, severity, long: 6 * HOUR, short: 30 * MINUTE }
}

function day(severity: Severity) {
  return { name: `${severity}-fast`, severity, long: 24 * HOUR, short: 2 * HOUR }
}

function threeDays(severity: Severity) {
  return { name: `${severity}-slow`, severity, long: 72 * HOUR, short: 6 * HOUR }
}

function template(name: string, days: number, source: string, lines: readonly Line[]): PolicyTemplate {
  const rules: readonly BurnRule[] = lines.map((line) => ({
    name: line.name,
    severity: line.severity,
    long: seconds(line.long),
    short: seconds(line.short),
    factor: { num: line.num, den: line.den },
    after: seconds(line.after ?? 0),
  }))
  return { name, source, period: seconds(days * 86_400), policy: { name, source, rules } }
}
