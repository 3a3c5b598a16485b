import { earlier, HOUR, hourOf, later, type UnixSeconds, unixSeconds } from '../base/index.ts'
import { type DefinedSlo, type Definitions, journeyNamed } from '../definitions/index.ts'
import { createTimelines, type SloId, type Timelines } from '../slo/index.ts'
import type { Changes, Ledger } from '../store/index.ts'
import { type CoverageSpan, dataSourceOf } from '../traffic/index.ts'
import { correctionsAt, type ExpandedCorrections, longestReach } from './corrections.ts'
import { inputSource, knownOf } from './coverage.ts'
import { createFeed, type Feed } from './feed.ts'
import { createJourneyKeeper, type JourneyKeeper } from './journeys/keeper.ts'
import { dependenciesOf, type PlannedJourney, planJourneys } from './journeys/plan.ts'
import { createRestatements, type Restatements } from './restatement.ts'
import { correctingToo, type SliceComposite, sliceCompositesOf } from './slice-composite.ts'
import { type Counted, createSparks, type Sparks } from './sparks.ts'

/** What reading is done with. */
export interface HeldParts {
  readonly ledger: Ledger
  /** The inputs that a DataSource is read from, whose coverage makes up its own. */
  readonly inputsOf: (source: string) => readonly string[]
  /** Called with what was written since the last look. */
  readonly noticed?: (touched: Changes['touched']) => void
}

/** How far back coverage is read again when more of it was written: inputs of one source report at different times. */
const COVERAGE_TAIL = 2 * HOUR

/** A minute that its source reported on counts as said once it ended so long ago. */
const SETTLE = 120

/** What the loop holds of one version of the definitions. */
export interface Held {
  /** As they were loaded. */
  readonly written: Definitions
  /** With a row among the SLOs for each journey. */
  readonly definitions: Definitions
  readonly journeys: readonly PlannedJourney[]
  /** Counted beside their parts. */
  readonly composites: readonly SliceComposite[]
  readonly timelines: Timelines
  readonly keeper: JourneyKeeper
  /** From each journey's identity to those of the SLOs it rests on: whose failures are its causes. */
  readonly dependsOn: ReadonlyMap<SloId, readonly SloId[]>
  readonly counted: Counted
  readonly feed: Feed
  /** Sources whose coverage was read, with the inputs that it was made up of. */
  readonly covered: Map<string, string>
  readonly sparks: Sparks
  readonly restatements: Restatements
  /** Up to where each source has reported, as of the last look. */
  readonly reported: Map<string, number>
  /** When the last look was. */
  lookedAt: UnixSeconds
  corrected: ExpandedCorrections | undefined
}

export function hold({ ledger }: HeldParts, written: Definitions, now: UnixSeconds): Held {
  const composites = sliceCompositesOf(written.slos)
  const timelines = createTimelines(
    [...written.slos.map((defined) => defined.slo), ...composites.map(({ row }) => row)],
    { now },
  )
  const journeys = planJourneys(written)
  const keeper = createJourneyKeeper({ ledger, timelines }, journeys, now)
  const counts: Counted['counts'] = (slo, ...asked) =>
    (journeyNamed(slo) === undefined ? timelines : keeper.timelines).counts(slo, ...asked)
  const restatements = createRestatements(timelines, written.slos)
  const reported = new Map<string, number>()
  const feed = createFeed(ledger, timelines, {
    slos: written.slos,
    composites,
    noticed: (touched) => {
      restatements.take(touched, (source) => Math.min(reported.get(source) ?? 0, held.lookedAt - SETTLE))
    },
  })
  const held: Held = {
    written,
    definitions: { ...written, slos: [...written.slos, ...journeys.map(({ journey }) => journey.row)] },
    journeys,
    composites,
    timelines,
    keeper,
    dependsOn: new Map(journeys.map((one) => [one.journey.row.slo.id, dependenciesOf(one)])),
    counted: { counts, known: timelines.known, minutes: timelines.minutes },
    feed,
    covered: new Map(),
    sparks: createSparks(),
    restatements,
    reported,
    lookedAt: now,
    corrected: undefined,
  }
  return held
}

/** Reads what was written since, and what is known by now. */
export async function refresh(parts: HeldParts, held: Held, now: UnixSeconds): Promise<void> {
  const corrected = correctionsAt(held.definitions, now, held.corrected)
  // What cannot be applied to an SLO as a whole was told when the definitions were loaded.
  if (corrected !== held.corrected)
    held.timelines.correct(correctingToo(corrected.corrections, held.composites))
  held.corrected = corrected
  const changes = await held.feed.refresh(now)
  parts.noticed?.(changes.touched)
  // Late data restates hours that are over.
  if (changes.touched.some(({ from }) => from < hourOf(now))) held.sparks.forget()
  const sources = new Set(held.written.slos.flatMap((defined) => defined.slo.sources))
  const covered = new Map<string, UnixSeconds>()
  for (const source of sources) {
    const inputs = parts.inputsOf(dataSourceOf(source))
    const from = staleFrom(held, { source, inputs, changes, now })
    if (from === undefined) continue
    const range = { from: hourOf(from), to: later(now, 60) }
    const known = await knownOf(parts.ledger, { source, inputs, range })
    held.timelines.cover(source, known)
    covered.set(source, range.from)
    held.covered.set(source, inputs.join('\n'))
    held.reported.set(source, Math.max(held.reported.get(source) ?? 0, ...known.map(endOf)))
  }
  held.lookedAt = now
  const { touched } = changes
  await held.keeper.refresh({ now, touched, covered, corrections: corrected.corrections })
}

/** From when on what is held of a source's coverage may be wrong; undefined: nowhere. */
function staleFrom(
  held: Held,
  {
    source,
    inputs,
    changes,
    now,
  }: { source: string; inputs: readonly string[]; changes: Changes; now: UnixSeconds },
): UnixSeconds | undefined {
  if (held.covered.get(source) !== inputs.join('\n')) return oldestOf(held.definitions.slos, now)
  const names = new Set([source, ...inputs.map((input) => inputSource(source, input))])
  if (!changes.covered.some((name) => names.has(name))) return undefined
  const written = changes.touched.filter((each) => names.has(each.source)).map(({ from }) => from)
  return unixSeconds(Math.min(earlier(now, COVERAGE_TAIL), ...written))
}

/** The start of the longest window that anything looks at. */
function oldestOf(slos: readonly DefinedSlo[], now: UnixSeconds): UnixSeconds {
  const longest = Math.max(HOUR, ...slos.flatMap(({ slo }) => slo.windows.map(longestReach)))
  return earlier(now, longest)
}

const endOf = ({ state, to }: CoverageSpan): number => (state === 'missing' ? 0 : to)
