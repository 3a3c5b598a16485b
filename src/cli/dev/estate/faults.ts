import { later, type Range, type UnixSeconds, unixSeconds } from '../../../base/index.ts'
import { ENDINGS, type Ending } from './shop.ts'

/** What goes wrong somewhere for a while. */
export interface Fault {
  readonly name: string
  /** Half-open. */
  readonly range: Range
  readonly where: Where
  readonly effect: Effect
}

/** Which series it hits: all that have what is written. */
export interface Where {
  readonly service?: string
  readonly provider?: string
  readonly region?: string
  readonly operation?: string
}

export type Effect =
  /** `ratio` of the requests end in one of `endings`, evenly; clients that retry make `retries` times the traffic. */
  | {
      readonly kind: 'failing'
      readonly ratio: number
      readonly http: readonly Ending[]
      readonly grpc: readonly Ending[]
      readonly retries: number
    }
  /** Everything takes `factor` times as long. */
  | { readonly kind: 'slow'; readonly factor: number }
  /** `factor` times as many requests as usual are in the slow tail. */
  | { readonly kind: 'slower-tail'; readonly factor: number }
  /** Requests that do not count, beside the usual ones: `ratio` of those. */
  | { readonly kind: 'burst'; readonly ratio: number; readonly http: Ending; readonly grpc: Ending }

/** A stretch in which a source was not read completely. */
export interface Blindness {
  readonly source: string
  readonly range: Range
  readonly state: 'partial' | 'missing'
  readonly reason: string
  /** The share of the traffic that is counted all the same. */
  readonly seen: number
}

const HOUR = 3_600
const DAY = 86_400
const JST = 9 * HOUR
/** The past repeats itself every four weeks, so that a demo that is left running goes on having a past. */
const CYCLE = 28 * DAY

/** What has happened, counted from the day of the anchor in Japan: so many days before, at that time of the day. */
interface Past {
  readonly name: string
  readonly daysBefore: number
  /** `HH:MM` in Japan. */
  readonly at: string
  readonly minutes: number
  readonly where: Where
  readonly effect: Effect
}

const CONNECTION_LOST = {
  kind: 'failing',
  ratio: 1,
  http: [ENDINGS.noHost, ENDINGS.noConnection],
  grpc: [ENDINGS.grpcUnavailable],
  retries: 1,
} as const satisfies Effect

const PAST: readonly Past[] = [
  {
    name: 'virginia loses connections to catalog',
    daysBefore: 21,
    at: '08:30',
    minutes: 50,
    where: { service: 'catalog', provider: 'aws', region: 'us-east-1' },
    effect: { ...CONNECTION_LOST, ratio: 0.08, http: [ENDINGS.noConnection, ENDINGS.cut] },
  },
  {
    name: 'azure japaneast is down',
    daysBefore: 16,
    at: '10:05',
    minutes: 24,
    where: { provider: 'azure', region: 'japaneast' },
    effect: { ...CONNECTION_LOST, retries: 1.2 },
  },
  {
    name: 'health checks of a new node pool',
    daysBefore: 12,
    at: '11:00',
    minutes: 40,
    where: { service: 'search', provider: 'aws' },
    effect: { kind: 'burst', ratio: 2, http: ENDINGS.health, grpc: ENDINGS.grpcCancelled },
  },
  {
    name: 'a bad deploy of cart',
    daysBefore: 9,
    at: '14:10',
    minutes: 140,
    where: { service: 'cart' },
    effect: {
      kind: 'failing',
      ratio: 0.27,
      http: [ENDINGS.failed, ENDINGS.failed, ENDINGS.cut],
      grpc: [ENDINGS.grpcInternal],
      retries: 1.05,
    },
  },
  {
    name: 'the mail provider refuses campaigns',
    daysBefore: 7,
    at: '16:00',
    minutes: 180,
    where: { service: 'notifications' },
    effect: { ...CONNECTION_LOST, ratio: 0.6, http: [ENDINGS.failed] },
  },
  {
    name: 'asia-northeast1 is slow',
    daysBefore: 5,
    at: '19:00',
    minutes: 240,
    where: { provider: 'gcp', region: 'asia-northeast1' },
    effect: { kind: 'slow', factor: 3 },
  },
  {
    name: 'an app release gives up early',
    daysBefore: 3,
    at: '20:00',
    minutes: 15,
    where: { service: 'checkout' },
    effect: { kind: 'burst', ratio: 0.25, http: ENDINGS.left, grpc: ENDINGS.grpcCancelled },
  },
]

