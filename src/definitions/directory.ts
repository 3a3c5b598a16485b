import { relative, sep } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { watch } from 'chokidar'
import type { World } from '../base/index.ts'
import type { DefinitionFile } from './documents.ts'
import { problemOf, type ReadTree, readTree } from './files.ts'
import { type Commit, readCommits } from './git.ts'
import { assemble, type CheckedFile, checkFile, type Loaded, NOTHING_LOADED } from './load.ts'
import type { Definitions, Problem } from './model.ts'

export interface DirectoryOptions {
  /** Where the definitions stand. */
  readonly dir: string
  /** Burn policies kept elsewhere; they are read as if they stood in `dir` under `policies/`. */
  readonly policiesDir?: string
  readonly strict?: boolean
  /** Called after a load that changed something, one call at a time. */
  readonly onChange?: (definitions: Definitions) => void | Promise<void>
  /** How long after a change to wait for more of them. @default {250} */
  readonly debounceMs?: number
  /** How often to look even when nothing was reported: not every file system reports. @default {30000} */
  readonly pollMs?: number
}

/** A directory of definitions. What breaks in it stays as it last was good. */
export interface DefinitionsDirectory {
  /** As of the last load; empty before the first. */
  readonly current: () => Definitions
  /** Reads the directory now. Never rejects for what stands in it. */
  readonly load: () => Promise<Definitions>
  /** Loads, then watches until the signal is aborted. */
  readonly run: (signal: AbortSignal) => Promise<void>
}

export function createDefinitionsDirectory(world: World, options: DirectoryOptions): DefinitionsDirectory {
  let loaded: Loaded = NOTHING_LOADED
  let seen: Seen | undefined
  let checked: ReadonlyMap<string, Checked> = new Map()
  let last: Promise<unknown> = Promise.resolve()

  const loadNow = async (): Promise<Definitions> => {
    const tree = await readBoth(options)
    const gone = goneProblem(options.dir, tree, loaded)
    if (gone) {
      const problems = [...tree.unread.filter((problem) => problem.file !== '.'), gone]
      return publish({ ...loaded, definitions: { ...loaded.definitions, problems } }, { files: [], problems })
    }
    const commits = await commitsFor(options.dir, tree, seen)
    const next = { files: tree.files, problems: tree.unread, commits }
    if (seen && sameAs(seen, next)) return loaded.definitions
    checked = await checkAll(world, tree.files, { earlier: checked, strict: options.strict ?? false })
    const files = [...[...checked.values()].map((entry) => entry.checked), ...tree.unread.map(unreadFile)]
    return publish(assemble(files, { strict: options.strict ?? false, commits }, loaded), next)
  }

  const publish = async (next: Loaded, look: Seen): Promise<Definitions> => {
    const changed = seen === undefined || !sameAs(seen, look)
    loaded = next
    seen = look
    if (changed) {
      const { slos, problems } = next.definitions
      const errors = problems.filter((problem) => problem.severity === 'error').length
      world.log.info('definitions loaded', { slos: slos.length, errors, warnings: problems.length - errors })
      await options.onChange?.(next.definitions)
    }
    return next.definitions
  }

  const load = (): Promise<Definitions> => {
    const result = last.then(loadNow)
    last = result.catch(() => undefined)
    return result
  }

  return { current: () => loaded.definitions, load, run: (signal) => runUntil(world, options, load, signal) }
}

/** What the last look found, to tell whether anything changed since. */
interface Seen {
  readonly files: readonly DefinitionFile[]
  readonly problems: readonly Problem[]
  readonly commits?: ReadonlyMap<string, Commit>
}

function sameAs(a: Seen, b: Seen): boolean {
  return (
    a.files.length === b.files.length &&
    a.files.every((file, i) => file.file === b.files[i]?.file && file.text === b.files[i]?.text) &&
    JSON.stringify([a.problems, [...(a.commits ?? [])]]) ===
      JSON.stringify([b.problems, [...(b.commits ?? [])]])
  )
}

