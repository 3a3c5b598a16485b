import { type Command, InvalidArgumentError, Option } from 'commander'
import { examples } from './examples.ts'
import type { JourneysOptions } from './journeys.ts'
import type { ProvidersOptions } from './providers.ts'
import type { SimulateOptions } from './simulate.ts'

/** What is asked about promises over many clouds. */
export interface JourneyCommands {
  readonly journeys: (name: string | undefined, options: JourneysOptions) => Promise<number>
  readonly simulate: (journey: string, options: SimulateOptions) => Promise<number>
  readonly providers: (options: ProvidersOptions) => Promise<number>
}

const gathered = (text: string, all: readonly string[]): readonly string[] => [...all, text]

export function addJourneys(
  program: Command,
  commands: JourneyCommands,
  { url, done }: { readonly url: string; readonly done: (code: number) => void },
): void {
  const asTable = new Option('-o, --output <form>', 'how to print')
    .choices(['table', 'json'])
    .default('table')
  program
    .command('journeys')
    .argument('[name]', 'one journey, with what its parts caused and what they must keep')
    .description('Promises over many clouds: measured, by the textbook, and the redundancy that is left.')
    .option('--url <url>', 'where Nines answers', url)
    .addOption(asTable)
    .addHelpText(
      'after',
      examples('nines journeys', 'nines journeys buy', 'nines journeys buy -o json | jq .attribution'),
    )
    .action(async (name: string | undefined, options: JourneysOptions) =>
      done(await commands.journeys(name, options)),
    )
  program
    .command('simulate')
    .argument('<journey>', 'the journey whose past is replayed')
    .description('Replay the recorded past of a journey with something changed in it.')
    .option('--url <url>', 'where Nines answers', url)
    .option('--last <length>', 'how much of the past: 6h, 7d', '7d')
    .option('--target <percent>', 'another target: 99.95')
    .option(
      '--gone <cloud@instant/length>',
      'a cloud answers nothing for a time, may be repeated',
      gathered,
      [],
    )
    .option('--drop <part>', 'without this part, may be repeated', gathered, [])
    .option('--add <name=percent>', 'one more dependency that must work, may be repeated', gathered, [])
    .option('--standby <part=percent>', 'a stand-in for a part, may be repeated', gathered, [])
    .option(
      '--route <cloud=share>',
      'share of the traffic of a cloud, for routes, may be repeated',
      gathered,
      [],
    )
    .addOption(asTable)
    .addHelpText(
      'after',
      examples(
        'nines simulate buy --target 99.9',
        'nines simulate buy --gone aws@2026-11-28T10:00Z/60m --last 3d',
        "nines simulate buy --standby 'payments-availability=99.9' --route aws=70 --route gcp=30",
        'nines simulate browse --drop "catalog-availability gcp" --output json | jq .after.sli',
      ),
    )
    .action(async (journey: string, options: SimulateOptions) =>
      done(await commands.simulate(journey, options)),
    )
  addProviders(program, commands, { url, done })
}

function addProviders(
  program: Command,
  commands: JourneyCommands,
  { url, done }: { readonly url: string; readonly done: (code: number) => void },
): void {
  program
    .command('providers')
    .description('What was measured of each provider in a month against its SLA, with the evidence.')
    .option('--url <url>', 'where Nines answers', url)
    .option('--month <month>', 'a month in UTC, such as 2026-11 (default: the running one)', toMonth)
    .addOption(
      new Option('-o, --output <form>', 'how to print')
        .choices(['markdown', 'csv', 'json'])
        .default('markdown'),
    )
    .addHelpText(
      'after',
      examples('nines providers', 'nines providers --month 2026-11 --output csv > claim.csv'),
    )
    .action(async (options: ProvidersOptions) => done(await commands.providers(options)))
}

function toMonth(text: string): string {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(text))
    throw new InvalidArgumentError('must be a month such as 2026-11.')
  return text
}
