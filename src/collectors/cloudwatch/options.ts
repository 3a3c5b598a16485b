import { failed, ok, type Result } from '../../base/index.ts'
import { AWS_OPTIONS, type AwsAccess, awsOptions } from '../aws/options.ts'
import { type OptionProblem, OptionReader } from '../option-reader.ts'
import { PULL_OPTIONS, type PullOptions, pullOptions } from '../pull/index.ts'

export interface CloudWatchOptions {
  readonly access: AwsAccess
  /** Queries of Logs Insights at a time; an account and region has thirty for everybody. */
  readonly logQueries: number
  readonly pull: PullOptions
}

/** How long CloudWatch keeps values by the minute. */
export const MINUTES_KEPT = 15 * 86_400

/** Checks the `connectionDetails` of a DataSource of type `CloudWatch`. */
export function cloudWatchOptions(
  details: Readonly<Record<string, unknown>>,
  {
    name,
    environment,
  }: { readonly name: string; readonly environment: Readonly<Record<string, string | undefined>> },
): Result<CloudWatchOptions, readonly OptionProblem[]> {
  const reader = new OptionReader(details, [...AWS_OPTIONS, 'logQueries', ...PULL_OPTIONS])
  const pull = pullOptions(reader, { name, lagSeconds: 180, overlapSeconds: 900 }).options
  const access = awsOptions(reader, environment)
  const logQueries = reader.whole('logQueries', { fallback: 10, least: 1, most: 30 })
  if (reader.problems.length > 0) return failed(reader.problems)
  return ok({ access, logQueries, pull })
}
