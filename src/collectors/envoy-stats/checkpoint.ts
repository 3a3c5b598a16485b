import type { Histogram, Outcome } from '../../traffic/index.ts'
import type { Durations, Owed } from './allot.ts'
import { emptyState, type ScopeState } from './fold.ts'
import { field, parse } from './json.ts'
import type { ProcessMark } from './process.ts'
import { isCount } from './reading.ts'
import type { Totals } from './subtract.ts'

/** All that the next scrape is compared with. It travels with the counts, so neither is ever there without the other. */
export interface Remembered extends Totals {
  /** When the scrape was answered, in milliseconds since 1970. */
  readonly at: number
  /** From then until `at` nothing is missing between scrapes. */
  readonly gaplessFrom: number
  readonly process: ProcessMark | undefined
  readonly scopes: ReadonlyMap<string, ScopeState>
}

const VERSION = 1

/**
 * `selection` says which statistics were chosen. What is read under another selection is not compared with: a cluster
 * that is newly included would seem to have made all its requests since the last scrape.
 */
export function encodeCheckpoint(remembered: Remembered, selection: string): string {
  const { at, gaplessFrom, process, counters, histograms, scopes } = remembered
  return JSON.stringify({
    version: VERSION,
    selection,
    at,
    gaplessFrom,
    process: process ?? null,
    counters: Object.fromEntries(counters),
    histograms: Object.fromEntries([...histograms].map(([name, { bins, counts }]) => [name, [bins, counts]])),
    scopes: Object.fromEntries(scopes),
  })
}

/** Undefined when it was written under another selection, by another version, or is damaged. */
export function decodeCheckpoint(text: string, selection: string): Remembered | undefined {
  const value = parse(text)
  const at = field(value, 'at')
  const gaplessFrom = field(value, 'gaplessFrom')
  if (
    field(value, 'version') !== VERSION ||
    field(value, 'selection') !== selection ||
    !isNumber(at) ||
    !isNumber(gaplessFrom)
  )
    return undefined
  const counters = new Map<string, number>()
  for (const [name, count] of entriesOf(field(value, 'counters'))) {
    if (!isNumber(count) || !isCount(count)) return undefined
    counters.set(name, count)
  }
  const histograms = new Map<string, Histogram>()
  for (const [name, pair] of entriesOf(field(value, 'histograms'))) {
    const [bins, counts] = [field(pair, '0'), field(pair, '1')]
    if (!areNumbers(bins) || !areNumbers(counts) || bins.length !== counts.length) return undefined
    histograms.set(name, { bins, counts })
  }
  const scopes = new Map<string, ScopeState>()
  for (const [name, state] of entriesOf(field(value, 'scopes'))) scopes.set(name, stateOf(state))
  return { at, gaplessFrom, process: processOf(field(value, 'process')), counters, histograms, scopes }
}

function processOf(value: unknown): ProcessMark | undefined {
  const [epoch, earliest, latest] = [field(value, 'epoch'), field(value, 'earliest'), field(value, 'latest')]
  if (!isNumber(epoch) || !isNumber(earliest) || !isNumber(latest)) return undefined
  return { epoch, earliest, latest }
}

function stateOf(value: unknown): ScopeState {
  const empty = emptyState()
  const number = (name: string): number => {
    const found = field(value, name)
    return isNumber(found) ? found : 0
  }
  const replies: Record<string, number> = {}
  for (const [flag, count] of entriesOf(field(value, 'replies'))) if (isNumber(count)) replies[flag] = count
  const durations: Record<string, Durations> = {}
  for (const [path, each] of entriesOf(field(value, 'durations'))) durations[path] = durationsOf(each)
  return {
    ...empty,
    grpc: field(value, 'grpc') === true,
    timedByMethod: field(value, 'timedByMethod') === true,
    active: number('active'),
    unexplained: number('unexplained'),
    unexplainedFailures: number('unexplainedFailures'),
    replies,
    durations,
  }
}

function durationsOf(value: unknown): Durations {
  const kept = field(value, 'kept')
  const [bins, counts] = [field(kept, 'bins'), field(kept, 'counts')]
  const whole = areNumbers(bins) && areNumbers(counts) && bins.length === counts.length
  return {
    fresh: owedOf(field(value, 'fresh')),
    due: owedOf(field(value, 'due')),
    kept: whole ? { bins, counts } : { bins: [], counts: [] },
  }
}

function owedOf(value: unknown): Owed {
  const owed: Owed = {}
  for (const [reason, due] of entriesOf(value)) {
    const outcome = outcomeOf(field(due, 'outcome'))
    const count = field(due, 'count')
    if (outcome !== undefined && isNumber(count)) owed[reason] = { outcome, count }
  }
  return owed
}

function outcomeOf(value: unknown): Outcome | undefined {
  return value === 'good' || value === 'bad' || value === 'ignored' ? value : undefined
}

function entriesOf(value: unknown): readonly [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function areNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isNumber)
}
