import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { REASONS } from '../../../src/traffic/index.ts'

test('docs/collectors-logs.md shows every reason', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/collectors-logs.md'), 'utf8')
  const rows = page.split('\n').filter((line) => /^\| `[\w-]+` \| (?:good|bad|ignored) \|/.test(line))
  expect(rows).toEqual(
    REASONS.map(({ reason, outcome, meaning }) => `| \`${reason}\` | ${outcome} | ${meaning} |`),
  )
})
