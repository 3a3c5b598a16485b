import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { grafanaCommand } from '../../src/cli/grafana.ts'

/** What Grafana asks of a dashboard that it imports: ids and places of panels, a data source and a query in each. */
const box = z.object({
  h: z.number().min(1),
  w: z.number().min(1).max(24),
  x: z.number().min(0).max(23),
  y: z.number(),
})
const source = z.object({ type: z.literal('prometheus'), uid: z.string() })
const panel = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('row'),
    id: z.number(),
    title: z.string(),
    gridPos: box,
    panels: z.array(z.never()),
  }),
  ...(['stat', 'timeseries', 'bargauge'] as const).map((type) =>
    z.object({
      type: z.literal(type),
      id: z.number(),
      title: z.string(),
      gridPos: box,
      datasource: source,
      targets: z.array(z.object({ refId: z.string(), expr: z.string().min(1), datasource: source })).min(1),
      fieldConfig: z.object({
        defaults: z.object({
          thresholds: z.object({
            steps: z.array(z.object({ color: z.string(), value: z.number().nullable() })).min(1),
          }),
        }),
        overrides: z.array(z.never()),
      }),
    }),
  ),
])
const dashboard = z.object({
  uid: z.string().max(40),
  title: z.string(),
  schemaVersion: z.number(),
  panels: z.array(panel),
})

const definitions = resolve(import.meta.dirname, '../../slo-definitions')

async function exported(
  path: string,
  page = 'https://nines.example/',
): Promise<{ code: number; out: string; said: string }> {
  let out = ''
  let said = ''
  const io = { stdout: (text: string) => void (out += text), stderr: (text: string) => void (said += text) }
  const code = await grafanaCommand(io, path, { page })
  return { code, out, said }
}

test('definitions become a dashboard that Grafana can import, three panels a promise', async () => {
  const { code, out } = await exported(definitions)
  expect(code).toBe(0)
  const made = dashboard.parse(JSON.parse(out))
  const ids = made.panels.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  const titles = made.panels.map(({ title }) => title)
  expect(titles).toContain('checkout')
  for (const title of [
    'Checkout answers: budget left',
    'Checkout answers: burn rates',
    'Checkout answers: of 99.9 %',
  ])
    expect(titles).toContain(title)
})

test('no two panels lie on one another', async () => {
  const { panels } = dashboard.parse(JSON.parse((await exported(definitions)).out))
  const taken = new Set<string>()
  for (const { gridPos } of panels)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(taken.has(`${x} ${y}`)).toBe(false)
        taken.add(`${x} ${y}`)
      }
})

test('it asks only for what Nines says of itself', async () => {
  const metrics = readFileSync(join(import.meta.dirname, '../../src/service/metrics.ts'), 'utf8')
  const { panels } = dashboard.parse(JSON.parse((await exported(definitions)).out))
  const names = panels.flatMap((one) =>
    'targets' in one ? one.targets.flatMap(({ expr }) => expr.match(/nines_\w+/g) ?? []) : [],
  )
  expect(names.length).toBeGreaterThan(50)
  for (const name of new Set(names)) expect(metrics).toContain(`'${name}'`)
})

test('the dashboard in the repository is that of its definitions', async () => {
  const kept = readFileSync(resolve(definitions, '../dashboards/grafana/nines.json'), 'utf8')
  expect(kept).toBe((await exported(definitions, 'http://127.0.0.1:8080')).out)
})

test('where there is no directory nothing is printed, and it is said', async () => {
  const { code, out, said } = await exported('/nonexistent')
  expect([code, out]).toEqual([2, ''])
  expect(said).toContain('There is no directory /nonexistent')
})
