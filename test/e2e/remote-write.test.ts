import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { unixSeconds } from '../../src/base/index.ts'
import { prometheusOptions } from '../../src/collectors/prometheus/options.ts'
import { createPrometheusSource } from '../../src/collectors/prometheus/source.ts'
import { createRealWorld } from './envoy/world.ts'
import {
  type Answers,
  findProgram,
  freePort,
  type Shop,
  startReceiver,
  startSender,
  startShop,
  until,
} from './remote-write/rig.ts'

// Goal: what a real Prometheus and a real vmagent write counts as often as the service that they scrape says itself,
// while Nines is killed and the service restarts; and asking that Prometheus gives the same counts, minute by minute.
// Method: between the parts the load rests until it was scraped, because what a service counts after its last scrape
// dies with it.

const ROOT = resolve(import.meta.dirname, '../..')
const SRC = join(ROOT, 'dist/src')
const SENDERS = ['prometheus', 'vmagent'] as const
const found = new Map(SENDERS.map((name) => [name, findProgram(name)]))
for (const [name, program] of found)
  if (program === undefined) console.log(`${name} is not tested as a sender: put it on the PATH`)

const directory = mkdtempSync(join(tmpdir(), 'nines-remote-write-'))
beforeAll(() => {
  if (!existsSync(SRC)) throw new Error(`${SRC} is not built: run npm run build:server`)
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const scraped = (shop: Shop): Promise<void> => {
  const seen = shop.scrapes()
  return until(async () => shop.scrapes() >= seen + 2, 'a scrape')
}

/** Random-looking, the same every time: how many requests of each kind a burst has. */
const burst = (n: number): { ok: number; slow: number; failed: number; missing: number } => ({
  ok: 20 + ((n * 7) % 13),
  slow: (n * 5) % 7,
  failed: (n * 3) % 5,
  missing: n % 4,
})

interface Served {
  good: number
  bad: number
  fast: number
}

async function load(shop: Shop, served: Served, bursts: number): Promise<void> {
  for (let n = 0; n < bursts; n++) {
    const { ok, slow, failed, missing } = burst(n)
    shop.serve('200', 0.2, ok)
    shop.serve('200', 0.8, slow)
    // Failures are faster than any threshold: then what is good and fast is exact.
    shop.serve('500', 0.01, failed)
    shop.serve('404', 0.02, missing)
    served.good += ok + slow + missing
    served.bad += failed
    served.fast += ok + missing
    await delay(150)
  }
}

const sum = (minutes: Readonly<Record<string, number>> = {}): number =>
  Object.values(minutes).reduce((total, each) => total + each, 0)

function argumentsOf(
  sender: string,
  work: string,
  ports: { shop: number; web: number; nines: number },
): readonly string[] {
  const scrape = `scrape_configs:
  - job_name: shop
    scrape_interval: 1s
    static_configs: [{ targets: ["127.0.0.1:${ports.shop}"] }]
`
  const url = `http://127.0.0.1:${ports.nines}/api/v1/write`
  const file = join(work, 'config.yaml')
  const queue = 'queue_config: { batch_send_deadline: 500ms, min_backoff: 50ms, max_backoff: 500ms }'
  writeFileSync(
    file,
    sender === 'vmagent' ? scrape : `${scrape}remote_write: [{ url: "${url}", ${queue} }]\n`,
  )
  return sender === 'vmagent'
    ? [
        `-promscrape.config=${file}`,
        `-remoteWrite.url=${url}`,
        `-remoteWrite.tmpDataPath=${join(work, 'queue')}`,
        `-httpListenAddr=127.0.0.1:${ports.web}`,
      ]
    : [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(work, 'tsdb')}`,
        `--web.listen-address=127.0.0.1:${ports.web}`,
      ]
}

for (const sender of SENDERS)
  test.skipIf(found.get(sender) === undefined)(
    `${sender} writes what the service counts, through kill -9 of Nines and a restart of the service`,
    async () => {
      const work = mkdtempSync(join(directory, `${sender}-`))
      const began = Math.floor(Date.now() / 60_000) * 60
      await using shop = await startShop(1_000)
      const ports = { shop: shop.port, web: await freePort(), nines: await freePort() }
      const served: Served = { good: 0, bad: 0, fast: 0 }
      const open = (run: string): ReturnType<typeof startReceiver> =>
        startReceiver({
          src: SRC,
          data: join(work, 'data'),
          listen: `127.0.0.1:${ports.nines}/api/v1/write`,
          run,
        })
      const read = (): Promise<Answers> => receiver.read(began, began + 3_600)
      const holds = async (): Promise<boolean> => {
        const { answers } = await read()
        return sum(answers['good']) >= served.good && sum(answers['bad']) >= served.bad
      }
      let receiver = open('first')
      const program = startSender(found.get(sender) ?? '', argumentsOf(sender, work, ports))
      try {
        await until(async () => (await read()).status.lastSuccess !== undefined, 'a first request')
        await scraped(shop)
        await load(shop, served, 12)
        await receiver.kill()
        await load(shop, served, 8)
        receiver = open('second')
        await load(shop, served, 8)
        await scraped(shop)
        await until(holds, 'that all was written after the kill')
        shop.restart()
        await scraped(shop)
        await load(shop, served, 10)
        await scraped(shop)
        await until(holds, 'that all was written after the restart')
        // Nothing more comes: what would be counted twice would be by now.
        await scraped(shop)
        await delay(2_000)
        const { answers, status } = await read()
        expect({ good: sum(answers['good']), bad: sum(answers['bad']), fast: sum(answers['fast']) }).toEqual(
          served,
        )
        expect(sum(answers['shop_requests_total'])).toBe(served.good + served.bad)
        expect(sum(answers['sum(shop_requests_total{code!~"5.."})'])).toBe(served.good)
        expect([status.state, status.problem]).toEqual(['reading', undefined])
        if (sender === 'prometheus') await compare(ports.web, began, answers)
      } finally {
        await program.stop()
        await receiver.kill()
      }
    },
    180_000,
  )

/** Asks the same Prometheus the same questions. */
async function compare(port: number, began: number, written: Answers['answers']): Promise<void> {
  const checked = prometheusOptions({ url: `http://127.0.0.1:${port}` }, { name: 'prom', base: '/' })
  if (checked.kind === 'failed') throw new Error(JSON.stringify(checked.error))
  const source = createPrometheusSource(createRealWorld(1), checked.value)
  const keys = ['shop_requests_total', 'sum(shop_requests_total{code!~"5.."})']
  const questions = keys.map((query) => ({
    kind: 'external' as const,
    source: 'prom',
    type: 'Prometheus',
    spec: { query },
    key: query,
    reading: { kind: 'counter' as const },
  }))
  const to = Math.ceil(Date.now() / 60_000) * 60
  const range = { from: unixSeconds(began), to: unixSeconds(to) }
  const replies = await source.ask({ questions, range }, new AbortController().signal)
  for (const { key, result } of replies) {
    if (result.kind === 'failed') throw new Error(result.error.text)
    const minutes: Record<string, number> = {}
    for (const { minute, value } of result.value.rows) minutes[minute] = (minutes[minute] ?? 0) + value
    expect(minutes).toEqual(written[key])
  }
}
