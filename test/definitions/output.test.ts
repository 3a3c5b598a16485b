import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { schemaCommand } from '../../src/cli/schema.ts'
import { type ValidateOptions, validateCommand } from '../../src/cli/validate.ts'
import { definitionsJsonSchema, formatProblems, loadDefinitions } from '../../src/definitions/index.ts'
import { slo, source } from './documents.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nines-validate-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

async function validate(paths: readonly string[], options: ValidateOptions = {}) {
  const out: string[] = []
  const talk: string[] = []
  const io: Parameters<typeof validateCommand>[0] = {
    stdout: (t) => out.push(t),
    stderr: (t) => talk.push(t),
    color: false,
    cwd: dir,
  }
  const code = await validateCommand(io, paths, options)
  return { code, out: out.join(''), talk: talk.join('') }
}

const good = `${source()}---\n${slo()}`
const bad = slo({ objectives: '[{ target: 1, tagret: 2 }]' })

describe('nines validate', () => {
  test('says nothing of good definitions and ends with 0', async () => {
    await writeFile(join(dir, 'a.yaml'), good)
    expect(await validate([])).toEqual({ code: 0, out: '', talk: '1 file, 1 SLO, 0 errors, 0 warnings\n' })
  })
  test('tells every fault with its place under the path that was given, and ends with 2', async () => {
    await writeFile(join(dir, 'a.yaml'), good)
    await writeFile(join(dir, 'b.yaml'), bad)
    const { code, out, talk } = await validate(['b.yaml', 'a.yaml', 'missing.yaml'])
    expect(code).toBe(2)
    expect(out.split('\n').filter((line) => line.includes('NINES-'))).toEqual([
      'missing.yaml:1:1 error NINES-1012: missing.yaml does not exist',
      'a.yaml:9:9 error NINES-1201: there are two SLO documents named checkout-fast; the first is at b.yaml:4',
      'b.yaml:17:26 error NINES-1301: a target of 100 % leaves no budget: the first failure breaks it for the whole window',
      'b.yaml:17:29 error NINES-1106: there is no field tagret here',
    ])
    expect(talk).toBe('2 files, 0 SLOs, 4 errors, 0 warnings\n')
  })
  test('warnings end with 0, with --lint-fatal 3, and with --strict 2', async () => {
    await writeFile(join(dir, 'a.yaml'), `${source()}---\n${slo({ method: '' })}`)
    expect((await validate(['.'])).code).toBe(0)
    expect((await validate(['.'], { lintFatal: true })).code).toBe(3)
    expect((await validate(['.'], { strict: true })).code).toBe(2)
  })
  test('of a part of the definitions, what it names and does not define is a warning', async () => {
    await writeFile(join(dir, 'a.yaml'), slo({}))
    expect((await validate(['.'])).code).toBe(2)
    const { code, out } = await validate(['.'], { part: true })
    expect([code, out.split('\n')[0]]).toEqual([
      0,
      expect.stringMatching(/warning NINES-1203: there is no DataSource/),
    ])
    await writeFile(join(dir, 'b.yaml'), bad)
    expect((await validate(['.'], { part: true })).code).toBe(2)
  })
  test('reads standard input as -', async () => {
    const { code, out } = await validate(['-'], { stdin: () => Promise.resolve('kind: Service\n') })
    expect([code, out.split('\n')[0]]).toEqual([2, '<stdin>:1:1 error NINES-1102: apiVersion is missing'])
  })
  test('says the same for tools', async () => {
    await writeFile(join(dir, 'b.yaml'), bad)
    const json = JSON.parse((await validate(['.'], { output: 'json' })).out)
    expect(json.version).toBe(1)
    expect(json.problems[0]).toMatchObject({ code: 'NINES-1203', file: 'b.yaml', severity: 'error' })
    const sarif = JSON.parse((await validate(['.'], { output: 'sarif' })).out)
    expect(sarif.runs[0].results).toHaveLength(json.problems.length)
    expect(sarif.runs[0].tool.driver.rules[sarif.runs[0].results[0].ruleIndex].id).toBe(
      sarif.runs[0].results[0].ruleId,
    )
    const { out } = await validate(['.'], { output: 'github' })
    expect(out.split('\n')[0]).toMatch(
      /^::error file=b\.yaml,line=13,col=\d+,endColumn=\d+,title=NINES-1203 [^:]*::there is no DataSource named edge\. /,
    )
  })
})

describe('formatProblems', () => {
  const problems = (text: string, file = 'a.yaml') => loadDefinitions([{ file, text }]).problems
  test('the caret stands under the fault, after tabs and wide characters too', () => {
    const text = `apiVersion: openslo/v1\nkind: Service\nmetadata: { displayName: "お会計",\tnmae: checkout }\n`
    const shown = formatProblems(problems(text), { color: false, format: 'text' })
    expect(shown).toContain('  3 | metadata: { displayName: "お会計",\tnmae: checkout }\n')
    expect(shown).toContain(`    | ${' '.repeat(25 + 8 + 1)}\t^^^^\n`)
  })
  test('a file name cannot end a workflow command', () =>
    expect(formatProblems(problems('x', 'a,b:c%\n.yaml'), { color: false, format: 'github' })).toContain(
      'file=a%2Cb%3Ac%25%0A.yaml,',
    ))
  test('colours are used only when asked for', () => {
    expect(formatProblems(problems('x'), { color: true, format: 'text' })).toContain('\u001b[')
    expect(formatProblems(problems('x'), { color: false, format: 'text' })).not.toContain('\u001b')
  })
  test('nothing wrong is nothing to read, and still something for tools', () => {
    expect(formatProblems([], { color: true, format: 'text' })).toBe('')
    expect(JSON.parse(formatProblems([], { color: false, format: 'sarif' })).runs[0].results).toEqual([])
  })
})

describe('the JSON Schema', () => {
  const schema = JSON.parse(JSON.stringify(definitionsJsonSchema()))

  test('has every kind, and every reference in it leads somewhere', () => {
    expect(Object.keys(schema.$defs).sort()).toEqual([
      'AlertCondition',
      'AlertNotificationTarget',
      'AlertPolicy',
      'BurnPolicy',
      'Correction',
      'DataSource',
      'Document',
      'Journey',
      'JourneyNode',
      'ProviderSLA',
      'SLI',
      'SLO',
      'Service',
      'TrafficEvent',
    ])
    for (const [, name] of JSON.stringify(schema).matchAll(/"#\/\$defs\/(\w+)"/g))
      expect(schema.$defs).toHaveProperty(name ?? '')
  })
  test('knows the fields, choices and annotations that files are checked with', () => {
    const { spec, metadata } = schema.$defs.SLO.properties
    expect(JSON.stringify(spec.properties.budgetingMethod)).toContain('"RatioTimeslices"')
    expect(JSON.stringify(metadata.properties.annotations)).toContain('nines.dev/split-by')
    expect(JSON.stringify(schema.$defs.SLI)).toContain('"300ms"')
    expect(schema.$defs.SLO.additionalProperties).toBe(false)
  })
  test('is what nines schema prints', () => {
    let out = ''
    expect(schemaCommand({ stdout: (text) => (out += text) })).toBe(0)
    expect(JSON.parse(out)).toEqual(schema)
  })
})
