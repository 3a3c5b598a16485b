import { failed, ok } from '../../base/index.ts'
import type { SourceKind } from '../kind.ts'
import { createPullCollector } from '../pull/index.ts'
import { googleOptions } from './options.ts'
import { createGoogleSource } from './source.ts'

/** Google Cloud Monitoring and Cloud Logging. One project an input. */
export const googleCloudMonitoring: SourceKind = {
  type: 'GoogleCloudMonitoring',
  open: (world, { name, input, labels, details, base, questions }) => {
    const context = { name: `${name}/${input}`, base, environment: process.env }
    const checked = googleOptions(details, context)
    if (checked.kind === 'failed') return failed(checked.error)
    const { pull } = checked.value
    const source = createGoogleSource(world, checked.value)
    return ok(
      createPullCollector(world, { ...pull, name, type: 'google-cloud', input, labels, source, questions }),
    )
  },
}
