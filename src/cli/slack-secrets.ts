import type { SlackConfig } from './config-notify.ts'
import type { Io } from './io.ts'
import { readSecret } from './secret.ts'

/** Those of the environment, then those of the file. `SLACK_SIGNING_SECRET` may hold two while they are rotated. */
export function slackSecrets(
  env: Io['env'],
  slack: Pick<SlackConfig, 'signingSecrets' | 'appToken'> | undefined,
): { readonly signingSecrets: readonly string[]; readonly appToken: string | undefined } {
  const given = readSecret(env, 'SLACK_SIGNING_SECRET')?.split(/[\s,]+/) ?? []
  return {
    signingSecrets: [...given, ...(slack?.signingSecrets ?? [])].filter((secret) => secret !== ''),
    appToken: readSecret(env, 'SLACK_APP_TOKEN') ?? slack?.appToken,
  }
}
