import type { World } from '../base/index.ts'
import { type JourneyDetail, type Journeys, journeyDetail, journeys } from '../contract/index.ts'
import { ask } from './client.ts'
import { EXIT, type Io } from './io.ts'
import { percent, UNKNOWN } from './numbers.ts'
import { type Column, renderTable } from './table.ts'

export interface JourneysOptions {
  readonly url: string
  readonly output: 'table' | 'json'
}

const PLAIN = (cell: string): string => cell

/** `nines journeys`: promises over many clouds; with a name, one of them with its causes. */
export async function journeysCommand(
  io: Io,
  world: Pick<World, 'fetch'>,
  { name, ...options }: JourneysOptions & { readonly name: string | undefined },
): Promise<number> {
  if (name === undefined) {
    const all = await ask(world, options.url, { path: '/journeys', answer: journeys })
    return tell(io, options, all, renderJourneys)
  }
  const path = `/journeys/${encodeURIComponent(name)}`
  return tell(io, options, await ask(world, options.url, { path, answer: journeyDetail }), renderJourney)
}

function tell<T>(
  io: Io,
  { output }: JourneysOptions,
  found: Awaited<ReturnType<typeof ask<T>>>,
  render: (value: T) => string,
): number {
  if (found.kind === 'failed') {
    io.stderr(`${found.error}\n`)
    return EXIT.failed
  }
  io.stdout(output === 'json' ? `${JSON.stringify(found.value, undefined, 2)}\n` : render(found.value))
  return EXIT.ok
}

const ALL: readonly Column[] = [
  { title: 'JOURNEY', align: 'left' },
  { title: 'STATE', align: 'left' },
  { title: 'SLI', align: 'right' },
  { title: 'TARGET', align: 'right' },
  { title: 'BUDGET LEFT', align: 'right' },
  { title: 'FAILURES LEFT', align: 'right' },
  { title: 'REDUNDANCY', align: 'left' },
]

export function renderJourneys({ journeys: all }: Journeys): string {
  const rows = all.map(({ name, row, redundancy }) => {
    const [window] = row.whole.windows
    return [
      name,
      row.state,
      percent(window?.sli ?? null, 4),
      `${row.target} %`,
      percent(window?.budget.leftRatio ?? null, 1),
      redundancy.failures === null ? UNKNOWN : String(redundancy.failures),
      redundancy.sentence,
    ]
  })
  return renderTable(ALL, rows, PLAIN)
}

const LEAVES: readonly Column[] = [
  { title: 'PART', align: 'left' },
  { title: 'STATE', align: 'left' },
  { title: 'SLI', align: 'right' },
  { title: 'PROMISES', align: 'right' },
  { title: 'MUST KEEP', align: 'right' },
  { title: 'MINUTES CAUSED', align: 'right' },
  { title: 'OF ALL', align: 'right' },
]

export function renderJourney(found: JourneyDetail): string {
  const { correlation, attribution, leaves, redundancy, feasibility } = found
  const rows = leaves.map((leaf) => {
    const caused = attribution.leaves.find((cause) => cause.leaf === leaf.leaf)
    return [
      leaf.name,
      leaf.kind === 'provider' ? 'a promise' : leaf.down ? 'down' : leaf.state,
      percent(leaf.sli, 4),
      percent(leaf.promise, 4),
      percent(leaf.needed, 4),
      (caused?.minutes ?? 0).toFixed(2),
      percent(caused?.share ?? 0, 1),
    ]
  })
  const owners = attribution.owners.map(({ name, minutes }) => `${name} ${minutes.toFixed(2)} min`)
  const cost = correlation.costMinutes === null ? UNKNOWN : `${correlation.costMinutes.toFixed(2)} min`
  return [
    `${found.row.name}: ${percent(correlation.measured, 4)} measured, ${found.row.target} % promised`,
    `By the textbook ${percent(correlation.textbook, 4)}; that outages coincide costs ${cost}`,
    redundancy.sentence,
    feasibility.sentence,
    ...(found.coverageSentence === '' ? [] : [found.coverageSentence]),
    ...(owners.length === 0 ? [] : [`Whose fault: ${owners.join(', ')}`]),
    '',
    renderTable(LEAVES, rows, PLAIN),
  ].join('\n')
}
