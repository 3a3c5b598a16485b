import {
  type Action,
  type ActResult,
  type AlertingEntry,
  type AlertingState,
  act,
  adopt,
  type CostOf,
  type Decision,
  EMPTY_STATE,
  type FoldEntry,
  fold,
  type Incident,
  incidentsOf,
  step,
} from '../alerting/index.ts'
import {
  earlier,
  HOUR,
  hourOf,
  later,
  type Result,
  type UnixSeconds,
  unixSeconds,
  type World,
} from '../base/index.ts'
import type * as wire from '../contract/index.ts'
import type { DefinedSlo, Definitions } from '../definitions/index.ts'
import { type Correction, createTimelines, type Evaluation, type Timelines } from '../slo/index.ts'
import type { Changes, Journal, Ledger } from '../store/index.ts'
import { type CoverageSpan, dataSourceOf } from '../traffic/index.ts'
import { alertingInput } from './alerting-input.ts'
import { type Audit, type AuditLook, createAudit } from './audit.ts'
import { compositeSummary } from './composite.ts'
import { correctionsAt, type ExpandedCorrections, longestReach } from './corrections.ts'
import { inputSource, knownOf } from './coverage.ts'
import { createFeed, type Feed } from './feed.ts'
import { createRestatements, type Restatements, restatementEntries } from './restatement.ts'
import { createSparks, type Sparks } from './sparks.ts'
import { byUrgency, toSummary } from './view.ts'

/** What the loop is given. */
export interface LoopParts {
  readonly ledger: Ledger
  readonly definitions: () => Definitions
  /** The inputs that a DataSource is read from, whose coverage makes up its own. */
  readonly inputsOf: (source: string) => readonly string[]
  /** Called with what is to be told, after the journal has it. */
  readonly tell: (decisions: readonly Decision[]) => void
}

/** Everything that was computed last, for whoever shows it. One evaluation, one `now`. */
export interface Shown {
  readonly now: UnixSeconds
  readonly definitions: Definitions
  readonly evaluations: ReadonlyMap<string, readonly Evaluation[]>
  readonly summaries: readonly wire.SloSummary[]
  readonly alerting: AlertingState
  readonly timelines: Timelines
  /** Those of the definitions, with their ranges. */
  readonly corrections: readonly Correction[]
}

export interface Loop {
  /** Folds the journal into the state; to be awaited before the first tick. */
  readonly recall: () => Promise<void>
  /** Reads what changed, evaluates, decides, writes down, and then tells. */
  readonly tick: () => Promise<void>
  readonly shown: () => Shown | undefined
  /** What a person does to an incident, written down before it is told. A sentence when it cannot be done. */
  readonly act: (action: Action) => Promise<Result<ActResult, string>>
  /** For who tells people: what it writes of an incident is in the incident's timeline as soon as it is on disk. */
  readonly journal: Journal
}

/** How far back coverage is read again when more of it was written: inputs of one source report at different times. */
const COVERAGE_TAIL = 2 * HOUR
const ENTRIES_AT_ONCE = 5_000
/** So long after the start nobody is told of missing data: what came while we were away is still being read. */
const CATCH_UP = 300

/** A minute that its source reported on counts as said once it ended so long ago. */
const SETTLE = 120

export const keyOf = (slo: string, objective: string): string => `${slo}\n${objective}`

export function createLoop(world: World, parts: LoopParts): Loop {
  let alerting: AlertingState = EMPTY_STATE
  const sightedFrom = later(world.clock.now(), CATCH_UP)
  const audit = createAudit()
  let held: Held | undefined
  let shown: Shown | undefined
  // A tick and a person's action both go from a state to the next; one at a time, in the order they came.
  const exclusive = createQueue()
  const take = (entries: readonly FoldEntry[]): void => {
    alerting = fold(alerting, entries)
    if (shown) shown = { ...shown, alerting }
  }
  const record = async (events: ActResult['events']): Promise<void> => {
    if (events.length === 0) return
    await world.trace.span('journal.append', { entries: events.length }, () =>
      parts.ledger.journal.append(events),
    )
    take(events)
  }
  const tick = async (): Promise<void> => {
    const now = world.clock.now()
    const definitions = parts.definitions()
    if (held?.definitions !== definitions) {
      held = hold(parts, definitions, now)
      alerting = adopt(alerting, presentIds(definitions))
    }
    const { timelines } = held
    const current = held
    await world.trace.span('ledger.refresh', {}, () => refresh(parts, current, now))
    const evaluations = await world.trace.span('engine.evaluate', {}, async () => timelines.evaluate(now))
    const grouped = group(evaluations)
    const corrections = current.corrected?.corrections ?? []
    const look = { now, before: shown?.evaluations, after: grouped, definitions, corrections }
    await record(await writeTrail(parts, { ...look, audit, held: current, incidents: incidentsOf(alerting) }))
    const looked = { evaluations, now, sightedFrom, costOf: costOf(timelines) }
    const decided = await world.trace.span('alerting.step', {}, async () =>
      step(alerting, { ...alertingInput(definitions), ...looked }),
    )
    await record(decided.events)
    const summaries = await world.trace.span('fleet.summarise', {}, async () =>
      summarise({ definitions, grouped, timelines, alerting, sparks: current.sparks, now }),
    )
    shown = { now, definitions, evaluations: grouped, summaries, alerting, timelines, corrections }
    parts.tell(decided.decisions)
  }
  return {
    recall: async () => {
      await audit.recall(parts.ledger.journal)
      alerting = adopt(await recallState(parts.ledger), presentIds(parts.definitions()))
    },
    shown: () => shown,
    tick: () => exclusive(tick),
    act: (action) =>
      exclusive(async () => {
        const acted = act(alerting, action, world.clock.now())
        if (acted.kind === 'failed') return acted
        await record(acted.value.events)
        if (acted.value.decision) parts.tell([acted.value.decision])
        return acted
      }),
    journal: {
      read: parts.ledger.journal.read,
      append: async (entries) => {
        const written = await parts.ledger.journal.append(entries)
        take(written)
        return written
      },
    },
  }
}

