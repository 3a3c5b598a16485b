import { resolve } from 'node:path'
import { failed, ok } from '../../base/index.ts'
import type { SourceKind } from '../kind.ts'
import { createLogCollector } from './collector.ts'
import { logSourceOptions } from './options.ts'

/** Access logs that Envoy writes to files. */
export const envoyAccessLog = logKind('EnvoyAccessLog')

/** Access logs of Apache, Nginx and what writes alike. */
export const webLog = logKind('WebLog')

/** The two read the same formats; the name says what people have. */
function logKind(type: string): SourceKind {
  return {
    type,
    open: (world, { name, labels, details, base }) => {
      const checked = logSourceOptions(Object.keys(labels).length === 0 ? details : { ...details, labels })
      if (checked.kind === 'failed') return failed(checked.error)
      const files = checked.value.files.map((file) => resolve(base, file))
      return ok(createLogCollector(world, { name, options: { ...checked.value, files } }))
    },
  }
}
