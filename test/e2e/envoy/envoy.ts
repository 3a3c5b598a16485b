import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Additions, bootstrapOf, type Ports } from './bootstrap.ts'

/** A real Envoy that can be restarted, hot and hard. */
export interface EnvoyRig {
  readonly admin: string
  readonly listener: number
  readonly accessLog: string
  /** Starts a new process; resolves when it serves. */
  readonly start: () => Promise<void>
  /** Starts the next epoch beside the running one; resolves when it serves. The old one ends by itself later. */
  readonly restartHot: () => Promise<void>
  /** Resolves when only the newest process is left. */
  readonly parentGone: () => Promise<void>
  /** Ends all processes, as an orchestrator would. */
  readonly stop: () => Promise<void>
  readonly cleanUp: () => Promise<void>
  readonly output: () => string
}

/** Seconds within which a parent closes its connections, and after which it ends. */
const [DRAIN_S, PARENT_S] = [2, 5]

export async function createEnvoyRig(
  binary: string,
  upstream: Pick<Ports, 'http1' | 'http2' | 'grpc'>,
  additions: Additions = {},
): Promise<EnvoyRig> {
  const folder = mkdtempSync(join(tmpdir(), 'nines-envoy-'))
  const [admin, listener] = await freePorts(2)
  const ports = { admin: admin ?? 0, listener: listener ?? 0, ...upstream }
  const accessLog = join(folder, 'access.log')
  const config = join(folder, 'envoy.json')
  writeFileSync(config, JSON.stringify(bootstrapOf(ports, accessLog, additions), undefined, 1))
  const living = new Set<ChildProcess>()
  let output = ''
  let generation = 0
  let epoch = 0
  // Two rigs on one machine must not share memory; the port is theirs alone.
  const baseId = ports.admin

  const launch = async (): Promise<void> => {
    const child = spawn(
      binary,
      [
        `--config-path ${config} --concurrency 1 --log-level warning --file-flush-interval-msec 50`,
        `--base-id ${baseId} --restart-epoch ${epoch}`,
        `--drain-time-s ${DRAIN_S} --parent-shutdown-time-s ${PARENT_S} --drain-strategy immediate`,
      ].flatMap((line) => line.split(' ')),
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, RIG_GENERATION: String(generation) } },
    )
    living.add(child)
    child.once('exit', () => living.delete(child))
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-20_000)
      })
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`envoy ended with ${child.exitCode}:\n${output}`)
      return (await epochOf(`http://127.0.0.1:${ports.admin}`)) === epoch
    })
    generation++
  }
  return {
    admin: `127.0.0.1:${ports.admin}`,
    listener: ports.listener,
    accessLog,
    start: async () => {
      epoch = 0
      await launch()
    },
    restartHot: async () => {
      epoch++
      await launch()
    },
    parentGone: () => until(() => Promise.resolve(living.size <= 1)),
    stop: async () => {
      for (const child of living) child.kill('SIGTERM')
      await until(() => Promise.resolve(living.size === 0))
    },
    cleanUp: async () => {
      for (const child of living) child.kill('SIGKILL')
      await until(() => Promise.resolve(living.size === 0))
      rmSync(folder, { recursive: true, force: true })
    },
    output: () => output,
  }
}

/** The hot restart epoch of a live Envoy; undefined while it is not ready. */
async function epochOf(admin: string): Promise<number | undefined> {
  try {
    const response = await fetch(`${admin}/server_info`, { headers: { connection: 'close' } })
    const info = (await response.json()) as { state: string; command_line_options: { restart_epoch: number } }
    return info.state === 'LIVE' ? info.command_line_options.restart_epoch : undefined
  } catch {
    return undefined
  }
}

/** Waits for something that will be so; gives up after 20 seconds. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1_000; i++) {
    if (await isSo()) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('it did not come to pass within 20 seconds')
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => resolve(server))
        }),
    ),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
