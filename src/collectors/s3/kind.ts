import { failed, ok } from '../../base/index.ts'
import type { SourceKind } from '../kind.ts'
import { createS3Api } from './api.ts'
import { createS3Collector } from './collector.ts'
import { s3LogOptions } from './options.ts'

/** Access logs in S3, read as they are delivered. */
export const s3Logs: SourceKind = {
  type: 'S3Logs',
  open: (world, { name, labels, details }) => {
    const checked = s3LogOptions(Object.keys(labels).length === 0 ? details : { ...details, labels })
    if (checked.kind === 'failed') return failed(checked.error)
    return ok(createS3Collector(world, { name, options: checked.value, api: createS3Api(checked.value) }))
  },
}
