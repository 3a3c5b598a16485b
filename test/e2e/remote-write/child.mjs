// A process that receives remote write into a ledger on disk until it is killed. It says on stdout where it listens,
// and what the ledger holds when it is asked. Plain JavaScript, because it runs under Node itself.
// Arguments: the compiled `src`, the ledger's directory, the address to listen at, the name of the run.
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

const [src, path, listen, run] = process.argv.slice(2)
const load = (file) => import(pathToFileURL(`${src}/${file}`).href)
const { openLedger } = await load('store/index.js')
const { SOURCE_KINDS } = await load('collectors/index.js')
const quiet = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet }
const world = {
  clock: {
    now: () => Math.floor(Date.now() / 1000),
    nowMs: Date.now,
    monotonicMs: () => performance.now(),
    sleep: (ms, signal) => delay(ms, undefined, signal ? { signal } : {}),
  },
  log: quiet,
  fetch,
  random: Math.random,
  trace: { span: (_name, _attributes, work) => work() },
}
const say = (event) => process.stdout.write(`${JSON.stringify(event)}\n`)

const QUESTIONS = ['shop_requests_total', 'sum(shop_requests_total{code!~"5.."})'].map((query) => ({
  kind: 'external',
  source: 'prom',
  type: 'Prometheus',
  spec: { query },
  key: query,
  reading: { kind: 'counter' },
}))
const ledger = await openLedger(world, {
  kind: 'embedded',
  path,
  retention: { traffic: 400, exemplars: 30 },
})
const opened = SOURCE_KINDS.get('PrometheusRemoteWrite').open(world, {
  name: 'prom',
  input: '',
  labels: {},
  details: {
    listen,
    silence: '60s',
    lag: '5s',
    counters: [
      {
        selector: 'shop_requests_total',
        status: 'code',
        durations: { selector: 'shop_request_duration_seconds' },
      },
    ],
  },
  base: '/',
  run,
  questions: () => QUESTIONS,
})
if (opened.kind === 'failed') throw new Error(JSON.stringify(opened.error))
const collector = opened.value
const stopping = new AbortController()
const ended = collector.run(
  { write: (step, signal) => ledger.write(step, signal), checkpoint: ledger.checkpoint },
  stopping.signal,
)

const every = { text: '{}', matches: () => true }
const of = (id, query) => ({ id, numerator: { counts: 'good', query }, total: query, splitBy: [] })
const requests = (outcome, within) => ({
  kind: 'requests',
  source: 'prom',
  match: every,
  outcome,
  ...(within === undefined ? {} : { within }),
})

async function read(from, to) {
  const queries = [
    of('good', requests('good')),
    of('bad', requests('bad')),
    of('fast', requests('good', 300_000)),
    ...QUESTIONS.map((question) => of(question.key, question)),
  ]
  const series = await ledger.read(queries, { range: { from, to }, width: 60 })
  const minutes = (found) =>
    Object.fromEntries([...found.good].flatMap((n, i) => (n === 0 ? [] : [[from + i * 60, n]])))
  const answers = Object.fromEntries(series.map((found) => [found.query, minutes(found)]))
  const coverage = await ledger.coverage(['prom', `prom?${QUESTIONS[0].key}`], { from, to })
  say({ answers, coverage, status: collector.status() })
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line)
  if (asked.read) await read(...asked.read)
}
stopping.abort()
await ended
await ledger[Symbol.asyncDispose]()
