import { HOUR, hourOf, later, minuteOf, type Range, unixSeconds } from '../../base/index.ts'
import type * as wire from '../../contract/index.ts'
import {
  type History,
  history,
  type JourneyPlan,
  type LeafMinutes,
  MINUTE_KNOWN,
  type Objective,
  type RuleReplay,
  replayHistory,
  type Slo,
} from '../../slo/index.ts'
import { roundStep } from '../drill.ts'
import type { Shown } from '../loop.ts'
import type { LeafSources, MeasuredLeaf } from './leaf-minutes.ts'
import { asItIs, type JourneyPast, pastOf, type Version } from './past.ts'
import { isSlo, type PlannedJourney, prune } from './plan.ts'
import { readChanges, type WhatIf } from './what-if.ts'

export interface Simulated {
  readonly shown: Shown
  readonly planned: PlannedJourney
  readonly asked: wire.WhatIf & { readonly from: number; readonly to: number }
}

/** Points of what is drawn. */
const POINTS = 240

/** Replays the recorded past twice: as it was, and as it might have been. Nothing is drawn by lot. */
export async function simulate(sources: LeafSources, simulated: Simulated): Promise<wire.Simulation> {
  const { shown, planned, asked } = simulated
  const changes = readChanges(planned, asked)
  const { slo } = planned.journey.row
  const [objective] = slo.objectives
  if (!objective) throw new Error('a journey has an objective')
  const to = minuteOf(Math.min(asked.to, shown.now))
  const step = roundStep({ from: asked.from, to }, POINTS)
  const range = { from: unixSeconds(Math.floor(asked.from / step) * step), to }
  const longest = Math.max(HOUR, ...slo.policy.rules.map((rule) => rule.long))
  const reach = { from: hourOf(range.from - longest), to: later(minuteOf(to - 1), 60) }
  const versions = [asItIs(planned), versionOf(planned, changes)]
  const [before, after] = await pastOf(sources, planned, { range: reach, versions })
  const changed = { ...objective, target: changes.target.text, allowed: changes.target.allowed }
  const about = { slo, shown, range, step }
  const was = outcomeOf({ ...about, objective, past: before })
  const would = outcomeOf({ ...about, objective: changed, past: after })
  return {
    journey: planned.journey.name,
    range,
    step,
    start: [...would.start],
    before: was.outcome,
    after: would.outcome,
    sentence: sentenceOf(slo.displayName, was.outcome, would.outcome),
  }
}

interface Replayed {
  readonly slo: Slo
  readonly objective: Objective
  readonly shown: Shown
  readonly range: Range
  readonly step: number
  readonly past: JourneyPast | undefined
}

function outcomeOf(replayed: Replayed): {
  readonly start: History['start']
  readonly outcome: wire.Simulation['after']
} {
  const { slo, objective, range, step, past, shown } = replayed
  const buckets = past?.buckets ?? []
  const options = { range, known: [past?.known ?? []], corrections: shown.corrections }
  const course = history(slo, objective, buckets, { ...options, now: range.to, step })
  const sum = (values: readonly (number | undefined)[]): number =>
    values.reduce<number>((n, x) => n + (x ?? 0), 0)
  const bad = sum(course.bad)
  const total = bad + sum(course.good)
  const allowed = (total * objective.allowed) / 1_000_000
  const left = leftOver(course, allowed)
  return {
    start: course.start,
    outcome: {
      target: objective.target,
      sli: total === 0 ? null : 1 - bad / total,
      badMinutes: bad,
      allowedMinutes: allowed,
      leftRatio: allowed === 0 ? null : 1 - bad / allowed,
      left,
      alerts: alertsIn(replayHistory(slo, objective, buckets, options), range),
    },
  }
}

/** What is left, after each bucket, of what the target allows over the whole range; null where nothing is known. */
function leftOver({ bad, good }: History, allowed: number): (number | null)[] {
  let spent = 0
  return bad.map((each, i) => {
    spent += each ?? 0
    const isKnown = each !== undefined && each + (good[i] ?? 0) > 0
    return isKnown && allowed > 0 ? 1 - spent / allowed : null
  })
}

/** A firing that goes on at the end of the range has none. */
function alertsIn(rules: readonly RuleReplay[], range: Range): wire.Simulation['after']['alerts'] {
  return rules
    .flatMap(({ rule, firings }) =>
      firings.map(({ from, to }) => ({
        rule: rule.name,
        severity: rule.severity,
        from,
        to: to >= range.to ? null : to,
      })),
    )
    .sort((a, b) => a.from - b.from)
}

