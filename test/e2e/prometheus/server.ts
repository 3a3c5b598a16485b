import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A program on the path, or the one that the variable names. Undefined when there is none. */
export function findProgram(name: string, variable: string): string | undefined {
  const named = process.env[variable]
  const candidates = [
    ...(named === undefined ? [] : [named]),
    ...(process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name)),
  ]
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** A server on loopback with data of its own. */
export interface Server extends AsyncDisposable {
  readonly url: string
}

/** Every series as one line a sample: a metric with its labels, a value, an instant in seconds. */
export interface Dump {
  readonly type: 'counter' | 'gauge'
  /** The name without `_total`. */
  readonly family: string
  readonly lines: readonly {
    readonly series: string
    readonly samples: readonly (readonly [at: number, value: number])[]
  }[]
}

/** Prometheus over a TSDB that promtool made from the dumps. */
export async function startPrometheus(
  binaries: { readonly prometheus: string; readonly promtool: string },
  dumps: readonly Dump[],
): Promise<Server> {
  const dir = mkdtempSync(join(tmpdir(), 'nines-prometheus-'))
  const text = dumps.flatMap(({ type, family, lines }) => [
    `# TYPE ${family} ${type}`,
    ...lines.flatMap(({ series, samples }) => samples.map(([at, value]) => `${series} ${value} ${at}`)),
  ])
  writeFileSync(join(dir, 'dump.txt'), `${text.join('\n')}\n# EOF\n`)
  const data = join(dir, 'data')
  const made = spawn(
    binaries.promtool,
    ['tsdb', 'create-blocks-from', '--max-block-duration=200h', 'openmetrics', join(dir, 'dump.txt'), data],
    { stdio: 'ignore' },
  )
  if ((await exitOf(made)) !== 0) throw new Error('promtool could not read the dump')
  writeFileSync(join(dir, 'prometheus.yml'), 'scrape_configs: []\n')
  const port = await freePort()
  const child = spawn(
    binaries.prometheus,
    [
      `--config.file=${join(dir, 'prometheus.yml')}`,
      `--storage.tsdb.path=${data}`,
      '--storage.tsdb.retention.time=400d',
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  )
  return serverOf(child, { dir, url: `http://127.0.0.1:${port}`, ready: '/-/ready' })
}

/** VictoriaMetrics with the dumps imported over HTTP. */
export async function startVictoriaMetrics(binary: string, dumps: readonly Dump[]): Promise<Server> {
  const dir = mkdtempSync(join(tmpdir(), 'nines-victoria-'))
  const port = await freePort()
  const child = spawn(
    binary,
    [
      `-storageDataPath=${join(dir, 'data')}`,
      `-httpListenAddr=127.0.0.1:${port}`,
      '-retentionPeriod=100y',
      '-memory.allowedBytes=512MB',
    ],
    { stdio: 'ignore' },
  )
  const server = await serverOf(child, { dir, url: `http://127.0.0.1:${port}`, ready: '/health' })
  for (const { lines } of dumps)
    for (const { series, samples } of lines) {
      const body = samples.map(([at, value]) => `${series} ${value} ${Math.round(at * 1_000)}`).join('\n')
      const answer = await fetch(`${server.url}/api/v1/import/prometheus`, { method: 'POST', body })
      if (!answer.ok) throw new Error(`the import was refused: ${answer.status}`)
    }
  await fetch(`${server.url}/internal/force_flush`)
  return server
}

async function serverOf(
  child: ChildProcess,
  { dir, url, ready }: { readonly dir: string; readonly url: string; readonly ready: string },
): Promise<Server> {
  const ended = exitOf(child)
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
    rmSync(dir, { recursive: true, force: true })
  }
  for (let tries = 0; tries < 300; tries++) {
    const answer = await fetch(`${url}${ready}`).catch(() => undefined)
    if (answer?.ok) return { url, [Symbol.asyncDispose]: stop }
    if (child.exitCode !== null) break
    await sleep(100)
  }
  await stop()
  throw new Error(`${url} did not become ready`)
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode
  return await new Promise((resolve, reject) => child.once('exit', resolve).once('error', reject))
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('there is no free port')
  return address.port
}
