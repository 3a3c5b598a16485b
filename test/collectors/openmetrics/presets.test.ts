import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createExpositionReader } from '../../../src/collectors/openmetrics/exposition.ts'
import { PRESETS } from '../../../src/collectors/prometheus-push/presets.ts'
import {
  createDisk,
  createFolder,
  createMemoryIntake,
  NOW_MS,
  tally,
  within,
} from '../prometheus-push/rig.ts'

// Each preset with an exposition as its project's exporter writes it. The first scrape shows the same series at zero.

interface Expected {
  /** Outcome and reason of what is counted, with how often. */
  readonly counts: Readonly<Record<string, number>>
  /** Good requests that took less than so many milliseconds. */
  readonly within: readonly (readonly [number, number])[]
  readonly service: string
  readonly operation?: string
}

const ISTIO: Expected = {
  counts: {
    'bad flag-UO': 5,
    'bad grpc-unavailable': 7,
    'good 2xx': 80,
    'ignored client-left-early': 3,
  },
  within: [[100, 50]],
  service: 'cart',
}

const EXPECTED: Readonly<Record<string, Expected>> = {
  'opencensus-grpc': {
    counts: {
      'bad grpc-unavailable': 3,
      'good grpc-not-found': 2,
      'good grpc-ok': 95,
      'ignored health-check': 1000,
    },
    // The three failures and then the two that were not found are taken to be the fastest.
    within: [
      [1, 7],
      [100, 57],
      [300, 87],
    ],
    service: 'exporter',
    operation: '/shop.Cart/Add',
  },
  'opencensus-http': {
    counts: { 'bad http-500': 4, 'good 2xx': 90, 'good http-404': 6 },
    within: [
      [50, 36],
      [300, 93],
    ],
    service: 'exporter',
  },
  'go-http': {
    counts: { 'bad http-503': 5, 'good 2xx': 40, 'good http-429': 5, 'ignored health-check': 700 },
    within: [
      [100, 15],
      [300, 35],
    ],
    service: 'exporter',
    operation: '/cart',
  },
  'go-http-histogram': {
    counts: { 'bad http-502': 5, 'good 2xx': 45 },
    within: [
      [100, 20],
      [300, 40],
    ],
    service: 'exporter',
    operation: '/cart',
  },
  'grpc-go-prometheus': {
    counts: { 'bad grpc-internal': 10, 'good grpc-ok': 70, 'ignored client-left-early': 20 },
    within: [
      [5, 0],
      [100, 20],
    ],
    service: 'exporter',
    operation: '/shop.Payments/Pay',
  },
  'spring-boot': {
    counts: { 'bad http-500': 2, 'good 2xx': 30, 'good http-404': 8 },
    within: [[99_000, 0]],
    service: 'orders',
    operation: '/orders/{id}',
  },
  micrometer: {
    counts: { 'good 2xx': 30 },
    within: [
      [50, 10],
      [300, 25],
    ],
    service: 'orders',
    operation: '/orders/{id}',
  },
  istio: ISTIO,
  'istio-source': ISTIO,
  'istio-waypoint': ISTIO,
  envoy: {
    counts: { 'bad http-504': 4, 'good 2xx': 60 },
    within: [
      [50, 26],
      [250, 51],
    ],
    service: 'shop-cart',
  },
  'nginx-ingress': {
    counts: { 'bad http-502': 1, 'good 2xx': 33, 'ignored client-left-early': 2 },
    within: [[100, 30]],
    service: 'cart',
    operation: '/cart',
  },
  traefik: {
    counts: { 'bad http-500': 1, 'good 2xx': 21 },
    within: [
      [100, 20],
      [300, 21],
    ],
    service: 'cart@kubernetes',
  },
  kong: {
    counts: { 'bad http-503': 3, 'good 2xx': 12 },
    within: [
      [25, 2],
      [100, 9],
    ],
    service: 'cart',
    operation: 'cart-v1',
  },
}

const fixtures = join(import.meta.dirname, '../../fixtures/openmetrics')

for (const name of PRESETS.keys())
  test(`the preset ${name} counts what its exporter shows`, () => {
    const text = readFileSync(join(fixtures, `${name}.txt`), 'utf8')
    const expected = EXPECTED[name]
    const disk = createDisk()
    const intake = createMemoryIntake(disk)
    const folder = createFolder({ preset: name }, intake)
    const reader = createExpositionReader({ job: 'exporter', instance: '10.0.0.7:9090' })
    const scrape = (shown: string, atMs: number): void => {
      const read = reader.read(shown, { atMs, format: 'text' })
      expect(read.rejected).toBe(0)
      const how = { nowMs: atMs, whole: true, absentAt: undefined }
      void intake.take({ identity: undefined, bytes: 1, count: (into) => folder.fold(read, into, how) })
    }
    scrape(text.replaceAll(/ [\d.]+$/gm, ' 0'), NOW_MS - 15_000)
    scrape(text, NOW_MS)
    const counted = tally(disk.rows, ({ outcome, reason }) => `${outcome} ${reason}`)
    const good = disk.rows.filter(({ outcome }) => outcome === 'good')
    expect(counted).toEqual(expected?.counts)
    expect(expected?.within.map(([ms]) => [ms, within(good, ms)])).toEqual(expected?.within)
    const main = disk.rows.find(({ reason }) => reason === '2xx' || reason === 'grpc-ok')
    expect([main?.labels['service_name'], main?.labels['operation']]).toEqual([
      expected?.service,
      expected?.operation,
    ])
  })
