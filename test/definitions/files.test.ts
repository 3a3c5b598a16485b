import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDefinitionsDirectory, readTree } from '../../src/definitions/index.ts'
import { createTestWorld } from '../world.ts'
import { slo, source } from './documents.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nines-definitions-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const put = async (file: string, text: string | Uint8Array) => {
  await mkdir(join(dir, file, '..'), { recursive: true })
  await writeFile(join(dir, file), text)
}
const opened = () => createDefinitionsDirectory(createTestWorld(), { dir })
const ids = (definitions: { slos: readonly { slo: { id: string } }[] }) =>
  definitions.slos.map(({ slo: { id } }) => id).sort()

test('every .yaml and .yml below the directory is read, in order of name; the rest is not', async () => {
  await put('b.yml', source())
  await put('team/a.yaml', slo())
  await put('.hidden/x.yaml', slo())
  await put('README.md', '# no')
  await put('node_modules/x.yaml', slo())
  const tree = await readTree(dir)
  expect(tree.files.map(({ file }) => file)).toEqual(['b.yml', 'team/a.yaml'])
  expect(tree.unread).toEqual([])
})

test('files that cannot be read are told, each with its reason', async () => {
  await put('large.yaml', `# ${'x'.repeat(262_144)}`)
  await put('latin.yaml', new Uint8Array([...Buffer.from('# fine\nname: caf'), 0xe9, 10]))
  await symlink('/etc/passwd', join(dir, 'out.yaml'))
  await symlink(join(dir, 'nowhere.yaml'), join(dir, 'dangling.yaml'))
  const { unread } = await readTree(dir)
  expect(unread.map(({ file, code, line }) => `${file} ${code} ${line}`)).toEqual([
    'dangling.yaml NINES-1012 1',
    'large.yaml NINES-1001 1',
    'latin.yaml NINES-1002 2',
    'out.yaml NINES-1012 1',
  ])
})

test('links inside the directory are followed, circles end', async () => {
  await put('real/a.yaml', slo())
  await symlink(join(dir, 'real'), join(dir, 'alias'))
  await symlink(dir, join(dir, 'real', 'circle'))
  expect((await readTree(dir)).files).toHaveLength(1)
})

test('a mounted ConfigMap is read once, through its ..data', async () => {
  await put('..2026_1/slo.yaml', slo())
  await symlink('..2026_1', join(dir, '..data'))
  await symlink('..data/slo.yaml', join(dir, 'slo.yaml'))
  expect((await readTree(dir)).files.map(({ file }) => file)).toEqual(['slo.yaml'])
})

test('what breaks stays as it last was good, and the rest moves on', async () => {
  await put('source.yaml', source())
  await put('a.yaml', slo({ name: 'a' }))
  await put('b.yaml', slo({ name: 'b' }))
  const directory = opened()
  expect(ids(await directory.load())).toEqual(['a', 'b'])

  await put('a.yaml', 'apiVersion: [')
  await put('b.yaml', slo({ name: 'b', objectives: '[{ target: 0.9 }]', annotations: '' }))
  const broken = await directory.load()
  expect(
    broken.slos.map(({ slo: { id, objectives }, lastGood }) => [id, objectives[0]?.target, lastGood]),
  ).toEqual([
    ['a', '99.9', true],
    ['b', '90', false],
  ])
  expect(broken.problems.filter(({ severity }) => severity === 'error').map(({ file }) => file)).toContain(
    'a.yaml',
  )

  await put('a.yaml', slo({ name: 'a', objectives: '[{ target: 0.99 }]' }))
  const mended = await directory.load()
  expect(mended.slos.map(({ lastGood }) => lastGood)).toEqual([false, false])
  expect(mended.problems.filter(({ severity }) => severity === 'error')).toEqual([])
})

