import { resolve } from 'node:path'
import { failed, ok } from '../../base/index.ts'
import type { SourceKind } from '../kind.ts'
import { createProbeCollector } from './collector.ts'
import { probeOptions } from './options.ts'

/** HTTP and gRPC checks from where Nines runs. */
export const probe: SourceKind = {
  type: 'Probe',
  open: (world, { name, labels, details, base, run }) => {
    const checked = probeOptions(details)
    if (checked.kind === 'failed') return failed(checked.error)
    const { caFile } = checked.value
    const options = caFile === undefined ? checked.value : { ...checked.value, caFile: resolve(base, caFile) }
    return ok(createProbeCollector(world, { name, labels, run, options }))
  },
}
