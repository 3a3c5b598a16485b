// A process that receives OpenTelemetry's protocol into a ledger until it is killed. It says on stdout where it listens,
// and each time when something is on disk. Plain JavaScript, because it runs under Node itself.
// Arguments: the compiled `src`, the ledger's directory, and as JSON: the details of the source, and after how many
// writes it falls silent: the write is on disk then, and nobody is told.
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

const [src, path, told] = process.argv.slice(2)
const { details, silentAfter, read } = JSON.parse(told)
const { openLedger } = await import(pathToFileURL(`${src}/store/index.js`).href)
const { SOURCE_KINDS } = await import(pathToFileURL(`${src}/collectors/index.js`).href)
const say = (event) => process.stdout.write(`${JSON.stringify(event)}\n`)
const log = {
  debug() {},
  info() {},
  warn: (message, fields) => say({ warning: message, fields }),
  error: (message, fields) =>
    say({ warning: message, fields: { ...fields, err: String(fields?.err?.stack) } }),
  child: () => log,
}
const world = {
  clock: {
    now: () => Math.floor(Date.now() / 1000),
    nowMs: Date.now,
    monotonicMs: () => performance.now(),
    sleep: async (ms, signal) => {
      await delay(ms, undefined, signal ? { signal } : {})
    },
  },
  log,
  random: Math.random,
  trace: { span: (_name, _attributes, work) => work() },
}
const ledger = await openLedger(world, {
  kind: 'embedded',
  path,
  retention: { traffic: 400, exemplars: 30, journal: 400 },
})

if (read !== undefined) {
  const requests = (outcome) => ({
    kind: 'requests',
    source: 'apm',
    match: { text: '{}', matches: () => true },
    outcome,
  })
  const numerator = { counts: 'good', query: requests('good') }
  const query = { id: 'all', numerator, total: requests('all'), splitBy: ['operation'] }
  const series = await ledger.read([query], { range: read, width: 60 })
  const sum = (numbers) => numbers.reduce((total, each) => total + each, 0)
  say({
    counted: series
      .filter(({ scope }) => scope.operation !== undefined)
      .map(({ scope, good, bad }) => [scope.operation, sum(good) + sum(bad)]),
    coverage: await ledger.coverage(['apm'], read),
  })
  await ledger[Symbol.asyncDispose]()
  process.exit(0)
}

let writes = 0
const sink = {
  checkpoint: ledger.checkpoint,
  write: async (step, signal) => {
    await ledger.write(step, signal)
    if (step.traffic.length > 0) writes++
    say({ written: step.traffic.reduce((sum, { count }) => sum + count, 0) })
    if (writes >= silentAfter) {
      say({ silent: true })
      await new Promise(() => undefined)
    }
  },
}
const opened = SOURCE_KINDS.get('OpenTelemetry').open(world, {
  name: 'apm',
  labels: {},
  details,
  base: '.',
  run: `run-${process.pid}-${Date.now()}`,
  questions: () => [],
})
if (opened.kind === 'failed') throw new Error(JSON.stringify(opened.error))
const collector = opened.value
const stopping = new AbortController()
createInterface({ input: process.stdin }).on('close', () => stopping.abort())
const ended = collector.run(sink, stopping.signal)
const wanted = [details.http, details.grpc].filter((each) => each !== 'off').length
while (collector.status().targets.length < wanted) await delay(10)
say({ listening: collector.status().targets.map(({ name }) => name) })
await ended
say({ status: collector.status() })
await ledger[Symbol.asyncDispose]()
say({ closed: true })
