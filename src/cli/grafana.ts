import { type DefinedSlo, loadDefinitions, readTree } from '../definitions/index.ts'
import { EXIT, type Io } from './io.ts'

/**
 * A Grafana dashboard of the definitions, over what Nines says of itself at `/metrics`: a row a service, in it each
 * promise with what is left, its burn rates against their factors, and its level against the target.
 */
export interface GrafanaOptions {
  /** Where links lead: the page of the service. */
  readonly page: string
}

const SOURCE = { type: 'prometheus', uid: '${datasource}' } as const
/** Grafana's grid is 24 wide. */
const HEIGHT = 7

/** Reads definitions and prints the dashboard. Gives the exit code. */
export async function grafanaCommand(
  io: Pick<Io, 'stdout' | 'stderr'>,
  path: string,
  options: GrafanaOptions,
): Promise<number> {
  const read = await readTree(path)
  if (!read.found) {
    io.stderr(`There is no directory ${path}: name the one that holds the definitions.\n`)
    return EXIT.invalid
  }
  const { slos, problems } = loadDefinitions(read.files)
  const errors = [...read.unread, ...problems].filter(({ severity }) => severity === 'error')
  for (const { file, line, message } of errors) io.stderr(`${file}:${line}: ${message}\n`)
  if (errors.length > 0) return EXIT.invalid
  io.stdout(`${JSON.stringify(grafanaDashboard(slos, options), null, 2)}\n`)
  return EXIT.ok
}

/** The same definitions give the same dashboard, byte for byte. */
export function grafanaDashboard(slos: readonly DefinedSlo[], options: GrafanaOptions): object {
  const services = [...new Set(slos.map(({ slo }) => slo.service))].sort()
  const panels: object[] = [...overview()]
  let y = 2 * HEIGHT
  let id = 100
  for (const service of services) {
    const own = promisesOf(slos.filter(({ slo }) => slo.service === service))
    panels.push({
      id: id++,
      type: 'row',
      title: service,
      collapsed: false,
      panels: [],
      gridPos: { h: 1, w: 24, x: 0, y: y++ },
    })
    for (const promise of own) {
      panels.push(...promisePanels(promise, { id, y, options }))
      id += 3
      y += HEIGHT
    }
  }
  return {
    uid: 'nines-slos',
    title: 'Nines: promises',
    description: 'Made from the definitions by `nines export grafana`; change those and make it again.',
    tags: ['nines', 'slo'],
    schemaVersion: 39,
    version: 1,
    editable: true,
    timezone: 'browser',
    refresh: '1m',
    time: { from: 'now-7d', to: 'now' },
    templating: {
      list: [
        {
          name: 'datasource',
          type: 'datasource',
          query: 'prometheus',
          label: 'Prometheus',
          current: {},
          hide: 0,
        },
      ],
    },
    annotations: { list: [] },
    links: [
      { title: 'Nines', type: 'link', url: options.page, targetBlank: true, icon: 'external link', tags: [] },
    ],
    panels,
  }
}

interface Promised {
  readonly id: string
  readonly name: string
  readonly target: string
  readonly rules: DefinedSlo['slo']['policy']['rules']
}

function promisesOf(slos: readonly DefinedSlo[]): readonly Promised[] {
  return slos.flatMap(({ slo }) =>
    slo.objectives.map((objective) => ({
      id: slo.objectives.length === 1 ? slo.id : `${slo.id}/${objective.name}`,
      name: slo.objectives.length === 1 ? slo.displayName : `${slo.displayName}: ${objective.displayName}`,
      target: objective.target,
      rules: slo.policy.rules,
    })),
  )
}

