import { Argument, Command, Option } from 'commander'
import type { DevOptions, Emulated } from './dev/command.ts'
import { addDoctor } from './doctor-program.ts'
import { examples } from './examples.ts'
import { addExport, type ExportCommands } from './export-program.ts'
import type { ImportOptions } from './import.ts'
import { addJourneys, type JourneyCommands } from './journey-program.ts'
import { addIncidents, type IncidentCommands } from './program-incidents.ts'
import { addOutward, type OutwardCommands } from './program-outward.ts'
import { addSlack, type SlackCommands } from './program-slack.ts'
import { addLabel, toDays, toPort, toWhole } from './program-values.ts'
import { addReconcile, type ReconcileCommands } from './reconcile-program.ts'

const EMULATORS: readonly Emulated[] = ['datadog', 'cloudwatch']
const EMULATED: Readonly<Record<Emulated, string>> = {
  datadog: "Datadog's queries over a small shop",
  cloudwatch: "CloudWatch's metrics of a small shop",
}

/** What the commands are given; `main.ts` binds each to the function that does it. Each resolves to an exit code. */
export interface Commands
  extends ExportCommands,
    IncidentCommands,
    JourneyCommands,
    OutwardCommands,
    ReconcileCommands,
    SlackCommands {
  readonly serve: (options: ServeOptions) => Promise<number>
  readonly demo: (options: DemoOptions) => Promise<number>
  readonly validate: (paths: readonly string[], options: ValidateOptions) => Promise<number>
  readonly schema: () => Promise<number>
  readonly test: (paths: readonly string[]) => Promise<number>
  readonly ingest: (files: readonly string[], options: IngestOptions) => Promise<number>
  readonly backfill: (options: BackfillCommandOptions) => Promise<number>
  readonly status: (options: StatusOptions) => Promise<number>
  readonly report: (options: ReportOptions) => Promise<number>
  readonly doctor: (options: DoctorOptions) => Promise<number>
  readonly athenaDdl: (options: AthenaDdlOptions) => Promise<number>
  readonly athenaSql: (options: AthenaSqlOptions) => Promise<number>
  readonly devAthena: (options: DevAthenaOptions) => Promise<number>
  readonly import: (options: ImportOptions) => Promise<number>
  readonly dev: (what: Emulated, options: DevOptions) => Promise<number>
}

export interface AthenaDdlOptions {
  readonly layout: 'alb' | 'cloudfront' | 'envoy-json'
  readonly database: string
  readonly table: string
  readonly location: string
  readonly unit: 'day' | 'hour'
  readonly since: string
}

export interface AthenaSqlOptions {
  readonly source?: string
  readonly from: string
  readonly to?: string
  readonly definitions?: string
  readonly config?: string
}

export interface DevAthenaOptions {
  readonly root: string
  readonly port?: number
  readonly quota: number
  /** Milliseconds that a query is queued, and runs at least. */
  readonly queued: number
  readonly running: number
}

export interface ServeOptions {
  readonly config?: string
  readonly port?: number
  readonly host?: string
  readonly data?: string
  readonly definitions?: string
}

export interface DemoOptions extends ServeOptions {
  readonly days: number
  readonly seed: number
  readonly fresh: boolean
  /** Where the rack's Envoy answers; the definitions must name the same. */
  readonly envoyPort?: number
}

export interface ValidateOptions {
  readonly output: 'text' | 'json' | 'github' | 'sarif'
  readonly strict: boolean
  readonly lintFatal: boolean
  readonly part: boolean
}

export interface IngestOptions {
  readonly source: string
  readonly format: string
  readonly service?: string
  readonly serviceFrom?: string
  readonly trailing?: string
  /** Where rejected lines are listed; `-` is stderr. */
  readonly rejected?: string
  /** Days that the ledger keeps, in place of the configuration's. */
  readonly retention?: number
  readonly label: Readonly<Record<string, string>>
  readonly data?: string
  readonly config?: string
  readonly again: boolean
  readonly output: 'text' | 'json'
}

export interface BackfillCommandOptions {
  /** Names of DataSources; empty: all. */
  readonly source: readonly string[]
  /** An instant, or how long ago. */
  readonly from: string
  readonly to?: string
  readonly again: boolean
  readonly data?: string
  readonly definitions?: string
  readonly config?: string
  readonly output: 'text' | 'json'
}

export interface StatusOptions {
  readonly url: string
  readonly output: 'table' | 'json'
  readonly watch: boolean
}

