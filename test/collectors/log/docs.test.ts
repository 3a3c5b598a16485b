import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { REASONS } from '../../../src/traffic/index.ts'

test('docs/collectors-logs.md shows every reason', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/collectors-logs.md'), 'utf8')
  // The columns are padded to stand below each other.
  const lines = page.split('\n').map((line) => line.replace(/ +/g, ' '))
  const rows = lines.filter((line) => /^\| `[\w-]+` \| (?:good|bad|ignored) \|/.test(line))
  expect(rows).toEqual(
    REASONS.map(({ reason, outcome, meaning }) => `| \`${reason}\` | ${outcome} | ${meaning} |`),
  )
})
