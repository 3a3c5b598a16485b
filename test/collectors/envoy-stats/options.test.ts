import { describe, expect, test } from 'vitest'
import { type EnvoyStatsOptions, envoyStatsOptions } from '../../../src/collectors/index.ts'

function checked(details: Record<string, unknown>): EnvoyStatsOptions {
  const result = envoyStatsOptions({ targets: ['127.0.0.1:9901'], ...details })
  if (result.kind === 'failed') throw new Error(JSON.stringify(result.error))
  return result.value
}

function faults(details: Record<string, unknown>): readonly string[] {
  const result = envoyStatsOptions(details)
  return result.kind === 'failed' ? result.error.map(({ path }) => path) : []
}

describe('options', () => {
  test('need only targets, and have defaults for the rest', () => {
    expect(checked({})).toMatchObject({
      targets: [{ host: '127.0.0.1', port: 9901, labels: {} }],
      level: 'upstream',
      intervalMs: 5_000,
      maxBytes: 64 * 1024 * 1024,
      histograms: true,
      statsFlushOnAdmin: false,
    })
  })

  test('name targets by address, by name and with labels', () => {
    const targets = [
      '[::1]:9901',
      'http://envoy.example.com:9901',
      { address: 'b:1', labels: { cloud_region: 'tokyo' } },
    ]
    expect(checked({ targets }).targets).toEqual([
      { host: '::1', port: 9901, labels: {} },
      { host: 'envoy.example.com', port: 9901, labels: {} },
      { host: 'b', port: 1, labels: { cloud_region: 'tokyo' } },
    ])
  })

  test('choose clusters by whole matches', () => {
    const { isIncluded } = checked({ include: ['shop.*'], exclude: ['.*canary'] })
    expect(['shop.web', 'shop-canary', 'myshop'].map(isIncluded)).toEqual([true, false, false])
    expect(checked({ level: 'downstream' }).isIncluded('admin')).toBe(false)
  })

  test('name services after clusters', () => {
    const { serviceOf } = checked({
      services: [{ match: 'outbound\\|\\d+\\|\\|(\\w+)\\..*', service: '$1' }],
    })
    expect(serviceOf('outbound|80||cart.shop.svc.cluster.local')).toBe('cart')
    expect(serviceOf('search')).toBe('search')
  })

  test('that are wrong are all told at once, each with its place and what to write', () => {
    const details = {
      targets: [
        '10.0.0.7:9901',
        '10.0.0.7:9901',
        'https://a',
        'a b',
        { address: 'c:1', labels: { n: 1 } },
        7,
      ],
      level: 'both',
      interval: '2h',
      maxBytes: '1MB',
      histograms: 'yes',
      include: 'shop',
      exclude: ['(', 3],
      services: [{ match: '(' }, { match: '(', service: 'x' }],
      colour: 'blue',
    }
    expect([...faults(details)].sort((a, b) => (a < b ? -1 : 1))).toEqual([
      'colour',
      'exclude[0]',
      'exclude[1]',
      'histograms',
      'include',
      'interval',
      'level',
      'maxBytes',
      'services[0]',
      'services[1].match',
      'targets[1]',
      'targets[2]',
      'targets[3]',
      'targets[4].labels.n',
      'targets[5]',
    ])
    const result = envoyStatsOptions(details)
    if (result.kind === 'failed')
      for (const { message, remedy } of result.error) expect([message, remedy]).not.toContain('')
  })

  test('without targets are refused', () => {
    expect(faults({})).toEqual(['targets'])
    expect(faults({ targets: [] })).toEqual(['targets'])
  })
})