export interface ReportOptions {
  readonly url: string
  readonly output: 'markdown' | 'json' | 'csv'
}

export interface DoctorOptions {
  readonly url: string
  readonly config?: string
  readonly standalone: boolean
  readonly output: 'table' | 'json'
}

const DEFAULT_URL = 'http://127.0.0.1:8080'

/** The command line. `done` gets the exit code of the command that ran. */
export function createProgram(version: string, commands: Commands, done: (code: number) => void): Command {
  const program = new Command('nines')
    .description('SLOs over several clouds: exact budgets, one incident per problem.')
    .version(version)
    .showHelpAfterError('(add --help for what is possible)')
    .showSuggestionAfterError()
    // Throws instead of ending the process: what was given is wrong has an exit code of its own.
    .exitOverride()
  addServing(program, commands, done)
  addDefinitions(program, commands, done)
  addExport(program, commands, { page: DEFAULT_URL, done })
  addData(program, commands, done)
  addBackfill(program, commands, done)
  addReading(program, commands, done)
  addIncidents(program, { commands, done, url: DEFAULT_URL })
  addJourneys(program, commands, { url: DEFAULT_URL, done })
  addDoctor(program, commands, { url: DEFAULT_URL, done })
  addReconcile(program, commands, { url: DEFAULT_URL, done })
  addOutward(program, { commands, done, url: DEFAULT_URL, examples, addLabel })
  addAthena(program, commands, done)
  addImport(program, commands, done)
  addDev(program, commands, done)
  addSlack(program, commands, done)
  return program
}

function addServing(program: Command, commands: Commands, done: (code: number) => void): void {
  const serving = (command: Command): Command =>
    command
      .option('--port <n>', 'port to listen on (default 8080)', toPort)
      .option('--host <address>', 'address to listen on (default 127.0.0.1)')
      .option('--data <dir>', 'directory of the embedded ledger')
      .option('--definitions <dir>', 'directory of OpenSLO documents')
  serving(program.command('serve'))
    .description('Collect, evaluate, alert and serve the page, as nines.yaml says.')
    .option('-c, --config <file>', 'configuration (default ./nines.yaml when it is there)')
    .addHelpText('after', examples('nines serve', 'nines serve -c /etc/nines/nines.yaml --port 9000'))
    .action(async (options: ServeOptions) => done(await commands.serve(options)))
  serving(program.command('demo'))
    .description('Serve a shop in three clouds and a rack, with 30 days of history and a fault that unfolds.')
    .option('--days <n>', 'days of history to make', toWhole, 30)
    .option('--seed <n>', 'the same seed gives the same history', toWhole, 9)
    .option('--fresh', 'forget the history of an earlier run', false)
    .addOption(
      new Option('--envoy-port <n>', "port of the rack's Envoy, as the definitions name it")
        .argParser(toPort)
        .hideHelp(),
    )
    .addHelpText('after', examples('nines demo', 'nines demo --days 7 --port 9000 --fresh'))
    .action(async (options: DemoOptions) => done(await commands.demo(options)))
}

function addDefinitions(program: Command, commands: Commands, done: (code: number) => void): void {
  program
    .command('validate')
    .argument('[paths...]', 'files or directories; `-` reads standard input', ['slo-definitions'])
    .description('Check definitions; every problem at once, with its place and what to write.')
    .addOption(
      new Option('-o, --output <form>', 'how to print')
        .choices(['text', 'json', 'github', 'sarif'])
        .default('text'),
    )
    .option('--strict', 'hold documents to the letter of OpenSLO v1', false)
    .option('--lint-fatal', 'exit with 3 when there are warnings', false)
    .option('--part', 'these files are a part: what they name and do not define is a warning', false)
    .addHelpText(
      'after',
      examples(
        'nines validate',
        'nines validate slo/ --output github',
        'git diff --name-only -- slo | xargs nines validate --part',
        'cat slo.yaml | nines validate --part -',
      ),
    )
    .action(async (paths: string[], options: ValidateOptions) =>
      done(await commands.validate(paths, options)),
    )
  program
    .command('schema')
    .description('Print the JSON Schema of definitions, for editors.')
    .addHelpText('after', examples('nines schema > nines.schema.json'))
    .action(async () => done(await commands.schema()))
  program
    .command('test')
    .argument('<paths...>', 'scenario files, or directories of them')
    .description('Play scenarios: what sources counted, and what is to be said of it.')
    .addHelpText('after', examples('nines test scenarios/', 'nines test checkout.scenario'))
    .action(async (paths: string[]) => done(await commands.test(paths)))
}

