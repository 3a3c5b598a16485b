// `npm run check`: types, lint, format, layers, unit and property tests, side by side; what failed is told at the end.
import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

const root = resolve(import.meta.dirname, '..')
const bin = (name) => resolve(root, 'node_modules/.bin', name)
// What did not change since the last time is not looked at again.
const remembered = (name) => [
  '--incremental',
  '--tsBuildInfoFile',
  `node_modules/.cache/nines/${name}.tsbuildinfo`,
]
const CHECKS = [
  ['types', bin('tsc'), ['--noEmit', ...remembered('all')]],
  ['types of the page', bin('tsc'), ['--noEmit', '-p', 'dashboards/web', ...remembered('page')]],
  ['format', bin('biome'), ['check']],
  ['lint', bin('oxlint'), ['--type-aware']],
]
const TESTS = [
  'tests',
  bin('vitest'),
  ['run', '--project', 'unit', '--reporter', 'dot', '--maxWorkers', '2', '--experimental.fsModuleCache'],
]

function run([name, command, args]) {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd: root, env: { NINES_PROPERTY_RUNS: '20', ...process.env } })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data))
    child.on('close', (code) => done({ name, code, output }))
  })
}

const started = Date.now()
const oneByOne = async () => {
  const results = []
  for (const check of CHECKS) results.push(await run(check))
  return results
}
const results = (await Promise.all([oneByOne(), run(TESTS)])).flat()
for (const { name, code, output } of results) {
  if (code !== 0) process.stdout.write(`\n== ${name} failed\n${output}`)
}
const tests = results.at(-1)
const count = /Tests\s+(.*)/.exec(stripVTControlCharacters(tests.output))?.[1] ?? 'no test ran'
const failed = results.filter(({ code }) => code !== 0).map(({ name }) => name)
const time = `${((Date.now() - started) / 1000).toFixed(1)} s`
process.stdout.write(
  failed.length === 0
    ? `types, format, lint and tests hold (${count}), ${time}\n`
    : `\n${failed.join(', ')} failed, ${time}\n`,
)
process.exitCode = failed.length === 0 ? 0 : 1
