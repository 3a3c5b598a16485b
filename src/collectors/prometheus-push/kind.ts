import { resolve } from 'node:path'
import { failed, ok } from '../../base/index.ts'
import type { SourceKind } from '../kind.ts'
import { createRemoteWriteCollector } from './collector.ts'
import { remoteWriteOptions } from './options.ts'

/** What Prometheus, VictoriaMetrics' agent and their like write to us. */
export const prometheusRemoteWrite: SourceKind = {
  type: 'PrometheusRemoteWrite',
  open: (world, { name, input, labels, details, run, base, questions }) => {
    const checked = remoteWriteOptions(details)
    if (checked.kind === 'failed') return failed(checked.error)
    const { tokenFile } = checked.value
    const options = {
      ...checked.value,
      tokenFile: tokenFile === undefined ? undefined : resolve(base, tokenFile),
    }
    return ok(createRemoteWriteCollector(world, { name, input, labels, run, options, questions }))
  },
}
