import colors from 'picocolors'
import type { Result } from '../base/index.ts'
import type { Config } from './config.ts'
import type { Io } from './io.ts'
import type { DoctorSlackOptions } from './program-slack.ts'
import { readSecret } from './secret.ts'
import { slackSecrets } from './slack-secrets.ts'

/** What is looked at; `main.ts` hands in who looks. */
export interface SlackAsked {
  readonly token: string | undefined
  readonly apiUrl?: string
  readonly channel: string | undefined
  readonly signingSecrets: readonly string[]
  readonly appToken: string | undefined
  readonly pictures: boolean
  readonly groups: boolean
}

export interface SlackFound {
  readonly what: string
  readonly finding: 'well' | 'wrong' | 'unknown'
  readonly detail: string
  readonly remedy: string
}

export interface SlackDoctoring {
  readonly options: DoctorSlackOptions
  readonly loaded: Result<Config, string>
  readonly examine: (asked: SlackAsked) => Promise<readonly SlackFound[]>
}

const EXIT_OF = { well: 0, unknown: 2, wrong: 1 } as const

/** Says of each thing that Slack needs whether it is there, and what to do where it is not. */
export async function slackDoctorCommand(
  io: Io,
  { options, loaded, examine }: SlackDoctoring,
): Promise<number> {
  if (loaded.kind === 'failed') {
    io.stderr(`${loaded.error}\n`)
    return EXIT_OF.wrong
  }
  const { slack } = loaded.value.notify
  const apiUrl = io.env['SLACK_API_URL']
  const found = await examine({
    token: readSecret(io.env, 'SLACK_BOT_TOKEN'),
    channel: slack?.channel,
    pictures: true,
    groups: (slack?.responders ?? []).some((id) => id.startsWith('S')),
    ...slackSecrets(io.env, slack),
    ...(apiUrl === undefined ? {} : { apiUrl }),
  })
  if (options.output === 'json') io.stdout(`${JSON.stringify({ slack: found }, undefined, 2)}\n`)
  else io.stdout(`${found.map((one) => line(one, colors.createColors(io.color))).join('\n')}\n`)
  const worst = (['wrong', 'unknown'] as const).find((kind) => found.some(({ finding }) => finding === kind))
  return EXIT_OF[worst ?? 'well']
}

const SIGNS = { well: '✓', wrong: '✗', unknown: '?' } as const

function line(
  { what, finding, detail, remedy }: SlackFound,
  paint: ReturnType<typeof colors.createColors>,
): string {
  const color = finding === 'well' ? paint.green : finding === 'wrong' ? paint.red : paint.yellow
  const first = `${color(SIGNS[finding])} ${what.padEnd(8)} ${detail}`
  return remedy === '' ? first : `${first}\n           ${remedy}`
}
