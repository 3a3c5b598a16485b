import { type Calling, callOf } from './escalate.ts'
import type { AlertingEvent, TurnEvent } from './event.ts'
import type { Judgement } from './judge.ts'
import { levelOf } from './level-of.ts'
import { isQuiet } from './merge.ts'
import type { DecisionReason } from './model.ts'
import { coveringSilence, silenceLabels } from './silence-match.ts'
import type { AlertingState, TrackedIncident } from './state.ts'
import type { StepInput } from './step.ts'

/** An event before it is known of which incident, and how many there were before. */
type Turn = TurnEvent extends infer Event
  ? Event extends TurnEvent
    ? Omit<Event, 'incident' | 'seq'>
    : never
  : never

interface Turning {
  readonly turn: Turn
  readonly reason: DecisionReason
  readonly calling?: Calling
}

/** What time, silences and levels do to open incidents, those that were declared too. */
export function turnsOf({ incidents }: AlertingState, input: StepInput): readonly Judgement[] {
  return incidents.flatMap((tracked) => {
    if (tracked.incident.state !== 'open') return []
    const silence = silenceTurn(tracked, input)
    const heard = silence === undefined ? tracked : silenced(tracked, silence.turn)
    const turns = [silence, levelTurn(tracked, input), callTurn(heard, input)]
    return turns
      .filter((one) => one !== undefined)
      .map((one, i) => judgementOf(one, { tracked: heard, seq: tracked.seq + 1 + i, input }))
  })
}

function silenceTurn({ incident }: TrackedIncident, input: StepInput): Turning | undefined {
  const silence = coveringSilence(input, silenceLabels(incident))
  if (silence === incident.silencedBy) return undefined
  if (silence !== undefined)
    return { turn: { kind: 'silenced', silence, text: `Silenced by ${silence}.` }, reason: 'silenced' }
  const text = `The silence ${incident.silencedBy ?? ''} is over, and it is still open.`
  return { turn: { kind: 'unsilenced', text }, reason: 'unsilenced' }
}

/** As it is after its silence has begun or ended in this step. */
function silenced(tracked: TrackedIncident, turn: Turn): TrackedIncident {
  const { silencedBy: _before, ...incident } = tracked.incident
  return turn.kind === 'silenced'
    ? { ...tracked, incident: { ...incident, silencedBy: turn.silence } }
    : { ...tracked, incident }
}

/** A level rises by its rules and falls only by hand; one that a person set stays. */
function levelTurn({ incident }: TrackedIncident, input: StepInput): Turning | undefined {
  const { levels = [], evaluations, now } = input
  if (levels.length === 0 || incident.level?.by !== undefined) return undefined
  const at = levelOf(incident, { levels, evaluations, now })
  const known = levels.findIndex((level) => level.name === incident.level?.name)
  const name = levels[at]?.name
  if (name === undefined || at <= Math.max(0, known)) return undefined
  return { turn: { kind: 'level', level: name, text: `Level ${name}, by its rules.` }, reason: 'level' }
}

function callTurn(tracked: TrackedIncident, { escalationOf, now }: StepInput): Turning | undefined {
  if (escalationOf === undefined || isQuiet(tracked, now)) return undefined
  const calling = callOf(tracked, escalationOf(tracked.incident), now)
  if (calling === undefined) return undefined
  const { kind, text, call } = calling
  return { turn: { kind, ...call, text }, reason: kind === 'escalated' ? 'escalate' : 'remind', calling }
}

function judgementOf(
  { turn, reason, calling }: Turning,
  {
    tracked,
    seq,
    input,
  }: { readonly tracked: TrackedIncident; readonly seq: number; readonly input: StepInput },
): Judgement {
  const { id, severity } = tracked.incident
  const event: AlertingEvent = { ...turn, incident: id, seq }
  const quiet = isQuiet(tracked, input.now) && reason !== 'unsilenced'
  const call = calling === undefined ? {} : { call: calling.call }
  return {
    events: [event],
    decision: {
      incident: id,
      reason: quiet ? 'silenced' : reason,
      severity,
      evaluation: undefined,
      at: input.now,
      seq,
      ...call,
    },
  }
}
