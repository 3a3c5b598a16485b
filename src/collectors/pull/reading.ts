import type { ExternalQuery, ExternalReading } from '../../traffic/index.ts'

/** How a value becomes the count of a minute. `events`: it is one. `increase`: it is what a running total rose by. */
export type Reading = Exclude<ExternalReading['kind'], 'counter'> | 'events' | 'increase'

/** A million stands for a whole minute of which only a share is told. */
const WHOLE = 1_000_000

/** Undefined for a value that cannot be read so. */
export function countOf(
  value: number,
  reading: Reading,
  passes: (value: number) => boolean,
): number | undefined {
  if (Number.isNaN(value)) return undefined
  switch (reading) {
    case 'points':
      return 1
    case 'points-passing':
      return passes(value) ? 1 : 0
    case 'share':
      return Math.round(Math.min(1, Math.max(0, value)) * WHOLE)
    case 'whole':
      return WHOLE
    case 'events':
    case 'increase':
      return Number.isFinite(value) && value >= 0 ? Math.round(value) : undefined
    default:
      return reading satisfies never
  }
}

/** Which values pass, of a question that compares them; else all do. */
export function passing({ reading }: Pick<ExternalQuery, 'reading'>): (value: number) => boolean {
  if (reading?.kind !== 'points-passing') return () => true
  const { op } = reading
  const limit = Number(reading.value)
  switch (op) {
    case 'lt':
      return (each) => each < limit
    case 'lte':
      return (each) => each <= limit
    case 'gt':
      return (each) => each > limit
    case 'gte':
      return (each) => each >= limit
    default:
      return op satisfies never
  }
}

/** Whether values are numbers of events, and not what is compared with a threshold or is a share already. */
export function countsEvents({ reading }: Pick<ExternalQuery, 'reading'>): boolean {
  return reading === undefined || reading.kind === 'counter'
}
