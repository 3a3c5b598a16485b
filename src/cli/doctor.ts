import colors from 'picocolors'
import { lengthWords } from '../alerting/index.ts'
import type { World } from '../base/index.ts'
import {
  type Check,
  type Diagnosis,
  diagnosis,
  type Finding,
  type SourceDiagnosis,
} from '../contract/index.ts'
import { ask } from './client.ts'
import type { Io } from './io.ts'
import { UNKNOWN, whole } from './numbers.ts'
import type { DoctorOptions } from './program.ts'
import { renderTable } from './table.ts'

/** What the shell is told. Documented in docs/cli.md. */
export const DOCTOR_EXIT: Readonly<Record<Finding, number>> = { well: 0, wrong: 1, unknown: 2 }

/** Seconds that this machine's clock and the service's may differ by, the answer's way included. */
const CLOCK_OFF = 5

export interface Doctoring {
  readonly options: DoctorOptions
  /** Of this command. */
  readonly version: string
  /** The checks that need no service. */
  readonly standalone: () => Promise<readonly Check[]>
}

/**
 * `nines doctor`: asks the running service, or, where none answers, looks at configuration, definitions, store, disk
 * and clock from here. Without a service nobody can tell whether sources are read, so nothing wrong is then `unknown`.
 */
export async function doctorCommand(
  io: Pick<Io, 'stdout' | 'stderr' | 'color'>,
  world: Pick<World, 'fetch' | 'clock'>,
  { options, version, standalone }: Doctoring,
): Promise<number> {
  const found = options.standalone
    ? undefined
    : await ask(world, options.url, { path: '/diagnosis', answer: diagnosis })
  const told: Diagnosis =
    found?.kind === 'ok'
      ? fromOutside(found.value, { version, now: world.clock.now(), url: options.url })
      : aloneOf([...(found ? [unanswered(found.error)] : []), ...(await standalone())], {
          version,
          now: world.clock.now(),
        })
  io.stdout(
    options.output === 'json' ? `${JSON.stringify(told, undefined, 2)}\n` : renderDiagnosis(told, io.color),
  )
  return DOCTOR_EXIT[told.finding]
}

const unanswered = (text: string): Check => ({
  name: 'service',
  finding: 'unknown',
  text,
  remedy: 'Start the service, or ask for the rest alone with --standalone.',
})

/** What the service says, with what can only be seen from here. */
function fromOutside(
  told: Diagnosis,
  { version, now, url }: { readonly version: string; readonly now: number; readonly url: string },
): Diagnosis {
  const checks: Check[] = [{ name: 'service', finding: 'well', text: `It answers at ${url}.`, remedy: '' }]
  if (told.version !== version)
    checks.push({
      name: 'version',
      finding: 'wrong',
      text: `The service is ${told.version}, this command is ${version}.`,
      remedy: 'Use the command of the same version.',
    })
  const off = now - told.now
  if (Math.abs(off) > CLOCK_OFF)
    checks.push({
      name: 'clock',
      finding: 'wrong',
      text: `The clock of this machine is ${lengthWords(Math.abs(off))} ${off > 0 ? 'ahead of' : 'behind'} the service's.`,
      remedy: 'Let NTP keep both; one of them is wrong.',
    })
  const all = [...checks, ...told.checks]
  return {
    ...told,
    checks: all,
    finding: all.some(({ finding }) => finding === 'wrong') ? 'wrong' : told.finding,
  }
}

function aloneOf(
  checks: readonly Check[],
  { version, now }: { readonly version: string; readonly now: number },
): Diagnosis {
  const has = (wanted: Finding): boolean => checks.some(({ finding }) => finding === wanted)
  const finding = has('wrong') ? 'wrong' : has('unknown') ? 'unknown' : 'well'
  return { now, version, finding, checks: [...checks], sources: [] }
}

const GLYPH: Readonly<Record<Finding, string>> = { well: '●', wrong: '◆', unknown: '◌' }
const SENTENCE: Readonly<Record<Finding, string>> = {
  well: 'Nothing is wrong.',
  wrong: 'Something is wrong.',
  unknown: 'Nothing wrong is seen, and not all can be seen from here.',
}
const STATES = { well: '●', empty: '◌', wrong: '◆', waiting: '·', unused: '–', unknown: '?' } as const

/** The diagnosis as text; without colour every finding still has its sign and word. */
export function renderDiagnosis(told: Diagnosis, color: boolean): string {
  const paint = colors.createColors(color)
  const tone: Readonly<Record<Finding, (text: string) => string>> = {
    well: paint.blue,
    wrong: paint.red,
    unknown: paint.dim,
  }
  const lines = told.checks.map(
    ({ name, finding, text, remedy }) =>
      `${tone[finding](`${GLYPH[finding]} ${finding.padEnd(7)}`)}  ${name.padEnd(11)}  ${text}${remedyOf(remedy)}`,
  )
  const parts = [`${paint.bold(SENTENCE[told.finding])}\n`, `${lines.join('\n')}\n`]
  if (told.sources.length > 0) {
    const table = renderTable(
      COLUMNS,
      told.sources.map((source) => toCells(source, told.now)),
      (cell, column, row) => {
        const finding = told.sources[row]?.finding
        return column === 1 && finding !== undefined ? tone[finding](cell) : cell
      },
    )
    parts.push(table)
    const broken = told.sources.flatMap((source) => walkOf(source, told.now))
    if (broken.length > 0) parts.push(`${broken.join('\n')}\n`)
  }
  return parts.join('\n')
}

const COLUMNS = [
  { title: 'SOURCE', align: 'left' },
  { title: 'FINDING', align: 'left' },
  { title: 'TYPE', align: 'left' },
  { title: 'LAST SUCCESS', align: 'right' },
  { title: 'LAG', align: 'right' },
  { title: 'EVENTS', align: 'right' },
  { title: 'REJECTED', align: 'right' },
  { title: 'OVERFLOW', align: 'right' },
  { title: 'SERIES', align: 'right' },
  { title: 'SOURCE › COLLECTOR › LEDGER › SLI › BUDGET', align: 'left' },
] as const

function toCells(source: SourceDiagnosis, now: number): string[] {
  return [
    source.name,
    `${GLYPH[source.finding]} ${source.finding}`,
    source.type,
    source.lastSuccess === null ? UNKNOWN : `${lengthWords(Math.max(0, now - source.lastSuccess))} ago`,
    source.lag === null ? UNKNOWN : lengthWords(source.lag),
    whole(source.events),
    whole(source.rejected),
    whole(source.overflowed),
    whole(source.series),
    source.walk.map(({ state }) => STATES[state]).join(' › '),
  ]
}

/** Where the walk of a source breaks, since when, and what to do. */
function walkOf(source: SourceDiagnosis, now: number): string[] {
  return source.walk
    .filter(({ state }) => state === 'wrong' || state === 'empty')
    .map(({ step, text, since, remedy }) => {
      const when = since === null ? '' : ` For ${lengthWords(Math.max(0, now - since))}.`
      return `${source.name}, ${step}: ${text}${when}${remedyOf(remedy)}`
    })
}

const remedyOf = (remedy: string): string => (remedy === '' ? '' : `\n             → ${remedy}`)
