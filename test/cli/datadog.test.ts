import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { datadogCommand, datadogDashboardCommand } from '../../src/cli/datadog.ts'

const definitions = resolve(import.meta.dirname, '../../slo-definitions')

async function run(
  command: (io: { stdout: (t: string) => void; stderr: (t: string) => void }) => Promise<number>,
) {
  let out = ''
  let said = ''
  const code = await command({ stdout: (text) => void (out += text), stderr: (text) => void (said += text) })
  return { code, out, said }
}
const dashboardOf = (path: string) =>
  run((io) => datadogDashboardCommand(io, path, { page: 'http://127.0.0.1:8080' }))

const widget = z.object({
  definition: z.object({
    type: z.enum(['timeseries', 'query_value']),
    title: z.string(),
    requests: z
      .array(
        z.object({
          response_format: z.enum(['timeseries', 'scalar']),
          formulas: z.array(z.object({ formula: z.literal('a') })),
          queries: z.array(
            z.object({ name: z.literal('a'), data_source: z.literal('metrics'), query: z.string() }),
          ),
        }),
      )
      .length(1),
  }),
})
const dashboard = z.object({
  title: z.string(),
  layout_type: z.literal('ordered'),
  widgets: z.array(
    z.object({
      definition: z.object({
        type: z.literal('group'),
        layout_type: z.literal('ordered'),
        title: z.string(),
        widgets: z.array(widget).min(3),
      }),
    }),
  ),
})

test('the dashboard in the repository is that of its definitions', async () => {
  const kept = readFileSync(resolve(definitions, '../dashboards/datadog/nines.json'), 'utf8')
  expect(kept).toBe((await dashboardOf(definitions)).out)
})

test('a group a service, and in it what is left, how fast it burns and what it is of', async () => {
  const { code, out } = await dashboardOf(definitions)
  expect(code).toBe(0)
  const { widgets } = dashboard.parse(JSON.parse(out))
  const checkout = widgets.find(({ definition }) => definition.title === 'checkout')
  expect(checkout?.definition.widgets.map((each) => each.definition.title)).toEqual(
    expect.arrayContaining([
      'Checkout answers: budget left',
      'Checkout answers: burn rates',
      'Checkout answers: of 99.9 %',
    ]),
  )
})

test('it asks only for what Nines says of itself', async () => {
  const metrics = readFileSync(join(import.meta.dirname, '../../src/service/metrics.ts'), 'utf8')
  const names = (await dashboardOf(definitions)).out.match(/nines\.[a-z_]+(?=\{)/g) ?? []
  expect(names.length).toBeGreaterThan(50)
  for (const name of new Set(names)) expect(metrics).toContain(`'${name.replace('.', '_')}'`)
})

test('SLOs that ask nothing of Datadog are each named, and the shell is told', async () => {
  const { code, out, said } = await run((io) => datadogCommand(io, definitions))
  expect(code).toBe(3)
  expect(JSON.parse(out)).toEqual({ data: [] })
  expect(said).toContain('checkout-availability: it counts requests that ')
})

test('where there is no directory nothing is printed, and it is said', async () => {
  const { code, out, said } = await run((io) => datadogCommand(io, '/nonexistent'))
  expect([code, out]).toEqual([2, ''])
  expect(said).toContain('There is no directory /nonexistent')
})
