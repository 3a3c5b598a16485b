import { type Command, InvalidArgumentError, Option } from 'commander'
import { ROLES, type Role } from '../alerting/index.ts'
import { examples } from './examples.ts'
import type { ActingOptions, DeclareOptions, IncidentDeed, IncidentsOptions } from './incidents.ts'
import { addLabel, toWhole } from './program-values.ts'
import type { SilenceAddOptions, SilencesOptions } from './silences.ts'

/** Commands for what people do about incidents. */
export interface IncidentCommands {
  readonly incidents: (options: IncidentsOptions) => Promise<number>
  readonly act: (incident: string, deeds: readonly IncidentDeed[], options: ActingOptions) => Promise<number>
  readonly declare: (title: string, options: DeclareOptions) => Promise<number>
  readonly silences: (options: SilencesOptions) => Promise<number>
  readonly silenceAdd: (matchers: readonly string[], options: SilenceAddOptions) => Promise<number>
  readonly silenceEnd: (id: string, options: ActingOptions) => Promise<number>
}

interface Building {
  readonly commands: IncidentCommands
  readonly done: (code: number) => void
  readonly url: string
}

export function addIncidents(program: Command, building: Building): void {
  addList(program, building)
  addDeeds(program, building)
  addDeclare(program, building)
  addSilences(program, building)
}

const output = (): Option =>
  new Option('-o, --output <form>', 'how to print').choices(['table', 'json']).default('table')

const acting = (command: Command, url: string): Command =>
  command
    .option('--url <url>', 'where Nines answers', url)
    .option('--by <who>', 'who does it (default: USER)')
    .addOption(output())

function addList(program: Command, { commands, done, url }: Building): void {
  program
    .command('incidents')
    .description('Incidents, newest first.')
    .option('--url <url>', 'where Nines answers', url)
    .addOption(new Option('--state <state>', 'which').choices(['open', 'resolved', 'all']).default('open'))
    .option('--limit <n>', 'at most so many', toWhole, 100)
    .addOption(output())
    .addHelpText('after', examples('nines incidents', 'nines incidents --state all --output json | jq .'))
    .action(async (options: IncidentsOptions) => done(await commands.incidents(options)))
}

type Why = ActingOptions & { readonly reason?: string }

const because = ({ reason }: Why): readonly IncidentDeed[] =>
  reason === undefined ? [] : [{ kind: 'note', text: reason }]

const PLAIN = [
  ['ack', 'acknowledge', 'Somebody has seen it: calling stops.'],
  ['unack', 'unacknowledge', 'Nobody has it after all: calling starts again.'],
  ['take', 'take-command', 'You decide from now on.'],
  ['reopen', 'reopen', 'It is not over: it then ends only by hand.'],
  ['unmute', 'unmute', 'People are told of it again.'],
  ['resolve', 'resolve', 'End it by hand. What still burns opens it again.'],
] as const

function addDeeds(program: Command, building: Building): void {
  const { commands, done, url } = building
  const onOne = (name: string, description: string): Command =>
    acting(program.command(name).argument('<incident>', 'such as INC-2026-0147'), url).description(
      description,
    )
  for (const [name, kind, description] of PLAIN)
    onOne(name, description)
      .option('--reason <why>', 'goes into its timeline')
      .addHelpText('after', examples(`nines ${name} INC-2026-0147`))
      .action(async (incident: string, options: Why) =>
        done(await commands.act(incident, [...because(options), { kind }], options)),
      )
  onOne('mute', 'Nobody is told of it for so long; its message still changes.')
    .addOption(lengthOption('1h'))
    .option('--reason <why>', 'goes into its timeline')
    .addHelpText('after', examples('nines mute INC-2026-0147 --for 2h --reason "the disk is being swapped"'))
    .action(async (incident: string, options: Why & { readonly for: number }) =>
      done(
        await commands.act(incident, [{ kind: 'mute', seconds: options.for }, ...because(options)], options),
      ),
    )
  onOne('note', 'Write something into its timeline.')
    .argument('<text>', 'what')
    .addHelpText('after', examples('nines note INC-2026-0147 "rolled back to 1.41"'))
    .action(async (incident: string, text: string, options: ActingOptions) =>
      done(await commands.act(incident, [{ kind: 'note', text }], options)),
    )
  addGiven(onOne, building)
}

