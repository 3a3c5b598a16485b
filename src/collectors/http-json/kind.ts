import { failed, ok } from '../../base/index.ts'
import type { SourceKind } from '../kind.ts'
import { createPullCollector } from '../pull/index.ts'
import { httpJsonOptions } from './options.ts'
import { createHttpJsonSource } from './source.ts'

/** Whatever answers in JSON with counts by the minute. */
export const httpJson: SourceKind = {
  type: 'HttpJson',
  open: (world, { name, input, labels, details, base, questions }) => {
    const checked = httpJsonOptions(details, { name: `${name}/${input}`, base, environment: process.env })
    if (checked.kind === 'failed') return failed(checked.error)
    const { pull } = checked.value
    const source = createHttpJsonSource(world, checked.value)
    return ok(
      createPullCollector(world, { ...pull, name, type: 'http-json', input, labels, source, questions }),
    )
  },
}
