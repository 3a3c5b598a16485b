import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compileSource } from '../slow/compiled.ts'
import { BASE } from '../slow/store-words.ts'
import { createRandom } from '../world.ts'

const directory = mkdtempSync(join(tmpdir(), 'nines-crash-'))
const path = join(directory, 'data')
const children = new Set<ChildProcess>()
let compiled: string
beforeAll(() => {
  compiled = compileSource(join(directory, 'compiled'))
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }')
})
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(directory, { recursive: true, force: true })
})

interface Found {
  readonly found: Record<
    string,
    { readonly checkpoint: number; readonly minutes: readonly (readonly [number, number])[] }
  >
  readonly journal: readonly (readonly [seq: number, data: number])[]
}

/** What a child said: what it found, and the last numbers it was promised. */
interface Life {
  readonly found: Found
  readonly acknowledged: Readonly<Record<string, number>>
  readonly appended: number
}

function start(): { child: ChildProcess; lines: AsyncIterable<string> } {
  const script = join(import.meta.dirname, 'store-child.mjs')
  const child = spawn(process.execPath, [script, compiled, path, String(BASE)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.add(child)
  child.once('exit', () => children.delete(child))
  if (!child.stdout) throw new Error('the child has a stdout')
  return { child, lines: createInterface({ input: child.stdout }) }
}

/** One life of the writer: killed so many milliseconds after its first acknowledgement. */
async function live(killAfterMs: number): Promise<Life> {
  const { child, lines } = start()
  let found: Found | undefined
  const acknowledged: Record<string, number> = {}
  let appended = 0
  let timer: NodeJS.Timeout | undefined
  for await (const line of lines) {
    const said = JSON.parse(line)
    if (said.found) found = said
    if (said.acknowledged) {
      acknowledged[said.acknowledged] = said.n
      timer ??= setTimeout(() => child.kill('SIGKILL'), killAfterMs)
    }
    if (said.appended) appended = said.appended
  }
  clearTimeout(timer)
  if (!found) throw new Error('the child said nothing')
  return { found, acknowledged, appended }
}

function checkWhole({ found, journal }: Found, promised: Omit<Life, 'found'>): void {
  for (const [source, { checkpoint, minutes }] of Object.entries(found)) {
    expect(checkpoint).toBeGreaterThanOrEqual(promised.acknowledged[source] ?? 0)
    expect(minutes).toEqual(Array.from({ length: checkpoint }, (_, i) => [i + 1, 1000]))
  }
  expect(journal.length).toBeGreaterThanOrEqual(promised.appended)
  expect(journal).toEqual(journal.map((_, i) => [i + 1, i + 1]))
}

test('ten times killed while writing, it has every step that was acknowledged, and no half of one', async () => {
  const random = createRandom(7)
  let promised: Omit<Life, 'found'> = { acknowledged: {}, appended: 0 }
  for (let kill = 0; kill < 10; kill++) {
    const life = await live(Math.floor(random() * 400))
    checkWhole(life.found, promised)
    promised = life
  }
  const last = await live(0)
  checkWhole(last.found, promised)
  const written = Object.values(last.found.found).reduce((sum, { checkpoint }) => sum + checkpoint, 0)
  console.log(
    `${written} steps of 1,000 rows and ${last.found.journal.length} journal entries over ten kills`,
  )
  expect(written).toBeGreaterThan(20)
})

test('a second process is told who has the directory, and the first is not disturbed', async () => {
  const first = start()
  const lines = first.lines[Symbol.asyncIterator]()
  expect((await lines.next()).value).toContain('found')
  const second = start()
  const answers: string[] = []
  for await (const line of second.lines) answers.push(line)
  expect(JSON.parse(answers[0] ?? '')).toEqual({
    refused: `the ledger in ${path} is in use by process ${first.child.pid}. Stop it, give this process another directory, or let both use a ClickHouse server`,
    retryable: true,
  })
  first.child.stdin?.end()
  let last = ''
  for (let next = await lines.next(); !next.done; next = await lines.next()) last = next.value
  expect(JSON.parse(last)).toEqual({ closed: true })
})
