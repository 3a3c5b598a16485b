import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { playScenario, testCommand, testScenarios } from '../src/cli/test.ts'

const folder = `${import.meta.dirname}/scenarios`
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.scenario'))
  .map((name) => ({ path: name, text: readFileSync(`${folder}/${name}`, 'utf8') }))

test.each(files)('$path', (file) => {
  const report = playScenario(file)
  if (report.kind === 'faulty') throw new Error(report.problems.join('\n'))
  const broken = report.outcomes.filter((outcome) => !outcome.holds)
  expect(broken.map((o) => `line ${o.line}: ${o.asked} is ${o.actual}, expected ${o.expected}`)).toEqual([])
  expect(report.outcomes.length).toBeGreaterThan(0)
})

test('a directory is all scenarios in it, and a place without any is said', async () => {
  const told = { out: '', err: '' }
  const io = {
    stdout: (text: string) => (told.out += text),
    stderr: (text: string) => (told.err += text),
    color: false,
    terminal: false,
    cwd: import.meta.dirname,
    env: {},
  }
  expect(await testCommand(io, ['scenarios'])).toBe(0)
  expect(told.out.trim().split('\n')).toHaveLength(files.length)
  expect(told.err).toBe(`${files.length} scenarios played\n`)
  expect(await testCommand(io, ['golden-nowhere'])).toBe(2)
  expect(told.err).toContain('golden-nowhere: no scenario is there.')
})

test('the example of the documentation holds', () => {
  const docs = readFileSync(`${import.meta.dirname}/../docs/slo-semantics.md`, 'utf8')
  const example = /```\n(# [\s\S]*?)```/.exec(docs)?.[1] ?? ''
  const lines: string[] = []
  expect(testScenarios([{ path: 'example', text: example }], (line) => lines.push(line))).toBe(0)
  expect(lines).toEqual(['ok   example: One cloud fails for an hour'])
})

describe('what is printed', () => {
  const print = (text: string) => {
    const lines: string[] = []
    const code = testScenarios([{ path: 'a.scenario', text }], (line) => lines.push(line))
    return { code, lines }
  }

  test('of a scenario that holds: one line, and 0', () => {
    const text = '# All is well\nslo 99% over 1d\nload\n  all 10x1d\nevaluate at 1d\n  all state ok\n'
    expect(print(text)).toEqual({ code: 0, lines: ['ok   a.scenario: All is well'] })
  })

  test('of one that does not: each expectation with its place and what is so, and 1', () => {
    const text = 'slo 99% over 1d\nload\n  all 9+1x1d\nevaluate at 1d\n  all state ok\n  all sli 90%\n'
    expect(print(text)).toEqual({
      code: 1,
      lines: ['FAIL a.scenario: a.scenario', '     a.scenario:5: state is exhausted, expected ok'],
    })
  })

  test('of a text that is no scenario: every fault with its place and what to write, and 2', () => {
    const text = 'slo 99.99999% over 1d\nload\n  all 10x\nevaluate at noon\nfoo\n'
    expect(print(text)).toEqual({
      code: 2,
      lines: [
        'a.scenario:1: 99.99999% is not a target. Write a percentage from 0% to below 100% with at most four decimals',
        'a.scenario:3: There is no slo yet. Begin with: slo 99.9% over 30d',
        'a.scenario:4: noon is not a length of time. Write numbers with s, m, h, d or w: 1h30m',
        'a.scenario:5: foo begins no statement. Write slo, load, exclude, forgive or evaluate',
      ],
    })
  })
})
