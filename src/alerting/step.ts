import type { UnixSeconds } from '../base/index.ts'
import type { Evaluation, Slo, SloId } from '../slo/index.ts'
import { againOf } from './again.ts'
import { endAlerts } from './alerts.ts'
import type { EscalationPolicy } from './escalation.ts'
import type { AlertingEntry, AlertingEvent, Reading } from './event.ts'
import { fold } from './fold.ts'
import { type Group, groupsOf } from './group.ts'
import { type Judgement, judgeIncident } from './judge.ts'
import type { ResponseLevel } from './level.ts'
import { type Look, lookAt } from './look.ts'
import type { CostOf } from './measure.ts'
import { closeUndefined, mergeInto } from './merge.ts'
import type { Decision, Incident } from './model.ts'
import type { Objective } from './objective.ts'
import type { RegexTest, Silence } from './silence.ts'
import { coveringSilence, silenceLabels } from './silence-match.ts'
import { type AlertingSettings, type AlertingState, DEFAULT_SETTINGS, groupKey } from './state.ts'
import { turnsOf } from './turns.ts'

/** `availability` goes before `latency`: a request that failed fast enough still failed. */
export type IndicatorOf = (slo: SloId, objective: string) => 'availability' | 'latency' | undefined

export interface StepInput {
  readonly evaluations: readonly Evaluation[]
  /** All that are defined: an incident whose SLO is missing here is closed. Empty only when there really are none. */
  readonly slos: readonly Slo[]
  readonly now: UnixSeconds
  /** What incidents cost. Without it, costs are estimated from the windows of the rules. */
  readonly costOf?: CostOf
  /**
   * Before this instant not to know opens nothing: the sources have only begun to be read again, and what was missed
   * is on its way. Absent: it always counts.
   */
  readonly sightedFrom?: UnixSeconds
  /** SLOs whose alert policies do not ask to hear that it is over. */
  readonly quietEnds?: ReadonlySet<SloId>
  /**
   * What each rests on, by its id: a journey on the SLOs of its leaves and on nested journeys, an SLO on others. Absent:
   * nothing is known of that.
   */
  readonly dependsOn?: ReadonlyMap<SloId, readonly SloId[]>
  /** What each objective's indicator is about. Absent: nothing inhibits latency. */
  readonly indicatorOf?: IndicatorOf
  /** Quiet that people asked for, whether it is over or has yet to begin. Absent: none. */
  readonly silences?: readonly Silence[]
  /** Tries a silence's regular expression. Absent: a matcher that needs one matches nothing. */
  readonly regex?: RegexTest
  /** How long an incident waits for somebody, and who is called then. Absent: nobody is. */
  readonly escalationOf?: (incident: Incident) => EscalationPolicy
  /** Response levels, lowest first. Absent: none. */
  readonly levels?: readonly ResponseLevel[]
  readonly settings?: AlertingSettings
}

export interface StepResult {
  readonly state: AlertingState
  /** For the journal, in this order. Folding them into the state before gives the state after. */
  readonly events: readonly AlertingEntry[]
  /** One for each thing that happened to an incident, and `nothing` for each that is open and to which nothing did. */
  readonly decisions: readonly Decision[]
}

/**
 * Evaluations become alerts, alerts incidents, incidents decisions. Pure: the same input gives the same output, byte
 * for byte. Nothing is decided by the absence of data, nor by the time between two steps.
 */
export function step(state: AlertingState, input: StepInput): StepResult {
  const { now, settings = DEFAULT_SETTINGS } = input
  const look = lookAt(state, input)
  const groups = groupsOf(look, { input, settings })
  const events: AlertingEvent[] = [...look.events]
  const decisions: Decision[] = []
  const add = (judgement: Judgement): void => {
    events.push(...judgement.events)
    if (judgement.decision !== undefined) decisions.push(judgement.decision)
  }
  let counter = state.counter
  const taken = keysOf(groups, look)
  for (const each of groups) {
    const { group, again } = againOf(each, { look, state, now, settings, taken })
    const judged = judgeIncident(group, {
      now,
      settings,
      costOf: input.costOf,
      number: counter + 1,
      quietEnd: input.quietEnds?.has(group.lead.slo.id) ?? false,
      again,
      silenceOf: (reading, { lead }) => coveringSilence(input, silenceLabels(openingOf(reading, lead))),
    })
    if (judged.events[0]?.kind === 'opened') counter++
    add(judged)
    const parent = judged.decision
    if (parent !== undefined) for (const one of mergeInto(parent, group, now)) add(one)
  }
  events.push(...endAlerts(look.orphans))
  for (const tracked of look.open)
    if (look.objectiveOf(groupKey(tracked.incident.slo, tracked.incident.objective)) === undefined)
      add(closeUndefined(tracked, now))
  const judged = fold(state, entriesOf(events, now))
  const turns = turnsOf(judged, input)
  const entries = entriesOf([...events, ...turns.flatMap((turn) => turn.events)], now)
  const after = fold(judged, entries.slice(events.length))
  const turned = turns.flatMap(({ decision }) => (decision === undefined ? [] : [decision]))
  return { state: after, events: entries, decisions: [...decisions, ...turned] }
}

const entriesOf = (events: readonly AlertingEvent[], at: UnixSeconds): readonly AlertingEntry[] =>
  events.map((data) => ({ at, kind: 'incident' as const, data }))

const openingOf = ({ severity, scope, kind = 'burn' }: Reading, { slo, name }: Objective) => ({
  slo: slo.id,
  objective: name,
  service: slo.service,
  severity,
  kind,
  scope,
})

/** All that lead or are in some group, those too that an open incident lists and that are calm at the moment. */
const keysOf = (groups: readonly Group[], { open }: Look): ReadonlySet<string> =>
  new Set([
    ...groups.flatMap(({ lead, parts }) =>
      [lead, ...parts.map(({ objective }) => objective)].map(({ slo, name }) => groupKey(slo.id, name)),
    ),
    ...open.flatMap(({ incident }) =>
      incident.consequences.map(({ slo, objective }) => groupKey(slo, objective)),
    ),
  ])