function addData(program: Command, commands: Commands, done: (code: number) => void): void {
  program
    .command('ingest')
    .argument('<files...>', 'log files, plain or .gz; globs in quotes')
    .description(
      'Count access logs into the ledger. The same file again changes nothing; after Ctrl-C it goes on.',
    )
    .addOption(
      new Option('-f, --format <name>', 'what a line looks like')
        .choices([
          'envoy-json',
          'envoy-text',
          'combined',
          'common',
          'vhost_combined',
          'nginx-json',
          'alb',
          'cloudfront',
        ])
        .default('envoy-json'),
    )
    .option('--source <name>', 'the DataSource that the lines belong to', 'ingested')
    .option('--service <name>', 'service of the lines; with --service-from, of those that do not say one')
    .addOption(
      new Option(
        '--service-from <what>',
        'what names the service (authority, unless --service does)',
      ).choices(['authority', 'upstream_cluster', 'grpc_service']),
    )
    .option('--trailing <fields>', 'what follows the user agent in web logs: duration_s,-,request_id')
    .option('-l, --label <name=value>', 'label for every series, may be repeated', addLabel, {})
    .option('--data <dir>', 'directory of the embedded ledger')
    .option('-c, --config <file>', 'configuration that says where the ledger is')
    .option('--again', 'count files again that are marked as done', false)
    .option('--rejected <file>', 'list every line that is not counted as file:line: reason; - is stderr')
    .option('--retention <days>', 'days that the ledger keeps; older lines are rejected', toDays)
    .addOption(
      new Option('-o, --output <form>', 'how to print the result').choices(['text', 'json']).default('text'),
    )
    .addHelpText(
      'after',
      examples(
        'nines ingest access.log --format combined --service shop --rejected rejected.txt',
        "nines ingest 'logs/**/*.json.gz' --source edge --label cloud_provider=aws",
      ),
    )
    .action(async (files: string[], options: IngestOptions) => done(await commands.ingest(files, options)))
}

function addBackfill(program: Command, commands: Commands, done: (code: number) => void): void {
  program
    .command('backfill')
    .description(
      'Read the past of sources that are asked for counts into the ledger, newest first. After Ctrl-C it goes on.',
    )
    .option('--from <time>', 'where to begin: 30d ago, or an instant such as 2026-11-01T00:00Z', '31d')
    .option('--to <time>', 'where to end (default now)')
    .option(
      '--source <name>',
      'the DataSource to read, may be repeated (all)',
      (text: string, all: readonly string[]) => [...all, text],
      [],
    )
    .option('--again', 'read and replace what was read before, too', false)
    .option('--definitions <dir>', 'directory of OpenSLO documents')
    .option('--data <dir>', 'directory of the embedded ledger')
    .option('-c, --config <file>', 'configuration that says where the ledger is')
    .addOption(
      new Option('-o, --output <form>', 'how to print the result').choices(['text', 'json']).default('text'),
    )
    .addHelpText(
      'after',
      examples(
        'nines backfill --from 90d',
        'nines backfill --source metrics --from 2026-11-01 --to 2026-11-08 --again',
      ),
    )
    .action(async (options: BackfillCommandOptions) => done(await commands.backfill(options)))
}

function addAthena(program: Command, commands: Commands, done: (code: number) => void): void {
  const athena = program.command('athena').description('Statements for Amazon Athena.')
  athena
    .command('ddl')
    .description(
      'Print the statement that makes a table of logs in S3, with partitions that need not be added.',
    )
    .addOption(
      new Option('--layout <name>', 'whose logs they are')
        .choices(['alb', 'cloudfront', 'envoy-json'])
        .makeOptionMandatory(),
    )
    .requiredOption('--location <place>', 'where they lie, with the days or hours below: s3://bucket/prefix/')
    .option('--database <name>', 'database of the table', 'default')
    .option('--table <name>', 'name of the table', 'access_logs')
    .addOption(new Option('--unit <unit>', 'a partition each').choices(['day', 'hour']).default('day'))
    .option('--since <path>', 'the first partition, as in the path', '2026/01/01')
    .addHelpText(
      'after',
      examples(
        'nines athena ddl --layout alb --table alb_logs --location s3://logs/AWSLogs/123456789012/elasticloadbalancing/ap-northeast-1/',
        'nines athena ddl --layout envoy-json --unit hour --since 2026/01/01/00 --location s3://logs/envoy/',
      ),
    )
    .action(async (options: AthenaDdlOptions) => done(await commands.athenaDdl(options)))
  athena
    .command('sql')
    .description('Print the query that a DataSource of type Athena asks for a stretch of time.')
    .option('--source <name>', 'the DataSource (the only one)')
    .option('--from <time>', 'where to begin: 1h ago, or an instant such as 2026-11-01T00:00Z', '1h')
    .option('--to <time>', 'where to end (default now)')
    .option('--definitions <dir>', 'directory of OpenSLO documents')
    .option('-c, --config <file>', 'configuration that says where definitions are')
    .addHelpText('after', examples('nines athena sql --source edge --from 2h'))
    .action(async (options: AthenaSqlOptions) => done(await commands.athenaSql(options)))
}

