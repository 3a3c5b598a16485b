import type { Labels, Range } from '../../src/base/index.ts'
import { DAY, HOUR, labelsKey, perMillion, pickLabels, seconds, unixSeconds } from '../../src/base/index.ts'
import type { BurnPolicy, BurnRule, Need, Objective, Slo, Timelines, Window } from '../../src/slo/index.ts'

/** Monday, 2026-11-09T00:00:00Z. */
export const MONDAY = unixSeconds(1_794_182_400)

export const rolling = (days: number): Window => ({
  kind: 'rolling',
  name: `${days}d`,
  length: seconds(days * DAY),
})

export const rule = (
  name: string,
  [long, short, num, den]: readonly [number, number, number, number],
): BurnRule => ({
  name,
  severity: name.startsWith('page') ? 'page' : 'ticket',
  long: seconds(long),
  short: seconds(short),
  factor: { num, den },
  after: seconds(0),
})

export const google30d: BurnPolicy = {
  name: 'google-30d',
  source: 'https://sre.google/workbook/alerting-on-slos/',
  rules: [
    rule('page-fast', [HOUR, 300, 144, 10]),
    rule('page-slow', [6 * HOUR, 1800, 6, 1]),
    rule('ticket-fast', [DAY, 2 * HOUR, 3, 1]),
    rule('ticket-slow', [3 * DAY, 6 * HOUR, 1, 1]),
  ],
}

/** Two rules only, so that little is held in minutes and windows of a day already begin inside hours. */
export const pagesOnly: BurnPolicy = { ...google30d, name: 'pages-only', rules: google30d.rules.slice(0, 2) }

export const objective = (change: Partial<Objective> = {}): Objective => ({
  name: 'o',
  displayName: '',
  target: '99.9',
  allowed: perMillion(1_000),
  indicator: 'i',
  weight: { num: 1, den: 1 },
  ...change,
})

export const slo = (change: Partial<Slo> = {}): Slo => ({
  id: 's',
  name: 's',
  displayName: '',
  service: 'checkout',
  description: '',
  method: 'occurrences',
  objectives: [objective()],
  windows: [rolling(30)],
  policy: google30d,
  splitBy: [],
  noData: 'freeze',
  minBadEvents: 0,
  sources: [],
  ...change,
})

/** So many good and bad events in one minute of one series. */
export interface Minute {
  /** Minutes since 1970. */
  readonly at: number
  readonly labels: Labels
  readonly good: number
  readonly bad: number
}

/** Says that the source `edge` is known from long ago up to `now`. */
export function known(timelines: Timelines, now: number): void {
  timelines.cover('edge', [{ from: unixSeconds(0), to: unixSeconds(now), state: 'known' }])
}

/** Hands over what a ledger that holds these minutes would answer to each need, until nothing is needed. */
export function feedAll(timelines: Timelines, slos: readonly Slo[], options: FeedOptions): void {
  for (const need of timelines.needs(options.now)) feedNeed(timelines, need, { slos, ...options })
}

interface FeedOptions {
  readonly now: ReturnType<typeof unixSeconds>
  readonly minutes: readonly Minute[]
}

function feedNeed(timelines: Timelines, need: Need, options: FeedOptions & { slos: readonly Slo[] }): void {
  const one = options.slos.find((s) => s.id === need.slo)!
  for (const indicator of new Set(one.objectives.map((o) => o.indicator)))
    for (const answer of answerOf(options.minutes, need, one.splitBy))
      timelines.load(one.id, indicator, answer)
  timelines.loaded(need)
}

/** As the ledger does: all together, and each combination of each prefix of the labels, where there are rows. */
export function answerOf(
  minutes: readonly Minute[],
  asked: { readonly range: Range; readonly width: number },
  splitBy: readonly string[],
) {
  const { range, width } = asked
  const count = (range.to - range.from) / width
  const answers = new Map<string, { scope: Labels; good: Float64Array; bad: Float64Array }>()
  for (const minute of minutes) {
    const bucket = Math.floor((minute.at * 60 - range.from) / width)
    if (bucket < 0 || bucket >= count) continue
    for (let level = 0; level <= splitBy.length; level++) {
      const scope = pickLabels(minute.labels, splitBy.slice(0, level))
      if (Object.keys(scope).length < level) continue
      const key = labelsKey(scope)
      const answer = answers.get(key) ?? {
        scope,
        good: new Float64Array(count),
        bad: new Float64Array(count),
      }
      answer.good[bucket]! += minute.good
      answer.bad[bucket]! += minute.bad
      answers.set(key, answer)
    }
  }
  return [...answers.values()].map((a) => ({ ...a, start: range.from, width }))
}

export { propertyRuns } from '../property-runs.ts'
