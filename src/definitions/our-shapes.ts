import { description, timeWindow } from './openslo-shapes.ts'
import type { ObjectShape, Shape } from './shape.ts'
import {
  choice,
  decimal,
  duration,
  expected,
  filled,
  flag,
  list,
  needed,
  object,
  optional,
  record,
  text,
} from './shape-words.ts'

/** Our own kinds, `apiVersion: nines.dev/v1`: what OpenSLO has no word for. */

const labels = (what: string): Shape => record(what, text('a label value', 'aws'))
const wallClock = (what: string): Shape => text(what, '2026-11-27 10:00:00')

/** A node of a journey's tree: one of a leaf or a branch. Holds itself, so it goes by name. */
const journeyNode: Shape = {
  kind: 'named',
  about: { text: 'a part of the journey' },
  name: 'JourneyNode',
  shape: () => JOURNEY_NODE,
}

const JOURNEY_NODE: ObjectShape = object(
  'a part of the journey: a leaf (slo, journey, provider) or a branch (all, any, atLeast, routes)',
  {
    slo: optional(text('the name of an SLO', 'checkout-fast')),
    objective: optional(text('which objective of the SLO, when it has several')),
    where: optional(labels('one split of the SLO: {cloud_provider: gcp}')),
    journey: optional(text('the name of another journey')),
    provider: optional(text('the name of a ProviderSLA')),
    all: optional(filled('parts that must all work', journeyNode)),
    any: optional(filled('parts of which one is enough', journeyNode)),
    atLeast: optional({
      kind: 'number',
      about: { text: 'how many of the parts must work', examples: [2] },
      least: 1,
    }),
    of: optional(filled('the parts of atLeast', journeyNode)),
    routes: optional(filled('parts that traffic is split over, without failover', journeyNode)),
    weight: optional(decimal('the share of traffic of this route, in any unit', 70)),
  },
  { oneOf: [['slo', 'journey', 'provider', 'all', 'any', 'atLeast', 'routes']] },
)

const journeySpec: ObjectShape = object(
  'what a user does across services and clouds',
  {
    description,
    target: optional(decimal('the share that must be good, below 1', 0.999)),
    targetPercent: optional(decimal('the share that must be good in percent, below 100', 99.9)),
    timeWindow: expected(timeWindow),
    tree: needed(journeyNode),
  },
  { oneOf: [['target', 'targetPercent']] },
)

const stretch = {
  start: needed(wallClock('the wall clock at which it begins')),
  end: optional(wallClock('the wall clock at which it ends')),
  duration: optional(duration('how long it lasts', '2h')),
  timeZone: needed(text('an IANA time zone', 'Asia/Tokyo')),
} as const

const correctionSpec: ObjectShape = object(
  'time that does not count as it was measured',
  {
    description,
    effect: needed(
      choice('exclude: the time does not count; forgive: it counts as good', ['exclude', 'forgive']),
    ),
    reason: needed(text('why')),
    approver: needed(text('who approved it')),
    slos: optional(
      filled('the SLOs it is about; absent: all that the scope fits', text('the name of an SLO')),
    ),
    scope: optional(labels('the splits it is about: {cloud_provider: aws}; absent: all')),
    ...stretch,
    recurrence: optional(text('an RRULE of RFC 5545', 'FREQ=WEEKLY;BYDAY=SU')),
  },
  { oneOf: [['end', 'duration']] },
)

const eventSpec: ObjectShape = object(
  'traffic that is expected: a sale, a TV appearance, a load test',
  {
    description,
    type: needed(choice('what it is', ['sale', 'tv', 'push', 'maintenance', 'deploy', 'load-test', 'other'])),
    title: needed(text('what people read')),
    ...stretch,
    services: optional(list('the services it is about; absent: all', text('the name of a service'))),
    scope: optional(labels('the splits it is about')),
    expectedMultiplier: optional(decimal('how many times the usual traffic', 3)),
    notice: optional(duration('how long before people are told', '30m')),
    owner: optional(text('who announced it')),
    source: optional(text('where it was announced')),
  },
  { oneOf: [['end', 'duration']] },
)

const providerSpec: ObjectShape = object("a provider's published promise", {
  description,
  provider: needed(text('aws, gcp, azure, …', 'aws')),
  service: needed(text("the provider's service", 'Application Load Balancer')),
  tier: optional(text('the tier or topology that the promise is for', 'multi-zone')),
  percent: needed(decimal('the promised share in percent', 99.99)),
  window: needed(duration('the length over which it is measured', '1M')),
  url: needed(text('where it is published', 'https://example.com/sla')),
  asOf: needed(text('the day it was read, YYYY-MM-DD', '2026-11-01')),
  unverified: optional(flag('true: the number was not read at its source')),
  credits: optional(
    list(
      'what the provider gives back',
      object('a tier of credits', {
        below: needed(decimal('where less than this was kept, in percent', 99.99)),
        percent: needed(decimal('so many percent of the bill', 10)),
      }),
    ),
  ),
})

const burnPolicySpec: ObjectShape = object('a named list of burn rules', {
  description,
  source: needed(text('where the numbers come from')),
  period: needed(duration('the window that the shares are of', '30d')),
  rules: needed(
    filled(
      'at least one rule',
      object(
        'fires while the budget is spent this fast over both windows',
        {
          name: needed(text('a name that is unique in the policy', 'page-fast')),
          severity: needed(choice('page or ticket', ['page', 'ticket'])),
          budget: optional(text('the share of the budget that the long window may spend', '2%')),
          factor: optional(decimal('the burn rate at which it fires', 14.4)),
          long: needed(duration('the long window', '1h')),
          short: needed(duration('the short window', '5m')),
          after: optional(duration('how long both must burn before it fires', '2m')),
        },
        { oneOf: [['budget', 'factor']] },
      ),
    ),
  ),
  conditions: optional(
    list(
      'what else people are told of: the state of the budget, and not to know',
      object('met, and told, while it holds of the first window', {
        name: needed(text('a name that is unique in the policy', 'half-spent')),
        severity: needed(choice('page or ticket', ['page', 'ticket'])),
        kind: needed(
          choice('spent, exhausted, exhausts-within or blind', [
            'spent',
            'exhausted',
            'exhausts-within',
            'blind',
          ]),
        ),
        budget: optional(text('for spent and blind: the share of the budget', '80%')),
        within: optional(duration('for exhausts-within: how soon the budget is gone', '3d')),
      }),
    ),
  ),
})

export const OUR_KINDS: Readonly<Record<string, ObjectShape>> = {
  Journey: journeySpec,
  Correction: correctionSpec,
  TrafficEvent: eventSpec,
  ProviderSLA: providerSpec,
  BurnPolicy: burnPolicySpec,
}
