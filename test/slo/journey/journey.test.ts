import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  apportion,
  attributionOf,
  availabilityOf,
  feasibilityOf,
  type JourneyPlan,
  type JourneyTree,
  journeyAttribution,
  journeyMinutes,
  type LeafMinutes,
  leavesOf,
  MEASURED,
  MINUTE_STATE,
  MINUTE_UNITS,
  redundancyOf,
  sensitivityOf,
  sharedLeaves,
  textbookOf,
} from '../../../src/slo/index.ts'
import { propertyRuns } from '../estate.ts'
import { all, any, atLeast, enumerated, leaf, routes, served, trees } from './trees.ts'

const numRuns = propertyRuns
const shares = fc.array(fc.oneof(fc.constantFrom(0, 1, 0.5), fc.double({ min: 0, max: 1, noNaN: true })), {
  minLength: 12,
  maxLength: 12,
})

describe('a journey serves', () => {
  test.each([
    ['a series of 99.99 % and 99.95 %', all(leaf(0), leaf(1)), [0.9999, 0.9995], 0.99940005],
    ['two independent 99 %, of which one is enough', any(leaf(0), leaf(1)), [0.99, 0.99], 0.9999],
    ['two of three at 99 %', atLeast(2, leaf(0), leaf(1), leaf(2)), [0.99, 0.99, 0.99], 0.999702],
    ['a route of three quarters and one of a quarter', routes([3, leaf(0)], [1, leaf(1)]), [1, 0.96], 0.99],
    ['one thing that stands twice in a series', all(leaf(0), leaf(0)), [0.99], 0.99],
    ['one thing that is its own fallback', any(leaf(0), leaf(0)), [0.99], 0.99],
    [
      'a fallback behind the same door',
      all(leaf(0), any(all(leaf(0), leaf(1)), leaf(2))),
      [0.9, 0.9, 0.9],
      0.891,
    ],
    ['one of one', atLeast(1, leaf(0)), [0.3], 0.3],
  ])('%s', (_words, tree, leaves, expected) => {
    expect(availabilityOf(tree, leaves)).toBeCloseTo(expected, 14)
  })

  test('what the enumeration of all states of its leaves says, for any tree', () => {
    fc.assert(
      fc.property(trees(9), shares, (tree, leaves) => {
        expect(availabilityOf(tree, leaves)).toBeCloseTo(enumerated(tree, leaves), 10)
      }),
      { numRuns },
    )
  })

  test('the same when leaves stand in several places', () => {
    fc.assert(
      fc.property(trees(5, { shared: true }), shares, (tree, leaves) => {
        // Shares of people who are served are no longer independent when leaves are shared and routes lie between.
        fc.pre(!/routes/.test(JSON.stringify(tree)))
        expect(availabilityOf(tree, leaves)).toBeCloseTo(enumerated(tree, leaves), 10)
      }),
      { numRuns },
    )
  })

  test('more by as much as the gradient says when one leaf serves more', () => {
    fc.assert(
      fc.property(trees(8), shares, fc.nat({ max: 11 }), (tree, leaves, n) => {
        const { value, gradient } = sensitivityOf(tree, leaves)
        const moved = leaves.map((x, i) => (i === n ? 1 : x))
        expect(value + (1 - leaves[n]!) * (gradient[n] ?? 0)).toBeCloseTo(availabilityOf(tree, moved), 10)
        expect(Math.min(...gradient)).toBeGreaterThanOrEqual(0)
      }),
      { numRuns },
    )
  })
})

