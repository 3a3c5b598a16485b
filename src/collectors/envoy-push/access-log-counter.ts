import type { Labels } from '../../base/index.ts'
import { createJudge, type SeriesHandle } from '../../traffic/index.ts'
import { ExemplarPick } from '../log/exemplars.ts'
import type { Counting } from '../push/intake.ts'
import { createNaming, type SeriesOf } from '../request/naming.ts'
import type { AccessLogEntry } from './access-log-entry.ts'
import type { AccessLogOptions } from './options.ts'
import { type Sender, valueAt } from './places.ts'

/** Counts entries of the access log service: outcome, reason, duration, labels. */
export interface AccessLogCounter {
  /** Counts all entries of one message. Never throws, whatever is in them. */
  readonly count: (batch: Batch, into: Counting) => void
}

/** One message's entries. */
export interface Batch {
  readonly sender: Sender
  readonly entries: readonly AccessLogEntry[]
  /** Those that could not be read. */
  readonly rejected: number
  /** Milliseconds since 1970: what ended before is too old to count, what ended after has a wrong clock. */
  readonly oldestMs: number
  readonly latestMs: number
}

/** Sets of labels that are told apart before they are looked up anew; the senders choose their values. */
const MOST_NAMINGS = 5_000

export function createAccessLogCounter(source: string, options: AccessLogOptions): AccessLogCounter {
  const { abort, healthChecks, outcomes, labelsFrom, servicePlace } = options
  const judge = createJudge({
    ...(abort === undefined ? {} : { abort }),
    paths: healthChecks.paths,
    agents: healthChecks.agents,
    outcomes,
  })
  const exemplars = new ExemplarPick(source)
  const namings = new Map<string, SeriesOf>()
  let into: Counting | undefined
  const series = (labels: Labels): SeriesHandle => {
    if (into === undefined) throw new Error('series are named only while something is counted')
    return into.series(labels)
  }
  const namingFor = (entry: AccessLogEntry, sender: Sender): SeriesOf => {
    const own = labelsFrom.map(({ place }) => valueAt(place, sender, entry) ?? '')
    const key = own.length === 0 ? '' : JSON.stringify(own)
    const known = namings.get(key)
    if (known !== undefined) return known
    const labels: Record<string, string> = { ...options.labels }
    labelsFrom.forEach(({ label }, i) => {
      const value = own[i] ?? ''
      if (value !== '') labels[label] = value
    })
    if (namings.size >= MOST_NAMINGS) namings.clear()
    const naming = createNaming({ ...options, labels }, { series })('')
    namings.set(key, naming)
    return naming
  }
  const countOne = (entry: AccessLogEntry, sender: Sender, counting: Counting): void => {
    const service = servicePlace === undefined ? undefined : valueAt(servicePlace, sender, entry)
    const record = service === undefined ? entry : { ...entry, service }
    const handle = namingFor(entry, sender)(record)
    const { outcome, reason, timed } = judge(record)
    counting.add(handle, {
      minute: Math.floor(entry.endMs / 60_000) * 60,
      outcome,
      reason,
      duration: timed ? entry.duration : undefined,
    })
    exemplars.offer(record, { outcome, reason, timed }, handle.labels)
  }
  return {
    count: ({ sender, entries, rejected, oldestMs, latestMs }, counting) => {
      into = counting
      let refused = rejected
      for (const entry of entries) {
        if (entry.endMs < oldestMs || entry.endMs > latestMs) refused++
        else countOne(entry, sender, counting)
      }
      for (const exemplar of exemplars.take()) counting.exemplar(exemplar)
      if (refused > 0) counting.reject(refused)
      into = undefined
    },
  }
}
