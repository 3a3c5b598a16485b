import { type Seconds, seconds } from '../../base/index.ts'
import type { OptionReader } from '../option-reader.ts'

const SECONDS_IN: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3_600],
])

/** A whole number of seconds, from one second to a day. */
export function durationOf(reader: OptionReader, key: string, fallback: number): Seconds {
  const text = reader.text(key)
  if (text === undefined) return seconds(fallback)
  const found = /^(\d{1,6})\s*([smh])$/.exec(text)
  const duration = Number(found?.[1]) * (SECONDS_IN.get(found?.[2] ?? '') ?? Number.NaN)
  if (duration >= 1 && duration <= 86_400) return seconds(duration)
  reader.problem(key, `'${text}' is no duration from 1s to 24h`, { remedy: `write ${key}: ${fallback}s` })
  return seconds(fallback)
}
