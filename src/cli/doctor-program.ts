import { Argument, type Command, Option } from 'commander'
import { examples } from './examples.ts'
import type { Commands, DoctorOptions } from './program.ts'

export function addDoctor(
  program: Command,
  commands: Pick<Commands, 'doctor' | 'doctorSlack'>,
  { url, done }: { readonly url: string; readonly done: (code: number) => void },
): void {
  program
    .command('doctor')
    .addArgument(new Argument('[part]', 'look at this part alone').choices(['slack']))
    .description('Find what is wrong, step by step from each source to the budget, and say what to do.')
    .option('--url <url>', 'where Nines answers', url)
    .option('-c, --config <file>', 'configuration to look at when no service answers (default ./nines.yaml)')
    .option('--standalone', 'do not ask a service: configuration, definitions, store, disk, clock', false)
    .addOption(new Option('-o, --output <form>', 'how to print').choices(['table', 'json']).default('table'))
    .addHelpText(
      'after',
      `${examples(
        'nines doctor',
        'nines doctor --url https://nines.example.com',
        'nines doctor --standalone -c /etc/nines/nines.yaml',
        'nines doctor --output json | jq \'.sources[] | select(.finding == "wrong")\'',
      )}\nExit codes: 0 nothing is wrong, 1 something is wrong, 2 it cannot be told (no service answers).\n`,
    )
    .action(async (part: 'slack' | undefined, options: DoctorOptions) =>
      done(await (part === 'slack' ? commands.doctorSlack(options) : commands.doctor(options))),
    )
}
