import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { formatProblems, loadDefinitions, PROBLEMS } from '../../src/definitions/index.ts'
import { problemsPage } from './problems-page.ts'

// Every fault has a file that is named after it, and says with its place what to write instead.
const FIXTURES = join(import.meta.dirname, '../fixtures/definitions')
const GOLDEN = join(import.meta.dirname, '../golden/definitions')
const faults = readdirSync(FIXTURES)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => {
    const text = readFileSync(join(FIXTURES, file), 'utf8')
    return {
      file,
      fault: basename(file, '.yaml'),
      text,
      problems: loadDefinitions([{ file, text }]).problems,
    }
  })

/** Faults of files as such: no text shows them, `files.test.ts` does. */
const OF_FILES = ['NINES-1001', 'NINES-1002', 'NINES-1003', 'NINES-1012', 'NINES-1013']

test.each(faults)('$fault', async ({ fault, text, problems }) => {
  const expected = /^# (NINES-\d{4})\n/.exec(text)?.[1]
  if (expected) expect(problems.map((problem) => problem.code)).toContain(expected)
  else expect(problems.length).toBeGreaterThan(0)
  for (const { line, column, length, sourceLine } of problems) {
    expect(sourceLine).toBe(text.split('\n')[line - 1])
    expect(column + length - 1).toBeLessThanOrEqual(Math.max(sourceLine.length, column))
  }
  await expect(formatProblems(problems, { color: false, format: 'text' })).toMatchFileSnapshot(
    join(GOLDEN, `${fault}.txt`),
  )
})

test('docs/problems.md explains every code, with what its example prints', async () => {
  const shown = faults.flatMap(({ problems }) => problems)
  await expect(problemsPage(shown)).toMatchFileSnapshot(join(import.meta.dirname, '../../docs/problems.md'))
})

test('there is a file for every code', () => {
  const shown: readonly string[] = faults.flatMap(({ problems }) => problems.map(({ code }) => code))
  const missing = Object.keys(PROBLEMS).filter((code) => !shown.includes(code) && !OF_FILES.includes(code))
  expect(missing).toEqual([])
})
