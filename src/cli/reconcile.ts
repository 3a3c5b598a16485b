import colors from 'picocolors'
import { lengthWords } from '../alerting/index.ts'
import type { World } from '../base/index.ts'
import { type ReconciledService, type Reconciliation, reconciliation } from '../contract/index.ts'
import { ask } from './client.ts'
import { EXIT, type Io } from './io.ts'
import { UNKNOWN, whole } from './numbers.ts'
import { type Column, renderTable } from './table.ts'

export interface ReconcileOptions {
  readonly url: string
  readonly service?: string
  /** Unix seconds. */
  readonly from?: number
  readonly to?: number
  /** How long before the end, when there is no start: `6h`. */
  readonly last: string
  readonly output: 'table' | 'json'
}

/** `nines reconcile`: the same SLI as each source counted it. Ends with 1 when sources disagree. */
export async function reconcileCommand(
  io: Pick<Io, 'stdout' | 'stderr' | 'color'>,
  world: Pick<World, 'fetch'>,
  options: ReconcileOptions,
): Promise<number> {
  const { url, service, from, to, last, output } = options
  const asked = new URLSearchParams({ range: last })
  for (const [name, value] of Object.entries({ service, from, to }))
    if (value !== undefined) asked.set(name, String(value))
  const found = await ask(world, url, { path: `/reconcile?${asked.toString()}`, answer: reconciliation })
  if (found.kind === 'failed') {
    io.stderr(`${found.error}\n`)
    return RECONCILE_EXIT.unknown
  }
  io.stdout(
    output === 'json'
      ? `${JSON.stringify(found.value, undefined, 2)}\n`
      : renderReconciliation(found.value, io.color),
  )
  return found.value.services.every(({ agrees }) => agrees) ? RECONCILE_EXIT.agree : RECONCILE_EXIT.disagree
}

/** What the shell is told. Documented in docs/cli.md. */
export const RECONCILE_EXIT = { agree: EXIT.ok, disagree: 1, unknown: 2 } as const

const COLUMNS: readonly Column[] = [
  { title: 'SOURCE', align: 'left' },
  { title: 'CLOUD', align: 'left' },
  { title: 'KNOWN', align: 'right' },
  { title: 'TOTAL', align: 'right' },
  { title: 'GOOD', align: 'right' },
  { title: 'BAD', align: 'right' },
  { title: 'IGNORED', align: 'right' },
]

/** Each SLI with its sources and their clouds, and below it why they disagree. */
export function renderReconciliation(told: Reconciliation, color: boolean): string {
  const paint = colors.createColors(color)
  if (told.services.length === 0) return 'No SLI is counted by several sources.\n'
  return told.services
    .map((service) => {
      const sign = service.agrees ? paint.blue('● agree') : paint.red('◆ disagree')
      const head = `${paint.bold(`${service.service}, ${service.indicator}`)}  ${sign}  over ${lengthWords(service.minutes * 60)} that all know`
      const table = renderTable(COLUMNS, rowsOf(service), (cell) => cell)
      const why = service.comparisons
        .filter(({ reason }) => reason !== 'none')
        .map(({ text, remedy }) => `  ${text}.\n  → ${remedy}\n`)
      return `${head}\n${table}${why.join('')}`
    })
    .join('\n')
}

function rowsOf({ sights, reference }: ReconciledService): readonly (readonly string[])[] {
  return sights.flatMap(({ source, slo, known, good, bad, ignored, clouds }) => [
    [
      `${source}${slo === null ? '' : ` (${slo})`}${source === reference ? ' *' : ''}`,
      'all',
      lengthWords(known * 60),
      whole(good + bad),
      whole(good),
      whole(bad),
      ignored === null ? UNKNOWN : whole(ignored),
    ],
    ...clouds.map((each) => [
      '',
      each.cloud,
      '',
      whole(each.good + each.bad),
      whole(each.good),
      whole(each.bad),
      '',
    ]),
  ])
}
