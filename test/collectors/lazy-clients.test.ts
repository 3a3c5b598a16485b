import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

// The vendors' clients are megabytes of memory: whoever reads no such source does not load them. What is imported as a type
// only is gone when it runs.

const src = resolve(import.meta.dirname, '../../src')

const staticImports = (text: string): readonly string[] =>
  [
    ...text.matchAll(
      /^\s*(?:import|export)\s+(?!type\b)[^'"]*?from\s*['"](@aws-sdk\/[^'"]+|@duckdb\/[^'"]+)['"]/gm,
    ),
  ].map((found) => found[1] ?? '')

test('no file of ours loads a client of AWS, or DuckDB, before it is needed', () => {
  const files = readdirSync(src, { recursive: true, withFileTypes: true }).filter((each) =>
    each.name.endsWith('.ts'),
  )
  const found = files.flatMap((file) => {
    const path = join(file.parentPath, file.name)
    return staticImports(readFileSync(path, 'utf8')).map((name) => `${path}: ${name}`)
  })
  expect(files.length).toBeGreaterThan(300)
  expect(found).toEqual([])
})

test('what the test looks for is what it would find', () =>
  expect(
    staticImports(
      "import { A } from '@aws-sdk/client-athena'\nimport type { B } from '@aws-sdk/client-s3'\n",
    ),
  ).toEqual(['@aws-sdk/client-athena']))
