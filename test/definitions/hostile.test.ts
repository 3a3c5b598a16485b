import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatProblems, loadDefinitions } from '../../src/definitions/index.ts'
import { slo, source } from './documents.ts'

/** Loads one text, and says how it ended. Nothing here may throw or take long. */
function codes(text: string): readonly string[] {
  return [...new Set(loadDefinitions([{ file: 'hostile.yaml', text }]).problems.map(({ code }) => code))]
}

const KIB_256 = 262_144

describe('files that mean harm are refused, each with its reason', () => {
  test.each([
    ['one byte too large', `# ${'x'.repeat(KIB_256 - 1)}`, 'NINES-1001'],
    ['too large by its bytes, not by its characters', `# ${'猫'.repeat(90_000)}`, 'NINES-1001'],
    ['a NUL', 'kind: Ser\0vice\n', 'NINES-1003'],
    ['an escape sequence', 'kind: \x1b[31mService\n', 'NINES-1003'],
    ['a byte order mark in the middle', 'kind: \uFEFFService\n', 'NINES-1003'],
    ['brackets without end', '['.repeat(KIB_256), 'NINES-1006'],
    ['braces without end', '{a: '.repeat(KIB_256 / 4), 'NINES-1006'],
    ['dashes without end', '- '.repeat(10_000), 'NINES-1006'],
    ['question marks without end', '? '.repeat(10_000), 'NINES-1006'],
    [
      'indentation without end',
      Array.from({ length: 500 }, (_, i) => `${' '.repeat(i)}a:\n`).join(''),
      'NINES-1006',
    ],
    ['keys without end', Array.from({ length: 25_000 }, (_, i) => `k${i}: 1`).join('\n'), 'NINES-1007'],
    ['items without end', '- 1\n'.repeat(60_000), 'NINES-1007'],
    ['documents without end', '---\n'.repeat(60_000), 'NINES-1007'],
    ['an alias of itself', 'a: &a [*a]\n', 'NINES-1006'],
    ['more aliases than anybody needs', `a: &a 1\nb: [${'*a, '.repeat(60)}]\n`, 'NINES-1008'],
    [
      'a billion laughs',
      `a: &a [x, x, x, x, x, x, x, x]\n${'bcdefgh'
        .split('')
        .map((name, i) => `${name}: &${name} [${`*${'abcdefgh'[i]}, `.repeat(7)}]\n`)
        .join('')}`,
      'NINES-1008',
    ],
    ['a key of a map', '? { a: b }\n: c\n', 'NINES-1010'],
  ])('%s', (_name, text, code) => expect(codes(text)).toContain(code))
})

describe('files that are merely odd are read', () => {
  const good = `${source()}---\n${slo()}`
  test.each([
    ['with a byte order mark', `\uFEFF${good}`],
    ['with Windows line ends', good.replaceAll('\n', '\r\n')],
    ['with old tags of plain types', good.replace('name: edge', 'name: !!str edge')],
    ['without a line end', good.trimEnd()],
    [
      'as a list of documents',
      `${`${good}`
        .split('---\n')
        .map((d) => `- ${d.trimEnd().replaceAll('\n', '\n  ')}`)
        .join('\n')}\n`,
    ],
    ['as JSON', JSON.stringify([{ apiVersion: 'openslo/v1', kind: 'Service', metadata: { name: 'a' } }])],
    ['with anchors', `x-shared: &s 1\n---\n${good}`.replace('x-shared: &s 1\n---\n', '')],
    ['empty', ''],
    ['with nothing but comments', '# nothing\n---\n# more\n'],
  ])('%s', (_name, text) => expect(codes(text)).toEqual([]))

  test('Windows line ends are no part of the line that a problem shows', () => {
    const [problem] = loadDefinitions([
      { file: 'a', text: 'kind: Service\r\nmetadata: { name: a }\r\n' },
    ]).problems
    expect(problem).toMatchObject({ line: 1, sourceLine: 'kind: Service' })
  })
})

test('names of Object.prototype are names like any other', () => {
  const text = `${source({ details: '{ constructor: x, toString: y, hasOwnProperty: z }' })}---
apiVersion: openslo/v1
kind: Service
metadata: { name: constructor, labels: { valueOf: "1" } }
`
  const { sources, services, problems } = loadDefinitions([{ file: 'a.yaml', text }])
  expect(problems).toEqual([])
  expect(Object.entries(sources[0]?.connectionDetails ?? {})).toEqual([
    ['constructor', 'x'],
    ['toString', 'y'],
    ['hasOwnProperty', 'z'],
  ])
  expect(services).toMatchObject([{ name: 'constructor', labels: { valueOf: ['1'] } }])
  expect(codes('apiVersion: openslo/v1\nkind: constructor\nmetadata: { name: a }\n')).toEqual(['NINES-1104'])
  expect(codes('apiVersion: openslo/v1\nkind: Service\nmetadata: { name: a }\ntoString: 1\n')).toEqual([
    'NINES-1106',
  ])
})

test('a text that steers terminals is shown by its codes', () => {
  const { problems } = loadDefinitions([{ file: 'a.yaml', text: 'apiVersion: "\\e[2J\\u202Eevil"\n' }])
  const shown = formatProblems(problems, { color: false, format: 'text' })
  expect(shown).toContain('\\u001b[2J\\u202eevil')
  expect(shown).not.toContain('\u001b')
  expect(shown).not.toContain('\u202e')
})

test('a broken file takes nothing from the 49 beside it', () => {
  const files = Array.from({ length: 50 }, (_, i) => ({ file: `${i}.yaml`, text: slo({ name: `slo-${i}` }) }))
  const broken = files.map((file, i) => (i === 17 ? { ...file, text: 'apiVersion: [' } : file))
  const { slos, problems } = loadDefinitions([{ file: 'source.yaml', text: source() }, ...broken])
  expect(slos).toHaveLength(49)
  expect(new Set(problems.map(({ file }) => file))).toEqual(new Set(['17.yaml']))
})

test('whatever is cut out of, put into or turned round in a file, loading it ends with definitions and problems', () => {
  const good = `${source()}---\n${slo()}`
  fc.assert(
    fc.property(
      fc.nat(good.length),
      fc.nat(40),
      fc.oneof(
        fc.string({ maxLength: 12 }),
        fc.constantFrom('null', '[]', '{}', '- ', ': ', '"', '&a ', '*a', '\n', '99'),
      ),
      (at, cut, put) => {
        const text = good.slice(0, at) + put + good.slice(at + cut)
        const { slos, problems } = loadDefinitions([{ file: 'a.yaml', text }])
        expect(slos.length).toBeLessThanOrEqual(1)
        for (const { line, column, sourceLine, message, remedy } of problems) {
          expect(line).toBeGreaterThan(0)
          expect(column).toBeGreaterThan(0)
          expect(message).not.toBe('')
          expect(remedy).not.toBe('')
          expect(sourceLine).not.toContain('\n')
        }
      },
    ),
    { numRuns: 60 },
  )
})

test('the order of files changes nothing', () => {
  const files = [
    { file: 'a.yaml', text: source() },
    { file: 'b.yaml', text: slo() },
    { file: 'c.yaml', text: slo({ name: 'second' }) },
  ]
  const ids = (list: typeof files) =>
    loadDefinitions(list)
      .slos.map(({ slo: { id } }) => id)
      .sort()
  expect(ids([...files].reverse())).toEqual(ids(files))
})
