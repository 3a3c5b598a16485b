import type { Command } from 'commander'
import { examples } from './examples.ts'

export interface ExportCommands {
  /** Definitions as a dashboard of Grafana. */
  readonly exportGrafana: (path: string, options: { readonly page: string }) => Promise<number>
  readonly exportDatadog: (path: string) => Promise<number>
  readonly exportDatadogDashboard: (path: string, options: { readonly page: string }) => Promise<number>
}

const PATH = ['[path]', 'a directory of definitions', 'slo-definitions'] as const

export function addExport(
  program: Command,
  commands: ExportCommands,
  { page, done }: { readonly page: string; readonly done: (code: number) => void },
): void {
  const exporting = program
    .command('export')
    .description('Definitions in the form of other tools, on standard output.')
  exporting
    .command('grafana')
    .argument(...PATH)
    .description('A Grafana dashboard over what Nines says of itself at /metrics, read through Prometheus.')
    .option('--page <url>', 'where the page of Nines is, for links', page)
    .addHelpText(
      'after',
      examples('nines export grafana > nines.json', 'nines export grafana slo/ --page https://nines.example'),
    )
    .action(async (path: string, options: { page: string }) =>
      done(await commands.exportGrafana(path, options)),
    )
  exporting
    .command('datadog')
    .argument(...PATH)
    .description('SLOs that ask Datadog, as bodies for its API; the others are named with the reason.')
    .addHelpText(
      'after',
      `${examples(
        'nines export datadog > slos.json',
        "nines export datadog slo/ | jq -c '.data[]'",
      )}\nWhat could not be carried over is told on stderr, and the exit code is then 3.\n`,
    )
    .action(async (path: string) => done(await commands.exportDatadog(path)))
  exporting
    .command('datadog-dashboard')
    .argument(...PATH)
    .description("A Datadog dashboard over what Nines says of itself at /metrics, read by Datadog's agent.")
    .option('--page <url>', 'where the page of Nines is', page)
    .addHelpText('after', examples('nines export datadog-dashboard > nines.json'))
    .action(async (path: string, options: { page: string }) =>
      done(await commands.exportDatadogDashboard(path, options)),
    )
}
