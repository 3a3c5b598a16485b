#!/usr/bin/env node
import { setMaxListeners } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { CommanderError } from 'commander'
import { failed, type Result } from './base/index.ts'
import { loadConfig } from './cli/config.ts'
import { EXIT, type Io } from './cli/io.ts'
import {
  type AthenaSqlOptions,
  type BackfillCommandOptions,
  type Commands,
  createProgram,
  type DemoOptions,
  type DoctorOptions,
  type IngestOptions,
  type ServeOptions,
} from './cli/program.ts'
import type { DoctorSlackOptions } from './cli/program-slack.ts'
import { readSecret } from './cli/secret.ts'
import type { DatadogSlos } from './collectors/index.ts'
import { createSystem, type System, type SystemOptions } from './system.ts'

// argv → command. Each command's code is loaded when it runs, so that `nines validate` starts at once.

// This file runs as dist/src/main.js; definitions, policies and the built page stand beside dist.
const ROOT = resolve(import.meta.dirname, '../..')
const VERSION = versionOf(join(ROOT, 'package.json'))

const io: Io = {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  color: process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined,
  terminal: process.stderr.isTTY === true && process.env['CI'] === undefined,
  cwd: process.cwd(),
  env: process.env,
}

const commands: Commands = {
  serve: (options) => serve(options),
  demo: (options) => demo(options),
  validate: async (paths, options) => (await import('./cli/validate.ts')).validateCommand(io, paths, options),
  exportGrafana: async (path, options) =>
    (await import('./cli/grafana.ts')).grafanaCommand(io, path, options),
  exportDatadog: async (path) => (await import('./cli/datadog.ts')).datadogCommand(io, path),
  exportDatadogDashboard: async (path, options) =>
    (await import('./cli/datadog.ts')).datadogDashboardCommand(io, path, options),
  schema: async () => (await import('./cli/schema.ts')).schemaCommand(io),
  test: async (paths) => (await import('./cli/test.ts')).testCommand(io, paths),
  ingest: (files, options) => ingest(files, options),
  backfill: (options) => backfill(options),
  status: (options) =>
    withSystem(async (system, signal) =>
      (await import('./cli/status.ts')).statusCommand(io, system, { ...options, signal }),
    ),
  report: (options) =>
    withSystem(async (system) => (await import('./cli/report.ts')).reportCommand(io, system, options)),
  incidents: (options) =>
    withSystem(async (system) => (await import('./cli/incidents.ts')).incidentsCommand(io, system, options)),
  act: (incident, deeds, options) =>
    withSystem(async (system) =>
      (await import('./cli/incidents.ts')).actCommand(io, system, { incident, deeds, options }),
    ),
  declare: (title, options) =>
    withSystem(async (system) =>
      (await import('./cli/incidents.ts')).declareCommand(io, system, { ...options, title }),
    ),
  silences: (options) =>
    withSystem(async (system) => (await import('./cli/silences.ts')).silencesCommand(io, system, options)),
  silenceAdd: (matchers, options) =>
    withSystem(async (system) =>
      (await import('./cli/silences.ts')).silenceAddCommand(io, system, { ...options, matchers }),
    ),
  silenceEnd: (id, options) =>
    withSystem(async (system) =>
      (await import('./cli/silences.ts')).silenceEndCommand(io, system, { ...options, id }),
    ),
  journeys: (name, options) =>
    withSystem(async (system) =>
      (await import('./cli/journeys.ts')).journeysCommand(io, system, { ...options, name }),
    ),
  simulate: (journey, options) =>
    withSystem(async (system) =>
      (await import('./cli/simulate.ts')).simulateCommand(io, system, { ...options, journey }),
    ),
  providers: (options) =>
    withSystem(async (system) => (await import('./cli/providers.ts')).providersCommand(io, system, options)),
  postmortem: (incident, options) =>
    withSystem(async (system) =>
      (await import('./cli/postmortem.ts')).postmortemCommand(io, system, { ...options, incident }),
    ),
  gate: (options) =>
    withSystem(async (system) => (await import('./cli/gate.ts')).gateCommand(io, system, options)),
  routesShow: (options) =>
    withSystem(async (system) => (await import('./cli/routes.ts')).routesShowCommand(io, system, options)),
  routesTest: (options) =>
    withSystem(async (system) => (await import('./cli/routes.ts')).routesTestCommand(io, system, options)),
  reconcile: (options) =>
    withSystem(async (system) => (await import('./cli/reconcile.ts')).reconcileCommand(io, system, options)),
  doctor: (options) => withSystem((system) => doctor(system, options)),
  athenaDdl: async (options) => (await import('./athena.ts')).athenaDdlCommand(io, options),
  athenaSql: (options) => athenaSql(options),
  devAthena: (options) =>
    withSystem(async (_, signal) => {
      const { devAthenaCommand } = await import('./cli/dev/aws/command.ts')
      return devAthenaCommand(io, options, signal)
    }),
  import: (options) =>
    withSystem(async (system, signal) => {
      const { importCommand } = await import('./cli/import.ts')
      return importCommand(io, options, (details) => datadogSlos(system, details, signal))
    }),
  dev: (what, options) =>
    withSystem(async (system, signal) =>
      (await import('./cli/dev/command.ts')).devCommand(io, system, { what, options }, signal),
    ),
  doctorSlack: (options) => withSystem((system) => doctorSlack(system, options)),
  slackManifest: async (options) => {
    io.stdout((await import('./notify/index.ts')).manifestOf(options))
    return EXIT.ok
  },
}

async function main(): Promise<void> {
  const program = createProgram(VERSION, commands, (code) => {
    process.exitCode = code
  })
  try {
    await program.parseAsync(process.argv)
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.invalid
      return
    }
    io.stderr(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = EXIT.failed
  }
}

