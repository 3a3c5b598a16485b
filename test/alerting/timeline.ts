import {
  type AlertingEntry,
  type AlertingSettings,
  type AlertingState,
  type CostOf,
  type Decision,
  EMPTY_STATE,
  step,
} from '../../src/alerting/index.ts'
import {
  type Labels,
  labelsKey,
  perMillion,
  ratio,
  type Seconds,
  seconds,
  type UnixSeconds,
  unixSeconds,
} from '../../src/base/index.ts'
import type { BurnRule, BurnVerdict, BurnWindow, Evaluation, Slo } from '../../src/slo/index.ts'

/**
 * A small language for what happened. One line a place, `name: minutes×rate …`:
 *
 *     aws: 30x0 5x20 60x0      thirty calm minutes, five at a burn rate of 20, an hour of calm
 *     gcp: 60x0 10x- 25x0      `-` is a minute without data
 *
 * A place is a cloud, or `cloud/region`. Each has a thousand events a minute and a target of 99.9 %, so that a burn
 * rate of 20 is twenty bad events. Clouds with regions, and the whole, are the sums of their parts.
 */
export interface Timeline {
  readonly minutes: number
  readonly places: ReadonlyMap<string, readonly (number | undefined)[]>
}

export const START = 1_790_000_040 - (1_790_000_040 % 60)
export const minute = (n: number): UnixSeconds => unixSeconds(START + n * 60)

const rule = (
  name: string,
  severity: 'page' | 'ticket',
  minutes: [number, number],
  factor: number,
): BurnRule => ({
  name,
  severity,
  long: seconds(minutes[0] * 60),
  short: seconds(minutes[1] * 60),
  factor: { num: factor, den: 1 },
  after: seconds(0),
})

export const PAGE: BurnRule = rule('page-fast', 'page', [10, 1], 10)
export const TICKET: BurnRule = rule('ticket-slow', 'ticket', [60, 5], 2)

export function sloWith(rules: readonly BurnRule[] = [PAGE, TICKET], id = 'checkout'): Slo {
  return {
    id,
    name: id,
    displayName: 'Checkout availability',
    service: 'payments',
    description: '',
    method: 'occurrences',
    objectives: [
      {
        name: 'main',
        displayName: '',
        target: '99.9',
        allowed: perMillion(1_000),
        indicator: 'main',
        weight: { num: 1, den: 1 },
      },
    ],
    windows: [{ kind: 'rolling', name: '30d', length: seconds(30 * 86_400) }],
    policy: { name: 'test', source: 'this test', rules },
    splitBy: ['cloud_provider', 'cloud_region'],
    noData: 'freeze',
    minBadEvents: 0,
    sources: ['edge'],
  }
}

export function readTimeline(text: string): Timeline {
  const places = new Map<string, readonly (number | undefined)[]>()
  for (const line of text.trim().split('\n')) {
    const [name = '', rates = ''] = line.split(':').map((part) => part.trim())
    places.set(
      name,
      rates.split(/\s+/).flatMap((part) => {
        const [times = '1', rate = '0'] = part.split('x')
        return Array<number | undefined>(Number(times)).fill(rate === '-' ? undefined : Number(rate))
      }),
    )
  }
  return { places, minutes: Math.max(...[...places.values()].map((rates) => rates.length)) }
}

interface Counted {
  readonly total: number
  readonly bad: number
}

const placeScope = (name: string): Labels => {
  const [cloud = '', region] = name.split('/')
  return region === undefined ? { cloud_provider: cloud } : { cloud_provider: cloud, cloud_region: region }
}

const inScope = (place: Labels, scope: Labels): boolean =>
  Object.entries(scope).every(([name, value]) => place[name] === value)

function count(timeline: Timeline, scope: Labels, from: number, to: number): Counted {
  let total = 0
  let bad = 0
  for (const [name, rates] of timeline.places) {
    if (!inScope(placeScope(name), scope)) continue
    for (let m = Math.max(0, from); m < to; m++) {
      const rate = rates[m]
      if (rate === undefined) continue
      total += 1_000
      bad += rate
    }
  }
  return { total, bad }
}

export function scopesOf(timeline: Timeline): readonly Labels[] {
  const scopes = new Map<string, Labels>([['', {}]])
  for (const name of timeline.places.keys()) {
    const cloud = placeScope(name.split('/')[0] ?? '')
    scopes.set(labelsKey(cloud), cloud)
    scopes.set(labelsKey(placeScope(name)), placeScope(name))
  }
  return [...scopes.values()]
}

