import { labelsKey, microseconds } from '../../../src/base/index.ts'
import { OptionReader } from '../../../src/collectors/option-reader.ts'
import { Folder } from '../../../src/collectors/prometheus-push/fold.ts'
import { questionOf } from '../../../src/collectors/prometheus-push/questions.ts'
import { Receiver } from '../../../src/collectors/prometheus-push/receiver.ts'
import { RULE_KEYS, ruleOptionsOf } from '../../../src/collectors/prometheus-push/rule-options.ts'
import type { Written } from '../../../src/collectors/prometheus-push/work.ts'
import { decodeWriteRequest } from '../../../src/collectors/prometheus-push/write-request.ts'
import type { Counting, Intake } from '../../../src/collectors/push/intake.ts'
import {
  type CountRow,
  countBelow,
  createAccumulator,
  type Exemplar,
  type TrafficRow,
} from '../../../src/traffic/index.ts'
import { createTestWorld } from '../../world.ts'
import { encodeFirst, encodeSecond, type Series } from './messages.ts'

/** What outlives a crash: rows by writer, and what was remembered. */
export interface Disk {
  readonly rows: TrafficRow[]
  readonly counts: CountRow[]
  readonly remembered: Map<string, string>
  readonly identities: Set<string>
}

export function createDisk(): Disk {
  return { rows: [], counts: [], remembered: new Map(), identities: new Set() }
}

export interface MemoryIntake extends Pick<Intake, 'take' | 'recall'> {
  readonly counting: Counting
  readonly exemplars: Exemplar[]
  readonly rejected: () => number
  /** What is said to the next delivery instead of counting it. */
  refuse: 'full' | 'failed' | undefined
}

/** Writes each delivery at once. */
export function createMemoryIntake(disk: Disk): MemoryIntake {
  const exemplars: Exemplar[] = []
  let rejected = 0
  const accumulator = createAccumulator({ source: 'prom', writer: 'w' })
  const drained = new Map<string, number>()
  const counting: Counting = {
    series: accumulator.series,
    add: accumulator.addTo,
    addAll: accumulator.addAll,
    exemplar: (exemplar) => exemplars.push(exemplar),
    counts: (rows) => disk.counts.push(...rows),
    remember: (key, value) => disk.remembered.set(key, value),
    reject: (events) => {
      rejected += events
    },
  }
  const base = disk.rows.length
  const keep = (): void => {
    for (const row of accumulator.drain().traffic) {
      const key = JSON.stringify([labelsKey(row.labels), row.minute, row.outcome, row.reason])
      const at = drained.get(key) ?? disk.rows.length
      drained.set(key, at)
      disk.rows[at] = row
    }
  }
  const intake: MemoryIntake = {
    counting,
    exemplars,
    rejected: () => rejected,
    refuse: undefined,
    recall: (key) => disk.remembered.get(key),
    take: async ({ identity, count }) => {
      if (intake.refuse === 'full') return { kind: 'full', retryAfterMs: 1_500 }
      if (intake.refuse === 'failed') return { kind: 'failed', reason: 'the disk is full', retryAfterMs: 900 }
      const key = Buffer.from(identity ?? new Uint8Array()).toString('hex')
      if (identity !== undefined && disk.identities.has(key)) return { kind: 'repeated' }
      count(counting)
      keep()
      disk.identities.add(key)
      return { kind: 'counted' }
    },
  }
  if (base < 0) throw new Error('unreachable')
  return intake
}

export const NOW_MS = 1_790_000_040_000

export interface How {
  readonly whole?: boolean
  readonly absentAt?: number
  readonly nowMs?: number
}

export interface Rig {
  readonly disk: Disk
  readonly intake: MemoryIntake
  /** Folds what a request holds, in one go. */
  readonly write: (series: readonly Series[], how?: How) => Written
  readonly ask: (...queries: readonly string[]) => void
}

