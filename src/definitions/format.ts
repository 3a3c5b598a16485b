import picocolors from 'picocolors'
import type { Problem } from './model.ts'
import { PROBLEMS } from './problems.ts'

export type ProblemFormat = 'text' | 'json' | 'github' | 'sarif'

/** Problems as people or tools read them. Text and `github` are empty when there are none; the others never are. */
export function formatProblems(
  problems: readonly Problem[],
  options: { readonly color: boolean; readonly format: ProblemFormat },
): string {
  switch (options.format) {
    case 'text':
      return problems.map((problem) => textOf(problem, options.color)).join('\n')
    case 'json':
      return `${JSON.stringify({ version: 1, problems }, null, 2)}\n`
    case 'github':
      return problems.map(annotationOf).join('')
    case 'sarif':
      return `${JSON.stringify(sarifOf(problems), null, 2)}\n`
    default:
      return options.format satisfies never
  }
}

/** The longest part of a line that is shown; the caret stays in it. */
const SHOWN = 120

function textOf(problem: Problem, color: boolean): string {
  const paint = picocolors.createColors(color)
  const level = problem.severity === 'error' ? paint.red('error') : paint.yellow('warning')
  const place = paint.bold(`${plain(problem.file)}:${problem.line}:${problem.column}`)
  const lines = [`${place} ${level} ${problem.code}: ${plain(problem.message)}`]
  if (problem.sourceLine.trim() !== '') {
    const { before, marked, after } = window(problem)
    const number = String(problem.line)
    const margin = ' '.repeat(number.length)
    lines.push(`  ${paint.dim(`${number} |`)} ${plain(before + marked + after)}`)
    const caret = '^'.repeat(Math.max(1, width(marked)))
    lines.push(`  ${paint.dim(`${margin} |`)} ${blank(before)}${paint.red(caret)}`)
  }
  lines.push(`  ${paint.cyan(plain(problem.remedy))}`)
  return `${lines.join('\n')}\n`
}

/** The stretch of the line around the caret. */
function window(problem: Problem): {
  readonly before: string
  readonly marked: string
  readonly after: string
} {
  const { sourceLine, column, length } = problem
  const start = Math.max(0, column - 1)
  const end = Math.min(sourceLine.length, start + Math.min(length, SHOWN / 2))
  const from = end <= SHOWN ? 0 : Math.max(0, start - SHOWN / 3)
  const to = Math.min(sourceLine.length, from + SHOWN)
  return {
    before: (from > 0 ? '…' : '') + sourceLine.slice(from, start),
    marked: sourceLine.slice(start, end),
    after: sourceLine.slice(end, to) + (to < sourceLine.length ? '…' : ''),
  }
}

/** Text that came from a file must not steer a terminal: control and direction characters are shown by their code. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, (c) =>
    c === '\t' ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** As many blanks as the text is wide; tabs stay, so that they line up. */
function blank(text: string): string {
  return Array.from(plain(text), (c) => (c === '\t' ? '\t' : ' '.repeat(width(c)))).join('')
}

/** Columns of a terminal: East Asian wide characters take two. */
function width(text: string): number {
  return Array.from(plain(text)).reduce(
    (sum, c) =>
      sum +
      (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(c)
        ? 2
        : 1),
    0,
  )
}

/** GitHub's workflow commands: a line for each, shown at its place in the pull request. */
function annotationOf(problem: Problem): string {
  const properties = [
    `file=${property(problem.file)}`,
    `line=${problem.line}`,
    `col=${problem.column}`,
    `endColumn=${problem.column + problem.length}`,
    `title=${property(`${problem.code} ${PROBLEMS_TITLES.get(problem.code) ?? ''}`.trim())}`,
  ]
  const message = `${problem.message}. ${problem.remedy}`
  return `::${problem.severity} ${properties.join(',')}::${data(message)}\n`
}

const PROBLEMS_TITLES: ReadonlyMap<string, string> = new Map(Object.entries(PROBLEMS))

const data = (text: string): string => text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A')
const property = (text: string): string => data(text).replace(/:/g, '%3A').replace(/,/g, '%2C')

/** SARIF 2.1.0, which code scanning reads. */
function sarifOf(problems: readonly Problem[]): unknown {
  const codes = [...new Set(problems.map((problem) => problem.code))].sort()
  return {
    version: '2.1.0',
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    runs: [
      {
        tool: {
          driver: {
            name: 'nines',
            rules: codes.map((id) => ({ id, shortDescription: { text: PROBLEMS_TITLES.get(id) ?? id } })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: problems.map((problem) => ({
          ruleId: problem.code,
          ruleIndex: codes.indexOf(problem.code),
          level: problem.severity,
          message: { text: `${problem.message}. ${problem.remedy}` },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: encodeURI(problem.file) },
                region: {
                  startLine: problem.line,
                  startColumn: problem.column,
                  endColumn: problem.column + problem.length,
                },
              },
            },
          ],
        })),
      },
    ],
  }
}
