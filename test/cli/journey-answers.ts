import type * as wire from '../../src/contract/index.ts'
import { fleetOfThree } from './fleet.ts'

const [burning] = fleetOfThree.slos
if (!burning) throw new Error('the fleet is empty')
const { now } = fleetOfThree

/** A journey over two clouds behind a failover, one of which is down, and a provider's promise. */
const row = { ...burning, id: 'journey/buy', slo: 'journey/buy', name: 'Buy', target: '99.9' }

const redundancy: wire.Redundancy = {
  failures: 1,
  usual: 2,
  leaves: [0],
  down: [1],
  sentence: 'One more failure and Buy is down: pay aws. Down now: pay gcp.',
}

export const buySummary: wire.JourneySummary = {
  name: 'buy',
  row,
  leaves: 3,
  redundancy,
  feasible: true,
  unmeasured: ['aws-elb'],
}

const leaf = (number: number, cloud: string, more: Partial<wire.JourneyLeaf> = {}): wire.JourneyLeaf => ({
  leaf: number,
  kind: 'slo',
  id: 'pay',
  name: `pay ${cloud}`,
  service: 'pay',
  where: { cloud_provider: cloud },
  cloud,
  region: '',
  provider: '',
  promise: 0.999,
  needed: 0.9683772,
  neededMinutes: 1_366.1,
  state: 'ok',
  sli: 0.99991,
  good: 99_991,
  bad: 9,
  down: false,
  measured: true,
  ...more,
})

const range = { from: now - 2_592_000, to: now }

export const buyDetail: wire.JourneyDetail = {
  now,
  name: 'buy',
  row: {
    ...row,
    now,
    description: '',
    runbook: '',
    policy: { name: 'google-30d', source: '' },
    noData: 'freeze',
    minBadEvents: 0,
    scopes: [],
    incidents: [],
    origin: { file: 'journeys.yaml', line: 1, text: '', commit: null },
  },
  nodes: [],
  leaves: [
    leaf(0, 'aws'),
    leaf(1, 'gcp', { down: true, state: 'burning', sli: 0.98, good: 98_000, bad: 2_000 }),
    leaf(2, 'aws', {
      kind: 'provider',
      id: 'aws-elb',
      name: 'aws-elb',
      promise: 0.9999,
      sli: null,
      measured: false,
      needed: null,
      neededMinutes: null,
    }),
  ],
  redundancy,
  feasibility: {
    given: 0.999899,
    target: 0.999,
    feasible: true,
    scale: 9.9,
    advised: '99.9899',
    sentence:
      'When each part keeps just its promise, Buy keeps 99.9899 %: they may fail 9.90 times as much before 99.9 % is missed.',
  },
  correlation: { measured: 0.99957, textbook: 0.99999, cost: 0.00042, costMinutes: 18.13 },
  attribution: {
    range,
    shortfall: 18.5,
    leaves: [
      { leaf: 1, name: 'pay gcp', minutes: 17, share: 17 / 18.5 },
      { leaf: 0, name: 'pay aws', minutes: 1.5, share: 1.5 / 18.5 },
      { leaf: 2, name: 'aws-elb', minutes: 0, share: 0 },
    ],
    clouds: [],
    regions: [],
    providers: [],
    owners: [
      { name: 'ours', minutes: 10.25, share: 10.25 / 18.5 },
      { name: 'provider', minutes: 8.25, share: 8.25 / 18.5 },
    ],
  },
  unmeasured: ['aws-elb'],
  coverageSentence: 'Buy goes on without aws-elb, of which nothing is known now.',
}

const side = (target: string, badMinutes: number, more: Partial<wire.Simulation['after']> = {}) => {
  const allowedMinutes = (10_080 * (100 - Number(target))) / 100
  return {
    target,
    sli: 1 - badMinutes / 10_080,
    badMinutes,
    allowedMinutes,
    leftRatio: 1 - badMinutes / allowedMinutes,
    left: [1, 0.9, 0.5, null, 0.1, 1 - badMinutes / allowedMinutes],
    alerts: [],
    ...more,
  }
}

export const buyReplayed: wire.Simulation = {
  journey: 'buy',
  range: { from: now - 604_800, to: now },
  step: 100_800,
  start: Array.from({ length: 6 }, (_, i) => now - 604_800 + i * 100_800),
  before: side('99.9', 2.5),
  after: side('99.95', 61.25, {
    alerts: [
      { rule: 'page-fast', severity: 'page', from: now - 90_000, to: now - 86_400 },
      { rule: 'ticket', severity: 'ticket', from: now - 80_000, to: null },
    ],
  }),
  sentence: 'Buy kept 99.9751 % with 0 alerts; it would have kept 99.3923 % with 2 alerts.',
}

const account: wire.ProviderAccount = {
  name: 'aws-elb',
  displayName: 'Elastic Load Balancing',
  provider: 'aws',
  service: 'Elastic Load Balancing',
  tier: 'several zones',
  percent: '99.99',
  url: 'https://example.com/sla',
  asOf: '2022-07-25',
  unverified: false,
  slos: ['=pay'],
  measuredMinutes: 43_000,
  coverage: 43_000 / 43_200,
  badMinutes: 12.5,
  allowedMinutes: 4.32,
  measured: '99.9709',
  breached: true,
  credit: { below: '99.99', percent: '10' },
  good: 8_600_000,
  bad: 2_500,
  evidence: [
    {
      minute: 1_793_500_020,
      slo: '=pay',
      good: 10,
      bad: 190,
      traceIds: ['4bf92f3577b34da6a3ce929d0e0e4736'],
    },
    { minute: 1_793_500_080, slo: '=pay', good: 60, bad: 140, traceIds: [] },
  ],
}

export const novemberOfElb: wire.ProviderLedger = {
  month: '2026-11',
  range: { from: 1_793_491_200, to: 1_796_083_200 },
  providers: [
    account,
    {
      ...account,
      name: 'gcp-load-balancing',
      displayName: 'Cloud Load Balancing',
      service: 'Cloud Load Balancing',
      unverified: true,
      measuredMinutes: 0,
      coverage: null,
      badMinutes: 0,
      measured: null,
      breached: false,
      credit: null,
      good: 0,
      bad: 0,
      evidence: [],
    },
  ],
}
