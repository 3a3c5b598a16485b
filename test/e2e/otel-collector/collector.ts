import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** The OpenTelemetry Collector to test with: `NINES_OTELCOL`, or `otelcol` on the path. Undefined when there is none. */
export function findCollector(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = environment['NINES_OTELCOL']
  const candidates = [
    ...(named === undefined ? [] : [named]),
    ...(environment['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'otelcol')),
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

export interface Ports {
  /** Where it receives what it sends on over gRPC, and over HTTP. */
  readonly toGrpc: number
  readonly toHttp: number
  /** Where Nines listens. */
  readonly grpc: number
  readonly http: number
}

export interface RunningCollector {
  /** All that it said so far. */
  readonly said: () => string
  /** Ends it in order: it sends what it still holds. */
  readonly stop: () => Promise<void>
}

/** Starts it with a receiver for each of the two ways on; the exporters are as they come, but for the address. */
export async function startCollector(binary: string, ports: Ports): Promise<RunningCollector> {
  const directory = mkdtempSync(join(tmpdir(), 'nines-otelcol-'))
  const file = join(directory, 'config.yaml')
  writeFileSync(file, configuration(ports))
  const child = spawn(binary, ['--config', `file:${file}`], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await ready(child, () => said)
  return {
    said: () => said,
    stop: async () => {
      child.kill('SIGTERM')
      await exited
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function ready(child: ChildProcess, said: () => string): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 50) {
    if (said().includes('Everything is ready')) return
    if (child.exitCode !== null) break
    await delay(50)
  }
  child.kill('SIGKILL')
  throw new Error(`the collector does not start:\n${said()}`)
}

function configuration({ toGrpc, toHttp, grpc, http }: Ports): string {
  const pipelines = ['traces', 'metrics', 'logs'].flatMap((signal) => [
    `    ${signal}/grpc: { receivers: [otlp/grpc], exporters: [otlp] }`,
    `    ${signal}/http: { receivers: [otlp/http], exporters: [otlphttp] }`,
  ])
  return `receivers:
  otlp/grpc: { protocols: { http: { endpoint: "127.0.0.1:${toGrpc}" } } }
  otlp/http: { protocols: { http: { endpoint: "127.0.0.1:${toHttp}" } } }
exporters:
  otlp: { endpoint: "127.0.0.1:${grpc}", tls: { insecure: true } }
  otlphttp: { endpoint: "http://127.0.0.1:${http}" }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
${pipelines.join('\n')}
`
}
