import { randomBytes } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { createSources, type Sources } from '../../src/service/sources.ts'
import { TestLedger } from '../collectors/log/ledger.ts'
import { freePort } from '../faults/otlp-rig.ts'
import { createRealWorld } from './envoy/world.ts'

// Goal: a receiver whose definition changes while senders send loses nothing and doubles nothing: the new one listens
// where the old one did, counts beside it, and knows what it has counted.

const world = createRealWorld(1)
let sources: Sources | undefined
afterEach(() => sources?.stop())

function body(spans: number): string {
  const end = String(BigInt(world.clock.nowMs()) * 1_000_000n)
  const span = (): object => ({
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    name: 'GET /cart',
    kind: 2,
    startTimeUnixNano: end,
    endTimeUnixNano: end,
    attributes: [{ key: 'http.response.status_code', value: { intValue: 200 } }],
  })
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: Array.from({ length: spans }, span) }] }] })
}

test('a source that is changed while senders send counts each span once', async () => {
  const ledger = new TestLedger()
  const port = await freePort()
  sources = createSources(world, { sink: ledger, base: '/', run: 'service' })
  const define = (maxSeries: number): void =>
    sources?.update({
      slos: [],
      sources: [
        {
          name: 'apm',
          type: 'OpenTelemetry',
          labels: {},
          connectionDetails: { http: `127.0.0.1:${port}`, grpc: 'off', maxSeries },
        } as never,
      ],
    })
  /** As an exporter does: the same bytes again until they are taken. */
  const send = async (text: string): Promise<void> => {
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${port}/v1/traces`, {
        method: 'POST',
        body: text,
        headers: { 'content-type': 'application/json' },
      }).catch(() => undefined)
      if (answer?.status === 200) return
      await world.clock.sleep(20)
    }
  }
  define(100)
  sources.begin()
  const bodies = Array.from({ length: 40 }, (_, i) => body(i + 1))
  const senders = [0, 1, 2, 3].map(async (sender) => {
    for (const [i, text] of bodies.entries()) if (i % 4 === sender) await send(text)
  })
  for (let change = 1; change <= 3; change++) {
    await world.clock.sleep(500)
    define(100 + change)
  }
  await Promise.all(senders)
  await send(bodies[0] ?? '')
  expect(ledger.totals(({ outcome }) => outcome)).toEqual({ good: (40 * 41) / 2 })
  expect(new Set(ledger.steps.map(({ writer }) => writer)).size).toBeGreaterThan(2)
})
