import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compileSource } from './compiled.ts'

// Goal: a service pays for the vendors' clients only when it has a source that needs them. Method: the compiled collectors in
// a process of their own, which says what it loaded.

let directory = ''
let src = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'nines-slow-lazy-'))
  src = compileSource(join(directory, 'dist'))
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}')
}, 120_000)
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const CHILD = `
import { createRequire, syncBuiltinESMExports } from 'node:module'
import Module from 'node:module'
const loaded = new Set()
const before = Module._load
Module._load = function (request, ...rest) { loaded.add(request); return before.call(this, request, ...rest) }
const { SOURCE_KINDS } = await import(process.argv[2])
const world = { clock: { now: () => 0, nowMs: () => 0, monotonicMs: () => 0, sleep: () => new Promise(() => {}) }, random: () => 0, fetch, log: {} }
process.env.DD_API_KEY = process.env.DD_APP_KEY = process.env.MACKEREL_APIKEY = 'x'
const opened = []
for (const [type, kind] of SOURCE_KINDS) {
  const details = { region: 'eu-west-1', project: 'shop-prod', url: 'http://127.0.0.1:9' }
  const own = { Datadog: {}, CloudWatch: { region: details.region }, GoogleCloudMonitoring: { project: details.project }, AzureMonitor: {}, Mackerel: {}, HttpJson: { url: details.url }, Prometheus: { url: details.url } }[type]
  if (own && kind.open(world, { name: 's', input: '', labels: {}, details: own, base: '/', run: 'r', questions: () => [] }).kind === 'ok') opened.push(type)
}
globalThis.gc?.()
const rss = process.memoryUsage().rss
const clients = () => Object.keys(createRequire(import.meta.url).cache).filter((f) => /@datadog|@aws-sdk|@smithy|\\/jose\\//.test(f)).length
const without = clients()
const require = createRequire(process.argv[2])
require('@datadog/datadog-api-client')
console.log(JSON.stringify({ opened, without, withClient: clients(), rss, rssWith: process.memoryUsage().rss }))
`

test('sources are opened without any of the vendors’ clients in memory', () => {
  const script = join(directory, 'child.mjs')
  writeFileSync(script, CHILD)
  const entry = pathToFileURL(join(src, 'collectors/index.js')).href
  const said = JSON.parse(execFileSync(process.execPath, [script, entry], { encoding: 'utf8' })) as {
    opened: string[]
    without: number
    withClient: number
    rss: number
    rssWith: number
  }
  const megabytes = (bytes: number): number => Math.round(bytes / 1e6)
  console.log(`collectors ${megabytes(said.rss)} MB, with Datadog's client ${megabytes(said.rssWith)} MB`)
  expect(said.opened.toSorted()).toEqual(
    [
      'AzureMonitor',
      'CloudWatch',
      'Datadog',
      'GoogleCloudMonitoring',
      'HttpJson',
      'Mackerel',
      'Prometheus',
    ].toSorted(),
  )
  expect(said.without).toBe(0)
  expect(said.withClient).toBeGreaterThan(100)
  expect(said.rssWith - said.rss).toBeGreaterThan(40e6)
})
