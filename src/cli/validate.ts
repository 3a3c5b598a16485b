import { stat } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import {
  type DefinitionFile,
  type Definitions,
  formatProblems,
  loadDefinitions,
  type Problem,
  type ProblemFormat,
  readDefinitionFile,
  readTree,
} from '../definitions/index.ts'
import { EXIT, type Io } from './io.ts'

export interface ValidateOptions {
  /** @default 'text' */
  readonly output?: ProblemFormat
  /** Holds files to the letter of OpenSLO v1. */
  readonly strict?: boolean
  /** Exit with 3 when there are warnings and no errors. */
  readonly lintFatal?: boolean
  /** The files are a part of the definitions: what they name and do not define is a warning. */
  readonly part?: boolean
  /** What `-` reads. @default the process's standard input */
  readonly stdin?: () => Promise<string>
}

/**
 * Checks files and directories (`.` when none is named, `-` for standard input). Problems go to stdout, the summary to
 * stderr. Exit codes: 0 all is well, 2 something is invalid, 3 warnings with `lintFatal`.
 */
export async function validateCommand(
  io: Pick<Io, 'stdout' | 'stderr' | 'color' | 'cwd'>,
  paths: readonly string[],
  options: ValidateOptions = {},
): Promise<number> {
  const read: Read = { files: [], problems: [] }
  const wanted = paths.length === 0 ? ['.'] : paths
  for (const path of wanted) await readPath(io, path, { read, options })
  const files = [...new Map(read.files.map((file) => [file.file, file])).values()]
  const definitions = loadDefinitions(files, { strict: options.strict ?? false })
  const told = [...read.problems, ...definitions.problems]
  const problems = options.part ? told.map(tolerateReference) : told
  io.stdout(formatProblems(problems, { color: io.color, format: options.output ?? 'text' }))
  io.stderr(summary(files.length, definitions, problems))
  if (problems.some((problem) => problem.severity === 'error')) return EXIT.invalid
  return options.lintFatal && problems.length > 0 ? EXIT.warned : EXIT.ok
}

/** What a part of the definitions names may be defined in another. */
const tolerateReference = (problem: Problem): Problem =>
  problem.code === 'NINES-1203' ? { ...problem, severity: 'warning' } : problem

interface Read {
  readonly files: DefinitionFile[]
  readonly problems: Problem[]
}

async function readPath(
  io: Pick<Io, 'cwd'>,
  path: string,
  into: { readonly read: Read; readonly options: ValidateOptions },
): Promise<void> {
  const { read, options } = into
  if (path === '-') {
    const stdin = options.stdin ?? (() => text(process.stdin))
    read.files.push({ file: '<stdin>', text: await stdin() })
    return
  }
  const full = isAbsolute(path) ? path : resolve(io.cwd, path)
  const shown = relative(io.cwd, full) || '.'
  const name = (below: string): string => (shown === '.' ? below : join(shown, below))
  if (!(await isDirectory(full))) {
    const file = await readDefinitionFile(full, shown)
    if ('code' in file) read.problems.push(file)
    else read.files.push(file)
    return
  }
  const tree = await readTree(full)
  read.files.push(...tree.files.map((file) => ({ ...file, file: name(file.file) })))
  read.problems.push(...tree.unread.map((problem) => ({ ...problem, file: name(problem.file) })))
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    // What does not exist is told by whoever tries to read it as a file.
    return false
  }
}

function summary(files: number, definitions: Definitions, problems: readonly Problem[]): string {
  const errors = problems.filter((problem) => problem.severity === 'error').length
  const parts = [counted(files, 'file'), counted(definitions.slos.length, 'SLO')]
  parts.push(counted(errors, 'error'), counted(problems.length - errors, 'warning'))
  return `${parts.join(', ')}\n`
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
