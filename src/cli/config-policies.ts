import { z } from 'zod'
import { failed, ok, type Result } from '../base/index.ts'
import { matcher, variable } from './config-notify.ts'
import { readSecret } from './secret.ts'

/** The part of `nines.yaml` that says what happens as budgets are spent. */

const step = z.strictObject({
  spent: z.number().int().min(1).max(1_000).describe('Percent of the budget.'),
  notify: z.boolean().default(true),
  issue: z.boolean().default(false),
  gate: z.enum(['open', 'closed']).default('open'),
})

const repository = {
  tokenFrom: variable,
  url: z.url().optional().describe('Where its API answers, for an installation of your own.'),
  labels: z.array(z.string()).default([]),
}

export const policiesFile = z.strictObject({
  budgets: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        match: z.array(matcher).default([]).describe('All must hold: service="checkout", owner=~"team.*".'),
        steps: z.array(step).min(1),
      }),
    )
    .default([])
    .describe('The first that matches a promise counts.'),
  issues: z
    .union([
      z.strictObject({
        github: z.strictObject({
          ...repository,
          repo: z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'must be org/repo'),
        }),
      }),
      z.strictObject({ gitlab: z.strictObject({ ...repository, project: z.string().min(1) }) }),
    ])
    .optional(),
})

export type PoliciesConfig = z.infer<typeof policiesFile>

export interface TrackerWithSecret {
  readonly kind: 'github' | 'gitlab'
  readonly repo: string
  readonly token: string
  readonly apiUrl: string | undefined
  readonly labels: readonly string[]
}

/** Where issues are opened, with its token; undefined: nowhere. */
export function trackerOf(
  { issues }: PoliciesConfig,
  env: Readonly<Record<string, string | undefined>>,
): Result<TrackerWithSecret | undefined, string> {
  if (issues === undefined) return ok(undefined)
  const written =
    'github' in issues
      ? { kind: 'github' as const, repo: issues.github.repo, ...rest(issues.github) }
      : { kind: 'gitlab' as const, repo: issues.gitlab.project, ...rest(issues.gitlab) }
  const { tokenFrom, ...tracker } = written
  const token = readSecret(env, tokenFrom)
  if (token === undefined)
    return failed(
      `${tokenFrom} is not set, but policies.issues in nines.yaml needs it; set it, or ${tokenFrom}_FILE.`,
    )
  return ok({ ...tracker, token })
}

const rest = ({
  tokenFrom,
  url,
  labels,
}: {
  tokenFrom: string
  url?: string | undefined
  labels: string[]
}) => ({
  tokenFrom,
  apiUrl: url,
  labels,
})