test.each([
  ['its shape', slo({ objectives: '[{ targt: 0.999 }]' })],
  ['its target', slo({ objectives: '[{ target: 1 }]' })],
  ['its name', slo().replace('name: checkout-fast', 'nam: checkout-fast')],
  ['its kind', slo().replace('kind: SLO', 'kind: SLI0')],
  ['a reference', slo().replaceAll('metricSourceRef: edge', 'metricSourceRef: egde')],
  ['git', `<<<<<<< HEAD\n${slo()}=======\n>>>>>>> b\n`],
])('an SLO that breaks by %s stays as it last was good', async (_what, text) => {
  await put('source.yaml', source())
  await put('a.yaml', slo())
  const directory = opened()
  await directory.load()
  await put('a.yaml', text)
  const now = await directory.load()
  expect(now.slos.map(({ slo: { id }, lastGood }) => [id, lastGood])).toEqual([['checkout-fast', true]])
  expect(now.problems.some(({ severity }) => severity === 'error')).toBe(true)
  // And it stays so through the next look.
  await put('b.yaml', '# another file\n')
  expect((await directory.load()).slos).toHaveLength(1)
})

test('a DataSource that breaks takes no SLO with it, and an edit of an SLO still counts', async () => {
  await put('source.yaml', source())
  await put('a.yaml', slo())
  const directory = opened()
  await directory.load()
  await put('source.yaml', 'kind: [')
  await put('a.yaml', slo({ objectives: '[{ target: 0.95 }]' }))
  const now = await directory.load()
  expect(now.sources).toHaveLength(1)
  expect(now.slos.map(({ slo: { objectives }, lastGood }) => [objectives[0]?.target, lastGood])).toEqual([
    ['95', false],
  ])
  expect(
    new Set(now.problems.filter(({ severity }) => severity === 'error').map(({ file }) => file)),
  ).toEqual(new Set(['source.yaml']))
})

test('what is deleted is gone: a document out of its file, and a file out of the directory', async () => {
  await put('source.yaml', source())
  await put('a.yaml', `${slo({ name: 'a' })}---\n${slo({ name: 'b' })}`)
  await put('c.yaml', slo({ name: 'c' }))
  const directory = opened()
  await directory.load()
  await put('a.yaml', slo({ name: 'b' }))
  await rm(join(dir, 'c.yaml'))
  expect(ids(await directory.load())).toEqual(['b'])
})

test('a directory that is gone or empty keeps what was loaded, and says so', async () => {
  await put('a.yaml', `${source()}---\n${slo()}`)
  const directory = opened()
  await directory.load()
  await rm(join(dir, 'a.yaml'))
  const empty = await directory.load()
  expect([ids(empty), empty.problems.map(({ code, severity }) => `${severity} ${code}`)]).toEqual([
    ['checkout-fast'],
    ['error NINES-1013'],
  ])
  await rm(dir, { recursive: true })
  const gone = await directory.load()
  expect([ids(gone), gone.problems.map(({ code }) => code)]).toEqual([['checkout-fast'], ['NINES-1013']])
  await put('b.yaml', `${source()}---\n${slo({ name: 'back' })}`)
  expect(ids(await directory.load())).toEqual(['back'])
})

test('onChange is called for changes only', async () => {
  await put('a.yaml', `${source()}---\n${slo()}`)
  const seen: number[] = []
  const directory = createDefinitionsDirectory(createTestWorld(), {
    dir,
    onChange: ({ slos }) => void seen.push(slos.length),
  })
  await directory.load()
  await directory.load()
  await put('b.yaml', slo({ name: 'second' }))
  await directory.load()
  expect(seen).toEqual([1, 2])
})

test('policies of another directory are read as if they stood beside', async () => {
  await put('slos/a.yaml', `${source()}---\n${slo({ annotations: '{ nines.dev/burn-policy: ours }' })}`)
  await put(
    'elsewhere/ours.yaml',
    `apiVersion: nines.dev/v1
kind: BurnPolicy
metadata: { name: ours }
spec: { source: ours, period: 30d, rules: [{ name: only, severity: page, factor: 10, long: 1h, short: 5m }] }
`,
  )
  const directory = createDefinitionsDirectory(createTestWorld(), {
    dir: join(dir, 'slos'),
    policiesDir: join(dir, 'elsewhere'),
  })
  expect((await directory.load()).slos[0]?.slo.policy.rules.map(({ name }) => name)).toEqual(['only'])
})
