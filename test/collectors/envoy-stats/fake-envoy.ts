import { labelsKey } from '../../../src/base/index.ts'
import type { Sink } from '../../../src/collectors/index.ts'
import type { LedgerStep, TrafficRow } from '../../../src/traffic/index.ts'

/** An admin interface with counters, as far as a scrape can tell. */
export class FakeEnvoy {
  counters: Record<string, number> = {}
  /** Wall time in milliseconds at which the process started. */
  startedMs: number
  epoch = 0
  /** What happens instead of an answer. */
  fault: (() => Promise<Response>) | undefined
  asked: string[] = []
  inFlight = 0
  mostInFlight = 0

  constructor(startedMs: number) {
    this.startedMs = startedMs
  }

  add(name: string, count = 1): void {
    this.counters[name] = (this.counters[name] ?? 0) + count
  }

  restart(nowMs: number): void {
    this.counters = {}
    this.startedMs = nowMs
  }

  async answer(url: URL, nowMs: number): Promise<Response> {
    this.asked.push(url.pathname)
    this.inFlight++
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight)
    try {
      if (this.fault !== undefined) return await this.fault()
      if (url.pathname === '/server_info') {
        return Response.json({
          uptime_current_epoch: `${Math.floor((nowMs - this.startedMs) / 1000)}s`,
          command_line_options: { restart_epoch: this.epoch },
        })
      }
      const lines = Object.entries(this.counters).map(([name, value]) => `${name}: ${value}\n`)
      return new Response(lines.join(''))
    } finally {
      this.inFlight--
    }
  }
}

/** A `fetch` that knows only these hosts; whoever else is asked refuses the connection. */
export function network(envoys: Readonly<Record<string, FakeEnvoy>>, nowMs: () => number): typeof fetch {
  return (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    const envoy = envoys[url.host]
    if (envoy === undefined) return refuse()
    return Promise.race([envoy.answer(url, nowMs()), abortOf(init?.signal)])
  }
}

function abortOf(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

export function refuse(): Promise<never> {
  const cause = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
  return Promise.reject(new TypeError('fetch failed', { cause }))
}

/** A ledger in memory: the last revision of each row, and the checkpoints. */
export class FakeLedger implements Sink {
  readonly steps: LedgerStep[] = []
  readonly checkpoints = new Map<string, string>()
  broken = false
  readonly #cells = new Map<string, { readonly revision: number; readonly row: TrafficRow }>()

  readonly write = async (step: LedgerStep): Promise<void> => {
    if (this.broken) throw new Error('disk full')
    this.steps.push(step)
    for (const row of step.traffic) {
      const key = JSON.stringify([step.writer, labelsKey(row.labels), row.minute, row.outcome, row.reason])
      if ((this.#cells.get(key)?.revision ?? 0) <= step.revision)
        this.#cells.set(key, { revision: step.revision, row })
    }
    for (const { key, value } of step.checkpoints ?? []) this.checkpoints.set(key, value)
  }

  readonly checkpoint = async (key: string): Promise<string | undefined> => this.checkpoints.get(key)

  rows(): readonly TrafficRow[] {
    return [...this.#cells.values()].map(({ row }) => row)
  }

  total(): number {
    return this.rows().reduce((sum, { count }) => sum + count, 0)
  }

  coverage(): readonly string[] {
    return this.steps
      .flatMap(({ coverage }) => coverage ?? [])
      .map(
        ({ from, to, state, reason }) => `${(to - from) / 60} ${state}${reason === '' ? '' : `: ${reason}`}`,
      )
  }
}
