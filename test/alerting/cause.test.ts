import { expect, test } from 'vitest'
import { act, incidentsOf } from '../../src/alerting/index.ts'
import { type Estate, lostAlerts, runEstate } from './estate.ts'
import { minute } from './timeline.ts'

const check = (estate: Estate, story: string): void => {
  const run = runEstate(estate, {
    between: (state) => {
      expect(lostAlerts(state)).toEqual([])
      return state
    },
  })
  expect(run.story).toEqual(
    story
      .trim()
      .split('\n')
      .map((line) => line.trim()),
  )
}

test('what burns because of what it rests on has no incident of its own', () =>
  check(
    {
      journey: { happened: 'aws: 30x0 10x100 30x0', on: ['checkout'], splitBy: [] },
      checkout: { happened: 'aws: 30x0 10x100 30x0', on: ['db'] },
      db: { happened: 'aws: 30x0 10x100 30x0' },
    },
    `@31 1 opened page db aws + checkout journey
     @44 1 better ticket aws + checkout journey
     @48 1 resolved ticket aws`,
  ))

test('it began to burn first, and is closed into its cause when that burns too', () =>
  check(
    {
      checkout: { happened: 'aws: 30x0 20x100 30x0', on: ['db'] },
      db: { happened: 'aws: 34x0 16x100 30x0' },
    },
    `@31 1 opened page checkout aws
     @35 2 opened page db aws + checkout
     @35 1 merged into 2
     @35 2 absorbed 1
     @54 2 better ticket aws + checkout
     @58 2 resolved ticket aws`,
  ))

test('when the cause is over and it burns on, it gets an incident of its own', () =>
  check(
    {
      checkout: { happened: 'aws: 30x0 60x100 30x0', on: ['db'] },
      db: { happened: 'aws: 30x0 10x100 80x0' },
    },
    `@31 1 opened page db aws + checkout
     @48 2 opened page checkout aws
     @48 1 resolved page aws
     @94 2 better ticket aws
     @98 2 resolved ticket aws`,
  ))

test('closed into its cause and burning on after it, it comes back as what it was', () =>
  check(
    {
      checkout: { happened: 'aws: 30x0 60x100 30x0', on: ['db'] },
      db: { happened: 'aws: 32x0 10x100 80x0' },
    },
    `@31 1 opened page checkout aws
     @33 2 opened page db aws + checkout
     @33 1 merged into 2
     @33 2 absorbed 1
     @50 1 reopened page aws
     @50 2 resolved page aws
     @94 1 better ticket aws
     @98 1 resolved ticket aws`,
  ))

test('what fails is not also slow: availability goes before latency in the same place', () =>
  check(
    {
      fast: { happened: 'aws: 30x0 10x100 30x0\ngcp: 70x0', service: 'shop', indicator: 'latency' },
      up: { happened: 'aws: 30x0 10x100 30x0\ngcp: 70x0', service: 'shop' },
    },
    `@31 1 opened page up aws + fast
     @44 1 better ticket aws + fast
     @48 1 resolved ticket aws`,
  ))

test('slow in one cloud and failing in another are two problems', () =>
  check(
    {
      fast: { happened: 'aws: 70x0\ngcp: 30x0 10x100 30x0', service: 'shop', indicator: 'latency' },
      up: { happened: 'aws: 30x0 10x100 30x0\ngcp: 70x0', service: 'shop' },
    },
    `@31 1 opened page fast gcp
     @31 2 opened page up aws
     @44 1 better ticket gcp
     @44 2 better ticket aws
     @48 1 resolved ticket gcp
     @48 2 resolved ticket aws`,
  ))

const region = (from: number): string =>
  `aws/tokyo: ${from}x0 20x200 60x0\naws/osaka: ${from + 80}x0\ngcp/iowa: ${from + 80}x0`

test('three services that burn in one region are one incident, about the region', () =>
  check(
    { cart: { happened: region(30) }, pay: { happened: region(30) }, web: { happened: region(30) } },
    `@31 1 opened page cart region aws/tokyo + pay web
     @54 1 better ticket region aws/tokyo + pay web
     @58 1 resolved ticket region aws/tokyo`,
  ))

test('a region that takes its services one after the other grows out of the first incident', () =>
  check(
    {
      cart: { happened: region(30) },
      pay: { happened: region(32) },
      web: { happened: region(34) },
      mail: { happened: region(36) },
    },
    `@31 1 opened page cart aws/tokyo
     @33 2 opened page pay aws/tokyo
     @35 1 worse page region aws/tokyo + pay web
     @35 2 merged into 1
     @35 1 absorbed 2
     @37 1 worse page region aws/tokyo + mail pay web
     @60 1 better ticket region aws/tokyo + mail
     @64 1 resolved ticket region aws/tokyo`,
  ))