test('more as its gradient says, also when leaves stand in several places, and who caused it', () => {
  fc.assert(
    fc.property(trees(5, { shared: true }), shares, fc.nat({ max: 4 }), (tree, leaves, n) => {
      fc.pre(!/routes/.test(JSON.stringify(tree)))
      const { value, gradient } = sensitivityOf(tree, leaves)
      const moved = leaves.map((x, i) => (i === n ? 1 : x))
      expect(value + (1 - leaves[n]!) * (gradient[n] ?? 0)).toBeCloseTo(enumerated(tree, moved), 9)
      const caused = attributionOf(tree, leaves)
      shapley(tree, leaves).forEach((expected, i) => expect(caused[i] ?? 0).toBeCloseTo(expected, 9))
    }),
    { numRuns: Math.ceil(numRuns / 2) },
  )
})

test('one leaf in two places moves the whole once', () => {
  const tree = all(leaf(0), any(leaf(0), leaf(1)), leaf(2))
  const { value, gradient } = sensitivityOf(tree, [0.5, 0.25, 0.8])
  // With leaf 0 the second part always works; without it nothing does.
  expect(value).toBeCloseTo(0.4, 14)
  expect([...gradient]).toEqual([expect.closeTo(0.8, 14), expect.closeTo(0, 14), expect.closeTo(0.5, 14)])
})

test('a tree names each leaf once, in order, and tells which stand in several places', () => {
  const tree = all(leaf(4), any(leaf(2), leaf(4)), routes([1, leaf(2)], [1, leaf(7)]))
  expect(leavesOf(tree)).toEqual([2, 4, 7])
  expect(sharedLeaves(tree)).toEqual([2, 4])
})

/** The mean over all orders in which leaves may fail, one by one: what Shapley's value is. */
function shapley(tree: JourneyTree, leaves: ArrayLike<number>): number[] {
  const numbers = leavesOf(tree)
  const n = numbers.length
  const lost = (set: number): number =>
    1 -
    enumerated(
      tree,
      Float64Array.from({ length: 12 }, (_, i) => ((set >> numbers.indexOf(i)) & 1 ? leaves[i]! : 1)),
    )
  const factorial = (k: number): number => (k <= 1 ? 1 : k * factorial(k - 1))
  const losses = Array.from({ length: 2 ** n }, (_, set) => lost(set))
  const caused = Array.from({ length: 12 }, () => 0)
  numbers.forEach((number, i) => {
    for (let set = 0; set < 2 ** n; set++) {
      if ((set >> i) & 1) continue
      const size = numbers.filter((_, k) => (set >> k) & 1).length
      const weight = (factorial(size) * factorial(n - size - 1)) / factorial(n)
      caused[number]! += weight * (losses[set | (1 << i)]! - losses[set]!)
    }
  })
  return caused
}

describe('of a shortfall, a leaf caused', () => {
  test('what the mean over all orders of failing says, for any tree', () => {
    fc.assert(
      fc.property(trees(6), shares, (tree, leaves) => {
        const caused = attributionOf(tree, leaves)
        shapley(tree, leaves).forEach((expected, i) => expect(caused[i] ?? 0).toBeCloseTo(expected, 9))
      }),
      { numRuns: Math.ceil(numRuns / 2) },
    )
  })

  test('parts that add up to it, nothing when it never failed, all of it when it alone failed', () => {
    fc.assert(
      fc.property(trees(10), shares, fc.nat({ max: 9 }), (tree, leaves, n) => {
        const caused = attributionOf(tree, leaves)
        expect(caused.reduce((a, b) => a + b, 0)).toBeCloseTo(1 - availabilityOf(tree, leaves), 10)
        leaves.forEach((x, i) => x === 1 && expect(caused[i] ?? 0).toBe(0))
        const alone = leaves.map((x, i) => (i === n ? x : 1))
        expect(attributionOf(tree, alone)[n] ?? 0).toBeCloseTo(1 - availabilityOf(tree, alone), 10)
      }),
      { numRuns },
    )
  })

  test('the same as another that is exchangeable with it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 9 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, x) => {
        for (const kind of ['all', 'any'] as const) {
          const tree: JourneyTree = { kind, of: Array.from({ length: n }, (_, i) => leaf(i)) }
          const caused = attributionOf(
            tree,
            Float64Array.from({ length: n }, () => x),
          )
          for (const each of caused) expect(each).toBeCloseTo(caused[0]!, 12)
        }
      }),
      { numRuns },
    )
  })

  test('half each, when either of two fallbacks would have saved it', () => {
    expect([...attributionOf(any(leaf(0), leaf(1)), [0, 0])]).toEqual([
      expect.closeTo(0.5, 14),
      expect.closeTo(0.5, 14),
    ])
  })
})