/** Before the anchor, in seconds: a regression that nobody has noticed yet, and that goes on. */
const RANKING_SINCE = 9 * HOUR
const RANKING_FOR = 21 * HOUR

/** Seconds after the start: soon enough to be waited for. */
export const LIVE_FAULT_AFTER = 35
/** What the live fault takes from people. */
export const LIVE_FAULT_WHERE: Where = { service: 'checkout', provider: 'gcp' }
/**
 * The live fault fails this share of an hour's requests. At 99.9 % the fast page rule fires at 1.44 % of an hour; the
 * slow one at 0.6 % of six hours, of which the busiest hour is not a third. So it pages, and it heals in minutes.
 */
export const LIVE_FAULT_SHARE = 0.017

/**
 * The faults that touch the range, in order of their beginning. The one that people watch unfold is on from
 * `LIVE_FAULT_AFTER` seconds after `live.from`, for `live.seconds`.
 */
export function faultsIn(
  range: Range,
  anchor: UnixSeconds,
  live: { readonly from: UnixSeconds; readonly seconds: number },
): readonly Fault[] {
  const found: Fault[] = []
  for (const shift of shiftsOver(range, anchor)) {
    for (const past of PAST) {
      found.push({
        name: past.name,
        range: rangeOf(past, anchor, shift),
        where: past.where,
        effect: past.effect,
      })
    }
    found.push({
      name: 'a new ranking slows search',
      range: {
        from: unixSeconds(anchor - RANKING_SINCE + shift),
        to: unixSeconds(anchor - RANKING_SINCE + RANKING_FOR + shift),
      },
      where: { service: 'search', operation: 'GET /v1/search' },
      effect: { kind: 'slower-tail', factor: 3.4 },
    })
  }
  const start = later(live.from, LIVE_FAULT_AFTER)
  found.push({
    name: 'checkout in gcp is down',
    range: { from: start, to: later(start, live.seconds) },
    where: LIVE_FAULT_WHERE,
    effect: CONNECTION_LOST,
  })
  return found
    .filter((fault) => fault.range.from < range.to && fault.range.to > range.from)
    .sort((a, b) => a.range.from - b.range.from)
}

/**
 * When a source was not read: both of the rack, so that one service shows what incomplete coverage does to a budget
 * while the others stay exact.
 */
export function blindnessIn(range: Range, anchor: UnixSeconds): readonly Blindness[] {
  const found: Blindness[] = []
  const stretch = (daysBefore: number, at: string, minutes: number, shift: number): Range =>
    rangeOf({ daysBefore, at, minutes }, anchor, shift)
  for (const shift of shiftsOver(range, anchor)) {
    found.push({
      source: 'rack-envoy',
      range: stretch(19, '13:30', 20, shift),
      state: 'missing',
      reason: 'the collector was down',
      seen: 0,
    })
    found.push({
      source: 'rack-envoy',
      range: stretch(13, '22:00', 12, shift),
      state: 'partial',
      reason: 'one of two Envoys did not answer',
      seen: 0.5,
    })
  }
  return found
    .filter((each) => each.range.from < range.to && each.range.to > range.from)
    .sort((a, b) => a.range.from - b.range.from)
}

function rangeOf(
  past: { readonly daysBefore: number; readonly at: string; readonly minutes: number },
  anchor: UnixSeconds,
  shift: number,
): Range {
  const midnight = Math.floor((anchor + JST) / DAY) * DAY - JST
  const [hours = 0, minutes = 0] = past.at.split(':').map(Number)
  const from = midnight - past.daysBefore * DAY + hours * HOUR + minutes * 60 + shift
  return { from: unixSeconds(from), to: unixSeconds(from + past.minutes * 60) }
}

/** Every repetition of the four weeks before the anchor that can touch the range. */
function shiftsOver(range: Range, anchor: UnixSeconds): readonly number[] {
  const shifts: number[] = []
  const first = Math.floor((range.from - anchor) / CYCLE)
  const last = Math.ceil((range.to - anchor) / CYCLE) + 1
  for (let k = first; k <= last; k++) shifts.push(k * CYCLE)
  return shifts
}
