import { failed, ok } from '../../base/index.ts'
import type { SourceKind } from '../kind.ts'
import { createPullCollector } from '../pull/index.ts'
import { cloudWatchOptions } from './options.ts'
import { createCloudWatchSource } from './source.ts'

/** CloudWatch's metrics and Logs Insights. One account and region an input. */
export const cloudWatch: SourceKind = {
  type: 'CloudWatch',
  open: (world, { name, input, labels, details, questions }) => {
    const checked = cloudWatchOptions(details, { name: `${name}/${input}`, environment: process.env })
    if (checked.kind === 'failed') return failed(checked.error)
    const { pull } = checked.value
    const source = createCloudWatchSource(world, checked.value)
    return ok(
      createPullCollector(world, { ...pull, name, type: 'cloudwatch', input, labels, source, questions }),
    )
  },
}
