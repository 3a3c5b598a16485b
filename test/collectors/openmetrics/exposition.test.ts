import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createExpositionReader, type Exposition } from '../../../src/collectors/openmetrics/exposition.ts'

const AT = 1_790_000_000_000

function read(text: string, format: 'openmetrics' | 'text' = 'text', fixed = {}): Exposition {
  return createExpositionReader(fixed).read(text, { atMs: AT, format })
}

const flat = ({ series }: Exposition): unknown =>
  series.map(({ labels, samples }) => [labels.join(' '), samples[0]?.value])

describe('an exposition', () => {
  test('is read line by line, comments and blank lines passed over', () => {
    const text = `# HELP a what\n# TYPE a counter\n\na 1\na{b="c", d="e",} 2.5e3\na { b = "x" } +Inf\n# any\n`
    const found = read(text)
    expect(flat(found)).toEqual([
      ['__name__ a', 1],
      ['__name__ a b c d e', 2_500],
    ])
    expect([found.rejected, found.ended]).toEqual([1, undefined])
  })

  test('has quotes, line breaks and braces in its values', () => {
    const found = read(String.raw`a{b="x\"y\\z\n}",c="{"} 7`)
    expect(found.series[0]?.labels).toEqual(['__name__', 'a', 'b', 'x"y\\z\n}', 'c', '{'])
  })

  test('has names in quotes that are no identifiers', () => {
    const found = read(`{"http.requests","status.code"="200"} 3\n`)
    expect(found.series[0]?.labels).toEqual(['__name__', 'http.requests', 'status.code', '200'])
  })

  test('says times in milliseconds, or in seconds when it is OpenMetrics', () => {
    expect(read('a 1 1700000000123').series[0]?.samples[0]?.atMs).toBe(1_700_000_000_123)
    expect(read('a 1 1700000000.123\n# EOF\n', 'openmetrics').series[0]?.samples[0]?.atMs).toBe(
      1_700_000_000_123,
    )
    expect(read('a 1').series[0]?.samples[0]?.atMs).toBe(AT)
  })

  test('of OpenMetrics ends with # EOF, or was cut', () => {
    expect(read('a 1\n# EOF\nb 2', 'openmetrics')).toMatchObject({ ended: true, series: [{}] })
    expect(read('a 1\n', 'openmetrics').ended).toBe(false)
  })

  test('says when counters and histograms began', () => {
    const text = `# TYPE a counter
a_total{b="c"} 5
a_created{b="c"} 1700000000.5
# TYPE h histogram
h_bucket{le="1.0"} 1
h_bucket{le="+Inf"} 2
h_count 2
h_created 1700000001
# TYPE file_created gauge
file_created 3
# EOF
`
    const found = read(text, 'openmetrics')
    expect(found.series.map(({ samples }) => samples[0]?.startMs)).toEqual([
      1_700_000_000_500, 1_700_000_001_000, 1_700_000_001_000, 1_700_000_001_000, 0,
    ])
  })

  test('has exemplars with trace ids', () => {
    const found = read('h_bucket{le="1"} 4 # {trace_id="abc"} 0.67 1700000000\n# EOF', 'openmetrics')
    expect(found.series[0]?.exemplars).toEqual([{ atMs: 1_700_000_000_000, value: 0.67, traceId: 'abc' }])
  })

  test('yields to the labels of its target', () => {
    const found = read('a{job="own",x="y"} 1', 'text', { job: 'ours', instance: 'i' })
    expect(found.series[0]?.labels.join(' ')).toBe('__name__ a exported_job own instance i job ours x y')
  })

  test('that shows a series twice counts the first', () => {
    expect(read('a 1\na 2\n')).toMatchObject({ rejected: 1, series: [{ samples: [{ value: 1 }] }] })
  })

  test('is read whatever it is', () => {
    const piece = fc.constantFrom(
      'a',
      '{',
      '}',
      '"',
      '\\',
      '=',
      ',',
      ' ',
      '\n',
      '# ',
      '1',
      'NaN',
      '# EOF',
      'le',
      '\0',
    )
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 60 }),
        fc.constantFrom('openmetrics' as const, 'text' as const),
        (pieces, format) => {
          const found = read(pieces.join(''), format)
          for (const { labels, samples } of found.series) {
            expect(labels.length % 2).toBe(0)
            expect(samples).toHaveLength(1)
          }
        },
      ),
    )
  })
})
