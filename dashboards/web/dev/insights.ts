import {
  type CalendarEvents,
  type Days,
  type Preview,
  previewAsked,
  type Review,
} from '../../../src/contract/index.ts'
import { type Kept, rules, seriesOf } from './evaluate.ts'
import { sum } from './history.ts'

const DAY = 86_400

/** Another promise on the made-up past; a threshold changes nothing here, since no durations are kept. */
export function previewOf(kept: readonly Kept[], body: unknown, now: number): Preview | undefined {
  const asked = previewAsked.parse(body)
  const of = kept.find(({ profile }) =>
    asked.slo === undefined ? profile.service === asked.service : profile.id === asked.slo,
  )
  if (of === undefined) return undefined
  const { profile, history } = of
  const windowDays = asked.windowDays ?? Math.round(profile.windowSeconds / DAY)
  const target = asked.target ?? (asked.slo === undefined ? '99.9' : profile.target)
  const allowed = Math.round((100 - Number(target)) * 10_000)
  const to = Math.floor(now / 60) * 60
  const range = { from: to - windowDays * DAY, to }
  const changed = {
    ...of,
    profile: { ...profile, allowed, calendar: false, windowSeconds: windowDays * DAY },
  }
  const series = seriesOf(changed, asked.scope, { ...range, points: 360, now })
  const known = series.left.filter((v) => v !== null)
  const lowest = known.length === 0 ? null : Math.min(...known)
  const { good, bad } = sum(history, asked.scope, range.from, range.to)
  return {
    range,
    target,
    withinMs: asked.withinMs === undefined ? (profile.latency?.thresholdMs ?? null) : asked.withinMs,
    windowDays,
    good,
    bad,
    sli: good + bad === 0 ? null : good / (good + bad),
    leftRatio: known.at(-1) ?? null,
    lowest,
    step: series.step,
    start: [...series.start],
    left: [...series.left],
    rules: rules.map((rule) => ({ ...rule, firings: firingsOf(changed, asked.scope, { rule, range }) })),
    suggested:
      lowest === null
        ? null
        : (['99.99', '99.95', '99.9', '99.5', '99', '95'].find(
            (t) => (1 - lowest) * allowed <= 0.8 * (100 - Number(t)) * 10_000,
          ) ?? null),
  }
}

/** Every ten minutes: enough to look at. */
function firingsOf(
  { profile, history }: Kept,
  scope: Readonly<Record<string, string>>,
  { rule, range }: { rule: (typeof rules)[number]; range: { from: number; to: number } },
): Preview['rules'][number]['firings'] {
  const rate = (end: number, length: number): number => {
    const { good, bad } = sum(history, scope, end - length, end)
    return good + bad === 0 ? 0 : (bad * 1e6) / ((good + bad) * profile.allowed)
  }
  const firings: { from: number; to: number; peak: number }[] = []
  for (let end = range.from + 600; end <= range.to; end += 600) {
    const long = rate(end, rule.long)
    if (long < rule.factor || rate(end, rule.short) < rule.factor) continue
    const last = firings.at(-1)
    if (last && end - last.to <= 1800) {
      last.to = end
      last.peak = Math.max(last.peak, long)
    } else firings.push({ from: end, to: end, peak: long })
  }
  return firings
}

export function daysOf(
  { profile, history }: Kept,
  asked: { scope: Readonly<Record<string, string>>; count: number; offset: number; now: number },
): Days {
  const today = Math.floor((asked.now + asked.offset) / DAY) * DAY - asked.offset
  const window = sum(history, asked.scope, asked.now - profile.windowSeconds, asked.now)
  const events = ((window.good + window.bad) * profile.allowed) / 1e6
  return {
    id: profile.id,
    offset: asked.offset,
    days: Array.from({ length: asked.count }, (_, i) => {
      const start = today - (asked.count - 1 - i) * DAY
      const { good, bad, known } = sum(history, asked.scope, start, Math.min(start + DAY, asked.now))
      return { start, good, bad, spent: events === 0 ? null : bad / events, known: Math.round(known * 60) }
    }),
  }
}

export function reviewOf(
  kept: readonly Kept[],
  range: { from: number; to: number },
  stateOf: (id: string) => Review['rows'][number]['state'],
): Review {
  return {
    range,
    rows: kept.map(({ profile, history }) => {
      const { good, bad } = sum(history, {}, range.from, range.to)
      const total = good + bad
      const spent = total === 0 ? null : (bad * 1e6) / (total * profile.allowed)
      return {
        id: profile.id,
        name: profile.name,
        service: profile.service,
        owner: profile.owner,
        indicator: profile.indicator,
        target: profile.target,
        state: stateOf(profile.id),
        good,
        bad,
        sli: total === 0 ? null : good / total,
        met: spent === null ? null : spent <= 1,
        spent,
        incidents: 0,
      }
    }),
  }
}

export function eventsOf(range: { from: number; to: number }, now: number): CalendarEvents {
  const at = Math.floor(now / DAY) * DAY
  const events: CalendarEvents['events'] = [
    {
      id: 'autumn-sale',
      kind: 'traffic',
      type: 'sale',
      title: 'Autumn sale',
      description: 'Doors open at noon in Tokyo; the first hour is the busiest of the year.',
      from: at + 2 * DAY + 10_800,
      to: at + 4 * DAY,
      services: ['checkout', 'search'],
      scope: {},
      multiplier: 6,
      owner: 'growth-team',
    },
    {
      id: 'load-test',
      kind: 'traffic',
      type: 'load-test',
      title: 'Load test of payments',
      description: '',
      from: at - 3 * DAY + 64_800,
      to: at - 3 * DAY + 72_000,
      services: ['payments'],
      scope: { cloud_provider: 'aws' },
      multiplier: 3,
      owner: 'payments-team',
    },
    {
      id: 'rack-upgrade',
      kind: 'correction',
      type: 'exclude',
      title: 'Upgrade of the rack',
      description: 'Power was taken from the rack for its upgrade; agreed with every owner.',
      from: at - 6 * DAY + 57_600,
      to: at - 6 * DAY + 68_400,
      services: [],
      scope: { cloud_provider: 'rack' },
      multiplier: null,
      owner: 'sato',
    },
  ]
  return {
    range,
    events: events.filter((e) => e.from < range.to && e.to > range.from).sort((a, b) => a.from - b.from),
  }
}
