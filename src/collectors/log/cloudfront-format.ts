import { emptyFields, type Field, type LineDecoder, placeOf, recordOf } from './record.ts'

/** The fields of CloudFront's standard logs that say something, by their names in the header. */
const FIELDS: ReadonlyMap<string, Field> = new Map([
  ['cs-uri-stem', 'path'],
  ['sc-status', 'code'],
  ['cs(User-Agent)', 'user_agent'],
  ['x-edge-request-id', 'request_id'],
  ['x-host-header', 'authority'],
  ['time-taken', 'duration_s'],
  ['sc-content-type', 'content_type'],
])

/** The order of the fields where no header says another. */
const STANDARD =
  'date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) ' +
  'cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken'

/**
 * Decodes CloudFront's standard logs: a line each for the version and for the names of the fields, then fields between tabs.
 * A status of 000 is a client that left before it was answered.
 */
export function createCloudFrontDecoder(): LineDecoder {
  let columns = columnsOf(STANDARD)
  const raw = emptyFields()
  return (text, from, to) => {
    const line = text.slice(from, to)
    if (line.startsWith('#')) {
      if (line.startsWith('#Fields:')) columns = columnsOf(line.slice(8).trim())
      return undefined
    }
    const values = line.split('\t')
    if (values.length < columns.count) return 'not-the-format'
    raw.fill(undefined)
    for (const { at, place } of columns.wanted) {
      const value = values[at]
      if (value !== undefined && value !== '' && value !== '-') raw[place] = value
    }
    raw[END] = `${values[columns.date] ?? ''}T${values[columns.time] ?? ''}Z`
    return recordOf(raw)
  }
}

const END = placeOf('end_time')

function columnsOf(header: string): {
  readonly date: number
  readonly time: number
  /** How many there must be at least. */
  readonly count: number
  readonly wanted: readonly { readonly at: number; readonly place: number }[]
} {
  const names = header.split(/\s+/)
  const wanted = names.flatMap((name, at) => {
    const field = FIELDS.get(name)
    return field === undefined ? [] : [{ at, place: placeOf(field) }]
  })
  const date = names.indexOf('date')
  const time = names.indexOf('time')
  return { date, time, count: Math.max(date, time, ...wanted.map(({ at }) => at)) + 1, wanted }
}
