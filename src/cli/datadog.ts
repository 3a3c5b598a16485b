import { type DefinedSlo, exportDatadog, loadDefinitions, readTree } from '../definitions/index.ts'
import { EXIT, type Io } from './io.ts'

type Out = Pick<Io, 'stdout' | 'stderr'>

/** `nines export datadog`: bodies for Datadog's API; what cannot be carried over is told on stderr. */
export async function datadogCommand(io: Out, path: string): Promise<number> {
  const slos = await read(io, path)
  if (slos === undefined) return EXIT.invalid
  const exported = exportDatadog(slos)
  io.stdout(`${JSON.stringify({ data: exported.slos }, null, 2)}\n`)
  for (const { name, text } of exported.notes) io.stderr(`${name}: ${text}\n`)
  return exported.notes.length === 0 ? EXIT.ok : EXIT.warned
}

/** `nines export datadog-dashboard`: over what Nines says of itself, as Datadog's agent reads it from `/metrics`. */
export async function datadogDashboardCommand(
  io: Out,
  path: string,
  options: { readonly page: string },
): Promise<number> {
  const slos = await read(io, path)
  if (slos === undefined) return EXIT.invalid
  io.stdout(`${JSON.stringify(datadogDashboard(slos, options), null, 2)}\n`)
  return EXIT.ok
}

async function read(io: Out, path: string): Promise<readonly DefinedSlo[] | undefined> {
  const found = await readTree(path)
  if (!found.found) {
    io.stderr(`There is no directory ${path}: name the one that holds the definitions.\n`)
    return undefined
  }
  const { slos, problems } = loadDefinitions(found.files)
  const errors = [...found.unread, ...problems].filter(({ severity }) => severity === 'error')
  for (const { file, line, message } of errors) io.stderr(`${file}:${line}: ${message}\n`)
  return errors.length > 0 ? undefined : slos
}

/** The same definitions give the same dashboard, byte for byte: a group a service, three widgets a promise. */
export function datadogDashboard(slos: readonly DefinedSlo[], { page }: { readonly page: string }): object {
  const services = [...new Set(slos.map(({ slo }) => slo.service))].sort()
  return {
    title: 'Nines: promises',
    description: `Made from the definitions by \`nines export datadog-dashboard\`; change those and make it again. ${page}`,
    layout_type: 'ordered',
    reflow_type: 'auto',
    tags: ['team:nines'],
    template_variables: [],
    widgets: [
      group('Nines', [
        value('Incidents that are open', 'max:nines.incidents_open{*}', '>=', 1),
        value('Rules that fire', 'sum:nines.slo_rule_burning{*}', '>=', 1),
        lines('Least budget left', 'min:nines.slo_error_budget_remaining_ratio{*} by {slo}'),
        lines('How far behind sources are, in seconds', 'max:nines.source_data_age_seconds{*} by {source}'),
        lines('Measured share of the window', 'min:nines.slo_coverage_ratio{*} by {slo}'),
      ]),
      ...services.map((service) =>
        group(
          service,
          slos.filter(({ slo }) => slo.service === service).flatMap((defined) => promised(defined)),
        ),
      ),
    ],
  }
}

function promised({ slo }: DefinedSlo): readonly object[] {
  return slo.objectives.flatMap((objective) => {
    const single = slo.objectives.length === 1
    const by = `{slo:${single ? slo.id : `${slo.id}/${objective.name}`}}`
    const name = single ? slo.displayName : `${slo.displayName}: ${objective.displayName}`
    const slowest = Math.min(...slo.policy.rules.map(({ factor }) => factor.num / factor.den))
    return [
      lines(`${name}: budget left`, `min:nines.slo_error_budget_remaining_ratio${by}`, 0),
      lines(
        `${name}: burn rates`,
        `max:nines.slo_burn_rate${by} by {rule}`,
        Number.isFinite(slowest) ? slowest : undefined,
      ),
      value(
        `${name}: of ${objective.target} %`,
        `min:nines.slo_sli_ratio${by}`,
        '<',
        Number(objective.target) / 100,
      ),
    ]
  })
}

function group(title: string, widgets: readonly object[]): object {
  return { definition: { title, type: 'group', layout_type: 'ordered', widgets } }
}

const asked = (query: string, more: object = {}): object => ({
  formulas: [{ formula: 'a' }],
  queries: [{ name: 'a', data_source: 'metrics', query, ...more }],
})

function value(title: string, query: string, comparator: '>=' | '<', at: number): object {
  return {
    definition: {
      title,
      type: 'query_value',
      autoscale: false,
      precision: 4,
      requests: [
        {
          ...asked(query, { aggregator: 'last' }),
          response_format: 'scalar',
          conditional_formats: [{ comparator, value: at, palette: 'white_on_red' }],
        },
      ],
    },
  }
}

function lines(title: string, query: string, marker?: number): object {
  return {
    definition: {
      title,
      type: 'timeseries',
      requests: [{ ...asked(query), response_format: 'timeseries', display_type: 'line' }],
      ...(marker === undefined
        ? {}
        : { markers: [{ value: `y = ${marker}`, display_type: 'error dashed' }] }),
    },
  }
}
