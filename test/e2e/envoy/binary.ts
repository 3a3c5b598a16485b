import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The Envoy to test with: `NINES_ENVOY`, or `envoy` on the path. Undefined when there is none. */
export function findEnvoy(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = environment['NINES_ENVOY']
  const candidates = [
    ...(named === undefined ? [] : [named]),
    ...(environment['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'envoy')),
  ]
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
