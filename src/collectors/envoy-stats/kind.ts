import { failed, ok } from '../../base/index.ts'
import type { SourceKind } from '../kind.ts'
import { createEnvoyStatsCollector } from './collector.ts'
import { envoyStatsOptions } from './options.ts'

/** Statistics that Envoys answer with on their admin interfaces. */
export const envoyStats: SourceKind = {
  type: 'EnvoyStats',
  open: (world, { name, labels, details, run }) => {
    const checked = envoyStatsOptions(details)
    if (checked.kind === 'failed') return failed(checked.error)
    return ok(
      createEnvoyStatsCollector(world, {
        name,
        labels,
        run,
        options: checked.value,
        environment: process.env,
      }),
    )
  },
}
