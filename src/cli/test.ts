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
export function testScenarios(files: readonly ScenarioFile[], print: (line: string) => void): 0 | 1 | 2 {
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
  if (reports.some((report) => report.kind === 'faulty')) return 2
  return reports.some((r) => r.kind === 'played' && r.outcomes.some((o) => !o.holds)) ? 1 : 0
}
