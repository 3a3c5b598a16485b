// node dashboards/web/dev/serve.mjs [--port 4173] [--scenario estate|empty|thousand|large|broken] [--prefix /nines/]
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runnerImport } from 'vite'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4173' },
    scenario: { type: 'string', default: 'estate' },
    prefix: { type: 'string', default: '/' },
    now: { type: 'string' },
  },
})
const { module } = await runnerImport(join(import.meta.dirname, 'server.ts'), { logLevel: 'error' })
const fixture = await module.startFixture({
  root: join(import.meta.dirname, '../../../dist/web'),
  port: Number(values.port),
  scenario: values.scenario,
  prefix: values.prefix,
  now: values.now ? Number(values.now) : Math.floor(Date.now() / 1000),
})
process.stdout.write(`The pages are at ${fixture.url}\n`)
