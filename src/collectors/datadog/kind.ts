import { failed, ok } from '../../base/index.ts'
import type { SourceKind } from '../kind.ts'
import { createPullCollector } from '../pull/index.ts'
import { datadogOptions } from './options.ts'
import { createDatadogSource } from './source.ts'

/** Datadog's metrics and APM. One organisation an input. */
export const datadog: SourceKind = {
  type: 'Datadog',
  open: (world, { name, input, labels, details, base, questions }) => {
    const context = { name: `${name}/${input}`, base, environment: process.env }
    const checked = datadogOptions(details, context)
    if (checked.kind === 'failed') return failed(checked.error)
    const { pull } = checked.value
    const source = createDatadogSource(world, checked.value)
    return ok(
      createPullCollector(world, { ...pull, name, type: 'datadog', input, labels, source, questions }),
    )
  },
}
