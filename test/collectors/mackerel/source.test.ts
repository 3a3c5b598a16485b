import { expect, test } from 'vitest'
import { createMackerelSource } from '../../../src/collectors/mackerel/source.ts'
import { OptionReader } from '../../../src/collectors/option-reader.ts'
import { pullOptions } from '../../../src/collectors/pull/index.ts'
import { answered, askOne, T } from '../asked.ts'
import { byMinute, gapsOf } from '../counts.ts'

const own = { name: 'm', lagSeconds: 120, overlapSeconds: 900 }
const pull = pullOptions(new OptionReader({}, []), own).options

/** `GET /api/v0/services/<service>/metrics`: both ends inside, one point a minute, none in the third. */
function mackerel(request: Request): Response {
  const url = new URL(request.url)
  if (request.headers.get('x-api-key') !== 'key')
    return Response.json({ error: 'Authentication failed.' }, { status: 403 })
  if (url.pathname !== '/api/v0/services/shop/metrics')
    return Response.json({ error: 'service not found' }, { status: 404 })
  const [from, to] = ['from', 'to'].map((name) => Number(url.searchParams.get(name)))
  const metrics = Array.from({ length: 60 }, (_, i) => ({ time: T - 600 + i * 60, value: 10 + i }))
  return Response.json({
    metrics: metrics.filter(({ time }) => time >= (from ?? 0) && time <= (to ?? 0) && time !== T + 120),
  })
}

const ask = (spec: Record<string, unknown>, key = 'key') =>
  askOne(
    (world) =>
      createMackerelSource(world, { url: 'https://api.mackerelio.com', apiKey: async () => key, pull }),
    mackerel,
    { type: 'Mackerel', spec },
  )

test('a service metric is what Mackerel keeps of each minute, and unknown where it keeps none', async () => {
  const found = answered(await ask({ service: 'shop', metric: 'requests.total' }))
  expect(byMinute(found, T)).toEqual({ 0: 20, 1: 21, 3: 23, 4: 24 })
  expect(gapsOf(found, T)).toEqual(['2-3 missing'])
  const zero = answered(await ask({ service: 'shop', metric: 'requests.total', absent: 'zero' }))
  expect(zero.gaps).toEqual([])
})

test('a service that is not there concerns the question, a wrong key the source', async () => {
  expect(await ask({ service: 'other', metric: 'a' })).toMatchObject({ error: { kind: 'refused' } })
  expect(await ask({ service: 'shop', metric: 'a' }, 'x')).toMatchObject({ error: { kind: 'unavailable' } })
  expect(await ask({ metric: 'a' })).toMatchObject({ error: { text: 'service and metric are needed' } })
})