/** The journey with what is asked changed in it. */
function versionOf(planned: PlannedJourney, changes: WhatIf): Version {
  const kept = planned.measured && prune(planned.measured, (leaf) => !changes.dropped.has(leaf))
  const own = planned.leaves.length
  const routed = kept && withRouting(kept, planned, changes)
  const standing = routed && withStandbys(routed, changes, own)
  const added = changes.added.map(
    (_, i): JourneyPlan => ({ kind: 'leaf', leaf: own + changes.standbys.length + i }),
  )
  const plan = standing && added.length > 0 ? { kind: 'all' as const, of: [standing, ...added] } : standing
  return {
    plan,
    leaves: (measured, range) => {
      const length = (range.to - range.from) / 60
      const constant = [...changes.standbys, ...changes.added].map(({ share }) => constantOf(share, length))
      return [...measured.map((leaf, i) => goneFrom(leaf, { planned, leaf: i, changes, range })), ...constant]
    },
  }
}

/** So many events a minute that nothing is lost by counting them whole. */
const FINE = 1e9

function constantOf(share: number, length: number): LeafMinutes {
  const good = Math.round(share * FINE)
  return {
    good: new Float64Array(length).fill(good),
    bad: new Float64Array(length).fill(FINE - good),
    known: new Uint8Array(length).fill(MINUTE_KNOWN.known),
    noData: 'freeze',
  }
}

function withStandbys(plan: JourneyPlan, changes: WhatIf, own: number): JourneyPlan {
  if (plan.kind === 'leaf') {
    const standby = changes.standbys.findIndex(({ leaf }) => leaf === plan.leaf)
    return standby < 0 ? plan : { kind: 'any', of: [plan, { kind: 'leaf', leaf: own + standby }] }
  }
  if (plan.kind === 'routes')
    return {
      ...plan,
      of: plan.of.map((route) => ({ ...route, tree: withStandbys(route.tree, changes, own) })),
    }
  return { ...plan, of: plan.of.map((child) => withStandbys(child, changes, own)) }
}

/** Routes of which each goes to one cloud get the shares that are asked for. */
function withRouting(plan: JourneyPlan, planned: PlannedJourney, changes: WhatIf): JourneyPlan {
  const { routing } = changes
  if (plan.kind === 'leaf' || !routing) return plan
  if (plan.kind !== 'routes')
    return { ...plan, of: plan.of.map((child) => withRouting(child, planned, changes)) }
  const of = plan.of.map(({ tree, weight }) => {
    const cloud = cloudOf(tree, planned)
    return {
      tree: withRouting(tree, planned, changes),
      weight: cloud === undefined ? weight : (routing[cloud] ?? 0),
    }
  })
  return { kind: 'routes', of }
}

/** The cloud that all leaves of a part are in; undefined when they are in several. */
function cloudOf(plan: JourneyPlan, planned: PlannedJourney): string | undefined {
  if (plan.kind === 'leaf') {
    const leaf = planned.leaves[plan.leaf]
    return leaf && isSlo(leaf) ? leaf.where['cloud_provider'] : undefined
  }
  const parts = plan.kind === 'routes' ? plan.of.map(({ tree }) => tree) : plan.of
  const [first, ...rest] = parts.map((part) => cloudOf(part, planned))
  return rest.every((cloud) => cloud === first) ? first : undefined
}

interface Leaving {
  readonly planned: PlannedJourney
  readonly leaf: number
  readonly changes: WhatIf
  readonly range: Range
}

/** What was good in a cloud while it is gone is bad. */
function goneFrom(measured: MeasuredLeaf, { planned, leaf, changes, range }: Leaving): LeafMinutes {
  const one = planned.leaves[leaf]
  const within = changes.gone.filter(({ from, to }) => from < range.to && to > range.from)
  if (!one || !isSlo(one) || within.length === 0) return measured
  const good = Float64Array.from(measured.good)
  const bad = Float64Array.from(measured.bad)
  for (const { cloud, from, to } of within) {
    const own = one.where['cloud_provider']
    const part = measured.parts.find(
      ({ scope }) => Object.keys(scope).length === 1 && scope['cloud_provider'] === cloud,
    )
    if (own !== undefined ? own !== cloud : !part) continue
    const first = Math.max(0, Math.floor((from - range.from) / 60))
    const last = Math.min(good.length, Math.ceil((to - range.from) / 60))
    for (let i = first; i < last; i++) {
      const lost = own === cloud ? (good[i] ?? 0) : Math.min(good[i] ?? 0, part?.good[i] ?? 0)
      good[i] = (good[i] ?? 0) - lost
      bad[i] = (bad[i] ?? 0) + lost
    }
  }
  return { ...measured, good, bad }
}

function sentenceOf(
  name: string,
  before: wire.Simulation['before'],
  after: wire.Simulation['after'],
): string {
  const share = (sli: number | null): string =>
    sli === null ? 'nothing known' : `${Math.floor(sli * 1e6) / 1e4} %`
  const pages = (alerts: wire.Simulation['after']['alerts']): string =>
    `${alerts.length} alert${alerts.length === 1 ? '' : 's'}`
  return `${name} kept ${share(before.sli)} with ${pages(before.alerts)}; it would have kept ${share(after.sli)} with ${pages(after.alerts)}.`
}
