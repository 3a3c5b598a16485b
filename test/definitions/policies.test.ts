import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seconds } from '../../src/base/index.ts'
import { fitPolicy, loadDefinitions, SHIPPED_POLICIES } from '../../src/definitions/index.ts'
import { slo, source } from './documents.ts'

const DIR = join(import.meta.dirname, '../../slo-definitions/policies')
const files = readdirSync(DIR)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => ({ file, text: readFileSync(join(DIR, file), 'utf8') }))

/** The policy that an SLO gets, by what it names and how long its window is. */
function policyOf(options: { window?: string; annotation?: string; files?: typeof files } = {}) {
  const { window = '{ duration: 30d, isRolling: true }', annotation, files: more = [] } = options
  const text = `${source()}---\n${slo({
    timeWindow: `[${window}]`,
    annotations: annotation === undefined ? '' : `{ nines.dev/burn-policy: ${annotation} }`,
  })}`
  const { slos, problems } = loadDefinitions([...more, { file: 'slo.yaml', text }])
  expect(problems.filter((problem) => problem.severity === 'error')).toEqual([])
  return slos[0]?.slo.policy
}

const lines = (policy: ReturnType<typeof policyOf>) =>
  policy?.rules.map(
    ({ name, long, short, factor }) => `${name} ${long / 60}m/${short / 60}m ${factor.num}/${factor.den}`,
  )

test.each(SHIPPED_POLICIES)('the shipped policy $name and its file say the same', (template) => {
  expect(files.map(({ file }) => file)).toContain(`${template.name}.yaml`)
  const annotation = template.name
  const window = `{ duration: ${template.period / 86_400}d, isRolling: true }`
  const shipped = policyOf({ window, annotation })
  expect(shipped).toMatchObject(template.policy)
  expect(policyOf({ window, annotation, files })).toEqual(shipped)
})

test('every file of a policy is shipped', () => {
  expect(files.map(({ file }) => file).sort()).toEqual(
    SHIPPED_POLICIES.map(({ name }) => `${name}.yaml`).sort(),
  )
})

test('a 30 day window that names no policy gets the exact factors of the SRE workbook', () =>
  expect(lines(policyOf())).toEqual([
    'page-fast 60m/5m 72/5',
    'page-slow 360m/30m 6/1',
    'ticket-fast 1440m/120m 3/1',
    'ticket-slow 4320m/360m 1/1',
  ]))

test('a calendar month counts as 30 days for factors', () =>
  expect(
    lines(
      policyOf({
        window: '{ duration: 1M, calendar: { startTime: 2026-01-01 00:00:00, timeZone: Asia/Tokyo } }',
      }),
    ),
  ).toEqual(lines(policyOf())))

test('a longer window keeps the shares, so the factors grow with it', () =>
  expect(lines(policyOf({ window: '{ duration: 90d, isRolling: true }' }))).toEqual([
    'page-fast 60m/5m 216/5',
    'page-slow 360m/30m 18/1',
    'ticket-fast 1440m/120m 9/1',
    'ticket-slow 4320m/360m 3/1',
  ]))

test('a week that names no policy gets the one made for a week', () =>
  expect(policyOf({ window: '{ duration: 7d, isRolling: true }' })?.name).toBe('sloth-7d'))

test('a window so short that a factor would fall below 1 shrinks the windows instead', () =>
  expect(lines(policyOf({ window: '{ duration: 1d, isRolling: true }' }))).toEqual([
    'page-fast 2m/1m 72/5',
    'page-slow 12m/1m 6/1',
    'ticket-fast 48m/4m 3/1',
    'ticket-slow 144m/12m 1/1',
  ]))

test("a team's own policy of a shipped name takes its place", () => {
  const own = `apiVersion: nines.dev/v1
kind: BurnPolicy
metadata: { name: google-30d }
spec: { source: ours, period: 30d, rules: [{ name: only, severity: page, factor: 10, long: 1h, short: 5m }] }
`
  expect(lines(policyOf({ files: [{ file: 'own.yaml', text: own }] }))).toEqual(['only 60m/5m 10/1'])
})

test('however long the window, the share of the budget that a rule allows stays exact', () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 60, max: 366 * 1440 }),
      fc.constantFrom(...SHIPPED_POLICIES),
      (minutes, template) => {
        const length = seconds(minutes * 60)
        for (const [i, rule] of fitPolicy(template, length).rules.entries()) {
          const original = template.policy.rules[i]
          if (!original) throw new Error('a rule was lost')
          // share = factor × long ÷ period, compared crosswise in whole numbers.
          const now =
            BigInt(rule.factor.num) *
            BigInt(rule.long) *
            BigInt(original.factor.den) *
            BigInt(template.period)
          const then =
            BigInt(original.factor.num) * BigInt(original.long) * BigInt(rule.factor.den) * BigInt(length)
          expect(`${now}`).toBe(`${then}`)
          expect(rule.long % 60).toBe(0)
          expect(rule.short).toBeLessThanOrEqual(rule.long)
          expect(rule.short).toBeGreaterThanOrEqual(60)
        }
      },
    ),
  ))
