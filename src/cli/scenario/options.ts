import { failed, ok, perMillion, type Result, seconds } from '../../base/index.ts'
import type { BurnRule, CalendarWindow, Window } from '../../slo/index.ts'
import type { ScenarioSlo } from './language.ts'
import type { Draft } from './parse.ts'
import { type Fault, parseDecimal, parseLength, parseTarget } from './words.ts'

export const fault = (message: string, remedy: string): Fault => ({ message, remedy })

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
export const GOOGLE_30D: readonly BurnRule[] = [
  burn('page-fast', [3_600, 300], [144, 10]),
  burn('page-slow', [21_600, 1_800], [6, 1]),
  burn('ticket-fast', [86_400, 7_200], [3, 1]),
  burn('ticket-slow', [259_200, 21_600], [1, 1]),
]

/** `30d`, or `month from 2026-01-01 00:00:00 in Asia/Tokyo`. */
export function parseWindow(words: readonly string[]): Result<Window, Fault> {
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

export function takeOption(draft: Draft, slo: ScenarioSlo, words: readonly string[]): Fault | undefined {
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
