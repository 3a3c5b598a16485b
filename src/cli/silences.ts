import { z } from 'zod'
import { matcherWords, readMatchers, type SilenceMatcher } from '../alerting/index.ts'
import { isoMinute, unixSeconds, type World } from '../base/index.ts'
import { type Silence, silence } from '../contract/index.ts'
import { ask } from './client.ts'
import { type ActingOptions, actor } from './incidents.ts'
import { EXIT, type Io } from './io.ts'
import { type Column, renderTable } from './table.ts'

export interface SilenceAddOptions extends ActingOptions {
  readonly reason: string
  /** Seconds. */
  readonly for: number
}

export interface SilencesOptions {
  readonly url: string
  readonly output: 'table' | 'json'
  /** With those that are over. */
  readonly over: boolean
}

const COLUMNS: readonly Column[] = [
  { title: 'SILENCE', align: 'left' },
  { title: 'STATE', align: 'left' },
  { title: 'MATCHES', align: 'left' },
  { title: 'UNTIL', align: 'left' },
  { title: 'BY', align: 'left' },
  { title: 'COVERS', align: 'left' },
  { title: 'WHY', align: 'left' },
]

/** `nines silence list`: what nobody is told of. */
export async function silencesCommand(
  io: Io,
  world: Pick<World, 'fetch'>,
  { url, output, over }: SilencesOptions,
): Promise<number> {
  const answer = z.object({ silences: z.array(silence) })
  const found = await ask(world, url, { path: `/silences?over=${over}`, answer })
  if (found.kind === 'failed') return failed(io, found.error)
  const { silences } = found.value
  if (output === 'json') io.stdout(`${JSON.stringify(found.value, undefined, 2)}\n`)
  else if (silences.length === 0) io.stdout('Nothing is silenced.\n')
  else io.stdout(renderTable(COLUMNS, silences.map(toCells), (cell) => cell))
  return EXIT.ok
}

function toCells({ id, state, matchers, until, by, incidents, reason }: Silence): string[] {
  const covers = incidents.length === 0 ? 'nothing now' : incidents.join(' ')
  return [id, state, matcherWords(matchers), isoMinute(unixSeconds(until)), by, covers, reason]
}

/** `nines silence add`: quiet for what its matchers say. */
export async function silenceAddCommand(
  io: Io,
  world: Pick<World, 'fetch'>,
  options: SilenceAddOptions & { readonly matchers: readonly string[] },
): Promise<number> {
  const by = actor(io, options)
  if (by === undefined) return EXIT.invalid
  const matchers: SilenceMatcher[] = []
  for (const written of options.matchers) {
    const read = readMatchers(written)
    if (read.matchers.length === 0 || read.rest !== '') {
      io.stderr(
        `"${written}" is no matcher: write service_name=checkout, or cloud_provider=~"aws|gcp" in quotes of the shell.\n`,
      )
      return EXIT.invalid
    }
    matchers.push(...read.matchers)
  }
  const body = { matchers, by, reason: options.reason, seconds: options.for }
  return report(io, options, await ask(world, options.url, { path: '/silences', answer: silence, body }))
}

/** `nines silence end`: before its time. */
export async function silenceEndCommand(
  io: Io,
  world: Pick<World, 'fetch'>,
  options: ActingOptions & { readonly id: string },
): Promise<number> {
  const by = actor(io, options)
  if (by === undefined) return EXIT.invalid
  const path = `/silences/${encodeURIComponent(options.id)}/end`
  return report(io, options, await ask(world, options.url, { path, answer: silence, body: { by } }))
}

function report(io: Io, { output }: ActingOptions, done: Awaited<ReturnType<typeof ask<Silence>>>): number {
  if (done.kind === 'failed') return failed(io, done.error)
  const { id, state, matchers, until, incidents } = done.value
  const covers = incidents.length === 0 ? '' : ` Covers ${incidents.join(', ')}.`
  const end = isoMinute(unixSeconds(until))
  io.stdout(
    output === 'json'
      ? `${JSON.stringify(done.value, undefined, 2)}\n`
      : state === 'over'
        ? `${id} ended at ${end}.\n`
        : `${id} ${matcherWords(matchers)} until ${end}.${covers}\n`,
  )
  return EXIT.ok
}

function failed(io: Io, error: string): number {
  io.stderr(`${error}\n`)
  return EXIT.failed
}
