import { labelsKey, type Range, type UnixSeconds } from '../../../base/index.ts'
import { hashText, mix, shareOf } from './draws.ts'
import {
  type Blindness,
  blindnessIn,
  type Fault,
  faultsIn,
  LIVE_FAULT_AFTER,
  LIVE_FAULT_SHARE,
  LIVE_FAULT_WHERE,
  type Where,
} from './faults.ts'
import { activityAt, wanderAt } from './rhythm.ts'
import type { Pace } from './shape.ts'
import { ENDINGS, type Ending, type Operation, type Place, SHOP, type ShopService } from './shop.ts'

export interface EstateOptions {
  /** Chooses the chance in everything. */
  readonly seed: number
  /** When the live traffic of this run starts. The live fault unfolds from here. */
  readonly liveFrom: UnixSeconds
  /**
   * When the live traffic started for the first time: the past faults hang on it. A run that goes on with the history
   * of an earlier one gives that one's, so that what is there stays true. Absent: `liveFrom`.
   */
  readonly anchor?: UnixSeconds
}

/** The shop as it runs: what each part of it does at any instant, past or to come. */
export interface Estate {
  readonly seed: number
  readonly anchor: UnixSeconds
  readonly liveFrom: UnixSeconds
  readonly series: readonly EstateSeries[]
  /** Faults that touch the range, oldest first. */
  readonly faultsIn: (range: Range) => readonly Fault[]
  /** Stretches in which a source was not read completely, oldest first. */
  readonly blindnessIn: (range: Range) => readonly Blindness[]
}

/** One operation of one service in one place. */
export interface EstateSeries {
  readonly id: string
  /** Seeds its chance; does not depend on its neighbours. */
  readonly identity: number
  readonly service: ShopService
  readonly place: Place
  readonly operation: Operation
  /** Requests a minute averaged over a week. */
  readonly perMinute: number
}

/** What a series does at an instant. */
export interface Moment {
  /** Requests that count or may count, expected a minute. */
  readonly perMinute: number
  readonly pace: Pace
  /** While something fails: which share, and in which ways, evenly. */
  readonly failing: { readonly ratio: number; readonly endings: readonly Ending[] } | undefined
  /** Requests beside the others that do not count, expected a minute. */
  readonly bursts: readonly { readonly perMinute: number; readonly ending: Ending }[]
}

export function createEstate(options: EstateOptions): Estate {
  const anchor = options.anchor ?? options.liveFrom
  const series = SHOP.flatMap((service) =>
    service.runsIn.flatMap(({ place, share }) =>
      service.operations.map((operation): EstateSeries => {
        const id = labelsKey({
          service_name: service.name,
          cloud_provider: place.provider,
          cloud_region: place.region,
          operation: operation.name,
        })
        const perMinute = service.perMinute * share * operation.share
        return { id, identity: mix(hashText(id), options.seed), service, place, operation, perMinute }
      }),
    ),
  )
  const { liveFrom } = options
  const live = { from: liveFrom, seconds: liveFaultSeconds(series, liveFrom) }
  return {
    seed: options.seed,
    anchor,
    liveFrom,
    series,
    faultsIn: (range) => faultsIn(range, anchor, live),
    blindnessIn: (range) => blindnessIn(range, anchor),
  }
}

/** How long everything has to fail there for the share of the hour before that the live fault is to fail. */
function liveFaultSeconds(series: readonly EstateSeries[], liveFrom: UnixSeconds): number {
  const hit = series.filter((each) => isIn(LIVE_FAULT_WHERE, each))
  const perMinute = (at: number): number => hit.reduce((sum, each) => sum + ordinaryPerMinute(each, at), 0)
  const start = liveFrom + LIVE_FAULT_AFTER
  let hour = 0
  for (let minute = 0; minute < 60; minute++) hour += perMinute(start - minute * 60)
  return Math.round((LIVE_FAULT_SHARE * hour * 60) / perMinute(start))
}

/** Whether a fault hits a series. */
export function hits(fault: Fault, series: EstateSeries): boolean {
  return isIn(fault.where, series)
}

function isIn({ service, provider, region, operation }: Where, series: EstateSeries): boolean {
  return (
    (service === undefined || service === series.service.name) &&
    (provider === undefined || provider === series.place.provider) &&
    (region === undefined || region === series.place.region) &&
    (operation === undefined || operation === series.operation.name)
  )
}

/** Requests a minute at an instant, without faults. */
export function ordinaryPerMinute(series: EstateSeries, at: number): number {
  return (
    series.perMinute *
    activityAt(series.service.rhythm, at, series.place.utcOffset) *
    wanderAt(series.identity, at)
  )
}

/** How the request that simply succeeds ends. */
export function success(series: EstateSeries): Ending {
  return series.service.protocol === 'grpc' ? ENDINGS.grpcOk : ENDINGS.ok
}

/** How much the share of slow requests differs from one ten minutes to the next; the mean is 1. */
const TAIL_LEVELS: readonly number[] = [0.4, 0.7, 1, 1.3, 1.6]

/** What a series does at an instant. The faults must all hit the series and be on. */
export function momentOf(
  series: EstateSeries,
  at: number,
  options: { readonly ordinary: number; readonly faults: readonly Fault[] },
): Moment {
  const { ordinary, faults } = options
  const grpc = series.service.protocol === 'grpc'
  let perMinute = ordinary
  let slow = 1
  let tail = TAIL_LEVELS[Math.floor(shareOf(series.identity, Math.floor(at / 600)) * TAIL_LEVELS.length)] ?? 1
  let failing: Moment['failing']
  const bursts: { perMinute: number; ending: Ending }[] = []
  for (const { effect } of faults) {
    switch (effect.kind) {
      case 'failing':
        perMinute *= effect.retries
        failing = { ratio: effect.ratio, endings: grpc ? effect.grpc : effect.http }
        break
      case 'slow':
        slow *= effect.factor
        break
      case 'slower-tail':
        tail *= effect.factor
        break
      case 'burst':
        bursts.push({ perMinute: ordinary * effect.ratio, ending: grpc ? effect.grpc : effect.http })
        break
      default:
        effect satisfies never
    }
  }
  // Busy hours are a little slower than quiet ones.
  const load = series.perMinute > 0 ? ordinary / series.perMinute : 1
  const body = 0.94 + 0.07 * Math.min(2, load)
  return { perMinute, pace: { body, slow, tail }, failing, bursts }
}
