import colors from 'picocolors'
import type { World } from '../base/index.ts'
import { type Fleet, fleet, type SloSummary, type State } from '../contract/index.ts'
import { ask } from './client.ts'
import { EXIT, type Io } from './io.ts'
import { goneIn, percent, UNKNOWN } from './numbers.ts'
import type { StatusOptions } from './program.ts'
import { type Column, renderTable } from './table.ts'

const WATCH_EVERY_MS = 5_000
const GLYPH: Readonly<Record<State, string>> = {
  ok: '●',
  watch: '▲',
  burning: '◆',
  exhausted: '■',
  unknown: '◌',
}
const COLUMNS: readonly Column[] = [
  { title: 'STATE', align: 'left' },
  { title: 'PROMISE', align: 'left' },
  { title: 'SERVICE', align: 'left' },
  { title: 'CLOUDS', align: 'left' },
  { title: 'SLI', align: 'right' },
  { title: 'TARGET', align: 'right' },
  { title: 'BUDGET LEFT', align: 'right' },
  { title: 'GONE IN', align: 'right' },
  { title: 'MEASURED', align: 'right' },
]

/** `nines status`: the fleet in the terminal, as the page shows it. */
export async function statusCommand(
  io: Io,
  world: Pick<World, 'fetch' | 'clock'>,
  options: StatusOptions & { signal: AbortSignal },
): Promise<number> {
  for (;;) {
    const found = await ask(world, options.url, { path: '/slos', answer: fleet })
    if (found.kind === 'failed') {
      io.stderr(`${found.error}\n`)
      return EXIT.failed
    }
    if (options.watch && io.terminal) io.stdout('\u001b[2J\u001b[H')
    io.stdout(
      options.output === 'json'
        ? `${JSON.stringify(found.value, undefined, 2)}\n`
        : renderFleet(found.value, io.color),
    )
    if (!options.watch) return EXIT.ok
    await world.clock.sleep(WATCH_EVERY_MS, options.signal).catch(() => undefined)
    if (options.signal.aborted) return EXIT.ok
  }
}

/** The fleet as text; without colour every state still has its sign and word. */
export function renderFleet(shown: Fleet, color: boolean): string {
  const paint = colors.createColors(color)
  const tone: Readonly<Record<State, (text: string) => string>> = {
    ok: paint.blue,
    watch: paint.yellow,
    burning: paint.red,
    exhausted: paint.magenta,
    unknown: paint.dim,
  }
  const table = renderTable(COLUMNS, shown.slos.map(toCells), (cell, column, row) => {
    const state = shown.slos[row]?.state
    return column === 0 && state !== undefined ? tone[state](cell) : cell
  })
  return `${paint.bold(shown.sentence)}\n\n${table}`
}

function toCells(slo: SloSummary): string[] {
  const window = slo.whole.windows[0]
  const clouds = slo.clouds.map((c) => `${c.cloud} ${GLYPH[c.state]}`).join(' ')
  return [
    `${GLYPH[slo.state]} ${slo.state}`,
    slo.name,
    slo.service,
    clouds === '' ? UNKNOWN : clouds,
    percent(window?.sli ?? null, 3),
    `${slo.target} %`,
    percent(window?.budget.leftRatio ?? null, 1),
    window ? goneIn(window.exhaustion) : UNKNOWN,
    percent(window?.coverage.ratio ?? null, 1),
  ]
}