describe('a whole number in proportion', () => {
  test('adds up, and what has no share gets nothing', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1e15 }), shares, (total, parts) => {
        const given = apportion(total, parts)
        const sum = parts.reduce((a, b) => a + b, 0)
        expect(given.reduce((a, b) => a + b, 0)).toBe(sum > 0 ? total : 0)
        given.forEach((part, i) => {
          expect(Number.isInteger(part)).toBe(true)
          if (parts[i] === 0) expect(part).toBe(0)
        })
      }),
      { numRuns },
    )
  })

  test('goes to the largest remainders, to the first of equal ones', () => {
    expect([...apportion(10, [1, 1, 1])]).toEqual([4, 3, 3])
    expect([...apportion(10, [1, 2, 3])]).toEqual([2, 3, 5])
    expect([...apportion(7, [0, 5, 0])]).toEqual([0, 7, 0])
    expect([...apportion(1, [1, 2])]).toEqual([0, 1])
    expect([...apportion(1, [1, 2, 2])]).toEqual([0, 1, 0])
    expect([...apportion(2, [1, 2, 2])]).toEqual([0, 1, 1])
    expect([...apportion(3, [5, 1, 1])]).toEqual([2, 1, 0])
    expect([...apportion(3, [0, 0])]).toEqual([0, 0])
  })
})

/** Minutes as text: `9/1` good and bad, `-` nobody came, `?` not known. */
function minutes(text: string, noData: LeafMinutes['noData'] = 'freeze'): LeafMinutes {
  const each = text.split(' ').map((word) => word.split('/').map(Number))
  return {
    good: Float64Array.from(each, ([good]) => good || 0),
    bad: Float64Array.from(each, ([, bad]) => bad ?? 0),
    known: Uint8Array.from(text.split(' '), (word) => (word === '?' ? 0 : 1)),
    noData,
  }
}

