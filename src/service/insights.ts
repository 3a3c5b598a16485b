import { incidentsOf } from '../alerting/index.ts'
import { DAY, HOUR, type Labels, labelsKey, type Range, ratio, unixSeconds } from '../base/index.ts'
import { badge, lightTheme, toSvg } from '../charts/index.ts'
import type * as wire from '../contract/index.ts'
import { occurrencesOf, type Stretch } from '../definitions/index.ts'
import type { Api } from '../http/index.ts'
import { floorPercent } from '../slo/index.ts'
import type { IndicatorQuery } from '../traffic/index.ts'
import { knownOf } from './coverage.ts'
import { inScope, keyOfQuery } from './drill.ts'
import type { Shown } from './loop.ts'
import type { Past } from './past.ts'
import { createPreview, type PreviewParts } from './preview.ts'

/** Questions about the past as it might have been, by the day, by the period; and what is announced. */
export type Insights = Pick<Api, 'preview' | 'days' | 'review' | 'events' | 'badge'>

export function createInsights(parts: PreviewParts): Insights {
  return {
    preview: createPreview(parts),
    days: (id, asked) => daysOf(parts, id, asked),
    review: (range) => reviewOf(parts, rangeFrom(range)),
    badge: (id) => badgeOf(parts, id),
    events: (range) => eventsOf(parts.shown(), rangeFrom(range)),
  }
}

const rangeFrom = ({ from, to }: { readonly from: number; readonly to: number }): Range => ({
  from: unixSeconds(from),
  to: unixSeconds(to),
})

/** Whole hours of one query, added up from each start to the next. */
async function sumsOf(
  past: Past,
  query: IndicatorQuery,
  starts: readonly number[],
): Promise<readonly { readonly good: number; readonly bad: number }[]> {
  const first = starts[0] ?? 0
  const end = starts.at(-1) ?? 0
  const range = { from: unixSeconds(first), to: unixSeconds(end) }
  const found = await past.buckets({
    key: keyOfQuery(query),
    query: { ...query, splitBy: [] },
    range,
    width: HOUR,
  })
  const sums = starts.slice(0, -1).map(() => ({ good: 0, bad: 0 }))
  let at = 0
  for (const { start, good, bad } of found)
    for (let i = 0; i < good.length; i++) {
      const hour = start + i * HOUR
      while (at < sums.length - 1 && hour >= (starts[at + 1] ?? 0)) at++
      const sum = sums[at]
      if (!sum || hour < first || hour >= end) continue
      sum.good += good[i] ?? 0
      sum.bad += bad[i] ?? 0
    }
  return sums
}

async function daysOf(
  parts: PreviewParts,
  id: string,
  { count, offset, scope }: { readonly count: number; readonly offset: number; readonly scope: Labels },
): Promise<wire.Days | undefined> {
  const found = parts.find(id)
  const shown = parts.shown()
  if (!found?.query || !shown) return undefined
  const today = Math.floor((shown.now + offset) / DAY) * DAY - offset
  const starts = Array.from({ length: count + 1 }, (_, i) => today + (i + 1 - count) * DAY)
  const evaluation = found.evaluations.find((each) => labelsKey(each.scope) === labelsKey(scope))
  const events = evaluation?.windows[0]?.budget.events ?? 0
  const sums = await sumsOf(parts.past, inScope(found.query, scope), starts)
  const range = { from: unixSeconds(starts[0] ?? 0), to: unixSeconds(starts.at(-1) ?? 0) }
  const known = await Promise.all(
    found.defined.slo.sources.map((source) =>
      parts.past.known({ source, inputs: parts.inputsOf(source), range }),
    ),
  )
  return {
    id,
    offset,
    days: sums.map(({ good, bad }, i) => {
      const day = {
        from: unixSeconds(starts[i] ?? 0),
        to: unixSeconds(Math.min(starts[i + 1] ?? 0, shown.now)),
      }
      const seconds = known.map((spans) => knownSeconds(spans, day))
      return {
        start: day.from,
        good,
        bad,
        spent: events === 0 ? null : bad / events,
        known: Math.max(0, Math.min(...(seconds.length === 0 ? [day.to - day.from] : seconds))),
      }
    }),
  }
}