/** A directory that is gone or empty is a mount or a checkout in between, so nothing that worked is taken away. */
function goneProblem(dir: string, tree: ReadTree, loaded: Loaded): Problem | undefined {
  if (tree.found && (tree.files.length > 0 || tree.unread.length > 0)) return undefined
  const kept = loaded.documents.size > 0 ? '; the last definitions stay' : ''
  const problem = problemOf('.', 'NINES-1013', {
    message: tree.found
      ? `${dir} holds no .yaml file${kept}`
      : `${dir} is not a directory that can be read${kept}`,
    remedy: tree.found
      ? 'Write a first definition there, or correct the path.'
      : 'Create it, or correct the path.',
  })
  return tree.found && kept === '' ? { ...problem, severity: 'warning' } : problem
}

async function readBoth(options: DirectoryOptions): Promise<ReadTree> {
  const tree = await readTree(options.dir)
  const { policiesDir } = options
  if (policiesDir === undefined || isBelow(options.dir, policiesDir)) return tree
  const policies = await readTree(policiesDir)
  const prefixed = <T extends { readonly file: string }>(item: T): T => ({
    ...item,
    file: `policies/${item.file}`,
  })
  return {
    found: tree.found,
    files: [...tree.files, ...(tree.files.length > 0 ? policies.files.map(prefixed) : [])],
    unread: [...tree.unread, ...(policies.found ? policies.unread.map(prefixed) : [])],
  }
}

function isBelow(dir: string, path: string): boolean {
  const way = relative(dir, path)
  return way !== '..' && !way.startsWith(`..${sep}`)
}

/** Asks git only when a text changed, or a file waited to be committed. */
async function commitsFor(
  dir: string,
  tree: ReadTree,
  seen: Seen | undefined,
): Promise<ReadonlyMap<string, Commit>> {
  const { files, unread: problems } = tree
  const settled = files.every(({ file }) => seen?.commits?.get(file)?.dirty === false)
  const known = seen?.commits
  if (known && settled && sameAs({ ...seen, commits: known }, { files, problems, commits: known }))
    return known
  return await readCommits(
    dir,
    files.map(({ file }) => file),
  )
}

interface Checked {
  readonly text: string
  readonly checked: CheckedFile
}

/** Reading YAML is the slow part: what has not changed is kept, and between stretches others get their turn. */
async function checkAll(
  world: World,
  files: readonly DefinitionFile[],
  options: { readonly earlier: ReadonlyMap<string, Checked>; readonly strict: boolean },
): Promise<ReadonlyMap<string, Checked>> {
  const all = new Map<string, Checked>()
  let since = world.clock.monotonicMs()
  for (const file of files) {
    const known = options.earlier.get(file.file)
    const checked = known?.text === file.text ? known.checked : checkFile(file, options.strict)
    all.set(file.file, { text: file.text, checked })
    if (world.clock.monotonicMs() - since < STRETCH_MS) continue
    await nextTurn()
    since = world.clock.monotonicMs()
  }
  return all
}

const STRETCH_MS = 20

function unreadFile(problem: Problem): CheckedFile {
  return { file: problem.file, readable: false, documents: [], nameless: true, problems: [problem] }
}

async function runUntil(
  world: World,
  options: DirectoryOptions,
  load: () => Promise<Definitions>,
  signal: AbortSignal,
): Promise<void> {
  const { debounceMs = 250, pollMs = 30_000 } = options
  const dirs = [options.dir, ...(options.policiesDir === undefined ? [] : [options.policiesDir])]
  const watcher = watch(dirs, {
    ignoreInitial: true,
    ignored: (path) => /[\\/](\.git|node_modules)([\\/]|$)/.test(path),
  })
  let changed = false
  let wake = (): void => undefined
  watcher.on('all', () => {
    changed = true
    wake()
  })
  watcher.on('error', (error) => {
    world.log.warn('definitions are only looked at, not watched', { error: String(error), everyMs: pollMs })
  })
  try {
    while (!signal.aborted) {
      await load().catch((error: unknown) => world.log.error('definitions could not be loaded', { error }))
      const waiting = new AbortController()
      const woken = new Promise<void>((resolve) => {
        wake = resolve
      })
      // The wait ends by a change, by time, or by the end of the run; each of them is answered by the next turn.
      if (!changed)
        await Promise.race([woken, rest(world, pollMs, AbortSignal.any([signal, waiting.signal]))])
      waiting.abort()
      if (changed) await rest(world, debounceMs, signal)
      changed = false
    }
  } finally {
    await watcher.close()
  }
}

/** Sleeps; an abort ends the sleep early and is no failure. */
async function rest(world: World, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await world.clock.sleep(ms, signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
