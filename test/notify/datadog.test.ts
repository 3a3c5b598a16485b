import { expect, test } from 'vitest'
import { createDatadogEmulator } from '../../src/cli/dev/datadog/index.ts'
import { createDatadogEvents } from '../../src/notify/index.ts'
import { createTestWorld } from '../world.ts'
import { createLetterEstate } from './letter-estate.ts'

const ID = 'INC-2026-0001'

async function datadog(given: { readonly apiKey?: string; readonly failing?: () => boolean } = {}) {
  const { apiKey = 'api', failing = () => false } = given
  const emulator = createDatadogEmulator({
    clock: createTestWorld({ start: 0 }).clock,
    stored: () => [],
    keys: { api: 'api', app: 'app' },
    fault: () => (failing() ? { kind: 'status', status: 503 } : undefined),
  })
  const estate = await createLetterEstate(
    (world) => [createDatadogEvents(world, { name: 'events', apiKey, site: 'datadoghq.eu' })],
    { fetch: (input, init) => emulator.answer(new Request(input, init)) },
  )
  return { emulator, estate, events: emulator.objects.events }
}

test('an incident is an event when it opens and when it is over, under one key', async () => {
  const { emulator, estate, events } = await datadog()
  await estate.happen('opened')
  await estate.happen('acknowledged')
  await estate.happen('resolved')
  expect([...emulator.calls.keys()]).toEqual(['/api/v1/events'])
  expect(events).toHaveLength(2)
  expect(events[0]).toMatchObject({
    title: 'Open: Checkout availability',
    aggregation_key: `nines/${ID}`,
    alert_type: 'error',
    tags: expect.arrayContaining(['source:nines', `incident:${ID}`, 'severity:page']),
  })
  expect(events[1]).toMatchObject({
    title: 'Over: Checkout availability',
    aggregation_key: `nines/${ID}`,
    alert_type: 'success',
  })
})

test('what Datadog did not take is sent again', async () => {
  let calls = 0
  const { estate, events } = await datadog({ failing: () => ++calls === 1 })
  await estate.happen('opened')
  expect(events).toEqual([])
  await estate.pass(30)
  expect(events).toHaveLength(1)
})

test('a key that Datadog does not know is said, with where it belongs', async () => {
  const { estate, events } = await datadog({ apiKey: 'other' })
  await estate.happen('opened')
  expect(events).toEqual([])
  expect(estate.outbox.status().destinations[0]).toMatchObject({
    state: 'stopped',
    problem: { remedy: 'Put an API key of datadoghq.eu where events in nines.yaml looks for it.' },
  })
})
