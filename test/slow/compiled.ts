import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

/** Compiles `src` into a directory, for tests that need it in a process of its own; gives where it is. */
export function compileSource(directory: string): string {
  mkdirSync(directory, { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'))
  const options = [
    '--outDir',
    directory,
    '--rootDir',
    root,
    '--incremental',
    'false',
    '--tsBuildInfoFile',
    'null',
  ]
  const compiler = join(root, 'node_modules/.bin/tsc')
  execFileSync(compiler, ['-p', join(root, 'tsconfig.build.json'), ...options], { stdio: 'inherit' })
  return join(directory, 'src')
}