function addGiven(onOne: (name: string, description: string) => Command, { commands, done }: Building): void {
  onOne('severity', 'How grave it is, whatever its rules say.')
    .argument('<severity>', 'page, ticket, or auto: as the rules say', toSeverity)
    .addHelpText('after', examples('nines severity INC-2026-0147 ticket'))
    .action(async (incident: string, severity: 'page' | 'ticket' | 'auto', options: ActingOptions) =>
      done(
        await commands.act(
          incident,
          [{ kind: 'severity', severity: severity === 'auto' ? null : severity }],
          options,
        ),
      ),
    )
  onOne('assign', 'Who has a role in it.')
    .argument('<who>', 'to whom')
    .addOption(new Option('--role <role>', 'which role').choices(ROLES).default('assignee'))
    .addHelpText('after', examples('nines assign INC-2026-0147 aya --role scribe'))
    .action(async (incident: string, to: string, options: ActingOptions & { readonly role: Role }) =>
      done(await commands.act(incident, [{ kind: 'assign', role: options.role, to }], options)),
    )
}

function toSeverity(text: string): string {
  if (text === 'page' || text === 'ticket' || text === 'auto') return text
  throw new InvalidArgumentError('must be page, ticket or auto.')
}

function addDeclare(program: Command, { commands, done, url }: Building): void {
  acting(program.command('declare').argument('<title>', 'what happened, in a few words'), url)
    .description('Open an incident without an alert. It ends only by hand.')
    .requiredOption('--service <name...>', 'which services it concerns')
    .addOption(new Option('--severity <severity>', 'how grave').choices(['page', 'ticket']).default('page'))
    .option('-l, --label <name=value>', 'where, may be repeated: cloud_provider=aws', addLabel, {})
    .option('--drill', 'rehearsed: marked as such wherever it is told', false)
    .addHelpText(
      'after',
      examples('nines declare "cards are declined" --service payments checkout -l cloud_provider=aws'),
    )
    .action(async (title: string, options: DeclareOptions) => done(await commands.declare(title, options)))
}

function addSilences(program: Command, { commands, done, url }: Building): void {
  const silence = program
    .command('silence')
    .description('Quiet that somebody asks for, with a reason and an end.')
  silence
    .command('list')
    .description('What nobody is told of.')
    .option('--url <url>', 'where Nines answers', url)
    .option('--over', 'with those that are over', false)
    .addOption(output())
    .addHelpText('after', examples('nines silence list', 'nines silence list --over'))
    .action(async (options: SilencesOptions) => done(await commands.silences(options)))
  acting(silence.command('add').argument('<matchers...>', 'name=value, also != =~ !~; all must match'), url)
    .description('Nobody is told of incidents with these labels. One matcher says name=value.')
    .requiredOption('--reason <why>', 'why')
    .addOption(lengthOption('2h'))
    .addHelpText(
      'after',
      `${examples(
        'nines silence add service_name=checkout --for 2h --reason "the database moves"',
        "nines silence add severity=ticket 'cloud_region=~us-.*' --for 8h --reason maintenance",
      )}\nLabels are those of the scope, and slo, objective, service_name, severity, kind.\n`,
    )
    .action(async (matchers: string[], options: SilenceAddOptions) =>
      done(await commands.silenceAdd(matchers, options)),
    )
  acting(silence.command('end').argument('<silence>', 'such as SIL-0012'), url)
    .description('End a silence before its time: what is open is told.')
    .addHelpText('after', examples('nines silence end SIL-0012'))
    .action(async (id: string, options: ActingOptions) => done(await commands.silenceEnd(id, options)))
}

const lengthOption = (length: string): Option =>
  new Option('--for <length>', 'for how long: 30m, 4h, 2d')
    .argParser(toSeconds)
    .default(toSeconds(length), length)

const UNITS: Readonly<Record<string, number>> = { m: 60, h: 3_600, d: 86_400 }

function toSeconds(text: string): number {
  const [, n, unit = ''] = /^([1-9]\d{0,4})([mhd])$/.exec(text) ?? []
  const seconds = Number(n) * (UNITS[unit] ?? Number.NaN)
  if (!(seconds >= 60 && seconds <= 31_536_000))
    throw new InvalidArgumentError('must be a length from 1m to 365d.')
  return seconds
}