describe('minute by minute', () => {
  const { unknown, full, partial, idle } = MINUTE_STATE
  const lost = (plan: Parameters<typeof journeyMinutes>[0], ...leaves: LeafMinutes[]): number[] =>
    [...journeyMinutes(plan, leaves).shortfall].map((units) => units / MINUTE_UNITS)

  test('outages that coincide are one outage in a series, and the end of a fallback', () => {
    const a = minutes('100/0 0/100 100/0 0/100')
    const together = minutes('100/0 0/100 100/0 0/100')
    const apart = minutes('0/100 100/0 0/100 100/0')
    expect(lost(all(leaf(0), leaf(1)), a, together)).toEqual([0, 1, 0, 1])
    expect(lost(all(leaf(0), leaf(1)), a, apart)).toEqual([1, 1, 1, 1])
    expect(lost(any(leaf(0), leaf(1)), a, together)).toEqual([0, 1, 0, 1])
    expect(lost(any(leaf(0), leaf(1)), a, apart)).toEqual([0, 0, 0, 0])
    const range = { from: 0, to: 4 }
    // By the textbook both series serve a quarter, and both fallbacks three quarters.
    for (const other of [together, apart]) {
      expect(textbookOf(all(leaf(0), leaf(1)), [a, other], range)).toBeCloseTo(0.25, 14)
      expect(textbookOf(any(leaf(0), leaf(1)), [a, other], range)).toBeCloseTo(0.75, 14)
    }
  })

  test('a shortfall is a whole number of units, and shared out in whole numbers', () => {
    const leaves = [minutes('9999/1 9998/2'), minutes('9995/5 3/0')]
    const { shortfall } = journeyMinutes(all(leaf(0), leaf(1)), leaves)
    expect([...shortfall]).toEqual([5_999_500, 2_000_000])
    const { caused, ...of } = journeyAttribution(all(leaf(0), leaf(1)), leaves, { from: 0, to: 2 })
    expect(of.shortfall).toBe(7_999_500)
    expect(caused[0]! + caused[1]!).toBe(7_999_500)
    // One in ten thousand of the five: what both lost is halved.
    expect([...caused]).toEqual([2_000_000 + 1_000_000 - 250, 5_000_000 - 250])
  })

  test('routes weigh what came by them in the minute, or what is said', () => {
    const plan = {
      kind: 'routes',
      of: [
        { tree: { kind: 'leaf', leaf: 0 }, weight: MEASURED },
        { tree: { kind: 'leaf', leaf: 1 }, weight: MEASURED },
      ],
    } as const
    const leaves = [minutes('90/0 10/0 0/0'), minutes('5/5 0/30 0/1')]
    expect(lost(plan, ...leaves)).toEqual([0.05, 0.75, 1])
    expect(textbookOf(plan, leaves, { from: 0, to: 3 })).toBeCloseTo(105 / 141, 14)
    expect(lost(routes([1, leaf(0)], [3, leaf(1)]), ...leaves)).toEqual([0.375, 0.75, 1])
  })

  test('the journey goes on without what is not known, unless the leaf says what that counts as', () => {
    const known = minutes('10/0 0/10 8/2 -')
    const states = (...leaves: LeafMinutes[]) => [...journeyMinutes(all(leaf(0), leaf(1)), leaves).state]
    expect(states(known, minutes('? ? 1/0 ?'))).toEqual([partial, partial, full, idle])
    expect(states(minutes('? - ?'), minutes('? ? -'))).toEqual([unknown, idle, idle])
    expect(lost(all(leaf(0), leaf(1)), known, minutes('? ? ? ?'))).toEqual([0, 1, 0.2, 0])
    expect(lost(all(leaf(0), leaf(1)), known, minutes('? ? ? ?', 'bad'))).toEqual([1, 1, 1, 1])
    expect(lost(any(leaf(0), leaf(1)), known, minutes('? ? ? ?', 'good'))).toEqual([0, 0, 0, 0])
    expect(lost(atLeast(2, leaf(0), leaf(1)), known, minutes('? ? ? ?'))).toEqual([0, 1, 0.2, 0])
    expect(lost(routes([1, leaf(0)], [9, leaf(1)]), known, minutes('? ? ? ?'))).toEqual([0, 1, 0.2, 0])
  })

  test('of a stretch only its own minutes are told', () => {
    const leaves = [minutes('0/1 9/1 8/2 0/1'), minutes('0/1 10/0 0/10 0/1')]
    const plan = all(leaf(0), leaf(1))
    const { shortfall, caused } = journeyAttribution(plan, leaves, { from: 1, to: 3 })
    expect(shortfall).toBe(1.1 * MINUTE_UNITS)
    // Of the second minute leaf 0 takes 0.2 alone and nothing after leaf 1: 0.1; leaf 1 the rest.
    expect([...caused]).toEqual([0.2 * MINUTE_UNITS, 0.9 * MINUTE_UNITS])
    expect(journeyAttribution(plan, leaves, { from: 1, to: 1 }).shortfall).toBe(0)
    expect(textbookOf(plan, leaves, { from: 1, to: 3 })).toBeCloseTo(0.85 * 0.5, 14)
    const some = { ...leaves[0]!, known: Uint8Array.from([1, 1, 0, 1]) }
    expect(textbookOf(leaf(0), [some], { from: 1, to: 3 })).toBeCloseTo(0.9, 14)
    expect(journeyMinutes(plan, []).shortfall).toHaveLength(0)
  })

  test('what is assumed of an unknown leaf is shared out to it', () => {
    const leaves = [minutes('10/0 10/0'), minutes('? ?', 'bad'), minutes('? 5/5', 'good')]
    const plan = all(leaf(0), leaf(1), leaf(2))
    const { shortfall, caused } = journeyAttribution(plan, leaves, { from: 0, to: 2 })
    expect(shortfall).toBe(2 * MINUTE_UNITS)
    expect([...caused]).toEqual([0, 1.75 * MINUTE_UNITS, 0.25 * MINUTE_UNITS])
    expect([...journeyMinutes(leaf(1), leaves).state]).toEqual([partial, partial])
    expect([...journeyMinutes(all(leaf(0), leaf(2)), [...leaves]).state]).toEqual([partial, full])
  })

  test('a fallback hides what failed behind it, and nobody caused anything', () => {
    const leaves = [minutes('0/9'), minutes('9/0')]
    expect(lost(any(leaf(0), leaf(1)), ...leaves)).toEqual([0])
    expect([...journeyAttribution(any(leaf(0), leaf(1)), leaves, { from: 0, to: 1 }).caused]).toEqual([0, 0])
  })

  test('measured routes that nobody took weigh the same', () => {
    const measured = (n: number) => ({ tree: leaf(n), weight: MEASURED }) as const
    const plan = { kind: 'routes', of: [measured(0), measured(1)] } satisfies JourneyPlan
    expect(lost(plan, minutes('?', 'bad'), minutes('?', 'good'))).toEqual([0.5])
    const deeper = {
      kind: 'routes',
      of: [measured(0), { tree: any(leaf(1), leaf(2)), weight: MEASURED }],
    } as const
    // The second route has the traffic of both its leaves: 30 of 40.
    expect(lost(deeper, minutes('0/10'), minutes('10/0'), minutes('20/0'))).toEqual([0.25])
  })

  test('where nobody came nobody was let down', () => {
    expect(lost(any(leaf(0), leaf(1)), minutes('- - 0/1'), minutes('0/4 - -'))).toEqual([1, 0, 1])
    expect(textbookOf(leaf(0), [minutes('- ? -')], { from: 0, to: 3 })).toBeUndefined()
  })
})

