import { describe, expect, test } from 'vitest'
import { perMillion, unixSeconds } from '../../src/base/index.ts'
import {
  type IncidentBrief,
  renderDigest,
  renderLines,
  renderSlack,
  type SlackMessage,
} from '../../src/notify/index.ts'
import { briefOf, evaluationOf, incidentWith, START } from './estate.ts'
import { consequenceOf, faultsOf, tokensOf } from './rules.ts'

/** A message as people read it, one block after the other. */
function asRead(message: SlackMessage): string {
  const lines = [`text: ${message.text}`]
  for (const block of message.blocks ?? []) {
    lines.push('', `[${block.type}]`)
    if (block.type === 'header') lines.push(block.text.text)
    if (block.type === 'section') {
      if (block.text !== undefined) lines.push(block.text.text)
      for (const field of block.fields ?? []) lines.push(`| ${field.text.replaceAll('\n', '\n|   ')}`)
    }
    if (block.type === 'context') lines.push(...block.elements.map((element) => element.text))
    if (block.type === 'actions')
      lines.push(
        ...block.elements.map((b) => `(${b.text.text}) ${'url' in b ? b.url : `${b.action_id} ${b.value}`}`),
      )
  }
  return `${lines.join('\n')}\n`
}

const resolved = incidentWith({
  state: 'resolved',
  resolvedAt: unixSeconds(START + 1_200),
  members: incidentWith().members.map((member) => ({ ...member, firing: false })),
})
/** What never burned. */
const quiet = {
  scope: {},
  members: [{ scope: {}, severity: 'ticket' as const, rules: ['most-spent'], rate: 0, firing: true }],
  peakRate: 0,
  badEvents: 0,
  budgetSpent: 0,
}
const everywhere = incidentWith({
  scope: {},
  members: ['aws', 'gcp'].map((cloud) => ({
    scope: { cloud_provider: cloud },
    severity: 'page' as const,
    rules: ['page-fast'],
    rate: 33.3,
    firing: true,
  })),
})

const MOMENTS: readonly (readonly [string, Partial<IncidentBrief>])[] = [
  ['page', {}],
  [
    'acknowledged-and-reopened',
    {
      incident: incidentWith({
        acknowledged: { by: 'Aya Sato', at: unixSeconds(START - 60) },
        reopened: 2,
        previous: 'INC-2026-0131',
        mutedUntil: unixSeconds(START + 3_600),
      }),
    },
  ],
  [
    'two-clouds-budget-gone',
    {
      incident: everywhere,
      whole: evaluationOf({ left: -0.1234 }),
      scoped: evaluationOf({ left: -0.1234 }),
      places: [
        { scope: { cloud_provider: 'aws' }, state: 'exhausted' },
        { scope: { cloud_provider: 'azure' }, state: 'watch' },
        { scope: { cloud_provider: 'gcp' }, state: 'burning' },
        { scope: { cloud_provider: 'rack' }, state: 'unknown' },
      ],
    },
  ],
  [
    'ticket-that-the-whole-budget-bears',
    {
      incident: incidentWith({ severity: 'ticket', budgetSpent: 0.00004 }),
      whole: evaluationOf({ gone: 0 }),
      contributors: [],
      exemplars: [],
      runbook: 'Ask in #payments first',
    },
  ],
  [
    'everything-at-once',
    {
      clearsAt: unixSeconds(START + 1_080),
      confidence: 'partial',
      overlaps: [
        {
          kind: 'deploy',
          name: 'checkout 1.42',
          from: unixSeconds(START - 900),
          url: 'https://ci.example.com/42',
        },
        { kind: 'tv', name: 'Morning show', from: unixSeconds(START - 600), to: unixSeconds(START + 1_200) },
      ],
      incident: incidentWith({
        acknowledged: { by: 'Aya Sato', at: unixSeconds(START - 60) },
        roles: { commander: { who: 'Ben Cole', since: unixSeconds(START - 30), by: 'Ben Cole' } },
        level: { name: 'urgent', at: unixSeconds(START - 30) },
        drill: true,
        consequences: [
          consequenceOf({}),
          consequenceOf({ slo: 'search-fast', service: 'search', because: 'region', firing: false }),
        ],
      }),
    },
  ],
  [
    'declared-by-hand',
    {
      name: 'Cards are declined',
      whole: undefined,
      scoped: undefined,
      target: '',
      places: [],
      contributors: [],
      exemplars: [],
      incident: incidentWith({
        ...quiet,
        members: [],
        kind: 'declared',
        title: 'Cards are declined',
        severity: 'page',
      }),
    },
  ],
  ['blind', { incident: incidentWith({ blindSince: unixSeconds(START - 120) }) }],
  [
    'calming',
    {
      incident: incidentWith({
        members: incidentWith().members.map((member) => ({ ...member, firing: false })),
      }),
    },
  ],
  ['resolved', { incident: resolved, now: unixSeconds(START + 1_200) }],
  [
    'nothing-known',
    {
      incident: incidentWith({ ...quiet, blindSince: unixSeconds(START - 600), rules: ['blind-page'] }),
      contributors: [],
      exemplars: [],
    },
  ],
  [
    'budget-spent',
    {
      incident: incidentWith({ ...quiet, severity: 'ticket', rules: ['most-spent'] }),
      whole: {
        ...evaluationOf({ left: 0.18 }),
        conditions: [
          {
            condition: { name: 'most-spent', severity: 'ticket', kind: 'spent', share: perMillion(800_000) },
            kind: 'met',
            value: 0.8234,
          },
        ],
      },
    },
  ],
  [
    'no-longer-defined',
    { incident: resolved, whole: undefined, scoped: undefined, places: [], target: '', window: '' },
  ],
]

