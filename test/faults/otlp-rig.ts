import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** One life of the receiver. */
export interface Life {
  readonly child: ChildProcess
  /** Resolves with the first thing said that has the key; rejects when the process ends without saying it. */
  readonly said: (key: string) => Promise<Record<string, unknown>>
  readonly ended: Promise<void>
}

export interface Told {
  readonly details?: Readonly<Record<string, unknown>>
  readonly silentAfter?: number
  readonly read?: { readonly from: number; readonly to: number }
}

export function startReceiver(compiled: string, path: string, told: Told): Life {
  const script = join(import.meta.dirname, 'otlp-child.mjs')
  const child = spawn(process.execPath, [script, compiled, path, JSON.stringify(told)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  if (!child.stdout) throw new Error('the child has a stdout')
  const events: Record<string, unknown>[] = []
  let wake = (): void => undefined
  let isOver = false
  createInterface({ input: child.stdout })
    .on('line', (line) => {
      const event = JSON.parse(line) as Record<string, unknown>
      if (event['warning'] !== undefined) console.log(line)
      events.push(event)
      wake()
    })
    .on('close', () => {
      isOver = true
      wake()
    })
  return {
    child,
    said: async (key) => {
      for (;;) {
        const found = events.find((event) => key in event)
        if (found) return found
        if (isOver) throw new Error(`the receiver ended without saying ${key}`)
        await new Promise<void>((resolve) => {
          const before = wake
          wake = () => {
            before()
            resolve()
          }
        })
      }
    },
    ended: new Promise((resolve) => child.once('exit', () => resolve())),
  }
}

export function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer().once('error', failed)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => found(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
