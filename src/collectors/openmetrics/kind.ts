import { resolve } from 'node:path'
import { failed, ok } from '../../base/index.ts'
import type { SourceKind } from '../kind.ts'
import { createOpenMetricsCollector } from './collector.ts'
import { openMetricsOptions } from './options.ts'

/** Exporters that answer with OpenMetrics, or with the text format of Prometheus. */
export const openMetrics: SourceKind = {
  type: 'OpenMetrics',
  open: (world, { name, input, labels, details, run, base, questions }) => {
    const checked = openMetricsOptions(details)
    if (checked.kind === 'failed') return failed(checked.error)
    const { tokenFile } = checked.value
    const options = {
      ...checked.value,
      tokenFile: tokenFile === undefined ? undefined : resolve(base, tokenFile),
    }
    return ok(createOpenMetricsCollector(world, { name, input, labels, run, options, questions }))
  },
}
