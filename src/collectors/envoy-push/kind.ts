import { resolve } from 'node:path'
import { failed, ok } from '../../base/index.ts'
import type { SourceKind } from '../kind.ts'
import { createIntake } from '../push/intake.ts'
import { createAccessLogReceiver } from './access-log-collector.ts'
import { createMetricsReceiver } from './metrics-collector.ts'
import { metricsOptions } from './metrics-options.ts'
import { accessLogOptions } from './options.ts'

/** Requests that Envoys tell one by one over gRPC. */
export const envoyAccessLogService: SourceKind = {
  type: 'EnvoyAccessLogService',
  open: (world, { name, labels, details, base, run }) => {
    const checked = accessLogOptions(Object.keys(labels).length === 0 ? details : { ...details, labels })
    if (checked.kind === 'failed') return failed(checked.error)
    const { tokenFile, ...options } = checked.value
    const { maxSeries, maxWaiting, silence, lag, listen } = options
    const intake = createIntake(world, {
      source: name,
      run,
      key: `envoy-als:${name}:${listen.host}:${listen.port}`,
      labels: options.labels,
      maxSeries,
      maxWaiting,
      silenceMs: silence * 1_000,
      lagMs: lag * 1_000,
    })
    return ok(
      createAccessLogReceiver(world, {
        name,
        options: { ...options, tokenFile: tokenFile === undefined ? undefined : resolve(base, tokenFile) },
        intake,
      }),
    )
  },
}

/** Statistics that Envoys send every few seconds by themselves. */
export const envoyMetricsService: SourceKind = {
  type: 'EnvoyMetricsService',
  open: (world, { name, labels, details, base, run }) => {
    const checked = metricsOptions(details)
    if (checked.kind === 'failed') return failed(checked.error)
    const { tokenFile } = checked.value
    const options = {
      ...checked.value,
      tokenFile: tokenFile === undefined ? undefined : resolve(base, tokenFile),
    }
    return ok(createMetricsReceiver(world, { name, labels, run, options }))
  },
}
