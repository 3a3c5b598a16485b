import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDefinitionsDirectory, type Definitions, loadDefinitions } from '../../src/definitions/index.ts'
import { slo, source } from '../definitions/documents.ts'
import { createTestWorld, type TestWorld } from '../world.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nines-definitions-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const git = (...args: string[]) =>
  execFileSync('git', ['-C', dir, '-c', 'user.name=Sato', '-c', 'user.email=sato@example.com', ...args], {
    encoding: 'utf8',
  }).trim()

test('in a checkout each definition knows the commit that last changed its file', async () => {
  git('init', '-q')
  await mkdir(join(dir, 'slos'))
  await writeFile(join(dir, 'slos/source.yaml'), source())
  await writeFile(join(dir, 'slos/a.yaml'), slo({ name: 'a' }))
  await writeFile(join(dir, 'slos/--upload-pack=x.yaml'), slo({ name: 'odd' }))
  git('add', '-A')
  git('commit', '-qm', 'first')
  const first = git('rev-parse', 'HEAD')
  await writeFile(join(dir, 'slos/a.yaml'), slo({ name: 'a', objectives: '[{ target: 0.99 }]' }))
  git('commit', '-qam', 'second')
  const second = git('rev-parse', 'HEAD')
  await writeFile(
    join(dir, 'slos/--upload-pack=x.yaml'),
    slo({ name: 'odd', objectives: '[{ target: 0.9 }]' }),
  )
  await writeFile(join(dir, 'slos/new\nline.yaml'), slo({ name: 'new' }))

  const directory = createDefinitionsDirectory(createTestWorld(), { dir: join(dir, 'slos') })
  const commits = ({ slos }: Definitions) =>
    Object.fromEntries(
      slos.map(({ slo: { id }, origin: { commit } }) => [id, commit && [commit.id, commit.dirty]]),
    )
  expect(commits(await directory.load())).toEqual({ a: [second, false], odd: [first, true], new: undefined })
  expect(directory.current().slos[0]?.origin.commit).toMatchObject({ author: 'Sato' })

  git('add', '-A')
  git('commit', '-qm', 'third')
  const third = git('rev-parse', 'HEAD')
  expect(commits(await directory.load())).toEqual({
    a: [second, false],
    odd: [third, false],
    new: [third, false],
  })
})

/** Runs until a change was told, moving time meanwhile: events of the file system come when they come. */
async function changed(
  world: TestWorld,
  told: Definitions[],
  count: number,
): Promise<Definitions | undefined> {
  for (let i = 0; i < 400 && told.length < count; i++) {
    await world.advance(100)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return told[count - 1]
}

test('a running directory tells of a file that is written, and of a ConfigMap that is swapped', async () => {
  await mkdir(join(dir, '..1'))
  await writeFile(join(dir, '..1/slo.yaml'), `${source()}---\n${slo({ name: 'one' })}`)
  await symlink('..1', join(dir, '..data'))
  await symlink('..data/slo.yaml', join(dir, 'slo.yaml'))
  const world = createTestWorld()
  const told: Definitions[] = []
  const directory = createDefinitionsDirectory(world, { dir, onChange: (d) => void told.push(d) })
  const end = new AbortController()
  const running = directory.run(end.signal)
  const names = (d: Definitions | undefined) => d?.slos.map(({ slo: { name } }) => name)
  expect(names(await changed(world, told, 1))).toEqual(['one'])

  await mkdir(join(dir, '..2'))
  await writeFile(join(dir, '..2/slo.yaml'), `${source()}---\n${slo({ name: 'two' })}`)
  await symlink('..2', join(dir, '..data_tmp'))
  await rename(join(dir, '..data_tmp'), join(dir, '..data'))
  expect(names(await changed(world, told, 2))).toEqual(['two'])

  await writeFile(join(dir, 'three.yaml'), slo({ name: 'three' }))
  expect(names(await changed(world, told, 3))).toEqual(['two', 'three'])
  end.abort()
  await running
})

test('ten thousand files are loaded in seconds, and one change of them at once', async () => {
  await writeFile(join(dir, 'source.yaml'), source())
  for (let i = 0; i < 10_000; i++) await writeFile(join(dir, `${i}.yaml`), slo({ name: `slo-${i}` }))
  const directory = createDefinitionsDirectory(createTestWorld(), { dir })
  const began = performance.now()
  expect((await directory.load()).slos).toHaveLength(10_000)
  const loaded = performance.now()
  await writeFile(join(dir, '7.yaml'), slo({ name: 'slo-7', objectives: '[{ target: 0.9 }]' }))
  await directory.load()
  const reloaded = performance.now()
  console.log(`10,000 files: ${Math.round(loaded - began)} ms, again: ${Math.round(reloaded - loaded)} ms`)
  expect(loaded - began).toBeLessThan(60_000)
})

test.each([
  ['brackets', '['.repeat(262_000)],
  ['keys', Array.from({ length: 25_000 }, (_, i) => `k${i}: 1`).join('\n')],
  ['dashes', '- '.repeat(131_000)],
])('a file of nothing but %s costs less than a second', (_name, text) => {
  const began = performance.now()
  loadDefinitions([{ file: 'a.yaml', text }])
  expect(performance.now() - began).toBeLessThan(1_000)
})
