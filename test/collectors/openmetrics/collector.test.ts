import { expect, test } from 'vitest'
import type { Sink } from '../../../src/collectors/index.ts'
import { SOURCE_KINDS } from '../../../src/collectors/index.ts'
import type { CoverageSpan } from '../../../src/traffic/index.ts'
import { createTestWorld, type TestWorld } from '../../world.ts'
import { TestLedger } from '../log/ledger.ts'

const START = 1_790_000_040

/** An exporter whose counters a test moves; a status other than 200 is what it answers instead. */
interface Exporter {
  readonly counts: Record<string, number>
  status: number
  readonly fetch: typeof fetch
}

function createExporter(): Exporter {
  const exporter: Exporter = {
    counts: { '200': 0 },
    status: 200,
    fetch: async () => {
      const lines = Object.entries(exporter.counts).map(
        ([code, count]) => `http_requests_total{code="${code}",handler="/cart"} ${count}`,
      )
      const body = Buffer.from(`# TYPE http_requests counter\n${lines.join('\n')}\n# EOF\n`)
      const headers = new Headers({ 'content-type': 'application/openmetrics-text; version=1.0.0' })
      // A whole Response reads its body in more turns of the event loop than the test's time waits for.
      return { status: exporter.status, headers, body: [new Uint8Array(body)] } as unknown as Response
    },
  }
  return exporter
}

class CoverageLedger extends TestLedger {
  get coverage(): readonly CoverageSpan[] {
    return this.steps.flatMap(({ coverage = [] }) => coverage)
  }
}

async function run(
  world: TestWorld,
  sink: Sink,
  name = 'run',
): Promise<{ stop: () => Promise<void>; status: () => unknown }> {
  const opened = SOURCE_KINDS.get('OpenMetrics')?.open(world, {
    name: 'shop',
    input: '',
    labels: { cloud_provider: 'aws' },
    details: {
      targets: ['http://exporter.test/metrics'],
      preset: 'go-http',
      service: 'cart',
      interval: '15s',
    },
    base: '/',
    run: name,
    questions: () => [],
  })
  if (opened?.kind !== 'ok') throw new Error(JSON.stringify(opened))
  const stopping = new AbortController()
  const ended = opened.value.run(sink, stopping.signal)
  await world.advance(0)
  return {
    status: () => opened.value.status(),
    stop: async () => {
      stopping.abort()
      await world.advance(10_000)
      await ended
    },
  }
}

const counted = (ledger: TestLedger): Record<string, number> => ledger.totals(({ reason }) => reason)

test('an exporter is counted through failures, its restart and ours', async () => {
  const exporter = createExporter()
  const world = createTestWorld({ start: START, fetch: exporter.fetch })
  const ledger = new CoverageLedger()
  exporter.counts['200'] = 1_000
  const first = await run(world, ledger)
  await world.advance(20_000)
  exporter.counts['200'] = 1_010
  // It was not there at the scrape before, so all of it came since.
  exporter.counts['500'] = 3
  await world.advance(20_000)
  expect(counted(ledger)).toEqual({ '2xx': 10, 'http-500': 3 })
  exporter.status = 503
  exporter.counts['200'] = 1_020
  await world.advance(40_000)
  expect(first.status()).toMatchObject({ state: 'failing', problem: { text: 'exporter.test answers 503' } })
  exporter.status = 200
  await world.advance(60_000)
  expect(counted(ledger)).toEqual({ '2xx': 20, 'http-500': 3 })
  await first.stop()
  exporter.counts['200'] = 5
  exporter.counts['500'] = 0
  const second = await run(world, ledger, 'again')
  await world.advance(20_000)
  exporter.counts['200'] = 7
  exporter.counts['404'] = 1
  await world.advance(20_000)
  expect(counted(ledger)).toEqual({ '2xx': 27, 'http-404': 1, 'http-500': 3 })
  await second.stop()
})

test('what was not read is not known, with the reason', async () => {
  const exporter = createExporter()
  const world = createTestWorld({ start: START, fetch: exporter.fetch })
  const ledger = new CoverageLedger()
  const running = await run(world, ledger)
  await world.advance(150_000)
  exporter.status = 500
  await world.advance(200_000)
  exporter.status = 200
  await world.advance(200_000)
  const states = ledger.coverage.map(({ state, reason }) => `${state} ${reason}`.trim())
  expect(states).toContain('known')
  expect(states.some((state) => /^missing .*exporter\.test answers 500$/.test(state))).toBe(true)
  expect(states.at(-1)).toBe('known')
  await running.stop()
})

test('all that is wrong with the options is said at once', () => {
  const opened = SOURCE_KINDS.get('OpenMetrics')?.open(createTestWorld(), {
    name: 'shop',
    input: '',
    labels: {},
    details: {
      targets: ['::'],
      interval: '1h',
      counters: [{ status: 5, selector: '{a' }],
      presets: ['nope'],
    },
    base: '/',
    run: 'r',
    questions: () => [],
  })
  const paths = opened?.kind === 'failed' ? opened.error.map(({ path }) => path) : []
  expect(paths.sort()).toEqual([
    'counters[0].selector',
    'counters[0].status',
    'interval',
    'presets',
    'targets[0]',
  ])
})
