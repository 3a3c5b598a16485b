import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Disagreement, reconcile, type Sight } from '../../src/slo/index.ts'

const MINUTES = 120
/** Traffic that goes up and down, so that minutes can be told apart. */
const wave = (i: number): number => 1_000 + Math.round(400 * Math.sin(i / 4)) + (i % 7) * 20

interface Given {
  readonly name?: string
  readonly good?: (i: number) => number
  readonly bad?: (i: number) => number
  readonly ignored?: (i: number) => number
  readonly known?: (i: number) => boolean
  readonly clouds?: Readonly<Record<string, (i: number) => number>>
}

const line = (of: (i: number) => number): Float64Array =>
  Float64Array.from({ length: MINUTES }, (_, i) => of(i))

function sight({
  name = 'logs',
  good = wave,
  bad = () => 10,
  known = () => true,
  ...more
}: Given = {}): Sight {
  return {
    name,
    known: Uint8Array.from({ length: MINUTES }, (_, i) => (known(i) ? 1 : 0)),
    good: line(good),
    bad: line(bad),
    ignored: more.ignored ? line(more.ignored) : undefined,
    clouds: Object.entries(more.clouds ?? {}).map(([cloud, events]) => ({
      cloud,
      good: line(events),
      bad: line(() => 0),
    })),
  }
}

const edge = (given: Given = {}): Sight => sight({ name: 'edge', ...given })

/** What is said of the one that is not the reference. */
function said(a: Sight, b: Sight): Disagreement | undefined {
  return reconcile([a, b])?.compared[0]?.disagreement
}

describe('two sources of one service', () => {
  test('agree when they count the same, but for what the edges of minutes bring', () => {
    expect(said(edge(), sight())).toEqual({ kind: 'none' })
    expect(said(edge(), sight({ good: (i) => wave(i) + (i % 2 === 0 ? 15 : -15) }))).toEqual({ kind: 'none' })
  })

  test('do not disagree about a handful of events, however large a share they are', () => {
    expect(said(edge({ good: () => 1, bad: () => 0 }), sight({ good: (i) => i % 2, bad: () => 0 }))).toEqual({
      kind: 'none',
    })
  })

  test.each<[string, Sight, Sight, Disagreement]>([
    [
      'one in four: it samples',
      edge(),
      sight({ good: (i) => Math.round(wave(i) / 4), bad: () => 2 }),
      { kind: 'sampled', perMille: 250 },
    ],
    [
      'more bad ones with good alike: the edge counts each try',
      edge({ bad: () => 90 }),
      sight(),
      { kind: 'retries', events: 80 * MINUTES },
    ],
    [
      'fewer by what it ignored: health checks',
      edge({ good: (i) => wave(i) + 60 }),
      sight({ ignored: () => 60 }),
      { kind: 'ignored', events: 60 * MINUTES },
    ],
    [
      'the same two minutes later: a clock, or the other end of requests',
      edge({ bad: () => 15 }),
      sight({ good: (i) => wave(i - 2) }),
      { kind: 'shifted', minutes: 2 },
    ],
    [
      'nothing of one cloud',
      edge({ clouds: { aws: (i) => wave(i) - 300, gcp: () => 300 } }),
      sight({ good: (i) => wave(i) - 300, clouds: { aws: (i) => wave(i) - 300 } }),
      { kind: 'missing-cloud', cloud: 'gcp', events: 300 * MINUTES },
    ],
    [
      'known for half of the time only',
      edge(),
      sight({ known: (i) => i < 60 }),
      { kind: 'stale', known: 60, of: 120 },
    ],
    [
      'the same requests, judged otherwise',
      edge(),
      sight({ good: (i) => wave(i) - 12, bad: () => 22 }),
      { kind: 'judged', events: 12 * MINUTES },
    ],
    [
      'without half of its requests now and then, for which there is no evidence',
      edge(),
      sight({ good: (i) => (i % 10 < 5 ? wave(i) : 0), bad: (i) => (i % 10 < 5 ? 10 : 0) }),
      { kind: 'unexplained', events: expect.any(Number) as unknown as number },
    ],
  ])('%s', (_, reference, other, expected) => {
    const found = reconcile([other, reference])
    expect(found?.reference).toBe('edge')
    expect(found?.compared[0]?.disagreement).toEqual(expected)
  })

  test('are compared over minutes that both know, and what lies in others is not counted', () => {
    const found = reconcile([
      edge({ known: (i) => i !== 5, good: (i) => (i === 5 ? 0 : wave(i)) }),
      sight({ known: (i) => i !== 9, good: (i) => (i === 9 ? 0 : wave(i)) }),
    ])
    expect(found?.minutes).toBe(118)
    expect(found?.compared[0]?.disagreement).toEqual({ kind: 'none' })
    expect(found?.compared[0]?.own).toEqual(found?.compared[0]?.reference)
  })

  test('one that nothing is known of leaves the others to be compared', () => {
    const found = reconcile([edge(), sight(), sight({ name: 'old', known: () => false })])
    expect(found?.minutes).toBe(120)
    expect(found?.compared.map(({ sight, disagreement }) => [sight, disagreement.kind])).toEqual([
      ['logs', 'none'],
      ['old', 'stale'],
    ])
  })

  test('one source has nobody to agree with', () => {
    expect(reconcile([edge()])).toBeUndefined()
    expect(reconcile([])).toBeUndefined()
  })
})

test('it does not matter in which order sources are named, nor what they hold where they know nothing', () => {
  const counts = fc.array(fc.nat(2_000), { minLength: MINUTES, maxLength: MINUTES })
  const known = fc.array(fc.boolean(), { minLength: MINUTES, maxLength: MINUTES })
  fc.assert(
    fc.property(counts, counts, known, fc.nat(5_000), (a, b, sees, noise) => {
      const at = (of: readonly number[]) => (i: number) => of[i] ?? 0
      const one = edge({ good: at(a), known: at2(sees) })
      const noisy = edge({ good: (i) => (sees[i] ? at(a)(i) : noise), known: at2(sees) })
      const two = sight({ good: at(b) })
      expect(reconcile([two, one])).toEqual(reconcile([one, two]))
      expect(reconcile([noisy, two])).toEqual(reconcile([one, two]))
    }),
  )
})

const at2 = (of: readonly boolean[]) => (i: number) => of[i] ?? false
