import { failed, ok } from '../../base/index.ts'
import type { SourceKind } from '../kind.ts'
import { createPullCollector } from '../pull/index.ts'
import { prometheusOptions } from './options.ts'
import { createPrometheusSource } from './source.ts'

/** Prometheus and what speaks its API: Thanos, Mimir, VictoriaMetrics. */
export const prometheus: SourceKind = {
  type: 'Prometheus',
  open: (world, { name, input, labels, details, base, questions }) => {
    const checked = prometheusOptions(details, { name: `${name}/${input}`, base })
    if (checked.kind === 'failed') return failed(checked.error)
    const { pull } = checked.value
    const source = createPrometheusSource(world, checked.value)
    return ok(
      createPullCollector(world, { ...pull, name, type: 'prometheus', input, labels, source, questions }),
    )
  },
}