/** What the engine would say of the first `at` minutes. */
export function evaluationAt(timeline: Timeline, slo: Slo, scope: Labels, at: number): Evaluation {
  const side = (length: Seconds, rule: BurnRule): BurnWindow => {
    const { total, bad } = count(timeline, scope, at - length / 60, at)
    return {
      length,
      counts: { good: total - bad, bad },
      rate: total === 0 ? undefined : (bad * 1e6) / (total * 1_000),
      over: total > 0 && bad * 1e6 * rule.factor.den >= rule.factor.num * total * 1_000,
    }
  }
  const verdicts = slo.policy.rules.map((one): BurnVerdict => {
    const long = side(one.long, one)
    const short = side(one.short, one)
    const kind =
      short.rate === undefined || long.rate === undefined
        ? 'no-data'
        : long.over && short.over
          ? 'burning'
          : 'calm'
    return { rule: one, kind, long, short, end: minute(at), badUntilFiring: undefined }
  })
  const { total, bad } = count(timeline, scope, 0, at)
  const budget = (30 * 1_440 * total) / Math.max(1, at) / 1_000
  return {
    slo: slo.id,
    objective: 'main',
    scope,
    now: minute(at),
    windows: [
      {
        window: '30d',
        range: { from: minute(at - 30 * 1_440), to: minute(at) },
        bounds: { from: minute(at - 30 * 1_440), to: minute(at) },
        counts: { good: total - bad, bad },
        sli: total === 0 ? undefined : ratio(1 - bad / total),
        budget: {
          events: budget,
          spent: bad,
          left: budget - bad,
          leftRatio: budget === 0 ? undefined : ratio(1 - bad / budget),
          time: seconds(2_592),
          timeLeft: budget === 0 ? undefined : seconds(Math.floor(2_592 * (1 - bad / budget))),
        },
        coverage: {
          minutes: 43_200,
          known: 43_200,
          partial: 0,
          missing: 0,
          failed: 0,
          ratio: ratio(1),
          completeThrough: minute(at),
          kind: 'full',
        },
        data: 'measured',
        pace: { over: seconds(21_600), rate: 1 },
        exhaustion: { kind: 'never' },
      },
    ],
    verdicts,
    state: verdicts.some((verdict) => verdict.kind === 'burning') ? 'burning' : 'ok',
  }
}

export const costIn =
  (timeline: Timeline): CostOf =>
  (_slo, _objective, scope, range) =>
    count(timeline, scope, (range.from - START) / 60, (range.to - START) / 60).bad

export interface Run {
  readonly state: AlertingState
  readonly journal: readonly AlertingEntry[]
  readonly decisions: readonly Decision[]
  /** `@34 opened page aws`: what happened, but for alerts and mere numbers. */
  readonly story: readonly string[]
}

/** Steps minute by minute; `between` may act between two steps, as people and restarts do. */
export function run(
  text: string,
  options: {
    readonly slo?: Slo
    readonly settings?: AlertingSettings
    readonly between?: (
      state: AlertingState,
      at: number,
    ) => readonly [AlertingState, readonly AlertingEntry[]]
  } = {},
): Run {
  const timeline = readTimeline(text)
  const slo = options.slo ?? sloWith()
  let state = EMPTY_STATE
  const journal: AlertingEntry[] = []
  const decisions: Decision[] = []
  for (let at = 1; at <= timeline.minutes; at++) {
    const evaluations = scopesOf(timeline).map((scope) => evaluationAt(timeline, slo, scope, at))
    const input = { evaluations, slos: [slo], now: minute(at), costOf: costIn(timeline) }
    const result = step(state, options.settings ? { ...input, settings: options.settings } : input)
    journal.push(...result.events)
    decisions.push(...result.decisions)
    state = result.state
    const acted = options.between?.(state, at)
    if (acted) {
      state = acted[0]
      journal.push(...acted[1])
    }
  }
  return { state, journal, decisions, story: journal.flatMap(tellEntry) }
}

function tellEntry({ at, data }: AlertingEntry): string[] {
  const when = `@${(at - START) / 60}`
  if (data.kind === 'alert' || data.kind === 'measured') return []
  if (!('reading' in data)) return [`${when} ${data.kind}`]
  const place = Object.values(data.reading.scope).join('/') || 'everywhere'
  return [`${when} ${data.kind} ${data.reading.severity} ${place}`]
}