async function serve(options: ServeOptions): Promise<number> {
  const configured = configure(options)
  if (configured === undefined) return EXIT.invalid
  return withSystem(async (system, signal) => {
    const { serveConfigured } = await import('./serve.ts')
    return serveConfigured({
      system,
      io,
      signal,
      root: ROOT,
      version: VERSION,
      config: configured.config,
      base: configured.base,
    })
  }, configured.config.log)
}

async function demo(options: DemoOptions): Promise<number> {
  return withSystem(async (system, signal) => {
    const { serveDemo } = await import('./serve.ts')
    return serveDemo({ system, io, signal, root: ROOT, version: VERSION, options })
  })
}

async function ingest(files: readonly string[], options: IngestOptions): Promise<number> {
  const configured = configure(options)
  if (configured === undefined) return EXIT.invalid
  return withSystem(async (system, signal) => {
    const { ingestCommand } = await import('./ingest.ts')
    return ingestCommand({ system, io, signal, files, options, config: configured.config })
  }, configured.config.log)
}

async function backfill(options: BackfillCommandOptions): Promise<number> {
  const configured = configure(options)
  if (configured === undefined) return EXIT.invalid
  return withSystem(async (system, signal) => {
    const { backfillCommand } = await import('./backfill.ts')
    const policies = join(ROOT, 'slo-definitions/policies')
    return backfillCommand({ system, io, signal, options, policies, ...configured })
  }, configured.config.log)
}

async function athenaSql(options: AthenaSqlOptions): Promise<number> {
  const configured = configure(options)
  if (configured === undefined) return EXIT.invalid
  return withSystem(async (system) => {
    const { athenaSqlCommand } = await import('./athena.ts')
    const policies = join(ROOT, 'slo-definitions/policies')
    return athenaSqlCommand({ system, io, options, policies, ...configured })
  }, configured.config.log)
}

async function datadogSlos(
  system: System,
  details: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<Result<DatadogSlos, string>> {
  const { readDatadogSlos } = await import('./collectors/index.ts')
  const read = await readDatadogSlos(system, details, { base: io.cwd, environment: io.env }, signal)
  if (read.kind === 'ok') return read
  const faults = 'kind' in read.error ? [{ message: read.error.text, remedy: read.error.remedy }] : read.error
  return failed(faults.map(({ message, remedy }) => `${message}; ${remedy}`).join('\n'))
}

async function doctor(system: System, options: DoctorOptions): Promise<number> {
  const { doctorCommand } = await import('./cli/doctor.ts')
  const standalone = async () => {
    const { standaloneChecks } = await import('./cli/standalone.ts')
    const { sourceFaults } = await import('./service/index.ts')
    const file = configFile(options)
    const base = file === undefined ? io.cwd : dirname(resolve(io.cwd, file))
    return standaloneChecks(io, system, {
      version: VERSION,
      file,
      config: configOrWhy(file),
      faultsOf: async (sources) => sourceFaults(system, sources, base),
    })
  }
  return doctorCommand(io, system, { options, version: VERSION, standalone })
}

async function doctorSlack(system: System, options: DoctorSlackOptions): Promise<number> {
  const { slackDoctorCommand } = await import('./cli/doctor-slack.ts')
  const { examineSlack } = await import('./notify/index.ts')
  const loaded = configOrWhy(configFile(options))
  return slackDoctorCommand(io, { options, loaded, examine: (asked) => examineSlack(system, asked) })
}

/** A file that cannot be read is something that doctor finds, not what stops it. */
function configOrWhy(file: string | undefined): ReturnType<typeof loadConfig> {
  try {
    return loadConfig({ file, env: io.env, flags: {}, cwd: io.cwd })
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error))
  }
}

/** The file that was named, else the one in the working directory, if there is one. */
function configFile({ config }: { readonly config?: string }): string | undefined {
  return config ?? (existsSync(join(io.cwd, 'nines.yaml')) ? join(io.cwd, 'nines.yaml') : undefined)
}

/** The configuration that counts, or undefined after its faults have been told. */
function configure(flags: ServeOptions | IngestOptions | BackfillCommandOptions | AthenaSqlOptions) {
  const file = configFile(flags)
  const loaded = loadConfig({ file, env: io.env, flags, cwd: io.cwd })
  if (loaded.kind === 'failed') {
    io.stderr(`${loaded.error}\n`)
    return undefined
  }
  return { config: loaded.value, base: file === undefined ? io.cwd : dirname(resolve(io.cwd, file)) }
}

/** Runs with the real world; the first SIGINT or SIGTERM asks it to end, the second ends it. */
async function withSystem(
  run: (system: System, signal: AbortSignal) => Promise<number>,
  log: { readonly level: string; readonly format: string } = {
    level: readSecret(io.env, 'LOG_LEVEL') ?? 'info',
    format: 'auto',
  },
): Promise<number> {
  const stop = new AbortController()
  const onSignal = (): void => {
    if (stop.signal.aborted) process.kill(process.pid, 'SIGKILL')
    stop.abort(new Error('stopped by signal'))
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  const format: SystemOptions['logFormat'] =
    log.format === 'json' || (log.format === 'auto' && !io.terminal) ? 'json' : 'pretty'
  await using system = createSystem({ logLevel: log.level, logFormat: format, env: io.env })
  try {
    return await run(system, stop.signal)
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

function versionOf(path: string): string {
  const found: unknown = JSON.parse(readFileSync(path, 'utf8'))
  return typeof found === 'object' && found !== null && 'version' in found ? String(found.version) : 'unknown'
}

// Every loop waits on a few signals; how many listen to one says nothing about a leak.
setMaxListeners(0)
await main()
