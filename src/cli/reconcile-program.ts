import { type Command, InvalidArgumentError, Option } from 'commander'
import { startOfDate } from '../base/index.ts'
import { examples } from './examples.ts'
import type { ReconcileOptions } from './reconcile.ts'

export interface ReconcileCommands {
  readonly reconcile: (options: ReconcileOptions) => Promise<number>
}

export function addReconcile(
  program: Command,
  commands: ReconcileCommands,
  { url, done }: { readonly url: string; readonly done: (code: number) => void },
): void {
  program
    .command('reconcile')
    .description('The same SLI as several sources counted it, side by side, and why they disagree.')
    .option('--url <url>', 'where Nines answers', url)
    .option('--service <name>', 'one service (all that several sources counted)')
    .option('--from <time>', 'where to begin, such as 2026-11-01T00:00Z', toInstant)
    .option('--to <time>', 'where to end (default now)', toInstant)
    .option('--last <length>', 'how long before the end, without --from: 30m, 6h, 2d', '6h')
    .addOption(new Option('-o, --output <form>', 'how to print').choices(['table', 'json']).default('table'))
    .addHelpText(
      'after',
      `${examples(
        'nines reconcile',
        'nines reconcile --service checkout --last 1d',
        'nines reconcile --from 2026-11-01T09:00Z --to 2026-11-01T12:00Z -o json | jq .services[].comparisons',
      )}\nExit codes: 0 sources agree, 1 they do not, 2 nobody answers. At most 7 days at a time.\n`,
    )
    .action(async (options: ReconcileOptions) => done(await commands.reconcile(options)))
}

/** `2026-11-01`, or `2026-11-01T09:00Z`: in UTC, so that it means the same wherever it is typed. */
function toInstant(text: string): number {
  const [, year = '', month = '', day = '', hour = '0', minute = '0'] =
    /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::00)?Z)?$/.exec(text) ?? []
  const date = { year: Number(year), month: Number(month), day: Number(day) }
  const isDate = year !== '' && date.month >= 1 && date.month <= 12 && date.day >= 1 && date.day <= 31
  if (!isDate || Number(hour) > 23 || Number(minute) > 59)
    throw new InvalidArgumentError('must be an instant in UTC, such as 2026-11-01T09:00Z.')
  return startOfDate(date) + Number(hour) * 3_600 + Number(minute) * 60
}
