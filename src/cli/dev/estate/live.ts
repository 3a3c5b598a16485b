import { join } from 'node:path'
import { failed, ok, type Result, unixSeconds, type World } from '../../../base/index.ts'
import { type AccessLog, lineOf, openAccessLog } from './access-log.ts'
import { createDraws, mix } from './draws.ts'
import { type EnvoyAdmin, type LiveProblem, openEnvoyAdmin } from './envoy-admin.ts'
import { type Estate, type EstateSeries, hits, momentOf, ordinaryPerMinute } from './estate.ts'
import type { Fault } from './faults.ts'
import { drawRequests, type FinishedRequest } from './request.ts'
import { LOG_PLACES, type Place } from './shop.ts'

/** Where the rack's Envoy answers; `slo-definitions/datasources.yaml` names it. */
export const RACK_ENVOY_PORT = 19_901

const TICK_MS = 1_000
/** After a pause (a laptop that slept) the traffic goes on; what did not happen is not made up for. */
const CATCH_UP_MS = 3_000
/** Keeps the live draws apart from those of the history. */
const LIVE = 0x11fe

export interface LiveOptions {
  readonly estate: Estate
  /** Logs are written to `<dir>/logs/<cloud>/<region>/`. */
  readonly dir: string
  /** `RACK_ENVOY_PORT` unless given; 0: any free port. */
  readonly adminPort?: number
  readonly signal: AbortSignal
}

export interface LiveEstate {
  readonly sources: {
    /** One glob for each place that writes logs. */
    readonly logs: readonly { readonly place: Place; readonly files: string }[]
    /** `host:port` of the Envoy whose statistics are read. */
    readonly admin: string
  }
  /** Resolves when nothing is written or answered any more; the same as aborting the signal and waiting. */
  readonly stop: () => Promise<void>
}

/**
 * Lets the estate run: requests of every series end in real time, as lines in access logs and as statistics of an
 * Envoy, until it is stopped. The live fault unfolds by the estate's `liveFrom`.
 */
export async function startLiveEstate(
  world: World,
  options: LiveOptions,
): Promise<Result<LiveEstate, LiveProblem>> {
  const admin = await openEnvoyAdmin(world, {
    cluster: 'accounts',
    port: options.adminPort ?? RACK_ENVOY_PORT,
  })
  if (admin.kind === 'failed') return failed(admin.error)
  const logs = new Map<Place, AccessLog>()
  try {
    for (const place of LOG_PLACES) logs.set(place, await openAccessLog(directoryOf(options.dir, place)))
  } catch (cause) {
    await admin.value.close()
    return failed({
      message: `The demo cannot write below ${options.dir}: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy: 'Choose a directory that can be written.',
    })
  }
  const stopping = new AbortController()
  const signal = AbortSignal.any([options.signal, stopping.signal])
  const running = run(world, { estate: options.estate, admin: admin.value, logs }, signal)
  return ok({
    sources: {
      logs: LOG_PLACES.map((place) => ({ place, files: join(directoryOf(options.dir, place), '*.json') })),
      admin: admin.value.address,
    },
    stop: async () => {
      stopping.abort()
      await running
    },
  })
}

interface Outlets {
  readonly estate: Estate
  readonly admin: EnvoyAdmin
  readonly logs: ReadonlyMap<Place, AccessLog>
}

async function run(world: World, outlets: Outlets, signal: AbortSignal): Promise<void> {
  const draw = createLiveDraw(outlets.estate)
  let doneMs = world.clock.nowMs()
  let failing = false
  while (await slept(world, TICK_MS - (world.clock.nowMs() % TICK_MS), signal)) {
    const nowMs = world.clock.nowMs()
    const fromMs = Math.max(doneMs, nowMs - CATCH_UP_MS)
    doneMs = nowMs
    if (fromMs >= nowMs) continue
    try {
      await put(outlets, draw(fromMs, nowMs))
      failing = false
    } catch (cause) {
      // Once, not every second: a full disk stays full for a while.
      if (!failing) world.log.error('the demo cannot write its access logs', { cause })
      failing = true
    }
  }
  await outlets.admin.close()
  for (const log of outlets.logs.values()) await log.close()
}

/** Whether the time passed; false when the signal came first. */
async function slept(world: World, ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await world.clock.sleep(ms, signal)
    return !signal.aborted
  } catch (reason) {
    if (signal.aborted) return false
    throw reason
  }
}

/** Gives the requests of all series that end between two instants, in the order in which they end. */
export function createLiveDraw(estate: Estate): (fromMs: number, toMs: number) => readonly FinishedRequest[] {
  const draws = createDraws()
  return (fromMs, toMs) => {
    const at = fromMs / 1_000
    const range = { from: unixSeconds(at), to: unixSeconds(toMs / 1_000) }
    const faults = estate.faultsIn(range).filter((fault) => fault.range.from <= at)
    return estate.series
      .flatMap((series) => {
        draws.start(mix(series.identity ^ LIVE, Math.floor(fromMs / 250)))
        return drawRequests(series, { fromMs, toMs, moment: momentAt(series, at, faults) }, draws)
      })
      .sort((a, b) => a.endedAtMs - b.endedAtMs)
  }
}

function momentAt(series: EstateSeries, at: number, faults: readonly Fault[]): ReturnType<typeof momentOf> {
  return momentOf(series, at, {
    ordinary: ordinaryPerMinute(series, at),
    faults: faults.filter((fault) => hits(fault, series)),
  })
}

async function put({ admin, logs }: Outlets, requests: readonly FinishedRequest[]): Promise<void> {
  const lines = new Map<Place, string[]>()
  for (const request of requests) {
    const { service, place } = request.series
    if (service.source === 'rack-envoy') {
      admin.stats.add(request)
    } else {
      const own = lines.get(place) ?? []
      own.push(lineOf(request))
      lines.set(place, own)
    }
  }
  for (const [place, own] of lines) await logs.get(place)?.write(own)
}

function directoryOf(dir: string, place: Place): string {
  return join(dir, 'logs', place.provider, place.region)
}
