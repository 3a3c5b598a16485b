// `npm run bench [name …]`: runs the benchmarks one after the other; each prints its own comparison.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const wanted = process.argv.slice(2)
const all = readdirSync(join(root, 'bench'))
  .filter((f) => f.endsWith('.ts'))
  .map((f) => f.slice(0, -3))
  .sort()
let status = 0
for (const name of all.filter((n) => wanted.length === 0 || wanted.includes(n))) {
  process.stdout.write(`\n== ${name}\n`)
  const built = join(root, 'dist/bench', `${name}.js`)
  status ||= spawnSync(process.execPath, ['--expose-gc', built], { cwd: root, stdio: 'inherit' }).status ?? 1
}
process.exitCode = status
