import { readdir, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { EXIT, type Io } from './io.ts'
import { parseScenario } from './scenario/parse.ts'
import { type Outcome, runScenario } from './scenario/run.ts'

/** One file of a scenario, read by the caller. */
export interface ScenarioFile {
  readonly path: string
  readonly text: string
}

/** What came of a file: its faults, or what was asked with what was answered. */
export type ScenarioReport =
  | { readonly kind: 'faulty'; readonly file: string; readonly problems: readonly string[] }
  | {
      readonly kind: 'played'
      readonly file: string
      readonly name: string
      readonly outcomes: readonly Outcome[]
    }

/** Plays one scenario: `nines test test/scenarios/*.scenario`. */
export function playScenario({ path, text }: ScenarioFile): ScenarioReport {
  const scenario = parseScenario(path, text)
  if (scenario.kind === 'failed') {
    const problems = scenario.error.map((p) => `${p.file}:${p.line}: ${p.message}. ${p.remedy}`)
    return { kind: 'faulty', file: path, problems }
  }
  return { kind: 'played', file: path, name: scenario.value.name, outcomes: runScenario(scenario.value) }
}

/**
 * Plays scenarios and prints one line for each, with what did not hold below it. Gives the exit code: 0 when all of
 * it holds, 1 when something does not, 2 when a file cannot be read as a scenario.
 */
export function testScenarios(files: readonly ScenarioFile[], print: (line: string) => void): number {
  const reports = files.map(playScenario)
  for (const report of reports) {
    if (report.kind === 'faulty') {
      for (const problem of report.problems) print(problem)
      continue
    }
    const broken = report.outcomes.filter((outcome) => !outcome.holds)
    print(`${broken.length === 0 ? 'ok  ' : 'FAIL'} ${report.file}: ${report.name}`)
    for (const { line, asked, expected, actual } of broken)
      print(`     ${report.file}:${line}: ${asked} is ${actual}, expected ${expected}`)
  }
  if (reports.some((report) => report.kind === 'faulty')) return EXIT.invalid
  return reports.some((r) => r.kind === 'played' && r.outcomes.some((o) => !o.holds)) ? EXIT.failed : EXIT.ok
}

/** `nines test`: plays the scenarios named, and those of directories (`*.scenario`). */
export async function testCommand(io: Io, paths: readonly string[]): Promise<number> {
  const read: ScenarioFile[] = []
  for (const path of paths) {
    const found = await readScenarios(io, path)
    if (found.length === 0) {
      io.stderr(`${path}: no scenario is there. Name a file, or a directory with *.scenario files\n`)
      return EXIT.invalid
    }
    read.push(...found)
  }
  const code = testScenarios(read, (line) => io.stdout(`${line}\n`))
  io.stderr(`${read.length} ${read.length === 1 ? 'scenario' : 'scenarios'} played\n`)
  return code
}

/** Empty when there is nothing at the path, or nothing that can be read. */
async function readScenarios(io: Io, path: string): Promise<readonly ScenarioFile[]> {
  const full = resolve(io.cwd, path)
  const kind = await stat(full).catch(() => undefined)
  if (!kind) return []
  if (!kind.isDirectory()) return [{ path, text: await readFile(full, 'utf8') }]
  const names = (await readdir(full)).filter((name) => name.endsWith('.scenario')).sort()
  return Promise.all(
    names.map(async (name) => ({ path: join(path, name), text: await readFile(join(full, name), 'utf8') })),
  )
}
