import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { logSourceOptions } from '../../../src/collectors/index.ts'
import { alternatives, filesMatching, nameMatches } from '../../../src/collectors/log/glob.ts'

const good = { files: ['/var/log/*.json'], format: 'envoy-json', service: 'checkout' }

function problems(details: unknown): readonly string[] {
  const options = logSourceOptions(details)
  return options.kind === 'ok'
    ? []
    : options.error.map(({ path, message, remedy }) => `${path}: ${message} (${remedy})`)
}

describe('options', () => {
  test('need little', () => expect(problems(good)).toEqual([]))

  test('have defaults', () =>
    expect(logSourceOptions(good)).toMatchObject({
      value: { maxSeries: 2_000, patience: 5, lag: 10, abort: undefined, operations: [] },
    }))

  test('all problems come at once, each with its place and what to write', () => {
    expect(
      problems({
        format: 'envoy_json',
        labels: { 'cloud.provider': 'aws' },
        abort: '12.5s',
        outcomes: { 'http-418': 'bad', 'http-429': 'awful' },
        operations: ['v1/users'],
        maxSeries: 0,
        lag: '1.5s',
        servce: 'x',
      }),
    ).toEqual([
      expect.stringMatching(/^servce: there is no option 'servce' \(write one of files,/),
      expect.stringMatching(/^format: 'envoy_json' is no format \(write format: and one of envoy-json,/),
      'files: files is missing (write the paths, as in files: ["/var/log/envoy/*.json"])',
      "labels.cloud.provider: 'cloud.provider' is no label name (write cloud_provider)",
      'service: the service is not named (write service: checkout, or service: { from: authority })',
      "operations[0]: 'v1/users' does not begin with / (write /v1/users)",
      "maxSeries: '0' is no whole number from 1 to 100000 (write maxSeries: 2000)",
      expect.stringMatching(/^abort: '12.5s' has more than two significant digits.*write 12s or 13s/),
      expect.stringMatching(/^outcomes.http-418: 'http-418' is no reason/),
      "outcomes.http-429: 'awful' is no outcome (write good, bad or ignored)",
      "lag: '1.5s' is no whole number of seconds (write lag: 10s)",
    ])
  })

  test.each([
    [{ format: 'envoy-format' }, 'format: envoy-format needs formatString'],
    [{ format: 'envoy-format', formatString: '%RESPONSE_CODE%' }, 'formatString: the format has no time'],
    [{ format: 'envoy-format', fields: { c: 'code' } }, 'fields: no key has the time'],
    [{ formatString: '%START_TIME%' }, 'formatString: envoy-json has a fixed format'],
    [{ fields: { c: 'status' } }, "fields.c: 'status' is no field"],
    [{ trailing: ['duration_s'] }, 'trailing: envoy-json has no trailing fields'],
    [{ format: 'combined', trailing: ['took'] }, "trailing[0]: 'took' is no field"],
    [{ service: { from: 'field' } }, 'service: no field has the service'],
    [{ service: { from: 'file' } }, 'service.pattern: the pattern does not say'],
    [{ service: { from: 'host' } }, "service.from: 'host' is no from"],
    [{ healthChecks: { path: ['/h'] } }, "healthChecks.path: there is no option 'path'"],
  ])('%j: %s', (details, expected) => expect(problems({ ...good, ...details })[0]).toContain(expected))

  test('that are no mapping are refused', () => expect(problems('x')[0]).toContain('no mapping'))
})

describe('globs', () => {
  test('name files', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'nines-glob-'))
    mkdirSync(join(directory, 'a/b'), { recursive: true })
    for (const name of ['x.log', 'y.log', 'x.gz', '.hidden.log', 'a/x.log', 'a/b/z.log'])
      writeFileSync(join(directory, name), '')
    const matching = async (pattern: string) =>
      (await filesMatching(`${directory}/${pattern}`)).map((path) => path.slice(directory.length + 1))
    expect(await matching('*.log')).toEqual(['x.log', 'y.log'])
    expect(await matching('?.{log,gz}')).toEqual(['x.gz', 'x.log', 'y.log'])
    expect(await matching('**/*.log')).toEqual(['a/b/z.log', 'a/x.log', 'x.log', 'y.log'])
    expect(await matching('a/**')).toEqual(['a/b/z.log', 'a/x.log'])
    expect(await matching('a/*/z.log')).toEqual(['a/b/z.log'])
    expect(await matching('x.log')).toEqual(['x.log'])
    expect(await matching('none/*.log')).toEqual([])
    rmSync(directory, { recursive: true })
  })

  test('unfold braces', () => {
    expect(alternatives('a{b,c{d,e}}f')).toEqual(['abf', 'acdf', 'acef'])
    expect(alternatives('{x}')).toEqual(['{x}'])
    expect(alternatives('a{b')).toEqual(['a{b'])
  })

  test('match names in linear time', () => {
    expect(nameMatches('*a*a*a*a*a*a*b', 'a'.repeat(5_000))).toBe(false)
    expect(nameMatches('access*.log', 'access-2026.log')).toBe(true)
    expect(nameMatches('*', '')).toBe(true)
    expect(nameMatches('?', '')).toBe(false)
  })
})
