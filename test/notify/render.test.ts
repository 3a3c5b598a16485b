import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { perMillion, unixSeconds } from '../../src/base/index.ts'
import { checkBlocks, textLength } from '../../src/cli/dev/slack/index.ts'
import {
  type IncidentBrief,
  renderDigest,
  renderLines,
  renderSlack,
  type SlackMessage,
} from '../../src/notify/index.ts'
import { runs } from '../property-runs.ts'
import { briefOf, evaluationOf, incidentWith, START } from './estate.ts'

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
        const message = renderSlack(briefOf({ ...options, locale }), { mention: '<!subteam^S0123456>' })
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

/** What Slack, or a reader, would object to. */
function faultsOf(message: SlackMessage): string[] {
  const faults: string[] = []
  if (message.text.trim() === '') faults.push('the text is empty')
  if (message.text.length > 4_000) faults.push('the text is longer than Slack shows whole')
  if ((message.blocks?.length ?? 0) > 14) faults.push(`${message.blocks?.length} blocks`)
  if (textLength(message.blocks ?? []) > 6_000) faults.push(`${textLength(message.blocks ?? [])} characters`)
  const check = checkBlocks(message.blocks ?? [])
  if (check.kind === 'unfit') faults.push(check.error, ...check.messages)
  const all = flat(message)
  if (CONTROLS.test(all.replaceAll('\n', ''))) faults.push('a control character')
  if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(all))
    faults.push('half a character')
  return faults
}

/** Control characters, separators and direction marks. */
const CONTROLS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u

const flat = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : typeof value === 'object' && value !== null
      ? Object.values(value).map(flat).join('')
      : ''

/** Tokens that call or mislead people: only ours may be there. */
const tokensOf = (message: SlackMessage): readonly string[] =>
  [
    ...flat({
      ...message,
      blocks: (message.blocks ?? []).filter((block) => block.type !== 'header'),
    }).matchAll(/<([^<>]*)>/g),
  ]
    .map((match) => match[1] ?? '')
    .filter((inside) => /^[!@#]/.test(inside))

const nasty = fc.oneof(
  fc.constantFrom(
    '<!channel>',
    '<!here|now>',
    '<@U024BE7LH>',
    '<https://evil.example|click>',
    '*bold* _it_ ~no~ `code` ```pre```',
    'テスト・決済サービスの可用性 🏬👩‍👩‍👧‍👦',
    '\u0000\u0007\u001b[31mred\u001b[0m\u2028next\u202Eevil',
    '\ud800 half \udc00',
    '&amp;&lt;!channel&gt;',
    '|pipes|and>arrows<',
    '',
    ' ',
    '__proto__',
    'x'.repeat(65_536),
    '🔥'.repeat(16_384),
    '&'.repeat(65_536),
    '障'.repeat(65_536),
    '`'.repeat(3_000),
  ),
  fc.string({ unit: 'binary', maxLength: 200 }),
)
const labels = fc.dictionary(
  nasty.map((name) => name.slice(0, 100)),
  nasty,
  { maxKeys: 12 },
)
const number = fc.oneof(fc.double({ noNaN: true, min: 0, max: 1e12 }), fc.constantFrom(0, 1e-9, 0.5, 1, 1e15))
const address = fc.oneof(
  nasty,
  fc.constantFrom(
    'javascript:alert(1)',
    'https://a.example/|x>y<z',
    'http://user:secret@a.example/',
    `https://a.example/${'p'.repeat(70_000)}`,
    'data:text/html,x',
    'https://ok.example/',
  ),
)
const states = fc.constantFrom('ok', 'watch', 'burning', 'exhausted', 'unknown')
const briefs = fc
  .record({
    name: nasty,
    service: nasty,
    id: nasty,
    target: nasty,
    window: nasty,
    indicator: nasty,
    owner: nasty,
    runbook: address,
    pageUrl: address,
    locale: fc.constantFrom('en', 'ja', 'ja-JP', 'xx', ''),
    zone: fc.oneof(fc.constantFrom('Asia/Tokyo', 'UTC', 'Mars/Olympus'), nasty),
    places: fc.array(fc.record({ scope: labels, state: states }), { maxLength: 40 }),
    contributors: fc.array(
      fc.record({ labels, bad: number, share: number, timesUsual: fc.option(number, { nil: undefined }) }),
      { maxLength: 500 },
    ),
    exemplars: fc.array(
      fc.record({
        atMs: fc.integer({ min: 0, max: 4e12 }),
        reason: nasty,
        durationMs: fc.option(number, { nil: undefined }),
        traceId: fc.option(nasty, { nil: undefined }),
        labels,
        url: fc.option(address, { nil: undefined }),
      }),
      { maxLength: 50 },
    ),
    sources: fc.array(fc.record({ name: nasty, age: fc.option(number, { nil: undefined }) }), {
      maxLength: 40,
    }),
    scope: labels,
    by: nasty,
    note: nasty,
    rate: number,
    left: fc.double({ noNaN: true, min: -1e6, max: 1 }),
    mood: fc.constantFrom('open', 'resolved', 'blind'),
  })
  .map(({ service, id, scope, by, note, rate, left, mood, ...rest }): IncidentBrief => {
    const at = unixSeconds(START)
    const evaluation = evaluationOf({ left, scope })
    return briefOf({
      ...rest,
      whole: evaluation,
      scoped: evaluation,
      incident: incidentWith({
        id,
        service,
        scope,
        members: [{ scope, severity: 'page', rules: [note], rate, firing: mood === 'open' }],
        peakRate: rate,
        badEvents: Math.round(rate),
        acknowledged: { by, at },
        timeline: [{ at, kind: 'note', text: note, by }],
        reopened: 3,
        previous: id,
        ...(mood === 'resolved' ? { state: 'resolved', resolvedAt: at } : {}),
        ...(mood === 'blind' ? { blindSince: at } : {}),
      }),
    })
  })

test('whatever a brief holds, Slack takes the message and nobody is called', () => {
  fc.assert(
    fc.property(briefs, fc.constantFrom('full', 'brief', 'sentence', 'text'), (brief, detail) => {
      const messages = [
        renderSlack(brief, { detail }),
        renderLines(brief, [
          { reason: 'first', at: unixSeconds(START) },
          { reason: 'person', at: unixSeconds(START) },
        ]) ?? { text: 'nothing' },
        renderDigest(Array.from({ length: 60 }, () => brief)),
      ]
      for (const message of messages) {
        expect(faultsOf(message)).toEqual([])
        expect(tokensOf(message).filter((token) => !/^!date\^\d+\^[{}\w ()]+\|[^|]*$/.test(token))).toEqual(
          [],
        )
        expect(flat(message)).not.toContain('user:secret')
      }
    }),
    runs(0.5),
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
