import { expect, test } from 'vitest'
import { percent } from '../../src/cli/numbers.ts'
import { renderCsv, renderMarkdown, reportCommand } from '../../src/cli/report.ts'
import { renderFleet, statusCommand } from '../../src/cli/status.ts'
import { columnsOf } from '../../src/cli/table.ts'
import { createTestWorld } from '../world.ts'
import { fleetOfThree } from './fleet.ts'

function createIo() {
  const out: string[] = []
  const err: string[] = []
  const io = {
    stdout: (t: string) => {
      out.push(t)
    },
    stderr: (t: string) => {
      err.push(t)
    },
    color: false,
    terminal: false,
    cwd: '/',
    env: {},
  }
  return { io, out, err }
}

test('status shows the sentence and every promise in its row', async () => {
  await expect(renderFleet(fleetOfThree, false)).toMatchFileSnapshot('../golden/cli/status.txt')
})

test('the review in Markdown says where the budget went', async () => {
  await expect(renderMarkdown(fleetOfThree, [])).toMatchFileSnapshot('../golden/cli/report.md')
})

test('the review as CSV keeps spreadsheets from running a name as a formula', async () => {
  await expect(renderCsv(fleetOfThree)).toMatchFileSnapshot('../golden/cli/report.csv')
  expect(renderCsv(fleetOfThree)).toContain("'=レポート")
})

test('a share is never shown better than it is', () => {
  expect(percent(0.999999, 3)).toBe('99.999 %')
  expect(percent(0.9999999, 3)).toBe('99.999 %')
  expect(percent(0.29, 0)).toBe('29 %')
  expect(percent(-0.0001, 1)).toBe('-0.1 %')
  expect(percent(null, 1)).toBe('–')
})

test('wide characters take two columns, so that tables stay straight', () => {
  expect([columnsOf('abc'), columnsOf('レポート'), columnsOf('e\u0301')]).toEqual([3, 8, 1])
})

test('when nothing answers, the command says how to start Nines and fails', async () => {
  const { io, out, err } = createIo()
  const world = createTestWorld({
    fetch: () =>
      Promise.reject(
        new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:8080') }),
      ),
  })
  const options = {
    url: 'http://127.0.0.1:8080',
    output: 'table' as const,
    watch: false,
    signal: new AbortController().signal,
  }
  expect(await statusCommand(io, world, options)).toBe(1)
  expect(err.join('')).toBe(
    'Nothing answers at http://127.0.0.1:8080 (connect ECONNREFUSED 127.0.0.1:8080). Start it with `npm start`, or name it with --url.\n',
  )
  expect(out).toEqual([])
})

test('the JSON of status is what the API said', async () => {
  const { io, out } = createIo()
  const world = createTestWorld({ fetch: async () => Response.json(fleetOfThree) })
  await statusCommand(io, world, {
    url: 'http://127.0.0.1:8080/',
    output: 'json',
    watch: false,
    signal: new AbortController().signal,
  })
  expect(JSON.parse(out.join(''))).toEqual(fleetOfThree)
})

test('a report of another version is refused instead of guessed at', async () => {
  const { io, err } = createIo()
  const world = createTestWorld({ fetch: async () => Response.json({ slos: 'many' }) })
  expect(await reportCommand(io, world, { url: 'http://127.0.0.1:8080', output: 'json' })).toBe(1)
  expect(err.join('')).toContain('is it the same version of Nines?')
})
