import { type Command, InvalidArgumentError, Option } from 'commander'
import { examples } from './examples.ts'

/** Commands that set up the Slack app. */
export interface SlackCommands {
  readonly doctorSlack: (options: DoctorSlackOptions) => Promise<number>
  readonly slackManifest: (options: SlackManifestOptions) => Promise<number>
}

export interface DoctorSlackOptions {
  readonly config?: string
  readonly output: 'table' | 'json'
}

export interface SlackManifestOptions {
  /** Where Slack reaches Nines; absent: Socket Mode. */
  readonly url?: string
  readonly pictures: boolean
  readonly groups: boolean
}

export function addSlack(program: Command, commands: SlackCommands, done: (code: number) => void): void {
  const slack = program.command('slack').description('Set up the Slack app.')
  slack
    .command('manifest')
    .description('Print the manifest of an app with the least scopes, each with its reason.')
    .option('--url <url>', 'where Slack reaches Nines over HTTP; without it the app uses Socket Mode', toUrl)
    .option('--no-pictures', 'without files:write: no pictures in threads')
    .option('--groups', 'with usergroups:read: user groups may be responders', false)
    .addHelpText(
      'after',
      examples(
        'nines slack manifest > manifest.yaml',
        'nines slack manifest --url https://nines.example.com/',
      ),
    )
    .action(async (options: SlackManifestOptions) => done(await commands.slackManifest(options)))
  slack
    .command('doctor')
    .description(
      'See whether what is configured for Slack works: token, scopes, channel, clock. Posts nothing.',
    )
    .option('-c, --config <file>', 'configuration to look at (default ./nines.yaml)')
    .addOption(new Option('-o, --output <form>', 'how to print').choices(['table', 'json']).default('table'))
    .addHelpText(
      'after',
      `${examples('nines slack doctor', 'nines doctor slack', 'nines slack doctor -c /etc/nines/nines.yaml --output json')}\nExit codes: 0 nothing is wrong, 1 something is wrong, 2 it cannot be told.\n`,
    )
    .action(async (options: DoctorSlackOptions) => done(await commands.doctorSlack(options)))
}

function toUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new InvalidArgumentError('must be an address such as https://nines.example.com/.')
  return text.endsWith('/') ? text : `${text}/`
}
