import { binAtEdge, formatDuration } from '../../traffic/index.ts'
import type { CollectorStatus } from '../collector.ts'
import type { MetricNumbers } from './metrics.ts'
import type { Resolution } from './metrics-resolution.ts'

const MOST_SHOWN = 20

/** What people see of the metrics of a source; nothing while none has come. */
export function metricTargets(numbers: MetricNumbers, resolution: Resolution): CollectorStatus['targets'] {
  if (numbers.used === 0) return []
  const { used, followed, baselines, repeated, resets, doubles, forgotten } = numbers
  const parts = [
    `${used} data points`,
    `${followed} series followed`,
    ...some(baselines, 'began before us and are counted from now on'),
    ...some(repeated, 'came again or late'),
    ...some(resets, 'fell and were counted anew'),
    ...some(doubles, 'are told by a newer metric too and were passed over'),
    ...some(forgotten, 'series were given up for want of room'),
  ]
  return [
    { name: 'metrics', detail: parts.join(', '), ok: forgotten === 0 },
    { name: 'metrics, durations', detail: durationsOf(resolution), ok: true },
  ]
}

/** At which thresholds counts are exact. */
export function exactThresholds({ bounds, scale }: Resolution): readonly number[] {
  const [first = [], ...others] = bounds
  if (scale !== undefined) return []
  return first.filter((us) => binAtEdge(us) !== undefined && others.every((list) => list.includes(us)))
}

function durationsOf(resolution: Resolution): string {
  const { bounds, scale, hasUntimed } = resolution
  const parts: string[] = []
  const exact = exactThresholds(resolution).map(formatDuration)
  const more = exact.length > MOST_SHOWN ? ` and ${exact.length - MOST_SHOWN} more` : ''
  if (exact.length > 0)
    parts.push(
      `exact within ${exact.slice(0, MOST_SHOWN).join(', ')}${more}; between them at least what is said`,
    )
  else if (bounds.length > 0) parts.push('no threshold is a bound of all histograms: within means at least')
  if (scale !== undefined)
    parts.push(
      `exponential histograms: a threshold counts as up to ${percent(1 - 2 ** -(2 ** -scale))} shorter`,
    )
  if (hasUntimed) parts.push('some data points do not say how long their requests took')
  return parts.join('; ')
}

function percent(share: number): string {
  return `${(share * 100).toPrecision(2)} %`
}

function some(count: number, what: string): readonly string[] {
  return count === 0 ? [] : [`${count} ${what}`]
}
