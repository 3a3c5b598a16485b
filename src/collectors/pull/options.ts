import type { OptionReader } from '../option-reader.ts'
import type { HttpLimits } from './http.ts'
import { everyMinute, parseSchedule, type Schedule } from './schedule.ts'

/** What every DataSource that is asked for counts may say in its `connectionDetails`. */
export const PULL_OPTIONS = [
  'schedule',
  'lag',
  'overlap',
  'backfill',
  'chunk',
  'concurrency',
  'firstByteTimeout',
  'timeout',
  'maxBytes',
  'maxSeries',
] as const

export interface PullOptions {
  readonly schedule: Schedule
  readonly lagSeconds: number
  readonly overlapSeconds: number
  readonly backfillSeconds: number
  readonly chunkSeconds: number
  readonly concurrency: number
  readonly maxSeries: number
  readonly limits: HttpLimits
}

interface Bounds {
  readonly fallback: number
  readonly least: number
  readonly most: number
}

const QUARTER = 21_600
const DAY = 86_400

/** Reads them; the defaults of lag and overlap are the source's own. `seconds` reads further durations. */
export function pullOptions(
  reader: OptionReader,
  own: {
    readonly name: string
    readonly lagSeconds: number
    readonly overlapSeconds: number
    /** Every minute unless given. */
    readonly schedule?: string
  },
): { readonly options: PullOptions; readonly seconds: (key: string, bounds: Bounds) => number } {
  const seconds = (key: string, bounds: Bounds): number => readSeconds(reader, key, bounds)
  const milliseconds = (key: string, bounds: Bounds): number => seconds(key, bounds) * 1_000
  const chunkSeconds = seconds('chunk', { fallback: QUARTER, least: 60, most: DAY })
  if (QUARTER % chunkSeconds !== 0)
    reader.problem('chunk', 'a chunk divides six hours', { remedy: 'write chunk: 6h, or 1h' })
  const options = {
    schedule: scheduleOf(reader, own.schedule ?? everyMinute(own.name)),
    lagSeconds: seconds('lag', { fallback: own.lagSeconds, least: 0, most: DAY }),
    overlapSeconds: wholeMinutes(seconds('overlap', { fallback: own.overlapSeconds, least: 0, most: DAY })),
    backfillSeconds: seconds('backfill', { fallback: 31 * DAY, least: 0, most: 800 * DAY }),
    chunkSeconds,
    concurrency: reader.whole('concurrency', { fallback: 4, least: 1, most: 100 }),
    maxSeries: reader.whole('maxSeries', { fallback: 2_000, least: 1, most: 1_000_000 }),
    limits: {
      firstByteMs: milliseconds('firstByteTimeout', { fallback: 30, least: 1, most: 600 }),
      totalMs: milliseconds('timeout', { fallback: 60, least: 1, most: 600 }),
      maxBytes: reader.whole('maxBytes', {
        fallback: 64 * 1024 * 1024,
        least: 1_024,
        most: 512 * 1024 * 1024,
      }),
    },
  }
  return { options, seconds }
}

const wholeMinutes = (length: number): number => Math.ceil(length / 60) * 60

function scheduleOf(reader: OptionReader, fallback: string): Schedule {
  const written = reader.text('schedule')
  const parsed = parseSchedule(written ?? fallback)
  if (parsed.kind === 'ok') return parsed.value
  reader.problem('schedule', parsed.error, { remedy: "write schedule: '*/5 * * * *'" })
  return { next: () => undefined }
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3_600],
  ['d', DAY],
])

/** `90s`, `10m`, `6h`, `31d`. */
function readSeconds(reader: OptionReader, key: string, { fallback, least, most }: Bounds): number {
  const text = reader.text(key)
  if (text === undefined) return fallback
  const found = /^(\d{1,9})([smhd])$/.exec(text)
  const value = found === null ? undefined : Number(found[1]) * (UNITS.get(found[2] ?? '') ?? 1)
  if (value !== undefined && value >= least && value <= most) return value
  reader.problem(
    key,
    value === undefined ? `'${text}' is no duration` : `${key} is from ${least} s to ${most} s`,
    {
      remedy: `write ${key}: ${fallback % 60 === 0 ? `${fallback / 60}m` : `${fallback}s`}`,
    },
  )
  return fallback
}
