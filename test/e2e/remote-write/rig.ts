import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import type { CollectorStatus } from '../../../src/collectors/index.ts'
import type { CoverageSpan } from '../../../src/traffic/index.ts'

/** The program on the path; undefined when there is none. */
export function findProgram(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

export async function until(isSo: () => Promise<boolean>, what: string, withinMs = 60_000): Promise<void> {
  const end = Date.now() + withinMs
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`${what} did not happen within ${withinMs} ms`)
    await delay(200)
  }
}

/** A service that counts its requests as exporters do. Its restart sets all to zero. */
export interface Shop extends AsyncDisposable {
  readonly port: number
  /** So many requests ended so, and took so long. */
  readonly serve: (code: string, seconds: number, times?: number) => void
  readonly restart: () => void
  readonly scrapes: () => number
}

const BOUNDS = [0.1, 0.3, 1]

export async function startShop(before: number): Promise<Shop> {
  let codes = new Map<string, number>([['200', before]])
  let durations: number[] = Array.from({ length: before }, () => 0.05)
  let scrapes = 0
  const server = createHttpServer((_request, response) => {
    scrapes++
    const lines = ['# TYPE shop_requests_total counter']
    for (const [code, count] of codes) lines.push(`shop_requests_total{code="${code}"} ${count}`)
    lines.push('# TYPE shop_request_duration_seconds histogram')
    for (const bound of [...BOUNDS, Infinity]) {
      const count = durations.filter((seconds) => seconds <= bound).length
      const le = bound === Infinity ? '+Inf' : String(bound)
      lines.push(`shop_request_duration_seconds_bucket{le="${le}"} ${count}`)
    }
    lines.push(`shop_request_duration_seconds_sum ${durations.reduce((sum, each) => sum + each, 0)}`)
    lines.push(`shop_request_duration_seconds_count ${durations.length}`, '')
    response.setHeader('content-type', 'text/plain; version=0.0.4')
    response.end(lines.join('\n'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    serve: (code, seconds, times = 1) => {
      codes.set(code, (codes.get(code) ?? 0) + times)
      for (let i = 0; i < times; i++) durations.push(seconds)
    },
    restart: () => {
      codes = new Map([['200', 0]])
      durations = []
    },
    scrapes: () => scrapes,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export interface Answers {
  readonly answers: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly coverage: readonly CoverageSpan[]
  readonly status: CollectorStatus
}

/** Nines' receiver in a process of its own, with a ledger on disk. */
export interface Receiver {
  readonly read: (from: number, to: number) => Promise<Answers>
  /** As `kill -9`: nothing is written any more. */
  readonly kill: () => Promise<void>
}

export function startReceiver(options: {
  readonly src: string
  readonly data: string
  readonly listen: string
  readonly run: string
}): Receiver {
  const { src, data, listen, run } = options
  const script = join(import.meta.dirname, 'child.mjs')
  const child = spawn(process.execPath, [script, src, data, listen, run], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines: Interface = createInterface({ input: child.stdout })
  const ended = exitOf(child)
  return {
    read: (from, to) => {
      const answer = new Promise<Answers>((resolve) => {
        lines.once('line', (line) => resolve(JSON.parse(line) as Answers))
      })
      child.stdin.write(`${JSON.stringify({ read: [from, to] })}\n`)
      const gone = ended.then((): never => {
        throw new Error('the receiver ended')
      })
      return Promise.race([answer, gone])
    },
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Starts a sender; its output is shown when it ends by itself. */
export function startSender(
  program: string,
  args: readonly string[],
): { readonly stop: () => Promise<void> } {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4_000)
    })
  let stopping = false
  child.once('exit', (code) => {
    if (!stopping) console.error(`${program} ended with ${code}: ${said}`)
  })
  const ended = exitOf(child)
  return {
    stop: async () => {
      stopping = true
      child.kill('SIGKILL')
      await ended
    },
  }
}

function exitOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('exit', () => resolve()))
}
