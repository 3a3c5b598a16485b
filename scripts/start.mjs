// `npm start`: builds what is not built, then serves nines.yaml when there is one, else the demo estate.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')

/** The newest change below the paths, in milliseconds; 0 when nothing is there. */
function newest(...paths) {
  let latest = 0
  for (const path of paths.map((p) => join(root, p)).filter(existsSync)) {
    const files = statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, withFileTypes: true })
          .filter((e) => e.isFile())
          .map((e) => join(e.parentPath, e.name))
      : [path]
    for (const file of files) latest = Math.max(latest, statSync(file).mtimeMs)
  }
  return latest
}

function build(what, script, sources, product) {
  const path = join(root, product)
  if (existsSync(path) && statSync(path).mtimeMs >= newest(...sources)) return
  process.stderr.write(`building ${what} …\n`)
  const done = spawnSync('npm', ['run', '--silent', script], { cwd: root, stdio: ['ignore', 2, 2] })
  if (done.status !== 0) process.exit(done.status ?? 1)
}

build('the service', 'build:server', ['src', 'tsconfig.json', 'package-lock.json'], 'dist/.built')
build(
  'the page',
  'build:web',
  ['dashboards/web', 'src/contract', 'src/charts', 'package-lock.json'],
  'dist/web/index.html',
)

const given = process.argv.slice(2)
process.argv.splice(
  2,
  process.argv.length,
  ...(given.length > 0 ? given : existsSync('nines.yaml') ? ['serve'] : ['demo']),
)
await import(join(root, 'dist/src/main.js'))
