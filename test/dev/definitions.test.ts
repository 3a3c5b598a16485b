import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { unixSeconds } from '../../src/base/index.ts'
import { createEstate, success } from '../../src/cli/dev/estate/estate.ts'
import { RACK_ENVOY_PORT } from '../../src/cli/dev/estate/live.ts'
import { recordedAs } from '../../src/cli/dev/estate/recorded.ts'
import { inputName, LOG_PLACES, RACK_TOKYO, SHOP } from '../../src/cli/dev/estate/shop.ts'
import { loadDefinitions, readTree } from '../../src/definitions/index.ts'

// The estate writes where the DataSources read: what both say must agree.
const directory = resolve(import.meta.dirname, '../../slo-definitions')
const { files } = await readTree(directory)
const { slos, sources, services, problems } = loadDefinitions(files, { strict: true })

function connectionOf(name: string): Readonly<Record<string, unknown>> | undefined {
  return sources.find((source) => source.name === name)?.connectionDetails
}

test('the definitions have no problem, not even to the letter of OpenSLO', () => {
  expect(problems).toEqual([])
})

test('every service of the shop has an availability and a latency SLO, each with an owner and a runbook', () => {
  expect(new Set(services.map((service) => service.name))).toEqual(
    // The clouds themselves carry everything, and are a service of the platform's team.
    new Set([...SHOP.map((service) => service.name), 'clouds']),
  )
  for (const { name } of SHOP) {
    const own = slos.filter(({ slo }) => slo.service === name)
    expect(own.some((defined) => defined.within === undefined)).toBe(true)
    expect(own.some((defined) => defined.within !== undefined)).toBe(true)
  }
  for (const { owner, runbook } of slos) {
    expect(owner).toMatch(/-team$/)
    expect(runbook).toMatch(/^https:/)
  }
})

test('every SLO matches something that runs, and is split by cloud', () => {
  const { series } = createEstate({ seed: 1, liveFrom: unixSeconds(1_790_000_000) })
  for (const { slo, queries } of slos) {
    for (const { total } of queries) {
      if (total.kind !== 'requests') throw new Error(`${slo.name} does not count requests`)
      const matched = series.filter(
        (each) =>
          each.service.source === total.source && total.match.matches(recordedAs(each, success(each)).labels),
      )
      expect(matched.length).toBeGreaterThan(0)
      expect(slo.splitBy[0]).toBe('cloud_provider')
    }
  }
})

test('a threshold lies between the body and the tail of what it is about', () => {
  for (const { queries, slo } of slos) {
    for (const { numerator } of queries) {
      if (numerator.query.kind !== 'requests' || numerator.query.within === undefined) continue
      const service = SHOP.find(({ name }) => name === slo.service)
      for (const { latency } of service?.operations ?? []) {
        expect(latency.slowFromMs * 1_000).toBeGreaterThanOrEqual(numerator.query.within)
        expect(latency.medianMs * 2_000).toBeLessThan(numerator.query.within * 1.1)
      }
    }
  }
})

test('one SLO goes by the calendar of Tokyo, one by slices, and the quiet ones ask for a few failures first', () => {
  expect(
    slos.filter(({ slo }) => slo.windows[0]?.kind === 'calendar').map(({ slo }) => slo.windows[0]),
  ).toMatchObject([{ unit: 'month', zone: 'Asia/Tokyo' }])
  expect(slos.filter(({ slo }) => slo.method === 'timeslices')).toHaveLength(1)
  for (const { slo } of slos) expect(slo.minBadEvents > 0).toBe(slo.service === 'notifications')
})

test('the edge reads the logs of every place that writes some, with its cloud and region', () => {
  expect(connectionOf('edge')?.['inputs']).toEqual(
    LOG_PLACES.map((place) => ({
      name: inputName(place),
      files: [`logs/${place.provider}/${place.region}/*.json`],
      format: 'envoy-json',
      labels: { cloud_provider: place.provider, cloud_region: place.region },
      service: { from: 'upstream_cluster' },
    })),
  )
})

test('the statistics of the rack are read where its Envoy answers', () => {
  const labels = { cloud_provider: RACK_TOKYO.provider, cloud_region: RACK_TOKYO.region }
  expect(connectionOf('rack-envoy')?.['targets']).toEqual([
    { address: `127.0.0.1:${RACK_ENVOY_PORT}`, labels },
  ])
})