test('two of three services in one region are two incidents; all of two are the region', () => {
  check(
    { cart: { happened: region(30) }, pay: { happened: region(30) }, web: { happened: region(90) } },
    `@31 1 opened page cart aws/tokyo
     @31 2 opened page pay aws/tokyo
     @54 1 better ticket aws/tokyo
     @54 2 better ticket aws/tokyo
     @58 1 resolved ticket aws/tokyo
     @58 2 resolved ticket aws/tokyo
     @91 3 opened page web aws/tokyo
     @114 3 better ticket aws/tokyo
     @118 3 resolved ticket aws/tokyo`,
  )
  check(
    { cart: { happened: region(30) }, pay: { happened: region(30) } },
    `@31 1 opened page cart region aws/tokyo + pay
     @54 1 better ticket region aws/tokyo + pay
     @58 1 resolved ticket region aws/tokyo`,
  )
})

test('three services that rest on one that burns are its consequences, not a region', () =>
  check(
    {
      db: { happened: region(30) },
      cart: { happened: region(30), on: ['db'] },
      pay: { happened: region(30), on: ['db'] },
      web: { happened: region(30), on: ['cart'] },
    },
    `@31 1 opened page db aws/tokyo + cart pay web
     @54 1 better ticket aws/tokyo + cart pay web
     @58 1 resolved ticket aws/tokyo`,
  ))

test('two lost regions of one cloud are one lost cloud, and a second cloud is another incident', () => {
  const lost = (place: string, from: number): string => `${place}: ${from}x0 20x200 20x0\nown: ${from + 40}x0`
  const estate = Object.fromEntries(
    ['aws/tokyo', 'aws/osaka', 'gcp/iowa'].flatMap((place, i) =>
      ['a', 'b', 'c'].map((name) => [`${name}${i}`, { happened: lost(place, 30 + 2 * i) }]),
    ),
  )
  expect(runEstate(estate).story.filter((line) => /opened|worse/.test(line))).toEqual([
    '@31 1 opened page a0 region aws/tokyo + b0 c0',
    '@33 1 worse page region aws +5',
    '@35 2 opened page a2 region gcp/iowa + b2 c2',
  ])
})

test('three hundred SLOs of one lost region are one incident, told again as it doubles', () => {
  const lost = (from: number): Estate[string] => ({
    happened: `aws/tokyo: ${from}x0 6x200\ngcp/iowa: ${from + 6}x0`,
    splitBy: ['cloud_provider', 'cloud_region'],
  })
  const run = runEstate(
    Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`s${i}`, lost(3 + (i % 4))])),
  )
  expect(run.story).toEqual([
    '@4 1 opened page s0 region aws/tokyo +74',
    '@5 1 worse page region aws/tokyo +149',
    '@7 1 worse page region aws/tokyo +299',
  ])
  expect(incidentsOf(run.state)[0]?.services).toHaveLength(300)
  expect(incidentsOf(run.state)[0]?.timeline[0]?.text).toBe(
    'Opened as a page. 75 services burn in aws tokyo: s0, s100, s104 and 72 more.',
  )
})

test('an old ticket that pages with its region is closed into the region', () => {
  const old = 'aws/tokyo: 60x5 60x5 20x200 60x0\ngcp/iowa: 200x0'
  const run = runEstate({
    cart: { happened: region(120) },
    pay: { happened: region(120) },
    web: { happened: old },
  })
  expect(run.story.slice(0, 4)).toEqual([
    '@1 1 opened ticket web aws/tokyo',
    '@121 1 worse page region aws/tokyo + cart pay',
    '@144 1 better ticket region aws/tokyo + cart pay',
    '@148 1 resolved ticket region aws/tokyo',
  ])
})

test('a cause that flaps takes back what it let go only once', () => {
  const run = runEstate({
    checkout: { happened: 'aws: 30x0 90x100 30x0', on: ['db'] },
    db: { happened: `aws: 33x0 ${'3x100 14x0 '.repeat(5)} 30x0` },
  })
  expect(run.story.filter((line) => /merged/.test(line))).toHaveLength(1)
  expect(run.decisions.filter(({ reason }) => reason === 'merged')).toHaveLength(1)
})

test('a page that rests on a slow burn of days has an incident of its own', () => {
  const slow = runEstate({
    checkout: { happened: 'aws: 200x0 10x100', on: ['db'] },
    db: { happened: 'aws: 10x0 200x5' },
  })
  expect(slow.story.filter((line) => /opened/.test(line))).toEqual([
    '@17 1 opened ticket db aws',
    '@201 2 opened page checkout aws',
  ])
})

test('resolved by hand with its consequences, all that still burns comes back as one', () => {
  let acted = false
  const run = runEstate(
    {
      checkout: { happened: 'aws: 30x0 20x100', on: ['db'] },
      db: { happened: 'aws: 30x0 20x100' },
    },
    {
      between: (state, at, journal) => {
        if (at !== 40 || acted) return state
        acted = true
        const result = act(state, { kind: 'resolve', incident: 'INC-2026-0001', by: 'aya' }, minute(40))
        if (result.kind === 'failed') throw new Error(result.error)
        journal.push(...result.value.events)
        return result.value.state
      },
    },
  )
  expect(run.story).toEqual([
    '@31 1 opened page db aws + checkout',
    '@40 1 resolved-by-hand',
    '@41 1 reopened page aws + checkout',
  ])
})
