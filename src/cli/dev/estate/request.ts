import { type Draws, hexOf } from './draws.ts'
import { type EstateSeries, type Moment, success } from './estate.ts'
import { drawMs } from './shape.ts'
import type { Ending } from './shop.ts'

/** One request that has ended. */
export interface FinishedRequest {
  readonly series: EstateSeries
  readonly ending: Ending
  /** Milliseconds since 1970. */
  readonly endedAtMs: number
  /** Whole milliseconds. */
  readonly durationMs: number
  /** Seeds what is only decoration: ids, sizes, addresses. */
  readonly identity: number
}

/** The requests of a series that end in a stretch, in no order. The moment is that of the stretch. */
export function drawRequests(
  series: EstateSeries,
  stretch: { readonly fromMs: number; readonly toMs: number; readonly moment: Moment },
  draws: Draws,
): readonly FinishedRequest[] {
  const { fromMs, toMs, moment } = stretch
  const minutes = (toMs - fromMs) / 60_000
  const endings: Ending[] = []
  for (const burst of moment.bursts) {
    for (let n = draws.poisson(burst.perMinute * minutes); n > 0; n--) endings.push(burst.ending)
  }
  for (let n = draws.poisson(moment.perMinute * minutes); n > 0; n--) {
    endings.push(drawEnding(series, moment, draws))
  }
  return endings.map((ending) => ({
    series,
    ending,
    endedAtMs: fromMs + draws.uniform() * (toMs - fromMs),
    durationMs: drawMs(series.operation.latency, { pace: moment.pace, takes: ending.takes }, draws),
    identity: Math.floor(draws.uniform() * 2 ** 32) | 0,
  }))
}

/** The path as it was asked for, with ids of its own. */
export function pathOf(request: FinishedRequest): string {
  const template = request.ending.path ?? request.series.operation.path
  return template
    .replaceAll('{id}', String(10_000 + ((request.identity >>> 0) % 900_000)))
    .replaceAll('{hex}', hexOf(request.identity, 7, 12))
}

function drawEnding(series: EstateSeries, moment: Moment, draws: Draws): Ending {
  const { failing } = moment
  if (failing && draws.uniform() < failing.ratio) {
    const chosen = failing.endings[Math.floor(draws.uniform() * failing.endings.length)]
    if (chosen) return chosen
  }
  let left = draws.uniform()
  for (const each of series.service.usual) {
    left -= each.ratio
    if (left < 0) return each.ending
  }
  return success(series)
}
