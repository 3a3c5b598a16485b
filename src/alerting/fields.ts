import { type Labels, type UnixSeconds, unixSeconds } from '../base/index.ts'
import type { Severity } from '../slo/index.ts'

/** Reading what the journal holds: each gives undefined for what is not of its kind. */

export type Fields = Readonly<Record<string, unknown>>

export function labels(value: unknown): Labels | undefined {
  if (!isFields(value)) return undefined
  const read: [string, string][] = []
  for (const [name, label] of Object.entries(value)) {
    if (typeof label !== 'string') return undefined
    read.push([name, label])
  }
  return Object.fromEntries(read)
}

export function listOf<T>(value: unknown, read: (item: unknown) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(value)) return undefined
  const items: T[] = []
  for (const item of value) {
    const one = read(item)
    if (one === undefined) return undefined
    items.push(one)
  }
  return items
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
export const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
export const number = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined
export const whole = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined
export const readSeverity = (value: unknown): Severity | undefined =>
  value === 'page' || value === 'ticket' ? value : undefined

export function instant(value: unknown): UnixSeconds | undefined {
  const at = whole(value)
  return at === undefined ? undefined : unixSeconds(at)
}

/** What all that happens to an incident has. */
export const readHead = (data: Fields) => ({
  incident: text(data['incident']),
  seq: whole(data['seq']),
  text: text(data['text']),
})
