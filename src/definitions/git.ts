import { spawn } from 'node:child_process'
import type { Origin } from './model.ts'

export type Commit = NonNullable<Origin['commit']>

/** Nothing that a repository's own settings could make git start, and nobody to ask for a password. */
const QUIET = ['-c', 'core.fsmonitor=false', '-c', 'core.quotePath=false', '-c', 'log.showSignature=false']
const MOST_OUTPUT = 16 * 1024 * 1024
const MOST_TIME_MS = 10_000

/**
 * The commit that last changed each file below a directory, by its path relative to it. One call for all files. Empty
 * outside a checkout, without git, or when git takes longer than ten seconds: definitions do not depend on it.
 */
export async function readCommits(
  dir: string,
  files: readonly string[],
): Promise<ReadonlyMap<string, Commit>> {
  const wanted = new Set(files)
  if (wanted.size === 0) return new Map()
  const format = '--format=%x01%H%x02%an%x02%ct'
  const [log, diff] = await Promise.all([
    git(dir, ['log', format, '--name-only', '--no-renames', '--relative', '-z', '--', '.']),
    git(dir, ['diff', '--name-only', '--no-ext-diff', '--no-renames', '--relative', '-z', 'HEAD', '--', '.']),
  ])
  if (log === undefined) return new Map()
  return commitsOf(log, { wanted, dirty: new Set((diff ?? '').split('\0')) })
}

/** The output of the log above: a header, then the names of its files; newest first, so the first mention counts. */
function commitsOf(
  log: string,
  known: { readonly wanted: ReadonlySet<string>; readonly dirty: ReadonlySet<string> },
): ReadonlyMap<string, Commit> {
  const commits = new Map<string, Commit>()
  let current: Omit<Commit, 'dirty'> | undefined
  for (const part of log.split('\0')) {
    const token = part.replace(/^\n+/, '')
    if (token.startsWith('\x01')) {
      const [id = '', author = '', at = '0'] = token.slice(1).trimEnd().split('\x02')
      current = { id, author, at: Number(at) }
    } else if (current && known.wanted.has(token) && !commits.has(token))
      commits.set(token, { ...current, dirty: known.dirty.has(token) })
  }
  return commits
}

function git(dir: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    // No name of a file is ever an argument, so none can be taken for an option.
    const child = spawn('git', [...QUIET, '-C', dir, ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: MOST_TIME_MS,
      env: environment(),
    })
    const chunks: Buffer[] = []
    let size = 0
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > MOST_OUTPUT) child.kill()
      else chunks.push(chunk)
    })
    child.on('error', () => resolve(undefined))
    child.on('close', (code) => resolve(code === 0 ? Buffer.concat(chunks).toString('utf8') : undefined))
  })
}

/** Hooks run with GIT_DIR and others set, which would point git to another repository. */
function environment(): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))
  return { ...Object.fromEntries(kept), GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' }
}
