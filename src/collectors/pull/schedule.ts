import { validateDetailed } from 'node-cron'
import { civilDate, failed, ok, type Result, unixSeconds } from '../../base/index.ts'

/** When a source is read, in UTC. */
export interface Schedule {
  /** The next time after an instant, both in milliseconds since 1970. Undefined when there is none within five years. */
  readonly next: (afterMs: number) => number | undefined
}

const YEARS_AHEAD = 5 * 366

/**
 * Reads a cron expression of five or six fields (seconds first) with node-cron. Its own timers follow the machine's
 * clock and nothing else, so only its reading of expressions is used and the collector sleeps on the clock that it was
 * given: then a test moves time by hand, and a clock that is set back does not fire twice.
 */
export function parseSchedule(expression: string): Result<Schedule, string> {
  const read = validateDetailed(expression)
  if (read.fields === undefined)
    return failed(read.errors.map(({ message }) => message).join('; ') || `'${expression}' is no schedule`)
  const { second, minute, hour, dayOfMonth, month, dayOfWeek } = read.fields
  const days = numbersOf(dayOfMonth)
  const weekdays = numbersOf(dayOfWeek)
  if (days === undefined || weekdays === undefined)
    return failed('L, W and # are not understood: write days as numbers')
  const ofDay = timesOfDay({ second, minute, hour })
  return ok({
    next: (afterMs) => {
      const after = Math.floor(afterMs / 1_000)
      const today = Math.floor(after / 86_400)
      for (let day = today; day < today + YEARS_AHEAD; day++) {
        const date = civilDate(unixSeconds(day * 86_400))
        // 1970-01-01 was a Thursday.
        const weekday = (((day + 4) % 7) + 7) % 7
        if (!month.includes(date.month) || !days.has(date.day) || !weekdays.has(weekday)) continue
        const time = ofDay.find((each) => day * 86_400 + each > after)
        if (time !== undefined) return (day * 86_400 + time) * 1_000
      }
      return undefined
    },
  })
}

/** All seconds of a day at which the schedule fires, in order. */
function timesOfDay(fields: {
  readonly second: readonly number[]
  readonly minute: readonly number[]
  readonly hour: readonly number[]
}): readonly number[] {
  return fields.hour
    .flatMap((hour) =>
      fields.minute.flatMap((minute) => fields.second.map((second) => hour * 3_600 + minute * 60 + second)),
    )
    .sort((a, b) => a - b)
}

function numbersOf(field: readonly (number | string)[]): ReadonlySet<number> | undefined {
  const numbers = field.filter((each) => typeof each === 'number')
  return numbers.length === field.length ? new Set(numbers) : undefined
}

/** Every minute, at a second that depends on the name, so that sources are not all asked at once. */
export function everyMinute(name: string): string {
  let hash = 7
  for (const letter of name) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 60
  return `${hash} * * * * *`
}
