import { type Command, InvalidArgumentError, Option } from 'commander'
import type { GateOptions } from './gate.ts'
import type { PostmortemOptions } from './postmortem.ts'
import type { RoutesOptions, RoutesTestOptions } from './routes.ts'

/** Commands about who is told of what. */
export interface OutwardCommands {
  readonly routesShow: (options: RoutesOptions) => Promise<number>
  readonly postmortem: (incident: string, options: PostmortemOptions) => Promise<number>
  readonly gate: (options: GateOptions) => Promise<number>
  readonly routesTest: (options: RoutesTestOptions) => Promise<number>
}

interface Building {
  readonly commands: OutwardCommands
  readonly done: (code: number) => void
  readonly url: string
  readonly examples: (...lines: string[]) => string
  readonly addLabel: (text: string, labels: Record<string, string>) => Record<string, string>
}

export function addOutward(program: Command, building: Building): void {
  addRoutes(program, building)
  addGate(program, building)
  addPostmortem(program, building)
}

function asked(command: Command, url: string): Command {
  return command
    .option('--url <url>', 'where Nines answers', url)
    .addOption(new Option('-o, --output <form>', 'how to print').choices(['table', 'json']).default('table'))
}

function addRoutes(program: Command, { commands, done, url, examples, addLabel }: Building): void {
  const routes = program.command('routes').description('Who is told of what.')
  asked(routes.command('show'), url)
    .description('Receivers, and the routes that lead to them.')
    .addHelpText('after', examples('nines routes show'))
    .action(async (options: RoutesOptions) => done(await commands.routesShow(options)))
  asked(routes.command('test'), url)
    .description('Whom an incident would be told to; ends with 1 when nobody would.')
    .option('--service <name>', 'its service')
    .addOption(new Option('--severity <severity>', 'its severity').choices(['page', 'ticket']))
    .option('--slo <id>', 'its SLO')
    .option('--owner <name>', 'who owns the SLO')
    .option('--cloud <provider>', 'the cloud that burns')
    .option('-l, --label <name=value>', 'another label, may be repeated', addLabel, {})
    .addHelpText(
      'after',
      examples(
        'nines routes test --service checkout --severity page',
        'nines routes test --cloud aws -l team=shop',
      ),
    )
    .action(async (options: RoutesTestOptions) => done(await commands.routesTest(options)))
}

function addGate(program: Command, { commands, done, url, examples }: Building): void {
  asked(program.command('gate'), url)
    .description('Whether a deploy may go ahead, as the budgets of what it touches stand.')
    .option('--slo <id>', 'the promise that is asked')
    .option('--service <name>', 'every promise of the service is asked')
    .option('--override', 'open it all the same; it is written down and shown', false)
    .option('--by <who>', 'who opens it')
    .option('--reason <why>', 'why')
    .addOption(
      new Option('--for <length>', 'for how long: 30m, 4h, 2d').argParser(toSeconds).default(14_400, '4h'),
    )
    .addHelpText(
      'after',
      `${examples(
        'nines gate --service checkout && ./deploy.sh',
        'nines gate --service checkout --override --by aya --reason "the fix for INC-2026-0147"',
      )}\nExit codes: 0 open, 1 closed, 2 unknown: no data, no such promise, or no service that answers.\n`,
    )
    .action(async (options: GateOptions) => done(await commands.gate(options)))
}

function addPostmortem(program: Command, { commands, done, url, examples }: Building): void {
  program
    .command('postmortem')
    .argument('<incident>', 'its name, such as INC-2026-0147')
    .description('What happened, in numbers and in order, with room for what was learned.')
    .option('--url <url>', 'where Nines answers', url)
    .option('--root-cause', 'with a section for the root cause', false)
    .addOption(
      new Option('-o, --output <form>', 'how to print').choices(['markdown', 'json']).default('markdown'),
    )
    .addHelpText('after', examples('nines postmortem INC-2026-0147 > postmortems/2026/INC-2026-0147.md'))
    .action(async (incident: string, options: PostmortemOptions) =>
      done(await commands.postmortem(incident, options)),
    )
}

const UNITS: Readonly<Record<string, number>> = { m: 60, h: 3_600, d: 86_400 }

function toSeconds(text: string): number {
  const [, n, unit = ''] = /^([1-9]\d{0,4})([mhd])$/.exec(text) ?? []
  const seconds = Number(n) * (UNITS[unit] ?? Number.NaN)
  if (!(seconds >= 60 && seconds <= 604_800))
    throw new InvalidArgumentError('must be a length from 1m to 7d.')
  return seconds
}
