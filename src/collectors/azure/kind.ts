import { failed, ok } from '../../base/index.ts'
import type { SourceKind } from '../kind.ts'
import { createPullCollector } from '../pull/index.ts'
import { azureOptions } from './options.ts'
import { createAzureSource } from './source.ts'

/** Azure Monitor's metrics. */
export const azureMonitor: SourceKind = {
  type: 'AzureMonitor',
  open: (world, { name, input, labels, details, base, questions }) => {
    const checked = azureOptions(details, { name: `${name}/${input}`, base, environment: process.env })
    if (checked.kind === 'failed') return failed(checked.error)
    const { pull } = checked.value
    const source = createAzureSource(world, checked.value)
    return ok(
      createPullCollector(world, { ...pull, name, type: 'azure-monitor', input, labels, source, questions }),
    )
  },
}
