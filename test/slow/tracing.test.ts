import { createServer } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { createSystem } from '../../src/system.ts'

// What the OpenTelemetry SDK sends is received here as any OTLP/HTTP receiver would, on a free loopback port.
const before = process.env['OTEL_EXPORTER_OTLP_ENDPOINT']
afterEach(() => {
  if (before === undefined) delete process.env['OTEL_EXPORTER_OTLP_ENDPOINT']
  else process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = before
})

test('work is traced to the endpoint of the standard variable, under the name of the service', async () => {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      bodies.push(`${request.url} ${Buffer.concat(chunks).toString()}`)
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = `http://127.0.0.1:${port}`
  const system = createSystem({ logLevel: 'error', logFormat: 'json', env: process.env })
  expect(await system.trace.span('tick', { slos: 3, secret: { no: 'objects' } }, async () => 'done')).toBe(
    'done',
  )
  await expect(
    system.trace.span('store.flush', {}, () => Promise.reject(new Error('disk full'))),
  ).rejects.toThrow('disk full')
  await system[Symbol.asyncDispose]()
  await new Promise((done) => server.close(done))
  expect(bodies).toHaveLength(1)
  const [url, body] = [bodies[0]?.split(' ')[0], JSON.parse(bodies[0]?.replace(/^\S+ /, '') ?? '{}')]
  expect(url).toBe('/v1/traces')
  const [resource] = body.resourceSpans
  expect(resource.resource.attributes).toContainEqual({
    key: 'service.name',
    value: { stringValue: 'nines' },
  })
  const spans = resource.scopeSpans[0].spans
  expect(spans.map((s: { name: string }) => s.name)).toEqual(['tick', 'store.flush'])
  expect(spans[0].attributes).toEqual([{ key: 'slos', value: { intValue: 3 } }])
  expect(spans[1].status).toEqual({ code: 2, message: 'disk full' })
})

test('without an endpoint nothing is recorded', async () => {
  const system = createSystem({ logLevel: 'error', logFormat: 'json', env: {} })
  expect(await system.trace.span('tick', {}, async () => 1)).toBe(1)
  await system[Symbol.asyncDispose]()
})
