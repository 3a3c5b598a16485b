import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ingestFiles, logSourceOptions } from '../src/collectors/index.ts'
import { writeEnvoyLog } from '../test/collectors/log/generate.ts'
import { TestLedger } from '../test/collectors/log/ledger.ts'
import { createTestWorld } from '../test/world.ts'

// How many lines of Envoy JSON one core reads, judges and counts in a second, beside JSON.parse of the same lines.
const directory = mkdtempSync(join(tmpdir(), 'nines-bench-'))
const path = join(directory, 'envoy.json')
const lines = Number(process.env['LINES'] ?? 300_000)
writeEnvoyLog(path, { lines, seed: 1, startMs: Date.UTC(2026, 2, 14, 10) })
const megabytes = statSync(path).size / 1e6

async function ingest(): Promise<number> {
  const options = logSourceOptions({ files: [path], format: 'envoy-json', service: { from: 'grpc_service' } })
  if (options.kind === 'failed') throw new Error(JSON.stringify(options.error))
  const began = process.cpuUsage()
  await ingestFiles(createTestWorld(), { name: 'bench', options: options.value, sink: new TestLedger() })
  const used = process.cpuUsage(began)
  return (used.user + used.system) / 1e6
}

async function parseOnly(): Promise<number> {
  const { readFileSync } = await import('node:fs')
  const began = process.cpuUsage()
  let sum = 0
  for (const line of readFileSync(path, 'latin1').split('\n'))
    if (line !== '') sum += JSON.parse(line).duration
  const used = process.cpuUsage(began)
  if (sum === 0) throw new Error('nothing was read')
  return (used.user + used.system) / 1e6
}

for (let round = 0; round < 3; round++)
  for (const [name, run] of [
    ['ingest', ingest],
    ['JSON.parse only', parseOnly],
  ] as const) {
    const cpu = await run()
    console.log(
      `${name.padEnd(16)} ${Math.round(lines / cpu / 1000)} k lines per CPU second, ${Math.round(megabytes / cpu)} MB/s`,
    )
  }
rmSync(directory, { recursive: true })
