import { type Range, type UnixSeconds, unixSeconds } from '../../base/index.ts'
import {
  binLower,
  createAccumulator,
  createJudge,
  createSeriesTable,
  type TrafficRow,
} from '../../traffic/index.ts'
import type { Field } from '../log/record.ts'
import { emptyFields, placeOf, recordOf } from '../log/record.ts'
import { createNaming } from '../request/naming.ts'
import type { RequestOptions } from '../request/options.ts'
import type { Table } from './run-query.ts'

/** What a table's rows say of the range. */
export interface CountedRequests {
  readonly traffic: readonly TrafficRow[]
  /** Rows of the partitions read whose time cannot be read. */
  readonly unreadable: number
  /** By minute, requests of which it is not said how they ended. */
  readonly rejected: ReadonlyMap<UnixSeconds, number>
}

/**
 * Turns the rows of `tableSql` into traffic. Each stands for many equal requests; what they were is judged here, as for a
 * line of a log, so that a request has one outcome whichever way it was read.
 */
export function countRequests(
  table: Table,
  {
    source,
    requests,
    range,
    maxSeries,
  }: {
    readonly source: string
    readonly requests: RequestOptions
    readonly range: Range
    readonly maxSeries: number
  },
): CountedRequests {
  const { labels, abort, healthChecks, outcomes } = requests
  const series = createSeriesTable({ maxSeries, fixed: labels })
  const seriesOf = createNaming(requests, series)('')
  const judge = createJudge({ ...healthChecks, outcomes, ...(abort === undefined ? {} : { abort }) })
  const counter = createAccumulator({ source, writer: '', table: series, maxCells: Infinity })
  const places = table.columns.map((name) => (isGrouped(name) ? placeOf(name) : -1))
  const at = (name: string): number => table.columns.indexOf(name)
  const [minuteAt, binAt, countAt] = [at('minute'), at('bin'), at('n')]
  const raw = emptyFields()
  const rejected = new Map<UnixSeconds, number>()
  let unreadable = 0
  // The frequent ones first, so that what goes beyond the bound on series is rare, and the same each time.
  const order = table.rows.toSorted(
    (a, b) => Number(b[countAt]) - Number(a[countAt]) || compared(a.join('\t'), b.join('\t')),
  )
  for (const row of order) {
    const count = Number(row[countAt])
    const minuteText = row[minuteAt]
    if (minuteText === undefined) {
      unreadable += count
      continue
    }
    const minute = unixSeconds(Number(minuteText) * 60)
    if (!(minute >= range.from && minute < range.to)) continue
    raw.fill(undefined)
    places.forEach((place, i) => {
      const value = row[i]
      if (place >= 0 && value !== undefined && value !== '' && value !== '-') raw[place] = value
    })
    raw[END] = minute
    const bin = row[binAt]
    if (bin !== undefined) raw[MICROS] = binLower(Number(bin))
    const record = recordOf(raw)
    if (typeof record === 'string') {
      rejected.set(minute, (rejected.get(minute) ?? 0) + count)
      continue
    }
    const { outcome, reason, timed } = judge(record)
    const duration = timed ? record.duration : undefined
    counter.addTo(seriesOf(record), { minute, outcome, reason, duration }, count)
  }
  return { traffic: counter.drain({ all: true }).traffic, unreadable, rejected }
}

const compared = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const END = placeOf('end_time')
const MICROS = placeOf('duration_us')

function isGrouped(name: string): name is Field {
  return !['minute', 'bin', 'n'].includes(name)
}
