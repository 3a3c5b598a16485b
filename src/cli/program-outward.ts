import { type Command, Option } from 'commander'
import type { RoutesOptions, RoutesTestOptions } from './routes.ts'

/** Commands about who is told of what. */
export interface OutwardCommands {
  readonly routesShow: (options: RoutesOptions) => Promise<number>
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
