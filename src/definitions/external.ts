import { createHash } from 'node:crypto'
import type { ExternalQuery, ExternalReading } from '../traffic/index.ts'
import type { MetricSource } from './indicators.ts'
import { toPlainRecord } from './tree.ts'

/** A question in the source's own language, with a key that is the same for the same question everywhere. */
export function externalQuery(source: MetricSource, reading: ExternalReading | undefined): ExternalQuery {
  const spec = toPlainRecord(source.spec)
  const identity = stableText([source.name, source.type, spec, reading ?? null])
  const key = createHash('sha256').update(identity).digest('hex').slice(0, 32)
  const base = { kind: 'external', source: source.name, type: source.type, spec, key } as const
  return reading ? { ...base, reading } : base
}

/** JSON with keys in order, so that the order in a file does not matter. */
export function stableText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stableText).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${stableText(item)}`).join(',')}}`
}
