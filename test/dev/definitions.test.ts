import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { RACK_ENVOY_PORT } from '../../src/cli/dev/estate/live.ts'
import { inputName, LOG_PLACES, RACK_TOKYO } from '../../src/cli/dev/estate/shop.ts'

// The estate writes where the DataSources read: what both say must agree.
const directory = resolve(import.meta.dirname, '../../slo-definitions')
const sources = parseAllDocuments(readFileSync(join(directory, 'datasources.yaml'), 'utf8')).map((document) =>
  document.toJS(),
)

test('the edge reads the logs of every place that writes some, with its cloud and region', () => {
  const edge = sources.find((source) => source.metadata.name === 'edge')
  expect(edge.spec.connectionDetails.inputs).toEqual(
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
  const rack = sources.find((source) => source.metadata.name === 'rack-envoy')
  const labels = { cloud_provider: RACK_TOKYO.provider, cloud_region: RACK_TOKYO.region }
  expect(rack.spec.connectionDetails.targets).toEqual([{ address: `127.0.0.1:${RACK_ENVOY_PORT}`, labels }])
})
