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
import { later, type Result, type UnixSeconds, type World } from '../base/index.ts'
import type * as wire from '../contract/index.ts'
import type { Definitions } from '../definitions/index.ts'
import type { Correction, Evaluation } from '../slo/index.ts'
import type { Changes, Journal, Ledger } from '../store/index.ts'
import { alertingInput } from './alerting-input.ts'
import { type Audit, type AuditLook, createAudit } from './audit.ts'
import { compositeSummary } from './composite.ts'
import { type Held, hold, refresh } from './held.ts'
import type { PlannedJourney } from './journeys/plan.ts'
import { restatementEntries } from './restatement.ts'
import { createSilenceBook, type SilenceBook } from './silences.ts'
import { COMPOSITE, compositeId } from './slice-composite.ts'
import type { Counted, Sparks } from './sparks.ts'
import { byUrgency, toSummary } from './view.ts'

/** What the loop is given. */
export interface LoopParts {
  readonly ledger: Ledger
  readonly definitions: () => Definitions
  /** The inputs that a DataSource is read from, whose coverage makes up its own. */
  readonly inputsOf: (source: string) => readonly string[]
  /** Told what was written to the ledger since the last tick, before anything is evaluated. */
  readonly noticed?: (touched: Changes['touched']) => void
  /** Called with what is to be told, after the journal has it. */
  readonly tell: (decisions: readonly Decision[]) => void
}

/** Everything that was computed last, for whoever shows it. One evaluation, one `now`. */
export interface Shown {
  readonly now: UnixSeconds
  /** With a row among the SLOs for each journey. */
  readonly definitions: Definitions
  readonly evaluations: ReadonlyMap<string, readonly Evaluation[]>
  readonly summaries: readonly wire.SloSummary[]
  readonly alerting: AlertingState
  /** The journeys of the definitions, with what they stand on. */
  readonly journeys: readonly PlannedJourney[]
  /** What was counted, of SLOs and of journeys. */
  readonly timelines: Counted
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
  readonly silences: SilenceBook
  /** For who tells people: what it writes of an incident is in the incident's timeline as soon as it is on disk. */
  readonly journal: Journal
}

const ENTRIES_AT_ONCE = 5_000
/** So long after the start nobody is told of missing data: what came while we were away is still being read. */
const CATCH_UP = 300

export const keyOf = (slo: string, objective: string): string => `${slo}\n${objective}`

export function createLoop(world: World, parts: LoopParts): Loop {
  let alerting: AlertingState = EMPTY_STATE
  const sightedFrom = later(world.clock.now(), CATCH_UP)
  const audit = createAudit()
  let held: Held | undefined
  let shown: Shown | undefined
  // A tick and a person's action both go from a state to the next; one at a time, in the order they came.
  const exclusive = createQueue()
  const silences = createSilenceBook(world, { journal: parts.ledger.journal, exclusive })
  const take = (entries: readonly FoldEntry[]): void => {
    alerting = fold(alerting, entries)
    silences.take(entries)
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
    const written = parts.definitions()
    if (held?.written !== written) {
      held = hold(parts, written, now)
      alerting = adopt(alerting, presentIds(written))
    }
    const current = held
    const { definitions, counted, journeys } = current
    await world.trace.span('ledger.refresh', {}, () => refresh(parts, current, now))
    const evaluated = await world.trace.span('engine.evaluate', {}, async () => evaluate(current, now))
    const { evaluations, grouped } = evaluated
    const corrections = current.corrected?.corrections ?? []
    const look = { now, before: shown?.evaluations, after: grouped, definitions, corrections }
    await record(await writeTrail(parts, { ...look, audit, held: current, incidents: incidentsOf(alerting) }))
    const quiet = { silences: silences.all(), regex: silences.regex }
    const looked = { evaluations, now, sightedFrom, costOf: costOf(counted), ...quiet }
    const decided = await world.trace.span('alerting.step', {}, async () =>
      step(alerting, { ...alertingInput(definitions, current.dependsOn), ...looked }),
    )
    await record(decided.events)
    const rows = { ...evaluated, definitions, timelines: counted, alerting, sparks: current.sparks, now }
    const summaries = await world.trace.span('fleet.summarise', {}, async () => summarise(rows))
    const found = { now, definitions, journeys, evaluations: grouped, summaries }
    shown = { ...found, alerting, timelines: counted, corrections }
    parts.tell(decided.decisions)
  }
  return {
    recall: async () => {
      await audit.recall(parts.ledger.journal)
      await recallEntries(parts.ledger, take)
      alerting = adopt(alerting, presentIds(parts.definitions()))
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
    silences,
    journal: heardJournal(parts.ledger.journal, take),
  }
}

/** The journal, but what is written to it is taken in at once. */
function heardJournal(journal: Journal, take: (entries: readonly FoldEntry[]) => void): Journal {
  return {
    read: journal.read,
    append: async (entries) => {
      const written = await journal.append(entries)
      take(written)
      return written
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

/** SLOs first, then journeys. */
/** Promises with their rules; and composites of slices, which have none and are told by their parts. */
function evaluate(
  { timelines, keeper, composites }: Held,
  now: UnixSeconds,
): Pick<Summarised, 'grouped' | 'composites'> & { readonly evaluations: readonly Evaluation[] } {
  const rows = new Set(composites.map(({ row }) => row.id))
  const all = timelines.evaluate(now)
  const promises = rows.size === 0 ? all : all.filter(({ slo }) => !rows.has(slo))
  const evaluations = [...promises, ...keeper.timelines.evaluate(now)]
  const counted = rows.size === 0 ? [] : all.filter(({ slo }) => rows.has(slo))
  return { evaluations, grouped: group(evaluations), composites: group(counted) }
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

/** The present identity of each former one. */
const presentIds = ({ slos }: Definitions): ReadonlyMap<string, string> =>
  new Map(slos.flatMap(({ slo, aliases }) => aliases.map((alias) => [alias, slo.id] as const)))

function costOf(timelines: Counted): CostOf {
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
  /** Of slices, by the identity that they are counted under. */
  readonly composites: ReadonlyMap<string, readonly Evaluation[]>
  readonly timelines: Counted
  readonly alerting: AlertingState
  readonly sparks: Sparks
  readonly now: UnixSeconds
}

function summarise({
  definitions,
  grouped,
  composites,
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
  const together = definitions.slos.map((defined) =>
    compositeSummary(
      defined,
      (objective) => grouped.get(keyOf(defined.slo.id, objective)) ?? [],
      composites.get(keyOf(compositeId(defined.slo.id), COMPOSITE)),
    ),
  )
  return [...summaries, ...together].filter((summary) => summary !== undefined).sort(byUrgency)
}

async function recallEntries(ledger: Ledger, take: (entries: readonly FoldEntry[]) => void): Promise<void> {
  let after = 0
  for (;;) {
    const entries = await ledger.journal.read(after, {
      kinds: ['incident', 'silence'],
      limit: ENTRIES_AT_ONCE,
    })
    const last = entries.at(-1)
    if (!last) return
    take(entries)
    after = last.seq
  }
}
