import { formatProblems, PROBLEMS, type Problem } from '../../src/definitions/index.ts'

const INTRO = `# What can be wrong with a definition

\`nines validate\` and the service tell every fault of every file at once: where it is, what is wrong and what to write.
A fault has a code that never changes its meaning. An **error** keeps its document from being loaded; while the service
runs, the last good version of that document stays in use, and no other document is touched. A **warning** keeps
nothing from being loaded.

\`--strict\` holds files to the letter of OpenSLO v1: warnings that say "… is assumed", "… is read as" or "OpenSLO allows"
become errors. [openslo.md](openslo.md) lists those readings.

Exit codes of \`nines validate\`: 0 all is well, 2 something is invalid, 3 there are warnings and \`--lint-fatal\` is given.
\`--output json\`, \`github\` and \`sarif\` say the same for tools.

This page is written from the faults in \`test/fixtures/definitions\`; a test keeps the two equal.
`

const SECTIONS: readonly (readonly [string, string])[] = [
  ['NINES-10', 'Reading files'],
  ['NINES-11', 'The shape of documents'],
  ['NINES-12', 'Names and references'],
  ['NINES-13', 'Targets, windows and methods'],
  ['NINES-14', 'Indicators and their sources'],
  ['NINES-15', 'Annotations'],
  ['NINES-16', 'Alert policies'],
  ['NINES-17', 'Kinds of Nines'],
]

/** Faults that a file's text cannot show. */
const WITHOUT_EXAMPLE: Readonly<Record<string, string>> = {
  'NINES-1001':
    'More than 262,144 bytes are not read. Split the file; documents find each other across files.',
  'NINES-1002':
    'The line that is not UTF-8 is named. Save the file as UTF-8, with or without byte order mark.',
  'NINES-1003':
    'NUL and other invisible characters are not allowed in YAML. The place of the first is named.',
  'NINES-1012':
    'The path does not exist, is no regular file, may not be read, or is a symlink that leads out of the directory.',
  'NINES-1013':
    'The directory is gone or holds no `.yaml` file. While the service runs, everything that was loaded stays.',
}

/** The page that explains every code, each with the first fault that shows it. */
export function problemsPage(shown: readonly Problem[]): string {
  const parts = [INTRO]
  for (const [prefix, heading] of SECTIONS) {
    parts.push(`## ${heading}\n`)
    for (const [code, title] of Object.entries(PROBLEMS)) {
      if (!code.startsWith(prefix)) continue
      parts.push(`### ${code}\n\n${title}.\n`)
      const example = shown.find((problem) => problem.code === code)
      if (example)
        parts.push(`\`\`\`text\n${formatProblems([example], { color: false, format: 'text' })}\`\`\`\n`)
      else parts.push(`${WITHOUT_EXAMPLE[code] ?? `Nothing shows ${code}.`}\n`)
    }
  }
  return parts.join('\n')
}
