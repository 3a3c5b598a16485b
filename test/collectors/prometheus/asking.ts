import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Range, unixSeconds } from '../../../src/base/index.ts'
import { prometheusOptions } from '../../../src/collectors/prometheus/options.ts'
import { createPrometheusSource } from '../../../src/collectors/prometheus/source.ts'
import type { Answer, PullFailure } from '../../../src/collectors/pull/index.ts'
import type { ExternalQuery } from '../../../src/traffic/index.ts'
import { createTestWorld } from '../../world.ts'
import { createPrometheusEmulator, type EmulatedSeries, type EmulatorOptions } from './emulator.ts'

export const T = 1_790_000_040
/** A directory that secrets are named in. */
export const BASE = mkdtempSync(join(tmpdir(), 'nines-prometheus-options-'))

export const RANGE: Range = { from: unixSeconds(T), to: unixSeconds(T + 600) }

export interface AskOptions extends Partial<EmulatorOptions> {
  readonly data?: readonly EmulatedSeries[]
  readonly spec?: Record<string, unknown>
  readonly query?: Partial<ExternalQuery>
  readonly details?: Record<string, unknown>
  readonly range?: Range
  readonly now?: number
}

export async function ask(text: string, options: AskOptions = {}) {
  const {
    data = [],
    spec = {},
    query = {},
    details = {},
    range = RANGE,
    now = T + 3_600,
    ...emulated
  } = options
  const emulator = createPrometheusEmulator({ series: () => data, ...emulated })
  const world = createTestWorld({ start: now, fetch: emulator.fetch })
  const checked = prometheusOptions({ url: 'http://prom:9090', ...details }, { name: 'prom', base: BASE })
  if (checked.kind === 'failed') throw new Error(JSON.stringify(checked.error))
  const source = createPrometheusSource(world, checked.value)
  const question: ExternalQuery = {
    kind: 'external',
    source: 'prom',
    type: 'Prometheus',
    spec: { query: text, ...spec },
    key: 'k',
    reading: { kind: 'counter' },
    ...query,
  }
  const [reply] = await source.ask({ questions: [question], range }, new AbortController().signal)
  return { result: reply?.result, asked: emulator.asked }
}

export async function answer(text: string, options?: AskOptions): Promise<Answer> {
  const { result } = await ask(text, options)
  if (result?.kind !== 'ok') throw new Error(JSON.stringify(result))
  return result.value
}

export async function refusal(text: string, options?: AskOptions): Promise<PullFailure> {
  const { result } = await ask(text, options)
  if (result?.kind !== 'failed') throw new Error(JSON.stringify(result))
  return result.error
}

/** Counts by minute, from the start of the range. */
export function byMinute({ rows }: Answer): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { labels, minute, value } of rows) {
    const key = [(minute - T) / 60, ...Object.entries(labels).map(([name, text]) => `${name}=${text}`)].join(
      ' ',
    )
    sums[key] = (sums[key] ?? 0) + value
  }
  return sums
}

export const gapsOf = ({ gaps }: Answer): string[] =>
  gaps.map(({ from, to, state }) => `${(from - T) / 60}-${(to - T) / 60} ${state}`)

/** A sample each half minute, `values` from five minutes before the range on; undefined: none. */
export const steady = (
  labels: Record<string, string>,
  value: (seconds: number) => number | string | undefined,
): EmulatedSeries => ({
  labels: { __name__: 'requests_total', job: 'shop', instance: 'a:1', ...labels },
  samples: Array.from({ length: 60 }, (_, i) => i * 30 - 285).flatMap((at) => {
    const now = value(at)
    return now === undefined ? [] : [[T + at, now] as const]
  }),
})

export const UP = (from = -600): EmulatedSeries => ({
  labels: { __name__: 'up', job: 'shop', instance: 'a:1' },
  samples: Array.from({ length: 80 }, (_, i): [number, number] => [T + from + i * 30, 1]),
})
