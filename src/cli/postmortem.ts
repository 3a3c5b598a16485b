import { lengthWords, rateWords, scopeWords } from '../alerting/index.ts'
import { isoMinute, unixSeconds, type World } from '../base/index.ts'
import { type Postmortem, postmortem } from '../contract/index.ts'
import { ask } from './client.ts'
import { EXIT, type Io } from './io.ts'

export interface PostmortemOptions {
  readonly url: string
  readonly output: 'markdown' | 'json'
  /** Whether there is a section for it: not every team wants to look for one. */
  readonly rootCause: boolean
}

/** `nines postmortem`: a document to fill in, with everything in it that Nines knows. */
export async function postmortemCommand(
  io: Io,
  world: Pick<World, 'fetch'>,
  options: PostmortemOptions & { readonly incident: string },
): Promise<number> {
  const path = `/incidents/${encodeURIComponent(options.incident)}/postmortem`
  const found = await ask(world, options.url, { path, answer: postmortem })
  if (found.kind === 'failed') {
    io.stderr(`${found.error}\n`)
    return EXIT.failed
  }
  io.stdout(
    options.output === 'json'
      ? `${JSON.stringify(found.value, undefined, 2)}\n`
      : renderPostmortem(found.value, options),
  )
  return EXIT.ok
}

/** Dates stand in every row: an incident may last for days. */
export function renderPostmortem(
  known: Postmortem,
  { rootCause }: Pick<PostmortemOptions, 'rootCause'>,
): string {
  const { impact, definition } = known
  const at = (instant: number): string => isoMinute(unixSeconds(instant))
  const after = (length: number | null): string => (length === null ? 'not yet' : lengthWords(length))
  const rows: readonly (readonly [string, string])[] = [
    ['Promise', `${known.target} % over ${known.window}`],
    ['Began', at(impact.startedAt)],
    ['Noticed', `${at(impact.openedAt)}, after ${after(impact.detectedAfter)}`],
    [
      'Acknowledged',
      impact.acknowledgedAt === null
        ? 'by nobody'
        : `${at(impact.acknowledgedAt)}, after ${after(impact.acknowledgedAfter)}`,
    ],
    [
      'Over',
      impact.resolvedAt === null ? 'not yet' : `${at(impact.resolvedAt)}, after ${after(impact.lasted)}`,
    ],
    ['Bad events', impact.badEvents.toLocaleString('en-US')],
    ['Budget spent', `${(impact.budgetSpent * 100).toFixed(2)} %`],
    ['Highest burn rate', rateWords(impact.peakRate)],
    ['Came back', `${impact.reopened} times`],
    ...impact.places.map(({ scope, rate }) => [`Burned in ${scopeWords(scope)}`, rateWords(rate)] as const),
  ]
  const person = (by: string | null): string => (by === null ? '' : ` (${by})`)
  const where =
    definition === null
      ? 'The promise is not defined any more.'
      : `${definition.file}:${definition.line}${definition.commit === null ? '' : ` at ${definition.commit.slice(0, 12)}`}`
  return [
    `---\nincident: ${known.incident}\nservice: ${JSON.stringify(known.service)}\nowner: ${JSON.stringify(known.owner)}\nseverity: ${known.severity}\nstatus: draft\n---`,
    `# ${known.incident}: ${cell(known.title)}`,
    `${cell(known.sentence)}. ${known.url}`,
    `## Impact\n\n${table(['What', 'How much'], rows)}`,
    `## Timeline\n\n${table(
      ['When', 'What'],
      known.timeline.map(({ at: when, text, by }) => [at(when), `${text}${person(by)}`]),
    )}`,
    '## What contributed',
    ...(rootCause ? ['## Root cause'] : []),
    '## What went well',
    '## What went wrong',
    '## Where we got lucky',
    `## Action items\n\n${table(['What', 'Kind', 'Owner', 'Due', 'Issue'], [])}`,
    `## The promise as it counts\n\n${where}`,
    '',
  ].join('\n\n')
}

const table = (titles: readonly string[], rows: readonly (readonly string[])[]): string =>
  [titles, titles.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n')

/** Others' words must not become markup of ours. */
const cell = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll(/[|\\<>`]/g, '\\$&')
