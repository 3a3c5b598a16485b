import { civilDate, type Range, unixSeconds } from '../../base/index.ts'
import { quotedName, quotedText } from './layout.ts'

export type PartitionUnit = 'hour' | 'day' | 'month'

/** How a table is partitioned by time. Conditions name literal values, which is what the engine prunes by. */
export interface Partitions {
  readonly unit: PartitionUnit
  /** One column with a format (`yyyy/MM/dd/HH`), or one column for each part of the date, as Hive writes them. */
  readonly columns: readonly { readonly name: string; readonly format: string }[]
  /** Events may lie in partitions that begin so long before they end, or end so long before they begin. Seconds. */
  readonly before: number
  readonly after: number
}

/** More partitions than this are named as a stretch, first to last, instead of one by one. */
const MOST_NAMED = 100

/** SQL that is true for the partitions in which events of the range may lie. */
export function partitionSql({ unit, columns, before, after }: Partitions, range: Range): string {
  const starts = startsOf(unit, range.from - before, range.to + after)
  const [only, ...more] = columns
  if (only !== undefined && more.length === 0) {
    const values = starts.map((start) => quotedText(formatted(only.format, start)))
    const name = quotedName(only.name)
    if (values.length <= MOST_NAMED) return `${name} IN (${values.join(', ')})`
    return `${name} BETWEEN ${values[0] ?? ''} AND ${values.at(-1) ?? ''}`
  }
  const all = starts.map((start) => {
    const parts = columns.map(
      ({ name, format }) => `${quotedName(name)} = ${quotedText(formatted(format, start))}`,
    )
    return `(${parts.join(' AND ')})`
  })
  return `(${all.join(' OR ')})`
}

function startsOf(unit: PartitionUnit, from: number, to: number): readonly number[] {
  const starts: number[] = []
  if (unit !== 'month') {
    const width = unit === 'hour' ? 3_600 : 86_400
    for (let at = Math.floor(from / width) * width; at < to; at += width) starts.push(at)
    return starts
  }
  for (let at = Math.floor(from / 86_400) * 86_400; at < to; at += 86_400)
    if (starts.length === 0 || civilDate(unixSeconds(at)).day === 1) starts.push(at)
  return starts
}

/** `yyyy/MM/dd/HH` of an instant, UTC; what stands in single quotes is as it is. */
export function formatted(format: string, at: number): string {
  const { year, month, day } = civilDate(unixSeconds(at))
  const hour = Math.floor((((at % 86_400) + 86_400) % 86_400) / 3_600)
  const two = (n: number): string => String(n).padStart(2, '0')
  const words: Readonly<Record<string, string>> = {
    yyyy: String(year),
    MM: two(month),
    dd: two(day),
    HH: two(hour),
    M: String(month),
    d: String(day),
    H: String(hour),
  }
  return format.replaceAll(
    /'([^']*)'|yyyy|MM|dd|HH|M|d|H/g,
    (word, quoted?: string) => quoted ?? words[word] ?? word,
  )
}
