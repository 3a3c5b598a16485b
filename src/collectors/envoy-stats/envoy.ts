import { failed, ok, type Result, type World } from '../../base/index.ts'
import type { Histogram } from '../../traffic/index.ts'
import { readStatsJson } from './json.ts'
import { filterOf, isRelevant, type Meaning, meaningsOf } from './names.ts'
import type { EnvoyStatsOptions } from './options.ts'
import { isSameProcess, type ProcessMark, readServerInfo } from './process.ts'
import type { Reading } from './reading.ts'
import { type Answer, ask, type Failure } from './scrape.ts'
import { anyFell, type Totals } from './subtract.ts'
import { createTextReader } from './text.ts'

/** One scrape: what an Envoy says, what its names mean, which run of it said so, and when. */
export interface Scrape {
  readonly at: number
  readonly process: ProcessMark | undefined
  readonly reading: Reading
  readonly meanings: ReadonlyMap<string, Meaning>
  /** The counters and histograms that only rise, of the scopes that are read. */
  readonly totals: Totals
}

/** Reads one Envoy once more. `before` is what the scrape before said; undefined at first. */
export type ReadEnvoy = (
  before: (Totals & { readonly process: ProcessMark | undefined }) | undefined,
  signal: AbortSignal,
) => Promise<Result<Scrape, Failure>>

const MOST_ATTEMPTS = 3

/**
 * Reads one Envoy. Identity and statistics are two questions, so when something fell between two scrapes, or the
 * process is another one, identity is asked again afterwards; when it changed in between, both are asked anew.
 */
export function createEnvoyReader(
  world: World,
  options: { readonly url: string; readonly settings: EnvoyStatsOptions },
): ReadEnvoy {
  const { url, settings } = options
  const limits = {
    connectMs: settings.connectTimeoutMs,
    totalMs: settings.timeoutMs,
    maxBytes: settings.maxBytes,
  }
  const interpret = createTextInterpreter(settings)
  const detailed = settings.histograms ? '&histogram_buckets=detailed' : ''
  const format = settings.format === 'json' ? '&format=json' : ''
  const statsUrl = `${url}/stats?usedonly${detailed}${format}&filter=${encodeURIComponent(filterOf(settings.level))}`

  return async (before, signal) => {
    for (let attempt = 1; ; attempt++) {
      const info = await ask(world, `${url}/server_info`, { limits, signal })
      if (info.kind === 'failed') return info
      const process = processOf(info.value)
      const stats = await ask(world, statsUrl, { limits, signal })
      if (stats.kind === 'failed') return stats
      const refused = refusal(url, stats.value)
      if (refused !== undefined) return failed(refused)
      const scrape = interpret(stats.value, process)
      if (scrape === undefined) return failed(nonsense(url))
      if (process === undefined || before === undefined || attempt === MOST_ATTEMPTS) return ok(scrape)
      const suspicious =
        before.process === undefined ||
        !isSameProcess(before.process, process) ||
        anyFell(before, scrape.totals)
      if (!suspicious) return ok(scrape)
      const again = await ask(world, `${url}/server_info`, { limits, signal })
      if (again.kind === 'failed') return again
      const after = processOf(again.value)
      if (after !== undefined && isSameProcess(process, after)) return ok(scrape)
    }
  }
}

// An admin interface behind a proxy may give only the statistics; then resets are seen by each series alone.
function processOf(answer: Answer): ProcessMark | undefined {
  return answer.status === 200 ? readServerInfo(answer.text, answer.askedMs, answer.answeredMs) : undefined
}

function createTextInterpreter(
  settings: EnvoyStatsOptions,
): (answer: Answer, process: ProcessMark | undefined) => Scrape | undefined {
  const isWanted = (name: string): boolean => isRelevant(name, settings.level)
  const text = createTextReader(isWanted)
  const interpret = createInterpreter(settings, text.keepOnly)
  return (answer, process) => {
    const json = answer.text.startsWith('{')
    const reading = json ? readStatsJson(answer.text, isWanted) : text.read(answer.text)
    if (reading === undefined || isNonsense(reading)) return undefined
    return interpret(reading, { at: answer.answeredMs, process })
  }
}

/** Says what the statistics of one Envoy mean, however they came. `keepOnly` is told which of those seen matter. */
export function createInterpreter(
  settings: Pick<EnvoyStatsOptions, 'level' | 'isIncluded'>,
  keepOnly: (names: { readonly has: (name: string) => boolean }) => void = () => undefined,
): (reading: Reading, when: Pick<Scrape, 'at' | 'process'>) => Scrape {
  const included = new Map<string, boolean>()
  const known = new Set<string>()
  let meanings: ReadonlyMap<string, Meaning> = new Map()

  const includes = (scope: string): boolean => {
    let is = included.get(scope)
    if (is === undefined) {
      is = settings.isIncluded(scope)
      included.set(scope, is)
    }
    return is
  }
  const understand = (reading: Reading): void => {
    const { counters, histograms } = reading
    const news = [...counters.keys(), ...histograms.keys()].filter((name) => !known.has(name))
    if (news.length === 0) return
    for (const name of news) known.add(name)
    meanings = new Map([...meaningsOf(known, settings.level)].filter(([, { scope }]) => includes(scope)))
    keepOnly({ has: (name) => (meanings.get(name)?.kind ?? 'sign') !== 'sign' })
  }

  return (reading, { at, process }) => {
    understand(reading)
    const counters = new Map<string, number>()
    for (const [name, value] of reading.counters) if (isRising(meanings.get(name))) counters.set(name, value)
    const histograms = new Map<string, Histogram>()
    for (const [name, value] of reading.histograms) if (meanings.has(name)) histograms.set(name, value)
    return { at, process, reading, meanings, totals: { counters, histograms } }
  }
}

function isRising(meaning: Meaning | undefined): boolean {
  return meaning !== undefined && meaning.kind !== 'sign' && meaning.kind !== 'active'
}

/** An Envoy that served nothing yet sends an empty page; a page of something else has lines, and none is ours. */
function isNonsense({ counters, histograms, rejected }: Reading): boolean {
  return rejected > 0 && counters.size === 0 && histograms.size === 0
}

function refusal(url: string, { status, text }: Answer): Failure | undefined {
  const { host } = new URL(url)
  if (status === 200) return undefined
  if (status >= 300 && status < 400)
    return {
      text: `${host} redirects (HTTP ${status})`,
      remedy: 'name the admin interface itself; redirects are not followed',
    }
  if (status === 400 && text.includes('histogram_buckets'))
    return {
      text: `the Envoy at ${host} does not know histogram_buckets=detailed`,
      remedy: 'update it to 1.27 or later, or read no durations with histograms: false',
    }
  if (status === 401 || status === 403)
    return {
      text: `${host} refuses to show its statistics (HTTP ${status})`,
      remedy: 'let Nines reach /stats and /server_info',
    }
  return {
    text: `${host} answered HTTP ${status} to /stats`,
    remedy: 'is this the admin interface of an Envoy?',
  }
}

function nonsense(url: string): Failure {
  return {
    text: `what ${new URL(url).host} sent are no statistics`,
    remedy: 'is this the admin interface of an Envoy?',
  }
}
