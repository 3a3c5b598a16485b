import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isoMinute, seconds, unixSeconds } from '../../src/base/index.ts'
import {
  expandCorrections,
  loadDefinitions,
  occurrencesOf,
  type Stretch,
} from '../../src/definitions/index.ts'
import { wallTime } from '../../src/slo/index.ts'
import { slo, source } from './documents.ts'

interface Case {
  readonly rule: string
  readonly start: number
  readonly from: number
  readonly to: number
  readonly recurs: readonly number[]
}
const path = join(import.meta.dirname, '../fixtures/recurrence/rules.json')
const cases: readonly Case[] = JSON.parse(readFileSync(path, 'utf8')).cases

const at = (text: string) => unixSeconds(wallTime(`${text}:00`))
const wall = (instant: number): string => isoMinute(unixSeconds(instant)).slice(0, 16)

function stretch(parts: Partial<Stretch>): Stretch {
  const end = parts.length === undefined ? '2026-01-04 05:00:00' : undefined
  return {
    start: '2026-01-04 01:00:00',
    end,
    length: undefined,
    zone: 'Europe/Berlin',
    recurrence: 'FREQ=WEEKLY;BYDAY=SU',
    ...parts,
  }
}

const between = (what: Stretch, from: string, to: string): string[] =>
  occurrencesOf(what, { from: at(from), to: at(to) }).map((r) => `${wall(r.from)} to ${wall(r.to)}`)

test('rules recur when another implementation of RFC 5545 says they do', () => {
  for (const { rule, start, from, to, recurs } of cases) {
    const horizon = { from: unixSeconds(from), to: unixSeconds(to) }
    const began = wall(start) + (start % 60 === 0 ? ':00' : ':30')
    const what = stretch({ start: began, end: undefined, length: seconds(1), zone: 'UTC', recurrence: rule })
    let sum = 0
    const expected = recurs.map((gap) => (sum += gap))
    const found = occurrencesOf(what, horizon).map((r) => r.from)
    expect(found.join(), rule).toBe(expected.join())
  }
})

describe('when clocks change', () => {
  test('from wall clock to wall clock is an hour less in spring and an hour more in autumn', () => {
    expect(between(stretch({}), '2026-03-28 00:00', '2026-04-06 00:00')).toEqual([
      '2026-03-29 00:00 to 2026-03-29 03:00',
      '2026-04-04 23:00 to 2026-04-05 03:00',
    ])
    expect(between(stretch({}), '2026-10-24 00:00', '2026-10-26 00:00')).toEqual([
      '2026-10-24 23:00 to 2026-10-25 04:00',
    ])
  })

  test('a length is as long as ever', () => {
    const length = seconds(4 * 3_600)
    expect(between(stretch({ length }), '2026-03-28 00:00', '2026-03-30 00:00')).toEqual([
      '2026-03-29 00:00 to 2026-03-29 04:00',
    ])
    expect(between(stretch({ length }), '2026-10-24 00:00', '2026-10-26 00:00')).toEqual([
      '2026-10-24 23:00 to 2026-10-25 03:00',
    ])
  })

  test('what begins at a time that is left out begins when clocks go over it', () => {
    const what = stretch({ start: '2026-01-04 02:30:00', length: seconds(3_600) })
    expect(between(what, '2026-03-28 12:00', '2026-03-30 00:00')).toEqual([
      '2026-03-29 01:00 to 2026-03-29 02:00',
    ])
  })
})

test('once is once, however far the horizon reaches, and only the horizon is asked about', () => {
  const what = stretch({ recurrence: undefined, zone: 'Asia/Tokyo' })
  expect(between(what, '2020-01-01 00:00', '2030-01-01 00:00')).toEqual([
    '2026-01-03 16:00 to 2026-01-03 20:00',
  ])
  expect(between(what, '2026-02-01 00:00', '2030-01-01 00:00')).toEqual([])
  // What began before the horizon and reaches into it is in it.
  expect(between(what, '2026-01-03 19:00', '2030-01-01 00:00')).toHaveLength(1)
})

test('UNTIL as a day means all of the day; with Z it is an instant', () => {
  const until = (text: string) =>
    between(
      stretch({ recurrence: `FREQ=DAILY;UNTIL=${text}`, zone: 'Asia/Tokyo' }),
      '2026-01-01 00:00',
      '2027-01-01 00:00',
    ).length
  expect(until('20260106')).toBe(3)
  expect(until('20260106T005959')).toBe(2)
  expect(until('20260105T160000Z')).toBe(3)
  expect(until('20260105T155959Z')).toBe(2)
})

test('occurrences that run into each other are one range', () =>
  expect(
    between(
      stretch({ recurrence: 'FREQ=HOURLY;COUNT=5', length: seconds(3_600), zone: 'UTC' }),
      '2026-01-01 00:00',
      '2027-01-01 00:00',
    ),
  ).toEqual(['2026-01-04 01:00 to 2026-01-04 06:00']))

test('a rule that names no day at all is answered at once', () => {
  const what = stretch({
    start: '0001-01-01 00:00:00',
    recurrence: 'FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30;COUNT=9999',
  })
  expect(between(what, '2026-01-01 00:00', '2027-01-01 00:00')).toEqual([])
})

const correction = (spec: string) => `---
apiVersion: nines.dev/v1
kind: Correction
metadata: { name: upgrade }
spec:
  effect: exclude
  reason: database upgrade
  approver: sato
  start: 2026-11-01 02:00:00
  duration: 1h
  timeZone: Asia/Tokyo
${spec}`

const load = (spec: string, parts: Parameters<typeof slo>[0] = {}) =>
  loadDefinitions([{ file: 'a.yaml', text: `${source()}---\n${slo(parts)}${correction(spec)}` }])

test('a correction of the definitions is what the engine takes', () => {
  const { corrections, problems } = load('  scope: { cloud_provider: aws }\n')
  expect(problems).toEqual([])
  const horizon = { from: at('2026-10-01 00:00'), to: at('2026-12-01 00:00') }
  expect(expandCorrections(corrections, horizon)).toEqual([
    {
      id: 'upgrade',
      kind: 'exclude',
      scope: { cloud_provider: 'aws' },
      ranges: [{ from: at('2026-10-31 17:00'), to: at('2026-10-31 18:00') }],
    },
  ])
})

describe('a correction that cannot be taken out of the whole of an SLO is told with its line', () => {
  const told = (spec: string, parts: Parameters<typeof slo>[0]) =>
    load(spec, parts).problems.map(({ code, severity, sourceLine, message }) => [
      code,
      severity,
      sourceLine.trim(),
      message,
    ])
  const scope = 'scope: { cloud_provider: aws }'

  test('because the SLO is not split by its labels', () =>
    expect(told(`  ${scope}\n`, { annotations: '' })).toEqual([
      [
        'NINES-1707',
        'warning',
        scope,
        'upgrade cannot be taken out of checkout-fast, which is not split by cloud_provider',
      ],
    ]))

  test('because slices are judged as a whole', () => {
    const objectives = '[{ target: 0.999, timeSliceTarget: 0.95, timeSliceWindow: 1m }]'
    expect(told(`  ${scope}\n`, { method: 'Timeslices', objectives })).toEqual([
      [
        'NINES-1707',
        'warning',
        scope,
        'upgrade corrects only the splits of checkout-fast: slices are judged as a whole',
      ],
    ])
  })
})
