import { minuteOf, type Range, unixSeconds } from '../base/index.ts'
import type * as wire from '../contract/index.ts'
import type { LatencyGroup, Ledger, TrafficGroup } from '../store/index.ts'
import type { Selector } from '../traffic/index.ts'
import { knownOf } from './coverage.ts'
import type { Shown } from './loop.ts'
import { dataOf, type Knowledge, knowledgeOf } from './service-coverage.ts'
import { NO_LATENCY, quantilesOf } from './service-latency.ts'
import { sloRefsOf } from './service-slos.ts'
import { errorRatio, totalsOf } from './service-traffic.ts'
import type { TraceViewer } from './trace-link.ts'

/** What answers about services are made from. */
export interface ServicesParts {
  readonly ledger: Ledger
  readonly shown: () => Shown | undefined
  readonly inputsOf: (source: string) => readonly string[]
  readonly viewer: TraceViewer | undefined
  readonly now: () => number
}

/** A service as one source sees it, with all that see it. */
export interface Found {
  readonly service: string
  readonly source: string
  readonly match: Selector
  readonly sources: readonly { readonly name: string; readonly good: number; readonly bad: number }[]
}

/**
 * Whole minutes that hold what was asked, and none that has not ended: what is still being counted would look like a
 * drop. Buckets begin where the range begins, so the last one may be shorter.
 */
export function rangeOf({ from, to }: { readonly from: number; readonly to: number }, now: number): Range {
  const start = minuteOf(from)
  const end = Math.min(Math.ceil(to / 60) * 60, minuteOf(now))
  return { from: start, to: unixSeconds(Math.max(end, start + 60)) }
}

export const startsOf = ({ from, to }: Range, step: number): number[] =>
  Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, i) => from + i * step)

export interface Look {
  readonly range: Range
  readonly known: Knowledge
}

/** A source tells of a minute soon after it ended; until so long after, that it has not is no gap. */
const LATE = 300

/**
 * What is asked about, and what is known of it. A range that ends now ends with the last minute that the source has
 * told of: later ones are counted before they are known, and would look like a burst.
 */
export async function lookOf(
  { ledger, inputsOf, now }: ServicesParts,
  source: string,
  asked: { readonly from: number; readonly to: number; readonly step: number },
): Promise<Look> {
  const whole = rangeOf(asked, now())
  const spans = source === '' ? [] : await knownOf(ledger, { source, inputs: inputsOf(source), range: whole })
  const told = spans.findLast(({ state }) => state !== 'missing')?.to ?? whole.to
  const late = told < whole.to && now() - told <= LATE
  const to = late ? unixSeconds(Math.max(minuteOf(told), whole.from + 60)) : whole.to
  const range = { from: whole.from, to }
  return { range, known: knowledgeOf(spans, { range, step: asked.step, now: now() }) }
}

export function summaryOf(
  shown: Shown | undefined,
  { service, source, groups }: { service: string; source: string; groups: readonly TrafficGroup[] },
  { known, latency }: { known: Knowledge; latency: LatencyGroup | undefined },
): Omit<wire.ServiceSummary, 'spark'> {
  const totals = totalsOf(groups)
  const definition = shown?.definitions.services.find((each) => each.name === service)
  return {
    service,
    name:
      definition?.displayName === undefined || definition.displayName === ''
        ? service
        : definition.displayName,
    source,
    ...totals,
    errorRatio: errorRatio(totals),
    latency: latency === undefined ? NO_LATENCY : quantilesOf(latency.latency),
    data: dataOf(totals.good + totals.bad, known),
    coverage: known.coverage,
    clouds: [...new Set(groups.flatMap(({ labels }) => labels['cloud_provider'] ?? []))].sort(),
    slos: [...sloRefsOf(shown, service, source)],
  }
}
