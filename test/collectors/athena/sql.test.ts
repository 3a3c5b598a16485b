import { TrinoSQL } from 'dt-sql-parser'
import { expect, test } from 'vitest'
import { unixSeconds } from '../../../src/base/index.ts'
import { partitionConditions } from '../../../src/cli/dev/aws/index.ts'
import { athenaOptions, sqlOf } from '../../../src/collectors/index.ts'

const FROM = unixSeconds(Date.UTC(2026, 10, 30, 22, 10) / 1_000)
const PLACE = { region: 'ap-northeast-1', database: 'nines', table: 'logs', service: 'shop' }

function sql(details: Readonly<Record<string, unknown>>, seconds = 1_800): string {
  const checked = athenaOptions({ ...PLACE, ...details }, 'edge')
  if (checked.kind === 'failed' || checked.value.table === undefined) throw new Error(JSON.stringify(checked))
  return sqlOf(checked.value.table, checked.value, { from: FROM, to: unixSeconds(FROM + seconds) })
}

const faults = (text: string): readonly unknown[] => new TrinoSQL().validate(text)

test.each([
  { name: 'load balancers by day', details: { layout: 'alb', partitions: { unit: 'day' } } },
  { name: 'CloudFront, not partitioned', details: { layout: 'cloudfront' } },
  {
    name: 'Envoy by hour, with patterns and health checks of its own',
    details: {
      layout: 'envoy-json',
      partitions: { unit: 'hour' },
      operations: ['/v1/users/{user}', '/assets/**'],
      healthChecks: { paths: ["/it's-alive", '/internal/*'], agents: ['prober/'] },
      where: "method <> 'OPTIONS'",
    },
  },
  {
    name: 'any table by its columns',
    details: {
      layout: 'columns',
      columns: {
        ended_at: 'end_time',
        took: 'duration_ms',
        status: 'code',
        'odd"name': 'path',
        app: 'service',
      },
      service: { from: 'field' },
      partitions: { unit: 'day', columns: { year: 'yyyy', month: 'MM', day: 'dd' } },
    },
  },
])('the query for $name is of the grammar of Trino', ({ details }) =>
  expect(faults(sql(details))).toEqual([]),
)

test('what is no SQL is refused by the same grammar', () =>
  expect(faults('SELECT FROM WHERE')).not.toEqual([]))

test('literal partitions are named, with those that late deliveries lie in', () => {
  expect(sql({ layout: 'alb', partitions: { unit: 'day' } })).toContain(
    `"day" IN ('2026/11/30', '2026/12/01')`,
  )
  expect(sql({ layout: 'alb', partitions: { unit: 'month', format: 'yyyy-MM' } })).toContain(
    `"month" IN ('2026-11', '2026-12')`,
  )
  expect(sql({ layout: 'envoy-json', partitions: { unit: 'hour' } })).toContain(
    `"hour" IN ('2026/11/30/21', '2026/11/30/22')`,
  )
  expect(
    sql({ layout: 'alb', partitions: { unit: 'day', columns: { y: 'yyyy', m: 'M', d: 'd' }, after: '0h' } }),
  ).toContain(`("y" = '2026' AND "m" = '11' AND "d" = '30')`)
})

test('the emulator prunes by what speaks of partitions alone', () => {
  const check = (where: string, expected: readonly string[]): void =>
    expect(partitionConditions(`SELECT 1 FROM t WHERE ${where} GROUP BY 1`, ['day'])).toEqual(expected)
  check(`"day" IN ('a', 'b') AND code = 5`, [`"day" IN ( 'a' , 'b' )`])
  check(`code = 5 AND (day = 'a' OR day = 'b')`, [`( day = 'a' OR day = 'b' )`])
  check(`day >= 'a' AND day < 'b' AND substr(time, 1, 2) = '12'`, [`day >= 'a' AND day < 'b'`])
  check(`day = 'a' OR code = 5`, [])
})

test.each([
  { details: { layout: 'alb', table: undefined }, path: 'service', isFine: true },
  { details: { layout: 'columns', columns: { status: 'code' } }, path: 'columns' },
  { details: { layout: 'alb', role: { arn: 'nines' } }, path: 'role.arn' },
  { details: { layout: 'alb', output: 'bucket' }, path: 'output' },
  { details: { layout: 'alb', maxScanPerDay: 'much' }, path: 'maxScanPerDay' },
  { details: { layout: 'envoy-json', service: { from: 'authority' } }, path: 'service' },
])('a fault in $path is told with its place', ({ details, path, isFine = false }) => {
  const checked = athenaOptions({ ...PLACE, ...details }, 'edge')
  if (isFine) expect(checked.kind).toBe('ok')
  else expect(checked.kind === 'failed' && checked.error.map((each) => each.path)).toEqual([path])
})