function knownSeconds(spans: Awaited<ReturnType<typeof knownOf>>, { from, to }: Range): number {
  return spans.reduce(
    (sum, span) =>
      span.state === 'missing' ? sum : sum + Math.max(0, Math.min(span.to, to) - Math.max(span.from, from)),
    0,
  )
}

async function reviewOf(parts: PreviewParts, range: Range): Promise<wire.Review> {
  const shown = parts.shown()
  const rows: wire.Review['rows'] = []
  for (const summary of shown?.summaries ?? []) {
    const found = parts.find(summary.id)
    if (!found?.query || !shown) continue
    const [sum = { good: 0, bad: 0 }] = await sumsOf(parts.past, found.query, [range.from, range.to])
    const total = sum.good + sum.bad
    const { allowed } = found.objective
    rows.push({
      id: summary.id,
      name: summary.name,
      service: summary.service,
      owner: summary.owner,
      indicator: summary.indicator,
      target: summary.target,
      state: summary.state,
      ...sum,
      sli: total === 0 ? null : sum.good / total,
      met: total === 0 ? null : sum.bad * 1e6 <= total * allowed,
      spent: total === 0 ? null : (sum.bad * 1e6) / (total * allowed),
      incidents: incidentsIn(shown, found.defined.slo.id, range),
    })
  }
  return { range: { ...range }, rows }
}

function incidentsIn(shown: Shown, slo: string, { from, to }: Range): number {
  return incidentsOf(shown.alerting).filter(
    (each) => each.slo === slo && each.startedAt < to && (each.resolvedAt ?? shown.now) >= from,
  ).length
}

/** Only what its definition says is public: a badge is asked for without login, from anywhere. */
function badgeOf({ shown, find }: PreviewParts, id: string): string | undefined {
  const found = find(id)
  const summary = shown()?.summaries.find((each) => each.id === id)
  if (!summary || found?.defined.annotations['nines.dev/public'] !== 'true') return undefined
  const sli = summary.whole.windows[0]?.sli
  const measured = sli === null || sli === undefined ? 'no data' : `${floorPercent(ratio(sli), 3)} %`
  return toSvg(
    badge(
      { state: summary.state, name: summary.name, says: `${measured} of ${summary.target} %` },
      { theme: lightTheme },
    ),
  )
}

const MOST_EVENTS = 2_000

function eventsOf(shown: Shown | undefined, range: Range): wire.CalendarEvents {
  const times = (when: Stretch): readonly Range[] => occurrencesOf(when, range)
  const traffic = (shown?.definitions.events ?? []).flatMap((event) =>
    times(event.when).map(({ from, to }) => ({
      id: event.name,
      kind: 'traffic' as const,
      type: event.type,
      title: event.title,
      description: event.description,
      from,
      to,
      services: [...event.services],
      scope: { ...event.scope },
      multiplier: event.expectedMultiplier
        ? event.expectedMultiplier.num / event.expectedMultiplier.den
        : null,
      owner: event.owner,
    })),
  )
  const corrections = (shown?.definitions.corrections ?? []).flatMap((correction) =>
    times(correction.when).map(({ from, to }) => ({
      id: correction.name,
      kind: 'correction' as const,
      type: correction.effect,
      title: correction.displayName,
      description: correction.reason,
      from,
      to,
      services: [...correction.slos],
      scope: { ...correction.scope },
      multiplier: null,
      owner: correction.approver,
    })),
  )
  const events = [...traffic, ...corrections].sort((a, b) => a.from - b.from || (a.id < b.id ? -1 : 1))
  return { range: { ...range }, events: events.slice(0, MOST_EVENTS) }
}
