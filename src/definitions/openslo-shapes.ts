import { ANNOTATION_PREFIX, ANNOTATIONS } from './annotation-table.ts'
import { requestSpec } from './request-shape.ts'
import type { Field, ObjectShape, Shape } from './shape.ts'
import {
  about,
  anything,
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
  scalarText,
  text,
} from './shape-words.ts'

/** OpenSLO v1, kind by kind: https://github.com/OpenSLO/OpenSLO#specification. */

export const metadata: ObjectShape = object('the name and labels of the document', {
  name: needed(text('a name: lower-case letters, digits and "-", at most 63 characters', 'checkout-fast')),
  displayName: optional(text('the name that people read', 'Checkout is fast')),
  labels: optional(
    record('labels, each with a value or a list of values', {
      kind: 'either',
      about: about('a value or a list of values'),
      of: [
        scalarText('a value'),
        { kind: 'flag', about: about('a value') },
        list('values', scalarText('a value')),
      ],
    }),
  ),
  annotations: optional({
    kind: 'record',
    about: about('annotations; those of Nines begin with nines.dev/'),
    of: {
      kind: 'either',
      about: about('text'),
      of: [scalarText('text'), { kind: 'flag', about: about('text') }],
    },
    known: Object.fromEntries(
      Object.entries(ANNOTATIONS).map(([name, meaning]) => [`${ANNOTATION_PREFIX}${name}`, meaning]),
    ),
  }),
})

export const description: Field = optional(text('what it is for, at most 1050 characters'))

const metric = (what: string): Shape =>
  object(what, {
    metricSource: needed(
      object(
        'where the numbers come from',
        {
          metricSourceRef: optional(text('the name of a DataSource', 'edge')),
          type: optional(text('Requests, or the language of the query', 'Requests', 'Prometheus', 'Datadog')),
          spec: needed({
            kind: 'record',
            about: about('the query'),
            of: anything('a part of the query'),
            filled: true,
          }),
        },
        { variant: { field: 'type', is: 'Requests', fields: { spec: requestSpec } } },
      ),
    ),
  })

export const sliSpec: ObjectShape = object(
  'a threshold metric or a ratio metric',
  {
    description,
    thresholdMetric: optional(metric('one number that is compared with a value')),
    ratioMetric: optional(
      object(
        'good or bad events of all events, or a ratio that is already computed',
        {
          counter: optional(flag('true when the numbers only ever rise')),
          good: optional(metric('events that kept the promise')),
          bad: optional(metric('events that broke it')),
          total: optional(metric('all events')),
          rawType: optional(choice('what the ratio is a share of', ['success', 'failure'])),
          raw: optional(metric('a ratio that is already computed')),
        },
        {
          oneOf: [['total', 'raw']],
          atMostOne: [
            ['good', 'bad'],
            ['raw', 'good'],
            ['raw', 'bad'],
          ],
        },
      ),
    ),
  },
  { oneOf: [['thresholdMetric', 'ratioMetric']] },
)

const inlineIndicator: Shape = object('an SLI in place', {
  metadata: optional(metadata),
  spec: needed(sliSpec),
})

export const timeWindow: Shape = list(
  'one window; several are an extension',
  object('a rolling or a calendar window', {
    duration: needed(duration('a length', '30d', '1M')),
    isRolling: optional(flag('true for a rolling window')),
    calendar: optional(
      object('the wall clock that the windows follow', {
        startTime: needed(text('a wall clock, YYYY-MM-DD HH:MM:SS', '2026-01-01 00:00:00')),
        timeZone: needed(text('an IANA time zone', 'Asia/Tokyo')),
      }),
    ),
  }),
)

const operators = ['lte', 'gte', 'lt', 'gt']

const objective: Shape = object(
  'a target',
  {
    displayName: optional(text('the name that people read')),
    op: optional(choice('how a threshold metric is compared', operators)),
    value: optional(decimal('what a threshold metric is compared with', 300)),
    target: optional(decimal('the share that must be good, below 1', 0.999)),
    targetPercent: optional(decimal('the share that must be good in percent, below 100', 99.9)),
    timeSliceTarget: optional(decimal('the share of a slice that must be good', 0.95)),
    timeSliceWindow: optional(duration('the length of a slice', '1m')),
    indicator: optional(inlineIndicator),
    indicatorRef: optional(text('the name of an SLI')),
    compositeWeight: optional(decimal('a multiplier above zero', 1)),
  },
  { oneOf: [['target', 'targetPercent']], atMostOne: [['indicator', 'indicatorRef']] },
)

export const conditionSpec: ObjectShape = object('when to tell', {
  description,
  severity: needed(text('page or ticket', 'page', 'ticket')),
  condition: needed(
    object('what must hold', {
      kind: optional(choice('burnrate', ['burnrate'])),
      op: needed(choice('how the burn rate is compared', operators)),
      threshold: needed(decimal('the burn rate', 14.4)),
      lookbackWindow: needed(duration('how far to look back', '1h')),
      alertAfter: optional({ kind: 'scalar', about: about('how long it must hold', '5m') }),
    }),
  ),
})

export const targetSpec: ObjectShape = object('who is told', {
  description,
  target: needed(text('where to tell', 'slack')),
})

/** A document in place, or the name of one. */
const inline = (reference: string, kind: string, spec: Shape): Shape =>
  object(
    `a ${kind} in place, or ${reference}`,
    {
      [reference]: optional(text(`the name of a document of kind ${kind}`)),
      kind: optional(choice(kind, [kind])),
      metadata: optional(metadata),
      spec: optional(spec),
    },
    { oneOf: [[reference, 'spec']] },
  )

export const policySpec: ObjectShape = object('when and whom to tell', {
  description,
  alertWhenNoData: optional(flag('tell when there is no data')),
  alertWhenResolved: optional(flag('tell when it is over')),
  alertWhenBreaching: optional(flag('tell when the condition holds')),
  conditions: needed(filled('one condition', inline('conditionRef', 'AlertCondition', conditionSpec))),
  notificationTargets: optional(
    list('who is told', inline('targetRef', 'AlertNotificationTarget', targetSpec)),
  ),
})

export const sloSpec: ObjectShape = object(
  'a promise',
  {
    description,
    service: needed(text('the service that promises', 'checkout')),
    indicator: optional(inlineIndicator),
    indicatorRef: optional(text('the name of an SLI')),
    timeWindow: expected(timeWindow),
    budgetingMethod: expected(
      choice('how the budget is counted', ['Occurrences', 'Timeslices', 'RatioTimeslices']),
    ),
    objectives: needed(filled('at least one target', objective)),
    alertPolicies: optional(list('alert policies', inline('alertPolicyRef', 'AlertPolicy', policySpec))),
  },
  { atMostOne: [['indicator', 'indicatorRef']] },
)

export const dataSourceSpec: ObjectShape = object('where and how to read', {
  description,
  type: needed(text('what is read', 'EnvoyAccessLog', 'Prometheus', 'Datadog')),
  connectionDetails: needed(anything('the fields of that type')),
})

export const serviceSpec: ObjectShape = object('a service', { description })

export const OPENSLO_KINDS: Readonly<Record<string, ObjectShape>> = {
  DataSource: dataSourceSpec,
  Service: serviceSpec,
  SLI: sliSpec,
  SLO: sloSpec,
  AlertPolicy: policySpec,
  AlertCondition: conditionSpec,
  AlertNotificationTarget: targetSpec,
}