describe('what people read', () => {
  for (const [name, options] of MOMENTS) {
    for (const locale of ['en', 'ja']) {
      test(`${name}, ${locale}`, async () => {
        const message = renderSlack(briefOf({ ...options, locale }), {
          buttons: true,
          mention: '<!subteam^S0123456>',
        })
        expect(faultsOf(message)).toEqual([])
        await expect(asRead(message)).toMatchFileSnapshot(`../golden/slack/${name}.${locale}.txt`)
      })
    }
  }

  test.each(['en', 'ja'])('the thread, %s', async (locale) => {
    const incident = incidentWith({
      reopened: 1,
      timeline: [
        { at: unixSeconds(1), kind: 'acknowledged', text: 'Acknowledged.', by: 'Aya Sato' },
        { at: unixSeconds(2), kind: 'note', text: 'Rolled back checkout 1.42 <now>', by: 'Aya Sato' },
        { at: unixSeconds(3), kind: 'muted', text: 'Muted.', by: 'Ben' },
      ],
      mutedUntil: unixSeconds(START + 3_600),
    })
    const reasons = ['first', 'worse', 'reopened', 'resolved', 'sighted', 'better', 'repeat'] as const
    const said = [
      ...reasons.map(
        (reason) => renderLines(briefOf({ locale, incident }), [{ reason, at: unixSeconds(0) }])?.text,
      ),
      ...[1, 2, 3].map(
        (at) => renderLines(briefOf({ locale, incident }), [{ reason: 'person', at: unixSeconds(at) }])?.text,
      ),
      renderDigest([
        briefOf({ locale, incident: resolved }),
        briefOf({ locale, incident: { ...resolved, id: 'INC-2026-0148' } }),
      ]).text,
    ]
    await expect(`${said.join('\n')}\n`).toMatchFileSnapshot(`../golden/slack/thread.${locale}.txt`)
  })
})

test('an incident burns while what it lists does, however calm the SLO that leads it is', () => {
  const lead = incidentWith().members.map((member) => ({ ...member, firing: false }))
  const incident = incidentWith({
    kind: 'region',
    members: lead,
    consequences: [
      consequenceOf({ because: 'region', rate: 22.5, firing: true }),
      consequenceOf({ because: 'region', rate: 3.1, firing: true, slo: 'search-fast' }),
      consequenceOf({ because: 'region', rate: 90, firing: false, slo: 'cart-fast' }),
    ],
  })
  expect(renderSlack(briefOf({ incident })).text).toMatch(/^PAGE · .*: Burning 22\.5× in gcp/)
  const calm = incident.consequences.map((each) => ({ ...each, firing: false }))
  expect(renderSlack(briefOf({ incident: { ...incident, consequences: calm } })).text).not.toContain(
    'Burning',
  )
})

test('only the configured mention is called, and only by the text it is put into', () => {
  const message = renderSlack(briefOf(), { mention: '<!subteam^S0123456>' })
  expect(tokensOf(message).filter((token) => !token.startsWith('!date'))).toEqual([
    '!subteam^S0123456',
    '!subteam^S0123456',
  ])
})

test('a lock screen reads the state, then the number, then where', () => {
  expect(renderSlack(briefOf()).text).toBe(
    'PAGE · Checkout availability: Burning 14.8× in gcp: budget gone in 41 h',
  )
  expect(renderSlack(briefOf({ locale: 'ja' })).text).toBe(
    '緊急 · Checkout availability: gcpでバーンレート14.8倍: エラーバジェットは41時間で枯渇',
  )
})