/** A folder with these rules, as a run of the collector has one; a disk that is given is that of earlier runs. */
export function createRig(details: Readonly<Record<string, unknown>>, disk: Disk = createDisk()): Rig {
  const intake = createMemoryIntake(disk)
  const folder = createFolder(details, intake)
  return {
    disk,
    intake,
    write: (series, how = {}) => {
      const decoded = decodeWriteRequest(encodeSecond(series), 'io.prometheus.write.v2.Request')
      if (decoded.kind === 'failed') throw new Error(decoded.error)
      let written: Written | undefined
      void intake.take({
        identity: undefined,
        bytes: 1,
        count: (into) => {
          written = folder.fold(decoded.value, into, {
            nowMs: how.nowMs ?? NOW_MS,
            whole: how.whole === true,
            absentAt: how.absentAt,
          })
        },
      })
      if (written === undefined) throw new Error('nothing was counted')
      return written
    },
    ask: (...queries) =>
      folder.ask(
        queries.map((text) => {
          const query = { kind: 'external', source: 'prom', type: 'Prometheus', key: text } as const
          const read = questionOf(
            { ...query, spec: { query: text }, reading: { kind: 'counter' } },
            new Map(),
          )
          if (read.kind === 'failed') throw new Error(read.error.text)
          return read.value
        }),
      ),
  }
}

export function createFolder(details: Readonly<Record<string, unknown>>, intake: MemoryIntake): Folder {
  const reader = new OptionReader(details, RULE_KEYS)
  const options = ruleOptionsOf(reader, details)
  if (reader.problems.length > 0) throw new Error(JSON.stringify(reader.problems))
  return new Folder({
    source: 'prom',
    labels: { cloud_provider: 'aws' },
    rules: options.rules,
    judge: options.judge,
    most: options.maxCounters,
    lookbackMs: options.lookback * 1000,
    maxSeries: options.maxSeries,
    recall: intake.recall,
  })
}

/** How many requests there are by outcome and reason, of what the key says. */
export function tally(
  rows: readonly TrafficRow[],
  keyOf: (row: TrafficRow) => string = ({ reason }) => reason,
): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const row of rows) sums[keyOf(row)] = (sums[keyOf(row)] ?? 0) + row.count
  return Object.fromEntries(Object.entries(sums).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** How many of the rows' requests took less than so many milliseconds. */
export function within(rows: readonly TrafficRow[], ms: number): number {
  return rows.reduce(
    (sum, { latency }) => sum + (latency ? countBelow(latency, microseconds(ms * 1000)) : 0),
    0,
  )
}

export interface Served extends AsyncDisposable {
  readonly url: string
  readonly intake: MemoryIntake
  readonly disk: Disk
  readonly post: (body: Uint8Array, headers?: Readonly<Record<string, string>>) => Promise<Response>
}

export const SECOND_HEADERS = {
  'content-encoding': 'snappy',
  'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
  'x-prometheus-remote-write-version': '2.0.0',
}

/** A receiver on a port of its own, whose requests are on disk at once. */
export async function serve(
  details: Readonly<Record<string, unknown>> = {},
  options: { maxBody?: number; tokenFile?: string } = {},
): Promise<Served> {
  const disk = createDisk()
  const intake = createMemoryIntake(disk)
  const folder = createFolder(details, intake)
  const receiver = new Receiver(
    createTestWorld(),
    {
      host: '127.0.0.1',
      port: 0,
      path: '/api/v1/write',
      tokenFile: options.tokenFile,
      maxBody: options.maxBody ?? 1_000_000,
      maxConnections: 100,
    },
    {
      intake,
      count: (request, into) =>
        folder.fold(request, into, { nowMs: NOW_MS, whole: false, absentAt: undefined }),
      answered: () => undefined,
    },
  )
  const url = `http://127.0.0.1:${await receiver.listen()}/api/v1/write`
  return {
    url,
    intake,
    disk,
    post: (body, headers = SECOND_HEADERS) =>
      fetch(url, { method: 'POST', body: Buffer.from(body), headers }),
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  }
}

export { encodeFirst, encodeSecond }
