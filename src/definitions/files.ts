import { constants } from 'node:fs'
import { type FileHandle, open, readdir, realpath, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import type { DefinitionFile } from './documents.ts'
import { LIMITS } from './guard.ts'
import type { Problem } from './model.ts'
import type { ProblemCode } from './problems.ts'

/** What stands in a directory of definitions. */
export interface ReadTree {
  /** False when the directory itself is not there or cannot be listed. */
  readonly found: boolean
  /** In order of name. */
  readonly files: readonly DefinitionFile[]
  /** Files that are there and could not be read, with why. */
  readonly unread: readonly Problem[]
}

/** No honest estate has more files; beyond it something else is being read. */
const MOST_FILES = 20_000

/**
 * Reads every `.yaml` and `.yml` below a directory. Names that begin with a dot are left out, so of a mounted ConfigMap
 * the files are read and its `..data` is not. A symlink is followed as long as it stays in the directory.
 */
export async function readTree(dir: string): Promise<ReadTree> {
  try {
    const root = await realpath(dir)
    const tree: Tree = { root, files: [], unread: [], visited: new Set([root]) }
    await walk(tree, root, '')
    return { found: true, files: tree.files, unread: tree.unread }
  } catch (error) {
    return { found: false, files: [], unread: [problemOf('.', 'NINES-1012', unreadable(dir, error))] }
  }
}

/** Reads one file that is named directly; `file` is the name it is told by. */
export async function readDefinitionFile(path: string, file: string): Promise<DefinitionFile | Problem> {
  try {
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const info = await handle.stat()
    if (!info.isFile()) throw new Error('it is not a file')
    if (info.size > LIMITS.bytes) return problemOf(file, 'NINES-1001', tooLarge(info.size))
    return decode(file, await readBytes(handle, info.size))
  } catch (error) {
    return problemOf(file, 'NINES-1012', unreadable(file, error))
  }
}

export const isProblem = (read: DefinitionFile | Problem): read is Problem => 'code' in read

interface Tree {
  readonly root: string
  readonly files: DefinitionFile[]
  readonly unread: Problem[]
  /** Directories by their real path: links that lead in circles are walked once. */
  readonly visited: Set<string>
}

async function walk(tree: Tree, dir: string, below: string): Promise<void> {
  const entries = await readdir(dir, { withFileTypes: true })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
    const name = below === '' ? entry.name : `${below}/${entry.name}`
    const yaml = /\.ya?ml$/i.test(entry.name)
    if (entry.isFile() && yaml) await readInto(tree, join(dir, entry.name), name)
    else if (entry.isDirectory() || entry.isSymbolicLink() || yaml)
      await visit(tree, { path: join(dir, entry.name), name, link: entry.isSymbolicLink(), yaml })
  }
}

async function visit(
  tree: Tree,
  entry: { readonly path: string; readonly name: string; readonly link: boolean; readonly yaml: boolean },
): Promise<void> {
  try {
    const real = await realpath(entry.path)
    if (entry.link && !isBelow(tree.root, real)) {
      tree.unread.push(problemOf(entry.name, 'NINES-1012', leadsOut(entry.name)))
      return
    }
    const info = await stat(real)
    if (info.isDirectory()) {
      if (tree.visited.has(real)) return
      tree.visited.add(real)
      await walk(tree, real, entry.name)
    } else if (entry.yaml) await readInto(tree, real, entry.name)
  } catch (error) {
    // A directory may go between the listing and the look at it; whoever deleted it knows.
    if (!entry.link && errorCode(error) === 'ENOENT') return
    if (entry.yaml || errorCode(error) !== 'ENOENT')
      tree.unread.push(problemOf(entry.name, 'NINES-1012', unreadable(entry.name, error)))
  }
}

async function readInto(tree: Tree, path: string, name: string): Promise<void> {
  if (tree.files.length >= MOST_FILES) {
    if (tree.files.length === MOST_FILES && tree.unread.every((problem) => problem.file !== name))
      tree.unread.push(problemOf(name, 'NINES-1012', tooMany()))
    return
  }
  const read = await readDefinitionFile(path, name)
  if (isProblem(read)) tree.unread.push(read)
  else tree.files.push(read)
}

function isBelow(root: string, path: string): boolean {
  const way = relative(root, path)
  return way !== '..' && !way.startsWith(`..${sep}`)
}

/** What the file held when it was looked at; one that grows meanwhile is read again at the next look. */
async function readBytes(handle: FileHandle, size: number): Promise<Uint8Array> {
  const buffer = Buffer.alloc(size)
  let length = 0
  while (length < size) {
    const { bytesRead } = await handle.read(buffer, length, size - length, length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return buffer.subarray(0, length)
}

function decode(file: string, bytes: Uint8Array): DefinitionFile | Problem {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  try {
    return { file, text: decoder.decode(bytes) }
  } catch {
    const line = firstBadLine(bytes)
    return {
      ...problemOf(file, 'NINES-1002', {
        message: `line ${line} is not UTF-8`,
        remedy: 'Save the file as UTF-8; in most editors this is in the status bar.',
      }),
      line,
    }
  }
}

/** Line ends are single bytes in UTF-8, so a line can be decoded by itself. */
function firstBadLine(bytes: Uint8Array): number {
  let start = 0
  for (let line = 1; start <= bytes.length; line++) {
    const found = bytes.indexOf(10, start)
    const end = found === -1 ? bytes.length : found
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, end))
    } catch {
      return line
    }
    start = end + 1
  }
  return 1
}

interface Wording {
  readonly message: string
  readonly remedy: string
}

export function problemOf(file: string, code: ProblemCode, text: Wording): Problem {
  return { code, severity: 'error', file, line: 1, column: 1, length: 1, ...text, sourceLine: '' }
}

function tooLarge(size: number): Wording {
  return {
    message: `the file has ${size} bytes; at most ${LIMITS.bytes} are read`,
    remedy: 'Split it into several files of the same directory.',
  }
}

const tooMany = (): Wording => ({
  message: `there are more than ${MOST_FILES} files`,
  remedy: 'Point to the directory that holds the definitions and nothing else.',
})

const leadsOut = (name: string): Wording => ({
  message: `${name} is a symlink that leads out of the definitions' directory`,
  remedy: 'Copy the file into the directory, or point to the directory that holds both.',
})

function unreadable(name: string, error: unknown): Wording {
  const reason = error instanceof Error ? error.message : String(error)
  const missing = errorCode(error) === 'ENOENT'
  return {
    message: missing ? `${name} does not exist` : `${name} cannot be read: ${reason}`,
    remedy: missing ? 'Check the path.' : 'Check that it is a regular file and that this user may read it.',
  }
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