describe('redundancy left', () => {
  const down =
    (...leaves: number[]) =>
    (n: number): boolean =>
      leaves.includes(n)

  test.each([
    ['a single thing', leaf(0), [], 1],
    ['two clouds behind a failover', any(leaf(0), leaf(1)), [], 2],
    ['two clouds, one gone', any(leaf(0), leaf(1)), [1], 1],
    ['two clouds, both gone', any(leaf(0), leaf(1)), [0, 1], 0],
    ['two of three', atLeast(2, leaf(0), leaf(1), leaf(2)), [], 2],
    ['two of three, one gone', atLeast(2, leaf(0), leaf(1), leaf(2)), [2], 1],
    ['a failover behind one door', all(leaf(0), any(leaf(1), leaf(2))), [], 1],
    ['routes without failover', routes([1, any(leaf(0), leaf(1))], [1, any(leaf(2), leaf(3))]), [], 2],
    ['a fallback that is the same thing', any(leaf(0), all(leaf(0), leaf(1))), [], 1],
  ])('of %s', (_words, tree, gone, failures) => {
    expect(redundancyOf(tree, down(...gone)).failures).toBe(failures)
  })

  test('names the leaves whose failure is left, in order', () => {
    expect(redundancyOf(any(leaf(11), leaf(2), leaf(5)), down(5)).leaves).toEqual([2, 11])
    expect(redundancyOf(all(any(leaf(3), leaf(1)), leaf(4)), down()).leaves).toEqual([4])
    expect(redundancyOf(atLeast(3, leaf(0), leaf(1), leaf(2)), down()).leaves).toEqual([0])
  })

  test('is the size of the smallest set of leaves whose failure somebody notices for good', () => {
    fc.assert(
      fc.property(trees(7), fc.array(fc.nat({ max: 6 }), { maxLength: 3 }), (tree, gone) => {
        const numbers = leavesOf(tree)
        let fewest = Number.POSITIVE_INFINITY
        for (let set = 0; set < 2 ** numbers.length; set++) {
          const failed = numbers.filter((_, i) => (set >> i) & 1)
          const works = (n: number): boolean => !failed.includes(n) && !gone.includes(n)
          if (!wholly(tree, works)) fewest = Math.min(fewest, failed.filter((n) => !gone.includes(n)).length)
        }
        const { failures, leaves } = redundancyOf(tree, down(...gone))
        expect(failures).toBe(fewest)
        const works = (n: number): boolean => !leaves.includes(n) && !gone.includes(n)
        expect(wholly(tree, works)).toBe(false)
      }),
      { numRuns },
    )
  })

  /** Whether everybody is served; of routes each must be. */
  function wholly(tree: JourneyTree, works: (leaf: number) => boolean): boolean {
    if (tree.kind === 'routes') return tree.of.every((route) => wholly(route.tree, works))
    if (tree.kind === 'leaf') return served(tree, works) === 1
    const count = tree.of.filter((child) => wholly(child, works)).length
    return count >= (tree.kind === 'all' ? tree.of.length : tree.kind === 'any' ? 1 : tree.count)
  }
})

