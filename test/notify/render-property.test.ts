import fc from 'fast-check'
import { expect, test } from 'vitest'
import { unixSeconds } from '../../src/base/index.ts'
import { type IncidentBrief, renderDigest, renderLines, renderSlack } from '../../src/notify/index.ts'
import { runs } from '../property-runs.ts'
import { briefOf, evaluationOf, incidentWith, START } from './estate.ts'
import { consequenceOf, faultsOf, flat, tokensOf } from './rules.ts'

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
    id: fc.oneof(nasty, fc.constant('INC-2026-0147')),
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
    overlaps: fc.array(
      fc.record({
        kind: fc.constantFrom('deploy', 'tv', 'other'),
        name: nasty,
        from: fc.constant(unixSeconds(START)),
        to: fc.constant(unixSeconds(START + 60)),
        url: address,
      }),
      { maxLength: 30 },
    ),
    consequences: fc.array(
      fc.record({ slo: nasty, service: nasty, on: nasty, rate: number, firing: fc.boolean() }),
      { maxLength: 300 },
    ),
    title: nasty,
    declared: fc.boolean(),
    scope: labels,
    by: nasty,
    note: nasty,
    rate: number,
    left: fc.double({ noNaN: true, min: -1e6, max: 1 }),
    mood: fc.constantFrom('open', 'resolved', 'blind'),
  })
  .map((given): IncidentBrief => {
    const { service, id, scope, by, note, rate, left, mood, consequences, title, declared, ...rest } = given
    const at = unixSeconds(START)
    const evaluation = evaluationOf({ left, scope })
    return briefOf({
      ...rest,
      whole: evaluation,
      scoped: evaluation,
      clearsAt: unixSeconds(START + 600),
      confidence: 'low',
      postmortemUrl: rest.pageUrl,
      incident: incidentWith({
        consequences: consequences.map((one) => consequenceOf({ ...one, scope })),
        roles: { commander: { who: by, since: at, by } },
        level: { name: note, at },
        silencedBy: id,
        drill: true,
        links: { postmortem: rest.runbook },
        ...(declared ? { kind: 'declared', title } : {}),
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

const asked = Number(process.env['NINES_RENDER_RUNS'] ?? 0)
const RENDER_RUNS = asked > 0 ? { numRuns: asked } : runs(0.5)

test('whatever a brief holds, Slack takes the message and nobody is called', () => {
  fc.assert(
    fc.property(briefs, fc.constantFrom('full', 'brief', 'sentence', 'text'), (brief, detail) => {
      const messages = [
        renderSlack(brief, { detail, buttons: true }),
        renderLines(brief, [
          {
            reason: 'escalate',
            at: unixSeconds(START),
            call: { levelName: brief.name, targets: [brief.owner] },
          },
          { reason: 'remind', at: unixSeconds(START) },
          { reason: 'absorbed', at: unixSeconds(START) },
          { reason: 'level', at: unixSeconds(START) },
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
    // NINES_RENDER_RUNS=10000 is the whole bar.
    RENDER_RUNS,
  )
})