interface Trail extends AuditLook {
  readonly audit: Audit
  readonly held: Held
  readonly incidents: readonly Incident[]
}

/** Writes down what was changed, and what it did; gives what incidents are to hear of it. It is tried again if it fails. */
async function writeTrail({ ledger }: LoopParts, trail: Trail): Promise<readonly AlertingEntry[]> {
  const { audit, held } = trail
  const found = audit.look(trail)
  const restated = restatementEntries(held.restatements.compare(), trail)
  const entries = [...found.entries, ...restated.audit]
  if (entries.length > 0) await ledger.journal.append(entries)
  found.written()
  held.restatements.forget()
  return restated.incidents
}

/** Runs one piece of work after the other; a failure is its own caller's. */
function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const done = last.then(work, work)
    last = done.catch(() => undefined)
    return done
  }
}

interface Held {
  readonly definitions: Definitions
  readonly timelines: Timelines
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

function hold({ ledger }: LoopParts, definitions: Definitions, now: UnixSeconds): Held {
  const timelines = createTimelines(
    definitions.slos.map((defined) => defined.slo),
    { now },
  )
  const restatements = createRestatements(timelines, definitions.slos)
  const reported = new Map<string, number>()
  const feed = createFeed(ledger, timelines, definitions.slos, (touched) => {
    restatements.take(touched, (source) => Math.min(reported.get(source) ?? 0, held.lookedAt - SETTLE))
  })
  const held: Held = {
    definitions,
    timelines,
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

async function refresh(parts: LoopParts, held: Held, now: UnixSeconds): Promise<void> {
  const corrected = correctionsAt(held.definitions, now, held.corrected)
  // What cannot be applied to an SLO as a whole was told when the definitions were loaded.
  if (corrected !== held.corrected) held.timelines.correct(corrected.corrections)
  held.corrected = corrected
  const changes = await held.feed.refresh(now)
  // Late data restates hours that are over.
  if (changes.touched.some(({ from }) => from < hourOf(now))) held.sparks.forget()
  const sources = new Set(held.definitions.slos.flatMap((defined) => defined.slo.sources))
  for (const source of sources) {
    const inputs = parts.inputsOf(dataSourceOf(source))
    const from = staleFrom(held, { source, inputs, changes, now })
    if (from === undefined) continue
    const range = { from: hourOf(from), to: later(now, 60) }
    const known = await knownOf(parts.ledger, { source, inputs, range })
    held.timelines.cover(source, known)
    held.covered.set(source, inputs.join('\n'))
    held.reported.set(source, Math.max(held.reported.get(source) ?? 0, ...known.map(endOf)))
  }
  held.lookedAt = now
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

/** The present identity of each former one. */
const presentIds = ({ slos }: Definitions): ReadonlyMap<string, string> =>
  new Map(slos.flatMap(({ slo, aliases }) => aliases.map((alias) => [alias, slo.id] as const)))

function costOf(timelines: Timelines): CostOf {
  return (slo, objective, scope, range) => timelines.counts(slo, objective, { scope, range })?.bad
}

function group(evaluations: readonly Evaluation[]): ReadonlyMap<string, readonly Evaluation[]> {
  const grouped = new Map<string, Evaluation[]>()
  for (const evaluation of evaluations) {
    const key = keyOf(evaluation.slo, evaluation.objective)
    const found = grouped.get(key)
    if (found) found.push(evaluation)
    else grouped.set(key, [evaluation])
  }
  return grouped
}

interface Summarised {
  readonly definitions: Definitions
  readonly grouped: ReadonlyMap<string, readonly Evaluation[]>
  readonly timelines: Timelines
  readonly alerting: AlertingState
  readonly sparks: Sparks
  readonly now: UnixSeconds
}

function summarise({
  definitions,
  grouped,
  timelines,
  alerting,
  sparks,
  now,
}: Summarised): readonly wire.SloSummary[] {
  const open = new Map(
    incidentsOf(alerting)
      .filter((i) => i.state === 'open')
      .map((i) => [keyOf(i.slo, i.objective), i]),
  )
  const summaries = definitions.slos.flatMap((defined) =>
    defined.slo.objectives.map((objective) => {
      const key = keyOf(defined.slo.id, objective.name)
      const evaluations = grouped.get(key) ?? []
      const spark = sparks.of(timelines, evaluations[0], now)
      return toSummary({ defined, objective, evaluations, spark, incident: open.get(key) })
    }),
  )
  const composites = definitions.slos.map((defined) =>
    compositeSummary(defined, (objective) => grouped.get(keyOf(defined.slo.id, objective)) ?? []),
  )
  return [...summaries, ...composites].filter((summary) => summary !== undefined).sort(byUrgency)
}

async function recallState(ledger: Ledger): Promise<AlertingState> {
  let state: AlertingState = EMPTY_STATE
  let after = 0
  for (;;) {
    const entries = await ledger.journal.read(after, { kinds: ['incident'], limit: ENTRIES_AT_ONCE })
    const last = entries.at(-1)
    if (!last) return state
    state = fold(state, entries)
    after = last.seq
  }
}
