import { labelsKey } from '../base/index.ts'
import type { Api } from '../http/index.ts'
import type { IncidentBrief, SeriesPair } from '../notify/index.ts'
import type { Shown } from './loop.ts'

/** Where curves come from, once there is a page. */
export interface Drawn {
  series: Api['series'] | undefined
  readonly shown: () => Shown | undefined
}

const POINTS = 280
/** What is drawn of burn rates: long enough to see how it began. */
const RECENT_SECONDS = 6 * 3_600

/** The budget over its window and the rates of the last hours; undefined for what no SLO is behind. */
export async function seriesPairOf(
  { series, shown }: Drawn,
  brief: IncidentBrief,
): Promise<SeriesPair | undefined> {
  const range = brief.whole?.windows[0]?.range
  const { slo, objective, scope } = brief.incident
  const id = shown()?.summaries.find((each) => each.slo === slo && each.objective === objective)?.id
  if (series === undefined || range === undefined || id === undefined) return undefined
  const split = brief.scoped !== undefined && labelsKey(brief.scoped.scope) !== ''
  const to = brief.now
  const [window, recent] = await Promise.all([
    series(id, { from: range.from, to, points: POINTS, scope: {} }),
    series(id, { from: to - RECENT_SECONDS, to, points: POINTS, scope: split ? scope : {} }),
  ])
  return window === undefined || recent === undefined ? undefined : { window, recent }
}