function overview(): readonly object[] {
  return [
    panel(
      { id: 1, type: 'stat', title: 'Incidents that are open', x: 0, y: 0, w: 4 },
      [target('nines_incidents_open')],
      {
        steps: [step('text', null), step('red', 1)],
      },
    ),
    panel(
      { id: 2, type: 'stat', title: 'Rules that fire', x: 4, y: 0, w: 4 },
      [target('sum(nines_slo_rule_burning)')],
      {
        steps: [step('text', null), step('red', 1)],
      },
    ),
    panel(
      { id: 3, type: 'bargauge', title: 'Least budget left', x: 8, y: 0, w: 16 },
      [target('bottomk(10, nines_slo_error_budget_remaining_ratio)', '{{slo}}')],
      {
        unit: 'percentunit',
        min: 0,
        max: 1,
        steps: [step('red', null), step('orange', 0.0001), step('yellow', 0.25), step('blue', 0.5)],
      },
    ),
    panel(
      { id: 4, type: 'timeseries', title: 'How far behind sources are', x: 0, y: HEIGHT, w: 12 },
      [target('nines_source_data_age_seconds', '{{source}}')],
      { unit: 's', steps: [step('text', null)] },
    ),
    panel(
      { id: 5, type: 'timeseries', title: 'Measured share of the window', x: 12, y: HEIGHT, w: 12 },
      [target('nines_slo_coverage_ratio < 1', '{{slo}}')],
      { unit: 'percentunit', max: 1, steps: [step('text', null)] },
    ),
  ]
}

function promisePanels(
  { id: slo, name, target: percent, rules }: Promised,
  { id, y, options }: { readonly id: number; readonly y: number; readonly options: GrafanaOptions },
): readonly object[] {
  const by = `{slo=${JSON.stringify(slo)}}`
  const links = [
    {
      title: 'Nines',
      url: `${options.page.replace(/\/$/, '')}/slo/${encodeURIComponent(slo)}`,
      targetBlank: true,
    },
  ]
  const slowest = Math.min(...rules.map(({ factor }) => factor.num / factor.den))
  return [
    panel(
      { id, type: 'timeseries', title: `${name}: budget left`, x: 0, y, w: 10, links },
      [target(`nines_slo_error_budget_remaining_ratio${by}`, 'left')],
      { unit: 'percentunit', max: 1, steps: [step('red', null), step('blue', 0)] },
    ),
    panel(
      { id: id + 1, type: 'timeseries', title: `${name}: burn rates`, x: 10, y, w: 9, links },
      [target(`nines_slo_burn_rate${by}`, '{{rule}}')],
      { min: 0, steps: [step('blue', null), ...(Number.isFinite(slowest) ? [step('red', slowest)] : [])] },
    ),
    panel(
      { id: id + 2, type: 'stat', title: `${name}: of ${percent} %`, x: 19, y, w: 5, links },
      [target(`nines_slo_sli_ratio${by}`)],
      { unit: 'percentunit', decimals: 4, steps: [step('red', null), step('blue', Number(percent) / 100)] },
    ),
  ]
}

interface Placed {
  readonly id: number
  readonly type: 'stat' | 'timeseries' | 'bargauge'
  readonly title: string
  readonly x: number
  readonly y: number
  readonly w: number
  readonly links?: readonly object[]
}

interface Field {
  readonly unit?: string
  readonly min?: number
  readonly max?: number
  readonly decimals?: number
  readonly steps: readonly object[]
}

function panel(
  { x, y, w, ...placed }: Placed,
  targets: readonly object[],
  { steps, ...field }: Field,
): object {
  return {
    ...placed,
    datasource: SOURCE,
    gridPos: { h: HEIGHT, w, x, y },
    targets: targets.map((each, i) => ({ refId: String.fromCharCode(65 + i), ...each })),
    fieldConfig: { defaults: { ...field, thresholds: { mode: 'absolute', steps } }, overrides: [] },
    options: {},
  }
}

function target(expr: string, legendFormat = ''): object {
  return { datasource: SOURCE, expr, legendFormat, range: true }
}

function step(color: string, value: number | null): object {
  return { color, value }
}
