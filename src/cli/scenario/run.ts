import {
  type Labels,
  labelsKey,
  perMillion,
  pickLabels,
  type UnixSeconds,
  unixSeconds,
} from '../../base/index.ts'
import {
  type Correction,
  createTimelines,
  type Evaluation,
  type KnownSpan,
  type Need,
  type Slo,
  type Timelines,
} from '../../slo/index.ts'
import { answer } from './answer.ts'
import type { Row, Scenario, ScenarioSlo } from './language.ts'

/** What became of one expectation. */
export interface Outcome {
  readonly line: number
  readonly asked: string
  readonly expected: string
  readonly actual: string
  readonly holds: boolean
}

/** Plays a scenario through the engine. Pure: the same text gives the same outcomes. */
export function runScenario({ slo: stated, steps }: Scenario): readonly Outcome[] {
  const sources = new Map<string, SourceMinutes>()
  const rows = steps.flatMap((step) => (step.kind === 'load' ? step.rows : []))
  const slo = sloOf(stated, [...new Set(rows.map((row) => row.name))])
  const corrections: Correction[] = []
  const start = unixSeconds(stated.start)
  const timelines = createTimelines([slo], { now: start })
  return steps.flatMap((step, i): Outcome[] => {
    switch (step.kind) {
      case 'load':
        for (const row of step.rows) take(sources, row, { from: step.from / 60, timelines, start })
        return []
      case 'correct': {
        const range = { from: unixSeconds(start + step.from), to: unixSeconds(start + step.to) }
        corrections.push({ id: `${step.how}-${i}`, kind: step.how, scope: step.scope, ranges: [range] })
        timelines.correct(corrections)
        return []
      }
      case 'evaluate': {
        const now = unixSeconds(start + step.at)
        const evaluations = evaluateAt(timelines, { slo, sources, start, now })
        return step.expected.map((expectation) => {
          const found = evaluations.find((e) => labelsKey(e.scope) === labelsKey(expectation.scope))
          const actual = answer(found, expectation)
          const { line, subject, answer: expected } = expectation
          return { line, asked: subject.join(' '), expected, actual, holds: actual === expected }
        })
      }
      default:
        return step satisfies never
    }
  })
}

/** The minutes of one row, from the scenario's start on. */
interface SourceMinutes {
  readonly labels: Labels
  readonly good: number[]
  readonly bad: number[]
  /** What is known of each minute; a hole: nothing was said of it. */
  readonly known: boolean[]
}

function take(
  sources: Map<string, SourceMinutes>,
  row: Row,
  at: { readonly from: number; readonly timelines: Timelines; readonly start: number },
): void {
  const source = sources.get(row.name) ?? { labels: row.labels, good: [], bad: [], known: [] }
  sources.set(row.name, source)
  let minute = at.from
  for (const run of row.runs)
    for (let end = minute + run.minutes; minute < end; minute++) {
      source.good[minute] = run.counts?.good ?? 0
      source.bad[minute] = run.counts?.bad ?? 0
      source.known[minute] = run.counts !== undefined
    }
  at.timelines.touched(row.name, {
    from: unixSeconds(at.start + at.from * 60),
    to: unixSeconds(at.start + minute * 60),
  })
}

interface Played {
  readonly slo: Slo
  readonly sources: ReadonlyMap<string, SourceMinutes>
  readonly start: UnixSeconds
  readonly now: UnixSeconds
}

/** Only what happened up to the instant is told: the engine never sees the future. */
function evaluateAt(timelines: Timelines, played: Played): readonly Evaluation[] {
  const { slo, sources, start, now } = played
  for (const [name, source] of sources) timelines.cover(name, spansOf(source, start, now))
  for (const need of timelines.needs(now)) {
    for (const series of seriesOf(played, need)) timelines.load(slo.id, 'events', series)
    timelines.loaded(need)
  }
  return timelines.evaluate(now)
}

function spansOf({ known }: SourceMinutes, start: number, now: number): KnownSpan[] {
  const spans: KnownSpan[] = []
  const end = Math.min(known.length, Math.floor((now - start) / 60))
  for (let i = 0, from = 0; i < end; i++) {
    if (i + 1 < end && known[i + 1] === known[i]) continue
    const span = { from: unixSeconds(start + from * 60), to: unixSeconds(start + (i + 1) * 60) }
    if (known[i] !== undefined) spans.push({ ...span, state: known[i] ? 'known' : 'missing' })
    from = i + 1
  }
  return spans
}

/** What a ledger that holds these minutes answers: all together, and each prefix of the labels. */
function seriesOf({ slo, sources, start, now }: Played, need: Need) {
  const { from, to } = need.range
  const count = (to - from) / need.width
  const series = new Map<string, { scope: Labels; good: Float64Array; bad: Float64Array }>()
  const first = Math.max(0, (from - start) / 60)
  const last = Math.min((to - start) / 60, Math.ceil((now - start) / 60))
  for (const source of sources.values()) {
    const scopes = [...slo.splitBy.keys(), slo.splitBy.length].map((level) =>
      pickLabels(source.labels, slo.splitBy.slice(0, level)),
    )
    for (const scope of new Map(scopes.map((s) => [labelsKey(s), s])).values()) {
      const key = labelsKey(scope)
      const held = series.get(key) ?? { scope, good: new Float64Array(count), bad: new Float64Array(count) }
      series.set(key, held)
      for (let minute = first; minute < last; minute++) {
        const bucket = Math.floor((start + minute * 60 - from) / need.width)
        held.good[bucket] = (held.good[bucket] ?? 0) + (source.good[minute] ?? 0)
        held.bad[bucket] = (held.bad[bucket] ?? 0) + (source.bad[minute] ?? 0)
      }
    }
  }
  return [...series.values()].map((one) => ({ ...one, start: from, width: need.width }))
}

function sloOf(stated: ScenarioSlo, sources: readonly string[]): Slo {
  const { slice } = stated
  return {
    id: 'scenario',
    name: 'scenario',
    displayName: '',
    service: 'scenario',
    description: '',
    method: stated.method,
    objectives: [
      {
        name: 'objective',
        displayName: '',
        target: stated.target,
        allowed: perMillion(stated.allowed),
        indicator: 'events',
        weight: { num: 1, den: 1 },
        ...(slice ? { slice } : {}),
      },
    ],
    windows: stated.windows,
    policy: { name: 'scenario', source: 'the scenario', rules: stated.rules },
    splitBy: stated.splitBy,
    noData: stated.noData,
    minBadEvents: stated.minBadEvents,
    sources,
  }
}
