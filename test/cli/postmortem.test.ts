import { expect, test } from 'vitest'
import { renderPostmortem } from '../../src/cli/postmortem.ts'

const START = 1_790_000_000
const known = {
  now: START + 10_000,
  incident: 'INC-2026-0147',
  title: 'Checkout | availability',
  service: 'checkout',
  owner: 'shop',
  severity: 'page' as const,
  state: 'resolved' as const,
  sentence: 'Resolved after 34 min in gcp',
  target: '99.9',
  window: '30d',
  impact: {
    startedAt: START,
    openedAt: START + 240,
    acknowledgedAt: START + 300,
    resolvedAt: START + 2_040,
    detectedAfter: 240,
    acknowledgedAfter: 300,
    lasted: 2_040,
    badEvents: 1_934,
    budgetSpent: 0.06295,
    peakRate: 18.27,
    reopened: 0,
    places: [{ scope: { cloud_provider: 'gcp' }, rate: 18.2 }],
  },
  timeline: [
    { at: START + 240, kind: 'opened', text: 'Opened.', by: null },
    { at: START + 86_640, kind: 'note', text: 'a | b\n<script>', by: 'aya' },
  ],
  definition: { file: 'checkout.yaml', line: 12, commit: '0123456789abcdef' },
  url: 'http://nines.test/incidents/INC-2026-0147',
}

test('what Nines knows is filled in, and what was learned has its place', () => {
  const text = renderPostmortem(known, { rootCause: false })
  for (const line of [
    '| Noticed | 2026-09-21 14:17 UTC, after 4 min |',
    '| Acknowledged | 2026-09-21 14:18 UTC, after 5 min |',
    '| Over | 2026-09-21 14:47 UTC, after 34 min |',
    '| Bad events | 1,934 |',
    '| Burned in gcp | 18.2× |',
    '## Where we got lucky',
    'checkout.yaml:12 at 0123456789ab',
  ])
    expect(text).toContain(line)
  expect(text).not.toContain('Root cause')
  expect(renderPostmortem(known, { rootCause: true })).toContain('## Root cause')
})

test('rows of a long incident have their date, and words of others are no markup', () => {
  const text = renderPostmortem(known, { rootCause: false })
  expect(text).toContain('| 2026-09-22 14:17 UTC | a \\| b \\<script\\> (aya) |')
  expect(text).toContain('# INC-2026-0147: Checkout \\| availability')
})

test('what did not happen is not said to have taken no time', () => {
  const impact = {
    ...known.impact,
    acknowledgedAt: null,
    acknowledgedAfter: null,
    resolvedAt: null,
    lasted: null,
  }
  const text = renderPostmortem({ ...known, impact }, { rootCause: false })
  expect(text).toContain('| Acknowledged | by nobody |')
  expect(text).toContain('| Over | not yet |')
})
