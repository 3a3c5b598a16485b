// A process that writes to a ledger until it is killed. It says on stdout what it finds at its start, and then each
// number that was acknowledged to it. Plain JavaScript, because it runs under Node itself.
// Arguments: the compiled `src`, the ledger's directory, the first minute.
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const [src, path, base] = process.argv.slice(2)
const { openLedger } = await import(pathToFileURL(`${src}/store/index.js`).href)
const quiet = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet }
const world = {
  clock: { now: () => Math.floor(Date.now() / 1000), nowMs: Date.now, monotonicMs: () => performance.now() },
  log: quiet,
  random: Math.random,
  trace: { span: (_name, _attributes, work) => work() },
}
const say = (event) => process.stdout.write(`${JSON.stringify(event)}\n`)
const every = { text: '{}', matches: () => true }
const labels = Array.from({ length: 1000 }, (_, i) => ({ operation: `/${i}` }))
const minute = (n) => Number(base) + n * 60

let ledger
try {
  ledger = await openLedger(world, { kind: 'embedded', path, retention: { traffic: 400, exemplars: 30 } })
} catch (error) {
  say({ refused: error.message, retryable: error.retryable })
  process.exit(0)
}

const sources = ['a', 'b']
const found = {}
for (const source of sources) {
  const requests = (outcome) => ({ kind: 'requests', source, match: every, outcome })
  const query = {
    id: source,
    numerator: { counts: 'good', query: requests('good') },
    total: requests('all'),
    splitBy: [],
  }
  const [series] = await ledger.read([query], { range: { from: minute(0), to: minute(2880) }, width: 60 })
  found[source] = {
    checkpoint: Number((await ledger.checkpoint(source)) ?? 0),
    // Every minute that has anything, with how much: whole steps are a thousand each.
    minutes: [...series.good].flatMap((n, i) => (n === 0 ? [] : [[i, n]])),
  }
}
const journal = await ledger.journal.read(0)
say({ found, journal: journal.map((entry) => [entry.seq, entry.data]) })

let going = true
createInterface({ input: process.stdin }).on('close', () => {
  going = false
})

async function write(source) {
  for (let n = found[source].checkpoint + 1; going; n++) {
    const traffic = labels.map((l) => ({
      source,
      labels: l,
      minute: minute(n),
      outcome: 'good',
      reason: '2xx',
      count: 1,
    }))
    await ledger.write({
      writer: source,
      revision: n,
      traffic,
      checkpoints: [{ key: source, value: String(n) }],
    })
    say({ acknowledged: source, n })
  }
}

async function append() {
  for (let n = journal.length + 1; going; n += 2) {
    const entries = await ledger.journal.append(
      [n, n + 1].map((data) => ({ at: minute(0), kind: 'note', data })),
    )
    say({ appended: entries.at(-1).seq })
  }
}

await Promise.all([...sources.map(write), append()])
await ledger[Symbol.asyncDispose]()
say({ closed: true })
