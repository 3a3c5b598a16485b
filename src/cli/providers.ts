import { isoMinute, unixSeconds, type World } from '../base/index.ts'
import { type ProviderAccount, type ProviderLedger, providerLedger } from '../contract/index.ts'
import { ask } from './client.ts'
import { EXIT, type Io } from './io.ts'

export interface ProvidersOptions {
  readonly url: string
  /** `2026-11`; absent: the running month. */
  readonly month?: string
  readonly output: 'markdown' | 'csv' | 'json'
}

/** `nines providers`: a worksheet for credit claims, with what it rests on. */
export async function providersCommand(
  io: Io,
  world: Pick<World, 'fetch'>,
  { url, month, output }: ProvidersOptions,
): Promise<number> {
  const path = month === undefined ? '/providers' : `/providers?month=${encodeURIComponent(month)}`
  const found = await ask(world, url, { path, answer: providerLedger })
  if (found.kind === 'failed') {
    io.stderr(`${found.error}\n`)
    return EXIT.failed
  }
  const forms = { markdown: providersMarkdown, csv: providersCsv, json: asJson }
  io.stdout(forms[output](found.value))
  return EXIT.ok
}

const asJson = (ledger: ProviderLedger): string => `${JSON.stringify(ledger, undefined, 2)}\n`

export function providersMarkdown({ month, providers }: ProviderLedger): string {
  const rows = providers.map(
    (each) =>
      `| ${each.displayName} | ${each.percent} % | ${each.measured === null ? '–' : `${each.measured} %`} | ${each.measured === null ? '–' : each.badMinutes.toFixed(2)} | ${each.allowedMinutes.toFixed(2)} | ${coverageOf(each)} | ${verdictOf(each)} |`,
  )
  return [
    `# Providers in ${month}`,
    '',
    'Measured by the SLOs named below, by the minute, UTC. Minutes are those in which everybody was let down.',
    '',
    '| provider | promised | measured | bad minutes | allowed | measured time | |',
    '| --- | ---: | ---: | ---: | ---: | ---: | --- |',
    ...rows,
    '',
    ...providers.flatMap(evidenceOf),
  ].join('\n')
}

const coverageOf = ({ coverage }: ProviderAccount): string =>
  coverage === null ? '–' : `${Math.floor(coverage * 1_000) / 10} %`

function verdictOf({ measured, breached, credit, unverified }: ProviderAccount): string {
  const said = measured === null ? 'nothing was measured' : breached ? 'broken' : 'kept'
  const worth = credit ? `, credit ${credit.percent} % (below ${credit.below} %)` : ''
  return `${said}${worth}${unverified ? '; the promise was not read at its source' : ''}`
}

function evidenceOf(each: ProviderAccount): readonly string[] {
  const lines = each.evidence.map(
    ({ minute, slo, good, bad, traceIds }) =>
      `| ${isoMinute(unixSeconds(minute))} | ${slo} | ${bad} | ${good + bad} | ${traceIds.join(' ')} |`,
  )
  return [
    `## ${each.displayName}`,
    '',
    `${each.service}${each.tier === '' ? '' : ` (${each.tier})`}: ${each.percent} %, ${each.url}, as of ${each.asOf}. Measured by ${each.slos.join(', ')}: ${each.bad} of ${each.good + each.bad} requests failed.`,
    '',
    ...(lines.length === 0
      ? [each.measured === null ? 'Nothing was measured.' : 'No minute had a failure.', '']
      : ['| minute | SLO | failed | requests | traces |', '| --- | --- | ---: | ---: | --- |', ...lines, '']),
  ]
}

const COLUMNS = [
  'month',
  'provider',
  'promised_percent',
  'measured_percent',
  'minute',
  'slo',
  'bad',
  'total',
  'trace_ids',
]

/** One line a minute of evidence; a provider without any has one line too. */
export function providersCsv({ month, providers }: ProviderLedger): string {
  const lines = providers.flatMap((each) => {
    const head = [month, each.name, each.percent, each.measured ?? '']
    if (each.evidence.length === 0) return [[...head, '', '', '', '', '']]
    return each.evidence.map(({ minute, slo, good, bad, traceIds }) => [
      ...head,
      isoMinute(unixSeconds(minute)),
      slo,
      String(bad),
      String(good + bad),
      traceIds.join(' '),
    ])
  })
  return [COLUMNS, ...lines].map((line) => `${line.map(cell).join(',')}\n`).join('')
}

/** A spreadsheet takes a text that begins like a formula for one. */
function cell(text: string): string {
  const safe = /^[=+\-@\t]/.test(text) ? `'${text}` : text
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
