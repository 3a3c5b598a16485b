import { failed, ok, type Result } from '../../base/index.ts'
import { type EnvoyStatsOptions, envoyStatsOptions } from '../envoy-stats/options.ts'
import { type OptionProblem, OptionReader } from '../option-reader.ts'
import { type LabelFrom, labelsFromOf, nodePlaces } from './labels-from.ts'
import { LISTEN_KEYS, type ListenOptions, listenOptionsOf } from './listen.ts'

/** A receiver of Envoy's metrics service, checked. */
export interface MetricsOptions extends ListenOptions {
  /** What is counted of the statistics. */
  readonly stats: EnvoyStatsOptions
  /** The sink says `report_counters_as_deltas: true`. */
  readonly countersAsDeltas: boolean
  /** Labels of which the sender's node carries the value. */
  readonly labelsFrom: readonly LabelFrom[]
}

const OWN = [...LISTEN_KEYS, 'countersAsDeltas', 'labelsFrom']
/** Snapshots are looked at as soon as they are whole. */
const AT_ONCE_MS = 100

/** Checks the `connectionDetails` of a DataSource of type `EnvoyMetricsService`: all problems at once. */
export function metricsOptions(
  details: Readonly<Record<string, unknown>>,
): Result<MetricsOptions, readonly OptionProblem[]> {
  const entries = Object.entries(details)
  const reader = new OptionReader(Object.fromEntries(entries.filter(([key]) => OWN.includes(key))), OWN)
  const deltas = details['countersAsDeltas'] ?? false
  if (typeof deltas !== 'boolean')
    reader.problem('countersAsDeltas', 'countersAsDeltas is true or false', {
      remedy: 'write what the sink says as report_counters_as_deltas',
    })
  const listening = listenOptionsOf(reader, { fallback: '127.0.0.1:9002', open: details['open'] })
  const labelsFrom = labelsFromOf(reader, nodePlaces)
  const stats = envoyStatsOptions(Object.fromEntries(entries.filter(([key]) => !OWN.includes(key))), {
    pushed: true,
  })
  if (stats.kind === 'failed') return failed([...reader.problems, ...stats.error])
  if (reader.problems.length > 0) return failed(reader.problems)
  return ok({
    ...listening,
    stats: { ...stats.value, intervalMs: AT_ONCE_MS },
    countersAsDeltas: deltas === true,
    labelsFrom,
  })
}
