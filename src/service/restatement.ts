import { type AlertingEntry, type Incident } from '../alerting/index.ts'
import {
  HOUR,
  hourOf,
  isoMinute,
  labelsKey,
  type Range,
  type UnixSeconds,
  unixSeconds,
} from '../base/index.ts'
import type { DefinedSlo } from '../definitions/index.ts'
import type { Counts, Timelines } from '../slo/index.ts'
import type { Changes, JournalDraft } from '../store/index.ts'
import { dataSourceOf } from '../traffic/index.ts'
import { budgetWords, type Evaluations } from './audit.ts'

/**
 * What was said of the past and is now said differently: minutes that their source had reported on already, and that
 * were written again. Late minutes of a source that is read late in order were never said, so they restate nothing.
 */
export interface Restatements {
  /** Takes what was counted before the ledger is read again. `settled`: up to where each source had reported. */
  readonly take: (touched: Changes['touched'], settled: (source: string) => number) => void
  /** What was taken, where it is counted otherwise now. */
  readonly compare: () => readonly Restated[]
  /** To be called when what was compared is on disk. */
  readonly forget: () => void
}

/** One source's past, and the SLOs whose counts it moved. */
export interface Restated {
  readonly source: string
  readonly range: Range
  readonly counts: readonly {
    readonly slo: string
    readonly objective: string
    readonly before: Counts
    readonly after: Counts
  }[]
}

interface Taken {
  readonly source: string
  readonly range: Range
  readonly slo: string
  readonly objective: string
  readonly asked: Range
  readonly before: Counts
}

export function createRestatements(timelines: Timelines, slos: readonly DefinedSlo[]): Restatements {
  let taken: Taken[] = []
  const countIn = (slo: string, objective: string, range: Range): Counts | undefined =>
    timelines.counts(slo, objective, { scope: {}, range })
  return {
    take: (touched, settled) => {
      for (const { source, from, to } of touched) {
        for (const { slo } of slos) {
          const names = slo.sources.filter((each) => dataSourceOf(each) === source)
          if (names.length === 0) continue
          const range = { from, to: unixSeconds(Math.min(to, ...names.map(settled))) }
          if (range.to <= range.from) continue
          for (const { name } of slo.objectives) {
            // Of the older past only hours are held; they are over, so that nothing else moves them.
            const asked = [range, hoursOf(range)].find((each) => countIn(slo.id, name, each))
            const before = asked && countIn(slo.id, name, asked)
            // When reading failed in between, what was counted first is what was said.
            const known = taken.some(
              (t) =>
                t.source === source &&
                t.slo === slo.id &&
                t.objective === name &&
                t.range.from === range.from &&
                t.range.to === range.to,
            )
            if (before && !known) taken.push({ source, range, slo: slo.id, objective: name, asked, before })
          }
        }
      }
    },
    compare: () => {
      const moved = new Map<string, { source: string; range: Range; counts: Restated['counts'][number][] }>()
      for (const { source, range, slo, objective, asked, before } of taken) {
        const after = countIn(slo, objective, asked)
        if (!after || (after.good === before.good && after.bad === before.bad)) continue
        const key = `${source} ${range.from} ${range.to}`
        const one = moved.get(key) ?? { source, range, counts: [] }
        moved.set(key, one)
        one.counts.push({ slo, objective, before, after })
      }
      return [...moved.values()]
    },
    forget: () => {
      taken = []
    },
  }
}

function hoursOf({ from, to }: Range): Range {
  return { from: hourOf(from), to: unixSeconds(Math.ceil(to / HOUR) * HOUR) }
}

export interface RestatementLook {
  readonly now: UnixSeconds
  readonly before: Evaluations | undefined
  readonly after: Evaluations
  readonly incidents: readonly Incident[]
}

/** For the journal: a line for each source whose past changed, and one in every incident that this is about. */
export function restatementEntries(
  restated: readonly Restated[],
  look: RestatementLook,
): { readonly audit: readonly JournalDraft[]; readonly incidents: readonly AlertingEntry[] } {
  const told = restated.map((one) => {
    const counts = one.counts.map((each) => ({
      ...each,
      budgetLeft: {
        before: leftOf(look.before, each) ?? null,
        after: leftOf(look.after, each) ?? null,
      },
    }))
    const { source, range } = one
    const when = `${isoMinute(range.from)} to ${isoMinute(range.to)}`
    const budgets = counts.map(({ slo, before, after, budgetLeft }) => ({
      slo,
      before: { ...before, leftRatio: budgetLeft.before },
      after: { ...after, leftRatio: budgetLeft.after },
    }))
    const text = `Late data of ${source} restates ${when}.${budgetWords(budgets)}`
    return { one, text, data: { text, source, from: range.from, to: range.to, slos: counts } }
  })
  return {
    audit: told.map(({ data }) => ({ at: look.now, kind: 'restatement', data })),
    incidents: told.flatMap(({ one }) => incidentLines(one, look)),
  }
}

function incidentLines({ source, range, counts }: Restated, look: RestatementLook): readonly AlertingEntry[] {
  return look.incidents.flatMap(({ id, slo, objective, startedAt, resolvedAt = look.now }) => {
    const moved = counts.find((each) => each.slo === slo && each.objective === objective)
    if (!moved || startedAt >= range.to || resolvedAt < range.from) return []
    const change = moved.after.bad - moved.before.bad
    const text = `Late data of ${source} restates this time: ${Math.abs(change)} bad events ${change < 0 ? 'fewer' : 'more'} from ${isoMinute(range.from)} to ${isoMinute(range.to)}.`
    return [{ at: look.now, kind: 'incident', data: { kind: 'restated', incident: id, text } }]
  })
}

function leftOf(
  evaluations: Evaluations | undefined,
  { slo, objective }: { readonly slo: string; readonly objective: string },
): number | undefined {
  const found = evaluations?.get(`${slo}\n${objective}`)
  return found?.find(({ scope }) => labelsKey(scope) === '')?.windows[0]?.budget.leftRatio
}
