import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readStatsJson } from '../../../src/collectors/envoy-stats/json.ts'
import { isRelevant } from '../../../src/collectors/envoy-stats/names.ts'
import { createTextReader } from '../../../src/collectors/envoy-stats/text.ts'
import { binOf } from '../../../src/traffic/index.ts'

const fixtures = join(import.meta.dirname, '../../fixtures/envoy-stats')
const wanted = (name: string): boolean => isRelevant(name, 'upstream')
const read = (text: string) => createTextReader(wanted).read(text)
const bin = (ms: number): number => binOf(ms * 1000)

describe('the text form', () => {
  test('gives counters, and histograms in our layout', () => {
    const { counters, histograms, rejected } = read(
      'cluster.web.upstream_rq_200: 42\ncluster.web.upstream_rq_time:\n  totals=0,0:1, 1,0.1:24, 300,10:2\n  intervals=1,0.1:8\n  summary=P0(1,1)\n\n',
    )
    expect(counters).toEqual(new Map([['cluster.web.upstream_rq_200', 42]]))
    expect(histograms.get('cluster.web.upstream_rq_time')).toEqual({
      bins: [0, bin(1), bin(300)],
      counts: [1, 24, 2],
    })
    expect(rejected).toBe(0)
  })

  test('is read the same the second time, when lines are recognised by their place', () => {
    const reader = createTextReader(wanted)
    const text = readFileSync(join(fixtures, 'envoy-1.40.txt'), 'utf8')
    const first = reader.read(text)
    expect(reader.read(text)).toEqual(first)
    expect(first.counters.size).toBeGreaterThan(20)
    expect(first.histograms.size).toBeGreaterThan(3)
  })

  test('finds what moved when lines came and went', () => {
    const reader = createTextReader(wanted)
    reader.read('cluster.a.upstream_rq_200: 1\ncluster.b.upstream_rq_200: 2\ncluster.c.upstream_rq_200: 3\n')
    const { counters } = reader.read(
      'cluster.a.upstream_rq_200: 5\ncluster.a.upstream_rq_2000: 9\ncluster.c.upstream_rq_200: 7\n',
    )
    expect(counters).toEqual(
      new Map([
        ['cluster.a.upstream_rq_200', 5],
        ['cluster.c.upstream_rq_200', 7],
      ]),
    )
  })

  test('tolerates the same name twice, text readouts, empty histograms and carriage returns', () => {
    const { counters, histograms, rejected } = read(
      'cluster.a.upstream_rq_200: 3\r\ncluster.a.upstream_rq_200: 3\nlistener.x.version: "a: b"\ncluster.a.upstream_rq_time: No recorded values\n',
    )
    expect([...counters.values()]).toEqual([3])
    expect(histograms.size).toBe(0)
    expect(rejected).toBe(0)
  })

  test('says when an Envoy gave percentiles instead of bins', () => {
    expect(read('cluster.a.upstream_rq_time: P0(nan,1) P50(nan,2)\n').summaries).toBe(true)
  })

  test('counts lines that make no sense, and values beyond what a number holds', () => {
    expect(read('cluster.a.upstream_rq_200: many\n').rejected).toBe(1)
    expect(read('cluster.a.upstream_rq_200: 18446744073709551615\n').rejected).toBe(1)
    expect(read('cluster.a.upstream_rq_time:\n  totals=1,0.1:x\n').rejected).toBe(1)
    expect(read('<html>\n').rejected).toBe(1)
  })

  test('never throws on garbage, alone or after a good scrape', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'cluster.',
        'a.grpc.',
        'b',
        '.upstream_rq_200',
        '.upstream_rq_time',
        ': ',
        ':',
        '\n',
        '  totals=',
        '1,0.1:2',
        ', ',
        '12',
        '"',
        '\r',
      ),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.array(piece, { maxLength: 40 }), (a, b) => {
        const reader = createTextReader(wanted)
        for (const text of [a.join(''), b.join(''), a.join('')]) {
          for (const value of reader.read(text).counters.values())
            expect(Number.isSafeInteger(value)).toBe(true)
        }
        expect(createTextReader(wanted).read(a.join('')).counters).toEqual(reader.read(a.join('')).counters)
        readStatsJson(a.join(''), wanted)
      }),
    )
  })
})

describe('the JSON form', () => {
  test('gives what the text form gives of the same Envoy', () => {
    const text = read(readFileSync(join(fixtures, 'envoy-1.40.txt'), 'utf8'))
    const json = readStatsJson(readFileSync(join(fixtures, 'envoy-1.40.json'), 'utf8'), wanted)
    expect(json).toEqual(text)
  })

  test('is undefined for what is no list of statistics, and counts entries that make no sense', () => {
    expect(readStatsJson('{"stats":', wanted)).toBeUndefined()
    expect(readStatsJson('{"stats":{}}', wanted)).toBeUndefined()
    const reading = readStatsJson(
      '{"stats":[1,{"name":"cluster.a.upstream_rq_200","value":-1},{"histograms":{"details":[{"name":"cluster.a.upstream_rq_time","totals":[{"lower_bound":"x"}]},null]}}]}',
      wanted,
    )
    expect(reading?.rejected).toBe(4)
  })

  test('never throws, whatever the JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        readStatsJson(JSON.stringify({ stats: value }), wanted)
        readStatsJson(
          JSON.stringify({ stats: [{ histograms: value }, { histograms: { details: [value] } }, value] }),
          wanted,
        )
      }),
    )
  })
})
