import { DEFAULT_SETTINGS, type Incident } from '../alerting/index.ts'
import { earlier, HOUR, MINUTE, type UnixSeconds, unixSeconds } from '../base/index.ts'
import { occurrencesOf, type TrafficEvent } from '../definitions/index.ts'
import type { Confidence, Overlap, SourceAge } from '../notify/index.ts'
import type { Evaluation } from '../slo/index.ts'

/**
 * When an incident is over if nothing more fails, rounded up to the minute; undefined while no rule fires. The short
 * window decides: spread evenly, its bad events fall below the factor after `length × (1 − factor ÷ rate)`, and the
 * incident ends when that has held for a while.
 */
export function clearsAt(evaluations: readonly Evaluation[]): UnixSeconds | undefined {
  const burning = evaluations.flatMap(({ verdicts }) => verdicts.filter(({ kind }) => kind === 'burning'))
  const ends = burning.flatMap(({ rule, short, end }) => {
    if (short.rate === undefined || short.rate <= 0) return []
    const share = Math.max(0, 1 - rule.factor.num / rule.factor.den / short.rate)
    return [end + short.length * share + DEFAULT_SETTINGS.calmFor]
  })
  if (ends.length === 0) return undefined
  return unixSeconds(Math.ceil(Math.max(...ends) / MINUTE) * MINUTE)
}

const LOW_BELOW = 0.9
/** A source whose last complete minute is older than this is late. */
const LATE_AFTER = 180

/** How much of what the numbers rest on was measured; undefined when nothing was evaluated. */
export function confidenceOf(
  whole: Evaluation | undefined,
  sources: readonly SourceAge[],
): Confidence | undefined {
  const coverage = whole?.windows[0]?.coverage
  if (coverage === undefined) return undefined
  if (coverage.ratio !== undefined && coverage.ratio < LOW_BELOW) return 'low'
  const late = sources.some(({ age }) => age === undefined || age > LATE_AFTER)
  return coverage.kind === 'full' && !late ? 'high' : 'partial'
}

/** What began so long before an incident may still be of interest to it: a deployment, an announcement. */
const BEFORE = HOUR

/** Events that were announced for its services and places and overlap with it, or were shortly before, oldest first. */
export function overlapsOf(
  events: readonly TrafficEvent[],
  incident: Incident,
  now: UnixSeconds,
): readonly Overlap[] {
  const range = {
    from: earlier(incident.startedAt, BEFORE),
    to: unixSeconds((incident.resolvedAt ?? now) + 1),
  }
  return events
    .filter((event) => concerns(event, incident))
    .flatMap((event) =>
      occurrencesOf(event.when, range).map(
        ({ from, to }): Overlap => ({
          kind: event.type,
          name: event.title === '' ? event.name : event.title,
          from,
          ...(to > from ? { to } : {}),
        }),
      ),
    )
    .toSorted((a, b) => a.from - b.from)
}

/** All services when it names none; a place unless it contradicts the incident's. */
function concerns({ services, scope }: TrafficEvent, incident: Incident): boolean {
  const concerned = [incident.service, ...incident.services]
  const named = services.length === 0 || services.some((service) => concerned.includes(service))
  return named && Object.entries(scope).every(([name, value]) => (incident.scope[name] ?? value) === value)
}