function addDev(program: Command, commands: Commands, done: (code: number) => void): void {
  const dev = program
    .command('dev')
    .description('Emulators of outside services, for trying without an account.')
  dev
    .command('athena')
    .description('Serve Athena and S3 over a directory of buckets, on the loopback, until Ctrl-C.')
    .requiredOption('--root <dir>', 'a directory whose folders are buckets')
    .option('--port <n>', 'port to listen on (default: a free one, printed)', toPort)
    .option('--quota <n>', 'queries at a time', toWhole, 20)
    .option('--queued <ms>', 'how long a query is queued', toWhole, 100)
    .option('--running <ms>', 'how long a query runs at least', toWhole, 200)
    .addHelpText('after', examples('nines dev athena --root ./buckets --port 4566'))
    .action(async (options: DevAthenaOptions) => done(await commands.devAthena(options)))
  for (const what of EMULATORS)
    dev
      .command(what)
      .description(`Serve ${EMULATED[what]} on the loopback, until Ctrl-C.`)
      .option('--port <n>', 'port to listen on (default: a free one, printed)', toPort, 0)
      .option('--limit <n>', 'calls that each endpoint allows in ten minutes', toWhole, 600)
      .option('--faults <percent>', 'of a hundred calls so many fail, stall or are answered half', toWhole, 0)
      .addHelpText('after', examples(`nines dev ${what} --port 8126`, `nines dev ${what} --faults 20`))
      .action(async (options: DevOptions) => done(await commands.dev(what, options)))
}

function addReading(program: Command, commands: Commands, done: (code: number) => void): void {
  program
    .command('status')
    .description('Every promise of a running service, worst first.')
    .option('--url <url>', 'where Nines answers', DEFAULT_URL)
    .option('-w, --watch', 'show it again as it changes', false)
    .addOption(new Option('-o, --output <form>', 'how to print').choices(['table', 'json']).default('table'))
    .addHelpText('after', examples('nines status', 'nines status --output json | jq .states'))
    .action(async (options: StatusOptions) => done(await commands.status(options)))
  program
    .command('report')
    .description('Where the budget went: a review of every promise, for the weekly meeting.')
    .option('--url <url>', 'where Nines answers', DEFAULT_URL)
    .addOption(
      new Option('-o, --output <form>', 'how to print')
        .choices(['markdown', 'json', 'csv'])
        .default('markdown'),
    )
    .addHelpText('after', examples('nines report > review.md', 'nines report --output csv'))
    .action(async (options: ReportOptions) => done(await commands.report(options)))
}

function addImport(program: Command, commands: Commands, done: (code: number) => void): void {
  program
    .command('import')
    .addArgument(new Argument('<from>', 'whose promises to read').choices(['datadog']))
    .description('Print the SLOs and corrections of another product as OpenSLO.')
    .option('--site <site>', 'of Datadog (default: DD_SITE, else datadoghq.com); keys as for a DataSource')
    .option('--url <url>', 'instead of a site: a proxy or an emulator')
    .option('--file <json>', 'a saved answer of /api/v1/slo, instead of asking')
    .option('--corrections <json>', 'a saved answer of /api/v1/slo/correction')
    .option('--monitors <json>', 'a saved answer of /api/v1/monitor, for SLOs that look at monitors')
    .option('--source <name>', 'the DataSource that the SLOs are to be read from', 'datadog')
    .addHelpText(
      'after',
      `${examples(
        'nines import datadog --site datadoghq.eu > slo-definitions/datadog.yaml',
        'nines import datadog --file slos.json --source apm',
      )}\nWhat could not be carried over is told on stderr, and the exit code is then 3.\n`,
    )
    .action(async (_: string, options: ImportOptions) => done(await commands.import(options)))
}
