import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { datadogOptions } from '../../../src/collectors/datadog/options.ts'
import { readDatadogSlos } from '../../../src/collectors/datadog/slos.ts'
import { createDatadogSource } from '../../../src/collectors/datadog/source.ts'
import { importDatadog } from '../../../src/definitions/index.ts'
import { createTestWorld } from '../../world.ts'
import { HITS, questionOf, RANGE } from './asking.ts'

// Datadog's own recordings, which are not in this repository: the folder `cassettes` of DataDog/datadog-api-client-typescript.
const FOLDER = process.env['NINES_DATADOG_CASSETTES']

interface Recorded {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly status: number
  readonly text: string
}

function recordings(): readonly Recorded[] {
  const files = readdirSync(FOLDER ?? '', { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.har'),
  )
  return files.flatMap((file) => {
    const { log } = JSON.parse(readFileSync(join(FOLDER ?? '', file), 'utf8')) as {
      log: {
        entries: {
          request: { method: string; url: string }
          response: { status: number; content: { text?: string } }
        }[]
      }
    }
    return log.entries.map(({ request, response }) => ({
      name: file,
      method: request.method,
      path: new URL(request.url).pathname,
      status: response.status,
      text: response.content.text ?? '',
    }))
  })
}

const ENVIRONMENT = { DD_API_KEY: 'a', DD_APP_KEY: 'b' }
/** What is asked elsewhere than where it was recorded has nothing. */
const worldOf = ({ status, text, path }: Recorded) =>
  createTestWorld({
    fetch: async (input) => {
      const isThere = new URL(String(input as string)).pathname === path
      return new Response(isThere ? text : '{"data":[]}', {
        status: isThere ? status : 200,
        headers: { 'content-type': 'application/json' },
      })
    },
  })
const signal = new AbortController().signal

test.skipIf(FOLDER === undefined)('recorded timeseries are answered, or refused as they were', async () => {
  const all = recordings().filter(
    ({ method, path }) => method === 'POST' && path === '/api/v2/query/timeseries',
  )
  const outcomes = new Map<string, number>()
  for (const recorded of all) {
    const checked = datadogOptions({}, { name: 'dd', base: '/', environment: ENVIRONMENT })
    if (checked.kind === 'failed') throw new Error('the options are wrong')
    const source = createDatadogSource(worldOf(recorded), checked.value)
    const [reply] = await source.ask({ questions: [questionOf({ query: HITS })], range: RANGE }, signal)
    const outcome = reply?.result.kind === 'ok' ? 'answered' : (reply?.result.error.kind ?? 'silent')
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    // A recorded answer by another interval than a minute is asked for in parts.
    const expected =
      recorded.status === 200 ? ['answered', 'too-much', 'unavailable'] : ['refused', 'unavailable']
    expect(expected, recorded.name).toContain(outcome)
    if (outcome === 'unavailable' && reply?.result.kind === 'failed')
      expect(reply.result.error.text, recorded.name).toMatch(/whole minutes|403|errors?/)
  }
  console.log(`${all.length} recorded timeseries: ${JSON.stringify(Object.fromEntries(outcomes))}`)
  expect(all.length).toBeGreaterThan(0)
})

test.skipIf(FOLDER === undefined)(
  'recorded SLOs and corrections are read by the client and carried over',
  async () => {
    const all = recordings().filter(
      ({ method, path, status }) =>
        method === 'GET' && status === 200 && /^\/api\/v1\/slo(\/correction)?$/.test(path),
    )
    let slos = 0
    for (const recorded of all) {
      const read = await readDatadogSlos(
        worldOf(recorded),
        {},
        { base: '/', environment: ENVIRONMENT },
        signal,
      )
      expect(read.kind, recorded.name).toBe('ok')
      if (read.kind === 'ok' && recorded.path === '/api/v1/slo') slos += read.value.slos.length
    }
    const created = recordings().filter(
      ({ path, status, text }) =>
        path.startsWith('/api/v1/slo') &&
        !path.includes('correction') &&
        status === 200 &&
        text.startsWith('{"data":['),
    )
    const found = created
      .flatMap(({ text }) => (JSON.parse(text) as { data: unknown[] }).data)
      .filter((each) => typeof each === 'object')
    const imported = importDatadog({ slos: found, corrections: [] }, 'datadog')
    const unread = imported.notes.filter(({ text }) => text.startsWith('it cannot be read'))
    console.log(
      `${all.length} recorded lists with ${slos} SLOs; ${found.length} recorded SLOs: ${imported.slos} carried over, ${imported.notes.length} notes`,
    )
    expect(unread).toEqual([])
    expect(imported.slos).toBeGreaterThan(0)
  },
)
