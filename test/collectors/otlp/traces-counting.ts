import { expect } from 'vitest'
import { type Labels, labelsKey, unixSeconds } from '../../../src/base/index.ts'
import type { Encoding, Signal } from '../../../src/collectors/otlp/signal.ts'
import type { Counting } from '../../../src/collectors/push/intake.ts'
import {
  type CountRow,
  createAccumulator,
  type Exemplar,
  type TrafficRow,
} from '../../../src/traffic/index.ts'

export interface Counted {
  readonly rows: readonly TrafficRow[]
  readonly exemplars: readonly Exemplar[]
  readonly rejected: number
}

/** What a source's deliveries are counted into, with what it holds. */
export function createCounting(maxSeries = 2_000): { into: Counting; counted: () => Counted } {
  const accumulator = createAccumulator({ source: 'spans', writer: 'test', maxSeries })
  const exemplars: Exemplar[] = []
  let rejected = 0
  const into: Counting = {
    series: accumulator.series,
    add: accumulator.addTo,
    addAll: accumulator.addAll,
    exemplar: (exemplar) => exemplars.push(exemplar),
    counts: (rows: readonly CountRow[]) => expect.fail(`${rows.length} counts`),
    remember: (key) => expect.fail(key),
    reject: (events) => {
      rejected += events
    },
  }
  const counted = (): Counted => ({ rows: accumulator.drain({ all: true }).traffic, exemplars, rejected })
  return { into, counted }
}

/** Reads a body and counts it; gives how the sender is answered, or the error. */
export function take(
  signal: Signal,
  body: Uint8Array,
  { into, encoding = 'protobuf' }: { into: Counting; encoding?: Encoding },
): string {
  const reading = signal.read(body, encoding)
  if (reading.kind === 'failed') return reading.error
  reading.value.count(into)
  const { items, rejected, message } = reading.value
  return rejected === 0 ? `${items} taken` : `${items} taken, ${rejected} rejected: ${message}`
}

/** `service=cart 12:00 good 2xx 3`, one row a line. */
export function told(rows: readonly TrafficRow[]): string[] {
  return rows
    .filter(({ count }) => count > 0)
    .map(({ labels, minute, outcome, reason, count }) =>
      [labelsKey(shortened(labels)), hourOf(minute), outcome, reason, count].join(' '),
    )
    .toSorted()
}

function hourOf(minute: number): string {
  return new Date(minute * 1000).toISOString().slice(11, 16)
}

function shortened({ service_name, operation, ...rest }: Labels): Labels {
  return { ...rest, ...(service_name && { service: service_name }), ...(operation && { op: operation }) }
}

export const NOON = unixSeconds(Date.UTC(2026, 2, 14, 12) / 1000)