describe('whether a target can hold', () => {
  test('on two promises in a series it is at most their product', () => {
    const tree = all(leaf(0), leaf(1))
    const promises = [0.9999, 0.9995]
    expect(feasibilityOf(tree, { promises, target: 0.9994 })).toMatchObject({ feasible: true })
    const too = feasibilityOf(tree, { promises, target: 0.9999 })
    expect(too).toMatchObject({ feasible: false, given: expect.closeTo(0.99940005, 14) })
    // A sixth of what they fail now, all but for what both lose at once.
    expect(too.scale).toBeCloseTo(1 / 6, 4)
    expect(availabilityOf(tree, too.needed)).toBeCloseTo(0.9999, 14)
    expect(too.needed[0]).toBeCloseTo(1 - 0.0001 / 6, 8)
  })

  test('there is room where a failover gives more than is asked', () => {
    const { scale, needed } = feasibilityOf(any(leaf(0), leaf(1)), { promises: [0.99, 0.99], target: 0.99 })
    expect(scale).toBeCloseTo(10, 9)
    expect([...needed]).toEqual([expect.closeTo(0.9, 9), expect.closeTo(0.9, 9)])
  })

  test('nothing limits it when nothing can fail, or when it may fail always', () => {
    const sure = feasibilityOf(leaf(0), { promises: [1], target: 0.999 })
    expect([sure.scale, ...sure.needed]).toEqual([Number.POSITIVE_INFINITY, 1])
    const idle = feasibilityOf(all(leaf(0), leaf(1)), { promises: [0.9, 0.5], target: 0 })
    expect([idle.scale, ...idle.needed]).toEqual([Number.POSITIVE_INFINITY, 0, 0])
    expect(feasibilityOf(leaf(0), { promises: [0.99], target: 0.99 })).toMatchObject({ feasible: true })
  })

  test('what is needed is just enough', () => {
    fc.assert(
      fc.property(
        trees(6),
        shares,
        fc.double({ min: 0.5, max: 0.999, noNaN: true }),
        (tree, leaves, target) => {
          const promises = leaves.map((x) => 0.9 + x / 10)
          const { scale, needed, feasible, given } = feasibilityOf(tree, { promises, target })
          expect(feasible).toBe(given >= target)
          expect(availabilityOf(tree, needed)).toBeGreaterThanOrEqual(target)
          if (Number.isFinite(scale)) expect(availabilityOf(tree, needed)).toBeLessThan(target + 1e-6)
        },
      ),
      { numRuns },
    )
  })
})
