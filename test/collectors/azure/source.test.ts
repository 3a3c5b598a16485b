import { expect, test } from 'vitest'
import { azureOptions } from '../../../src/collectors/azure/options.ts'
import { createAzureSource } from '../../../src/collectors/azure/source.ts'
import type { ExternalQuery } from '../../../src/traffic/index.ts'
import { answered, askOne, T } from '../asked.ts'
import { byMinute, gapsOf } from '../counts.ts'

const RESOURCE = '/subscriptions/1/resourceGroups/shop/providers/Microsoft.Cdn/profiles/shop'
const DOOR = { preset: 'front-door', resource: RESOURCE }
const SECRET = { AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c', AZURE_CLIENT_SECRET: 's' }

interface Options {
  readonly environment?: Record<string, string>
  readonly instead?: (url: URL) => Response | undefined
  readonly query?: Partial<ExternalQuery>
}

/** Tokens and `Microsoft.Insights/metrics`: requests by status group, nothing in the third minute. */
async function ask(spec: Record<string, unknown>, { environment = SECRET, instead, query }: Options = {}) {
  const asked: URL[] = []
  const checked = azureOptions({}, { name: 'az', base: '/', environment })
  if (checked.kind === 'failed') throw new Error(JSON.stringify(checked.error))
  const emulator = async (request: Request): Promise<Response> => {
    const url = new URL(request.url)
    asked.push(url)
    if (url.hostname === 'login.microsoftonline.com') {
      const form = new URLSearchParams(await request.text())
      const isRight =
        form.get('client_secret') === 's' && form.get('scope') === 'https://management.azure.com/.default'
      return isRight
        ? Response.json({ access_token: 'app', expires_in: 3_599 })
        : Response.json({ error: 'invalid_client', error_description: 'AADSTS7000215' }, { status: 401 })
    }
    if (url.hostname === '169.254.169.254')
      return request.headers.get('metadata') === 'true'
        ? Response.json({ access_token: 'machine', expires_in: '3599' })
        : new Response('', { status: 400 })
    const other = instead?.(url)
    if (other !== undefined) return other
    if (!request.headers.get('authorization')?.startsWith('Bearer ')) return new Response('', { status: 401 })
    return metrics(url)
  }
  const result = await askOne((world) => createAzureSource(world, checked.value), emulator, {
    type: 'AzureMonitor',
    spec,
    ...query,
  })
  return { result, asked }
}

function metrics({ searchParams: params }: URL): Response {
  const filter = params.get('$filter') ?? ''
  const [from = 0, to = 0] = (params.get('timespan') ?? '').split('/').map((text) => Date.parse(text) / 1_000)
  if (params.get('interval') !== 'PT1M' || !params.get('api-version') || !(from < to))
    return Response.json({ error: { code: 'BadRequest', message: 'interval' } }, { status: 400 })
  const groups = filter.includes("eq '5XX'") ? ['5XX'] : ['2XX', '5XX']
  const count = (group: string): number => (group === '5XX' ? 2 : 100)
  const split = filter.includes("HttpStatusGroup eq '*'")
  const series = split ? groups.map((group) => [group]) : [groups]
  return Response.json({
    interval: 'PT1M',
    value: [
      {
        timeseries: series.map((members) => ({
          metadatavalues: split ? [{ name: { value: 'httpstatusgroup' }, value: members[0] }] : [],
          data: Array.from({ length: (to - from) / 60 }, (_, i) => ({
            timeStamp: new Date((from + i * 60) * 1_000).toISOString(),
            ...(i === 2 ? {} : { total: members.reduce((sum, group) => sum + count(group), 0) }),
          })),
        })),
      },
    ],
  })
}

test('Front Door is asked for all requests and for those that failed; silence is no traffic', async () => {
  const total = answered((await ask({ ...DOOR, count: 'total' })).result)
  expect(byMinute(total, T)).toEqual({ 0: 102, 1: 102, 3: 102, 4: 102 })
  expect(total.gaps).toEqual([])
  expect(byMinute(answered((await ask({ ...DOOR, count: 'bad' })).result), T)[0]).toBe(2)
})

test('dimensions become labels', async () => {
  const found = answered((await ask({ ...DOOR, count: 'total', splitBy: ['HttpStatusGroup'] })).result)
  expect(byMinute(found, T)).toMatchObject({ '0 httpstatusgroup=2XX': 100, '0 httpstatusgroup=5XX': 2 })
})

test('a metric of another kind is unknown where it is not reported', async () => {
  const { result } = await ask({ resource: RESOURCE, metric: 'OriginRequestCount' })
  expect(gapsOf(answered(result), T)).toEqual(['2-3 missing'])
})

test('a machine signs in as itself', async () => {
  const { result, asked } = await ask({ ...DOOR, count: 'total' }, { environment: {} })
  expect(result.kind).toBe('ok')
  expect(asked[0]?.hostname).toBe('169.254.169.254')
})

test('a wrong secret is told as such and not as a wrong question', async () => {
  const { result } = await ask(
    { ...DOOR, count: 'total' },
    { environment: { ...SECRET, AZURE_CLIENT_SECRET: 'x' } },
  )
  expect(result).toMatchObject({ kind: 'failed', error: { kind: 'unavailable' } })
})

test('a 429 says when to come back, and another interval is asked for in parts', async () => {
  const throttled = () =>
    Response.json({ code: 'Throttled' }, { status: 429, headers: { 'retry-after': '17' } })
  const late = await ask({ ...DOOR, count: 'total' }, { instead: throttled })
  expect(late.result).toMatchObject({ error: { kind: 'throttled', retryAfterMs: 17_000 } })
  const wide = () => Response.json({ interval: 'PT5M', value: [] })
  expect((await ask({ ...DOOR, count: 'total' }, { instead: wide })).result).toMatchObject({
    error: { kind: 'too-much' },
  })
})

test.each([
  [{ ...DOOR }, 'a preset counts total or bad'],
  [{ ...DOOR, preset: 'door', count: 'bad' }, 'there is no preset "door"'],
  [{ preset: 'front-door', count: 'bad' }, 'resource is no ID of a resource'],
  [{ resource: RESOURCE, metric: 'Percentage4XX', aggregation: 'Average' }, 'Average is no number of events'],
])('%o is refused: %s', async (spec, text) => {
  expect((await ask(spec)).result).toMatchObject({ error: { kind: 'refused', text } })
})
