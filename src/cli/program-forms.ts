import type { Command } from 'commander'

interface Forms {
  readonly exportGrafana: (path: string, options: { readonly page: string }) => Promise<number>
  readonly schema: () => Promise<number>
  readonly test: (paths: readonly string[]) => Promise<number>
}

const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`

/** Definitions in the form of other tools, their schema, and scenarios that play them. */
export function addForms(program: Command, commands: Forms, done: (code: number) => void): void {
  program
    .command('export')
    .description('Definitions in the form of other tools, on standard output.')
    .command('grafana')
    .argument('[path]', 'a directory of definitions', 'slo-definitions')
    .description('A Grafana dashboard over what Nines says of itself at /metrics, read through Prometheus.')
    .option('--page <url>', 'where the page of Nines is, for links', 'http://127.0.0.1:8080')
    .addHelpText(
      'after',
      examples('nines export grafana > nines.json', 'nines export grafana slo/ --page https://nines.example'),
    )
    .action(async (path: string, options: { page: string }) =>
      done(await commands.exportGrafana(path, options)),
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
