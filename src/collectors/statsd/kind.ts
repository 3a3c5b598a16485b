import { failed, ok } from '../../base/index.ts'
import type { SourceKind } from '../kind.ts'
import { createStatsdCollector } from './collector.ts'
import { statsdOptions } from './options.ts'

/** What statsd and DogStatsD clients send. */
export const statsd: SourceKind = {
  type: 'StatsD',
  open: (world, { name, labels, details, run }) => {
    const checked = statsdOptions(Object.keys(labels).length === 0 ? details : { ...details, labels })
    if (checked.kind === 'failed') return failed(checked.error)
    return ok(createStatsdCollector(world, { name, run, options: checked.value }))
  },
}
