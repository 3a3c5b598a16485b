import type { Action } from '../../../alerting/index.ts'
import { later, seconds, type UnixSeconds } from '../../../base/index.ts'

/** What somebody wants, before it is known who that is and whether they may. */
export type Intent =
  | { readonly kind: 'acknowledge' | 'unacknowledge' | 'unmute'; readonly incident: string }
  | { readonly kind: 'mute'; readonly incident: string; readonly seconds: number; readonly why: string }
  | { readonly kind: 'note'; readonly incident: string; readonly text: string }
  | { readonly kind: 'resolve'; readonly incident: string; readonly why: string }

/** The actions that an intent comes to, in order: reasons are notes, so that the timeline has them. */
export function actionsOf(intent: Intent, by: string, now: UnixSeconds): readonly Action[] {
  const { incident } = intent
  const noted = (text: string): Action[] =>
    text.trim() === '' ? [] : [{ kind: 'note', incident, by, text: text.trim() }]
  switch (intent.kind) {
    case 'acknowledge':
    case 'unacknowledge':
    case 'unmute':
      return [{ kind: intent.kind, incident, by }]
    case 'mute':
      return [
        { kind: 'mute', incident, by, until: later(now, seconds(intent.seconds)) },
        ...noted(intent.why),
      ]
    case 'note':
      return [{ kind: 'note', incident, by, text: intent.text }]
    case 'resolve':
      return [...noted(intent.why), { kind: 'resolve', incident, by }]
    default:
      return intent satisfies never
  }
}

/** Buttons, by the end of their `action_id`; the two forms are opened, not done. */
export const BUTTONS = ['acknowledge', 'unacknowledge', 'mute', 'unmute', 'note', 'resolve'] as const
export type Button = (typeof BUTTONS)[number]

export const actionId = (button: Button): string => `nines-${button}`

export const buttonOf = (id: string): Button | undefined => BUTTONS.find((button) => actionId(button) === id)

/** What the button that mutes mutes for. */
export const MUTE_SECONDS = 3_600
