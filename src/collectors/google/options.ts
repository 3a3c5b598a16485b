import { resolve } from 'node:path'
import { failed, ok, type Result } from '../../base/index.ts'
import { type OptionProblem, OptionReader } from '../option-reader.ts'
import { PULL_OPTIONS, type PullOptions, pullOptions } from '../pull/index.ts'
import type { SecretPlaces } from '../secret.ts'

export interface GoogleOptions {
  readonly project: string
  /** The JSON key of a service account; undefined: the account that the machine runs as. */
  readonly keyFile: string | undefined
  readonly monitoringUrl: string
  readonly loggingUrl: string
  readonly pull: PullOptions
}

const KEYS = ['project', 'credentialsFile', 'monitoringUrl', 'loggingUrl', ...PULL_OPTIONS]

/** Checks the `connectionDetails` of a DataSource of type `GoogleCloudMonitoring`. */
export function googleOptions(
  details: Readonly<Record<string, unknown>>,
  { name, base, environment }: SecretPlaces & { readonly name: string },
): Result<GoogleOptions, readonly OptionProblem[]> {
  const reader = new OptionReader(details, KEYS)
  // Values are there up to three and a half minutes after their minute.
  const pull = pullOptions(reader, { name, lagSeconds: 240, overlapSeconds: 900 }).options
  const project = reader.text('project') ?? environment['GOOGLE_CLOUD_PROJECT']
  if (project === undefined || !/^[a-z][a-z0-9:.-]{4,62}$/.test(project))
    reader.problem(
      'project',
      `${project === undefined ? 'project is missing' : `'${project}' is no project`}`,
      {
        remedy: 'write project: shop-prod, or set GOOGLE_CLOUD_PROJECT',
      },
    )
  const file = reader.text('credentialsFile') ?? environment['GOOGLE_APPLICATION_CREDENTIALS']
  const address = (key: string, fallback: string): string => {
    const text = reader.text(key) ?? fallback
    if (!URL.canParse(text)) reader.problem(key, `'${text}' is no address`, { remedy: `leave ${key} out` })
    return text.replace(/\/+$/, '')
  }
  const monitoringUrl = address('monitoringUrl', 'https://monitoring.googleapis.com')
  const loggingUrl = address('loggingUrl', 'https://logging.googleapis.com')
  if (reader.problems.length > 0 || project === undefined) return failed(reader.problems)
  return ok({
    project,
    keyFile: file === undefined ? undefined : resolve(base, file),
    monitoringUrl,
    loggingUrl,
    pull,
  })
}
