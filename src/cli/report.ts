import { z } from 'zod'
import { lengthWords } from '../alerting/index.ts'
import { isoMinute, unixSeconds, type World } from '../base/index.ts'
import {
  type Fleet,
  fleet,
  type IncidentSummary,
  incidentSummary,
  type SloSummary,
} from '../contract/index.ts'
import { ask } from './client.ts'
import { EXIT, type Io } from './io.ts'
import { goneIn, percent, UNKNOWN, whole } from './numbers.ts'
import type { ReportOptions } from './program.ts'

/** `nines report`: every promise with where its budget went, for people who were not there. */
export async function reportCommand(
  io: Io,
  world: Pick<World, 'fetch'>,
  options: ReportOptions,
): Promise<number> {
  const slos = await ask(world, options.url, { path: '/slos', answer: fleet })
  const incidents = await ask(world, options.url, {
    path: '/incidents?limit=1000',
    answer: z.object({ incidents: z.array(incidentSummary) }),
  })
  if (slos.kind === 'failed' || incidents.kind === 'failed') {
    io.stderr(`${slos.kind === 'failed' ? slos.error : incidents.kind === 'failed' ? incidents.error : ''}\n`)
    return EXIT.failed
  }
  io.stdout(render(options.output, slos.value, incidents.value.incidents))
  return EXIT.ok
}

function render(
  output: ReportOptions['output'],
  shown: Fleet,
  incidents: readonly IncidentSummary[],
): string {
  if (output === 'json') return `${JSON.stringify({ ...shown, incidents }, undefined, 2)}\n`
  return output === 'csv' ? renderCsv(shown) : renderMarkdown(shown, incidents)
}

const HEADINGS = [
  'promise',
  'service',
  'owner',
  'indicator',
  'window',
  'target %',
  'SLI',
  'good',
  'bad',
  'budget left',
  'time left',
  'gone in',
  'measured',
  'state',
]

function toFields(slo: SloSummary): string[] {
  const window = slo.whole.windows[0]
  return [
    slo.name,
    slo.service,
    slo.owner,
    slo.indicator,
    slo.window,
    slo.target,
    percent(window?.sli ?? null, 4),
    window ? whole(window.good) : UNKNOWN,
    window ? whole(window.bad) : UNKNOWN,
    percent(window?.budget.leftRatio ?? null, 1),
    window && window.budget.timeLeft !== null ? signed(window.budget.timeLeft) : UNKNOWN,
    window ? goneIn(window.exhaustion) : UNKNOWN,
    percent(window?.coverage.ratio ?? null, 2),
    slo.state,
  ]
}

const signed = (seconds: number): string => (seconds < 0 ? `−${lengthWords(-seconds)}` : lengthWords(seconds))

const CSV_HEADINGS = [
  'id',
  'promise',
  'service',
  'owner',
  'indicator',
  'window',
  'target_percent',
  'sli_ratio',
  'good',
  'bad',
  'budget_left_ratio',
  'time_left_seconds',
  'gone_in_seconds',
  'coverage_ratio',
  'state',
]

/**
 * RFC 4180, for machines: numbers as they are, an empty cell for what is not known. A text that a spreadsheet would
 * take for a formula is made text.
 */
export function renderCsv(shown: Fleet): string {
  const cell = (value: string | number | null | undefined): string => {
    if (value === null || value === undefined) return ''
    if (typeof value === 'number') return String(value)
    const safe = /^[=+@\t\r-]/.test(value) ? `'${value}` : value
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  const rows = shown.slos.map(({ whole: { windows, state }, ...slo }) => {
    const window = windows[0]
    const gone = window?.exhaustion.kind === 'in' ? window.exhaustion.seconds : undefined
    return [
      slo.id,
      slo.name,
      slo.service,
      slo.owner,
      slo.indicator,
      slo.window,
      Number(slo.target),
      window?.sli,
      window?.good,
      window?.bad,
      window?.budget.leftRatio,
      window?.budget.timeLeft,
      gone,
      window?.coverage.ratio,
      state,
    ]
  })
  return `${[CSV_HEADINGS, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`
}

export function renderMarkdown(shown: Fleet, incidents: readonly IncidentSummary[]): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
  const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`
  const table = [
    row(HEADINGS),
    row(HEADINGS.map(() => '---')),
    ...shown.slos.map((slo) => row(toFields(slo))),
  ]
  const clouds = shown.slos.filter((slo) => slo.clouds.length > 1).map(describeClouds)
  const told = incidents.map((i) => `- ${i.id} (${i.severity}, ${i.state}) ${i.name}: ${i.sentence}`)
  return [
    `# SLO review, ${isoMinute(unixSeconds(shown.now))}`,
    shown.sentence,
    '## Promises',
    table.join('\n'),
    '## By cloud',
    clouds.length > 0 ? clouds.join('\n') : 'No promise is split by cloud.',
    '## Incidents',
    told.length > 0 ? told.join('\n') : 'None.',
    '',
  ].join('\n\n')
}

function describeClouds(slo: SloSummary): string {
  return `- ${slo.name}: ${slo.clouds.map((c) => `${c.cloud} ${percent(c.sli, 3)} (${percent(c.leftRatio, 1)} of its budget left)`).join(', ')}`
}
