import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Labels, microseconds, type Range, seconds } from '../../src/base/index.ts'
import type { Ledger } from '../../src/store/index.ts'
import {
  binAtEdge,
  type ExternalQuery,
  type IndicatorQuery,
  type LedgerStep,
  type MetricQuery,
  OVERFLOW,
  type RequestQuery,
  renameLabels,
  type TrafficRow,
} from '../../src/traffic/index.ts'
import { trafficContract } from './store-traffic.ts'
import { BASE, indicator, minute, only, readout, requests, row, span, step } from './store-words.ts'

/** What any ledger promises, on whichever engine it stands. Each test has a source of its own. */
export function contract(open: () => Promise<Ledger>): void {
  let ledger: Ledger
  beforeAll(async () => {
    ledger = await open()
  })
  afterAll(async () => {
    await ledger[Symbol.asyncDispose]()
  })

  test('what was written is read at once, before any merge', async () => {
    const traffic = [
      row('plain', { count: 5 }),
      row('plain', { count: 2, outcome: 'bad', reason: '5xx' }),
      row('plain', { count: 9, outcome: 'ignored', reason: 'health-check' }),
      row('plain', { count: 7, minute: minute(2) }),
    ]
    await ledger.write(step({ traffic }))
    expect(await readout(ledger, indicator('plain'), span(0, 3))).toEqual({ '{}': '5 0 7 / 2 0 0' })
  })

  test('the last revision of a row counts, whatever the order in which they arrive', async () => {
    await ledger.write(step({ revision: 2, traffic: [row('revised', { count: 20 })] }))
    await ledger.write(step({ revision: 3, traffic: [row('revised', { count: 30 })] }))
    await ledger.write(step({ revision: 1, traffic: [row('revised', { count: 10 })] }))
    expect(await readout(ledger, indicator('revised'), span(0, 1))).toEqual({ '{}': '30 / 0' })
  })

  test('totals are sums over writers', async () => {
    await Promise.all(
      ['a', 'b', 'c'].map((writer) =>
        ledger.write(step({ writer, traffic: [row('writers', { count: 4 })] })),
      ),
    )
    expect(await readout(ledger, indicator('writers'), span(0, 1))).toEqual({ '{}': '12 / 0' })
  })

  test('hours are the sums of their minutes', async () => {
    const traffic = [0, 59, 60, 119, 120].map((n) => row('hours', { minute: minute(n), count: n + 1 }))
    await ledger.write(step({ traffic }))
    expect(await readout(ledger, indicator('hours'), span(0, 180), 3600)).toEqual({
      '{}': '61 181 121 / 0 0 0',
    })
  })

  test('each prefix of the split has its scopes, and a series without the label is only in the whole', async () => {
    const at = (cloud_provider: string, cloud_region: string, count: number): TrafficRow =>
      row('split', { labels: { cloud_provider, cloud_region }, count })
    await ledger.write(
      step({
        traffic: [
          at('aws', 'tokyo', 1),
          at('aws', 'ohio', 2),
          at('gcp', 'tokyo', 4),
          row('split', { count: 8 }),
        ],
      }),
    )
    const query = indicator('split', {}, ['cloud_provider', 'cloud_region'])
    expect(await readout(ledger, query, span(0, 1))).toEqual({
      '{}': '15 / 0',
      '{"cloud_provider":"aws"}': '3 / 0',
      '{"cloud_provider":"gcp"}': '4 / 0',
      '{"cloud_provider":"aws","cloud_region":"ohio"}': '2 / 0',
      '{"cloud_provider":"aws","cloud_region":"tokyo"}': '1 / 0',
      '{"cloud_provider":"gcp","cloud_region":"tokyo"}': '4 / 0',
    })
  })

  test('a selector counts its series only', async () => {
    const of = (operation: string, count: number): TrafficRow =>
      row('selected', { labels: { operation }, count })
    await ledger.write(step({ traffic: [of('/a', 1), of('/b', 2)] }))
    const query = indicator('selected', { match: only('operation', '/b') })
    expect(await readout(ledger, query, span(0, 1))).toEqual({ '{}': '2 / 0' })
    await ledger.write(step({ traffic: [of('/b', 3)], writer: 'later' }))
    expect(await readout(ledger, query, span(0, 1))).toEqual({ '{}': '5 / 0' })
  })

  test('within counts the bins below the edge, and not what has no duration', async () => {
    const latency = { bins: [binAt(200_000), binAt(290_000), binAt(300_000)], counts: [3, 4, 5] }
    await ledger.write(step({ traffic: [row('within', { count: 20, latency })] }))
    const query = indicator('within', { within: microseconds(300_000) })
    expect(await readout(ledger, query, span(0, 1))).toEqual({ '{}': '7 / 13' })
  })

  test('a reason is judged as the SLI says', async () => {
    await ledger.write(
      step({ traffic: [row('judged', { count: 8 }), row('judged', { count: 2, reason: 'http-429' })] }),
    )
    expect(await readout(ledger, indicator('judged', { judge: { 'http-429': 'bad' } }), span(0, 1))).toEqual({
      '{}': '8 / 2',
    })
    expect(
      await readout(ledger, indicator('judged', { judge: { 'http-429': 'ignored' } }), span(0, 1)),
    ).toEqual({
      '{}': '8 / 0',
    })
  })

  test('a client that left is judged by how long it had waited', async () => {
    const early = { bins: [binAt(100_000), binAt(2_000_000)], counts: [6, 1] }
    const late = { bins: [binAt(20_000_000)], counts: [2] }
    const traffic = [
      row('left', { count: 10 }),
      row('left', { count: 7, outcome: 'ignored', reason: 'client-left-early', latency: early }),
      row('left', { count: 3, outcome: 'bad', reason: 'client-left-late', latency: late }),
    ]
    await ledger.write(step({ traffic }))
    expect(await readout(ledger, indicator('left'), span(0, 1))).toEqual({ '{}': '10 / 3' })
    const atTwo = indicator('left', { abort: microseconds(2_000_000) })
    expect(await readout(ledger, atTwo, span(0, 1))).toEqual({ '{}': '10 / 4' })
    expect(await readout(ledger, indicator('left', { abort: 'never' }), span(0, 1))).toEqual({
      '{}': '10 / 0',
    })
  })

  test('external counts are read by their key', async () => {
    const query = (key: string): ExternalQuery => ({
      kind: 'external',
      source: 'prom',
      type: 'Prometheus',
      spec: {},
      key,
    })
    const value = (key: string, value: number): NonNullable<LedgerStep['counts']>[number] => ({
      key,
      source: 'prom',
      labels: { cloud_provider: 'aws' },
      minute: minute(1),
      value,
    })
    await ledger.write(step({ counts: [value('bad', 3), value('all', 10), value('other', 99)] }))
    const indicator: IndicatorQuery = {
      id: 'external',
      numerator: { counts: 'bad', query: query('bad') },
      total: query('all'),
      splitBy: ['cloud_provider'],
    }
    expect(await readout(ledger, indicator, span(0, 2))).toEqual({
      '{}': '0 7 / 0 3',
      '{"cloud_provider":"aws"}': '0 7 / 0 3',
    })
  })

  test('a re-read stretch takes back what it no longer holds', async () => {
    const at = (n: number, count: number): TrafficRow => row('reread', { minute: minute(n), count })
    await ledger.write(step({ writer: 's3', revision: 1, traffic: [at(0, 1), at(1, 1), at(2, 1)] }))
    await ledger.write(step({ writer: 'other', revision: 1, traffic: [at(1, 5)] }))
    await ledger.write(step({ writer: 's3', revision: 2, traffic: [at(2, 9)], replaces: span(1, 3) }))
    expect(await readout(ledger, indicator('reread'), span(0, 3))).toEqual({ '{}': '1 5 9 / 0 0 0' })
  })

  test('a checkpoint is what was last written under its key', async () => {
    expect(await ledger.checkpoint('unknown')).toBeUndefined()
    const write = (writer: string, revision: number, value: string): Promise<void> =>
      ledger.write(step({ writer, revision, checkpoints: [{ key: 'file', value }] }))
    await write('run-1', 5, 'offset 50')
    await write('run-1', 4, 'offset 40')
    expect(await ledger.checkpoint('file')).toBe('offset 50')
  })

  test("a keeper's checkpoint is its highest revision, whoever writes beside it", async () => {
    const keep = (writer: string, revision: number, value: string): Promise<void> =>
      ledger.write(step({ writer, revision, keeper: 'receiver', checkpoints: [{ key: 'ring/1', value }] }))
    await keep('run/1', 5, 'five')
    await keep('run/2', 4, 'four')
    expect(await ledger.checkpoint('ring/1')).toBe('five')
    await keep('run/2', 6, 'six')
    expect(await ledger.checkpoint('ring/1')).toBe('six')
  })

  test('coverage is merged over writers and days, and a span that grows stays one', async () => {
    const say = (
      writer: string,
      revision: number,
      said: Range & { state: 'known' | 'missing' },
    ): Promise<void> =>
      ledger.write(
        step({
          writer,
          revision,
          coverage: [{ ...said, source: 'covered', reason: said.state === 'known' ? '' : 'refused' }],
        }),
      )
    for (let n = 1; n <= 5; n++) await say('a', n, { ...span(0, 1440 + n), state: 'known' })
    await say('a', 9, { ...span(1450, 1460), state: 'missing' })
    await say('b', 1, { ...span(1455, 1470), state: 'known' })
    const spans = await ledger.coverage(['covered', 'nobody'], span(10, 2000))
    expect(spans.map((s) => [(s.from - BASE) / 60, (s.to - BASE) / 60, s.state, s.reason])).toEqual([
      [10, 1445, 'known', ''],
      [1450, 1455, 'missing', 'refused'],
      [1455, 1470, 'known', ''],
    ])
  })

  test('changes name the sources and minutes written since, once', async () => {
    const start = await ledger.changes(undefined)
    expect(start.touched).toEqual([])
    await ledger.write(
      step({
        traffic: [row('changed', { minute: minute(3) }), row('changed', { minute: minute(4) }), row('other')],
        coverage: [{ ...span(8, 9), source: 'quiet', state: 'known', reason: '' }],
      }),
    )
    const next = await ledger.changes(start.cursor)
    expect(next.touched).toEqual([
      { source: 'changed', ...span(3, 5) },
      { source: 'other', ...span(0, 1) },
      { source: 'quiet', ...span(8, 9) },
    ])
    expect((await ledger.changes(next.cursor)).touched).toEqual([])
    await ledger.write(step({ revision: 2, traffic: [row('changed', { minute: minute(3) })] }))
    expect((await ledger.changes(next.cursor)).touched).toEqual([{ source: 'changed', ...span(3, 4) }])
  })

  test('a breakdown says who spent it, by labels and by reason', async () => {
    const of = (cloud_provider: string, reason: string, count: number): TrafficRow =>
      row('spent', { labels: { cloud_provider }, outcome: reason === '2xx' ? 'good' : 'bad', reason, count })
    await ledger.write(
      step({
        traffic: [of('aws', '2xx', 90), of('aws', '5xx', 3), of('gcp', '2xx', 50), of('gcp', 'flag-UF', 8)],
      }),
    )
    const ask = (by: string[], limit = 10): ReturnType<Ledger['breakdown']> =>
      ledger.breakdown(indicator('spent'), { range: span(0, 1), by, limit })
    expect(await ask(['cloud_provider'])).toEqual([
      { labels: { cloud_provider: 'gcp' }, good: 50, bad: 8 },
      { labels: { cloud_provider: 'aws' }, good: 90, bad: 3 },
    ])
    expect(await ask(['reason'], 2)).toEqual([
      { labels: { reason: 'flag-UF' }, good: 0, bad: 8 },
      { labels: { reason: '5xx' }, good: 0, bad: 3 },
    ])
  })

  test('a label that was renamed is found, split and broken down under its present name', async () => {
    const of = (labels: Labels, count: number): TrafficRow => row('renamed', { labels, count })
    await ledger.write(
      step({ traffic: [of({ cluster: 'a' }, 1), of({ k8s: 'a' }, 20), of({ k8s: 'b', cluster: 'z' }, 300)] }),
    )
    const whole = indicator('renamed')
    const as = (query: MetricQuery): MetricQuery =>
      query.kind === 'external' ? query : { ...query, match: renameLabels(query.match, { k8s: 'cluster' }) }
    const renamed = {
      ...whole,
      splitBy: ['k8s'],
      numerator: { ...whole.numerator, query: as(whole.numerator.query) },
      total: as(whole.total),
    }
    const range = span(0, 1)
    const found = await ledger.read([renamed, { ...whole, id: 'plain', splitBy: ['k8s'] }], {
      range,
      width: seconds(60),
    })
    const counts = found.map(({ query, scope, good }) => [query, scope, good[0]])
    expect(counts).toEqual(
      expect.arrayContaining([
        [renamed.id, {}, 321],
        [renamed.id, { k8s: 'a' }, 21],
        [renamed.id, { k8s: 'b' }, 300],
        ['plain', { k8s: 'a' }, 20],
      ]),
    )
    expect(await ledger.breakdown(renamed, { range, by: ['k8s'], limit: 10 })).toEqual([
      { labels: { k8s: 'b' }, good: 300, bad: 0 },
      { labels: { k8s: 'a' }, good: 21, bad: 0 },
    ])
  })

  test('the heatmap adds up bins over rows and writers', async () => {
    const latency = { bins: [10, 20], counts: [1, 2] }
    await ledger.write(
      step({
        traffic: [row('heat', { count: 3, latency }), row('heat', { minute: minute(60), count: 3, latency })],
      }),
    )
    await ledger.write(
      step({
        writer: 'x',
        traffic: [row('heat', { minute: minute(1), count: 4, latency: { bins: [20], counts: [4] } })],
      }),
    )
    expect(await ledger.latency(requests('heat'), { range: span(0, 120), width: seconds(3600) })).toEqual([
      { start: minute(0), bins: [10, 20], counts: [1, 6] },
      { start: minute(60), bins: [10, 20], counts: [1, 2] },
    ])
  })

  trafficContract(() => ledger)

  test('exemplars come newest first, as the SLI judges them', async () => {
    const exemplar = (n: number, reason: string): NonNullable<LedgerStep['exemplars']>[number] => ({
      source: 'shown',
      labels: { operation: `/${n}` },
      atMs: minute(n) * 1000 + n,
      outcome: reason === '5xx' ? 'bad' : 'good',
      reason,
      duration: microseconds(n * 1000),
      traceId: `t${n}`,
    })
    await ledger.write(step({ exemplars: [exemplar(1, '5xx'), exemplar(2, 'http-429'), exemplar(3, '5xx')] }))
    await ledger.write(step({ exemplars: [exemplar(1, '5xx')] }))
    const ask = (given: Partial<RequestQuery>): Promise<string[]> =>
      ledger
        .exemplars(requests('shown', given), { range: span(0, 10), limit: 10 })
        .then((found) => found.map((e) => e.traceId ?? ''))
    expect(await ask({ outcome: 'bad' })).toEqual(['t3', 't1'])
    expect(await ask({ outcome: 'bad', judge: { 'http-429': 'bad' } })).toEqual(['t3', 't2', 't1'])
    expect(await ask({ outcome: 'all', within: microseconds(3000) })).toEqual(['t2', 't1'])
    const [first] = await ledger.exemplars(requests('shown'), { range: span(0, 10), limit: 1 })
    expect(first).toEqual(exemplar(3, '5xx'))
  })

  test('the inventory knows each source, its size, its first and last minute and what overflowed', async () => {
    const labels = (operation: string): Labels => ({ operation })
    await ledger.write(
      step({
        traffic: [
          row('counted', { labels: labels('/a'), minute: minute(7) }),
          row('counted', { labels: labels('/b'), minute: minute(3) }),
          row('counted', { labels: labels(OVERFLOW), minute: minute(5), count: 12 }),
          row('counted', { labels: { [OVERFLOW]: 'true' }, minute: minute(5), count: 30 }),
        ],
      }),
    )
    const found = (await ledger.inventory()).find((s) => s.source === 'counted')
    expect(found).toEqual({ source: 'counted', series: 4, overflowed: 42, first: minute(3), last: minute(7) })
  })

  test('the journal counts its entries without holes, and gives them back in order', async () => {
    const before = (await ledger.journal.read(0)).length
    const batches = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        ledger.journal.append([
          { at: minute(i), kind: i % 2 ? 'incident' : 'note', data: { i, text: 'é\n"\'\\' } },
          { at: minute(i), kind: 'pair', data: null },
        ]),
      ),
    )
    const seqs = batches.flat().map((entry) => entry.seq)
    expect(seqs).toEqual(Array.from({ length: 40 }, (_, i) => before + i + 1))
    const all = await ledger.journal.read(before)
    expect(all).toEqual(batches.flat())
    expect((await ledger.journal.read(before, { kinds: ['pair'], limit: 3 })).map((e) => e.seq)).toEqual(
      [2, 4, 6].map((n) => before + n),
    )
    expect(await ledger.journal.read(before + 40)).toEqual([])
  })

  test('a row that cannot be right is refused, and the steps beside it are kept', async () => {
    const answers = await Promise.allSettled([
      ledger.write(step({ writer: 'a', traffic: [row('refused', { count: 1 })] })),
      ledger.write(
        step({ writer: 'b', traffic: [row('refused', { count: 2 }), row('refused', { count: -1 })] }),
      ),
      ledger.write(step({ writer: 'c', traffic: [row('refused', { count: 4 })] })),
    ])
    expect(answers.map((a) => a.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await readout(ledger, indicator('refused'), span(0, 1))).toEqual({ '{}': '5 / 0' })
  })

  test('a step of many rows is read whole', async () => {
    const traffic: TrafficRow[] = []
    for (let n = 0; n < 1000; n++)
      for (let s = 0; s < 250; s++)
        traffic.push(row('many', { minute: minute(n), labels: seriesLabels[s] ?? {}, count: 2 }))
    await ledger.write(step({ traffic, checkpoints: [{ key: 'many', value: 'all' }] }))
    const [answer] = await ledger.read([indicator('many')], { range: span(0, 1020), width: seconds(3600) })
    expect(answer?.good.reduce((a, b) => a + b, 0)).toBe(500_000)
    expect(await ledger.checkpoint('many')).toBe('all')
  })
}

const seriesLabels: readonly Labels[] = Array.from({ length: 250 }, (_, s) => ({ operation: `/${s}` }))

function binAt(us: number): number {
  const bin = binAtEdge(us)
  if (bin === undefined) throw new Error(`${us} is no edge`)
  return bin
}
