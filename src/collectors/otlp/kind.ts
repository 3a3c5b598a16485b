import { resolve } from 'node:path'
import { failed, ok } from '../../base/index.ts'
import type { SourceKind } from '../kind.ts'
import { createOtlpCollector } from './collector.ts'
import { createLogSignal } from './logs.ts'
import { createMetricSignal } from './metrics.ts'
import { otlpOptions } from './options.ts'
import { createTraceSignal } from './traces.ts'

/** Traces, metrics and logs that are sent by OpenTelemetry's SDKs and Collector. */
export const openTelemetry: SourceKind = {
  type: 'OpenTelemetry',
  open: (world, { name, labels, details, base, run }) => {
    const checked = otlpOptions(Object.keys(labels).length === 0 ? details : { ...details, labels })
    if (checked.kind === 'failed') return failed(checked.error)
    const options = checked.value
    const tokenFile = options.tokenFile === undefined ? undefined : resolve(base, options.tokenFile)
    return ok(
      createOtlpCollector(world, {
        name,
        run,
        labels: options.labels,
        options: { ...options, tokenFile },
        signals: { traces: createTraceSignal, metrics: createMetricSignal, logs: createLogSignal },
      }),
    )
  },
}
