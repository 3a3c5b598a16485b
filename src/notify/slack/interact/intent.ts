import type { Action } from '../../../alerting/index.ts'
import { later, seconds, type UnixSeconds } from '../../../base/index.ts'
import type { Severity } from '../../../slo/index.ts'

/** What somebody wants, before it is known who that is and whether they may. */
export type Intent =
  | { readonly kind: Plain; readonly incident: string }
  | { readonly kind: 'assign'; readonly incident: string; readonly to: string }
  /** Undefined: as the rules say. */
  | { readonly kind: 'severity'; readonly incident: string; readonly severity: Severity | undefined }
  | { readonly kind: 'mute'; readonly incident: string; readonly seconds: number; readonly why: string }
  | { readonly kind: 'note'; readonly incident: string; readonly text: string }
  | { readonly kind: 'resolve'; readonly incident: string; readonly why: string }
  | Declaration

type Plain = 'acknowledge' | 'unacknowledge' | 'unmute' | 'take-command' | 'reopen'

/** An incident without an alert. */
export interface Declaration {
  readonly kind: 'declare'
  readonly services: readonly string[]
  readonly severity: Severity
  readonly title: string
}

/** The actions that an intent comes to, in order: reasons are notes, so that the timeline has them. */
export function actionsOf(intent: Intent, by: string, now: UnixSeconds): readonly Action[] {
  if (intent.kind === 'declare') {
    const { services, severity, title } = intent
    return [{ kind: 'declare', by, services, severity, title }]
  }
  const { incident } = intent
  const noted = (text: string): Action[] =>
    text.trim() === '' ? [] : [{ kind: 'note', incident, by, text: text.trim() }]
  switch (intent.kind) {
    case 'acknowledge':
    case 'unacknowledge':
    case 'unmute':
    case 'take-command':
    case 'reopen':
      return [{ kind: intent.kind, incident, by }]
    case 'assign':
      return [{ kind: 'assign', incident, by, role: 'assignee', to: intent.to }]
    case 'severity':
      return [{ kind: 'severity', incident, by, severity: intent.severity }]
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
export const BUTTONS = [
  'acknowledge',
  'unacknowledge',
  'take-command',
  'mute',
  'unmute',
  'note',
  'resolve',
  'reopen',
] as const
export type Button = (typeof BUTTONS)[number]

export const actionId = (button: Button): string => `nines-${button}`

export const buttonOf = (id: string): Button | undefined => BUTTONS.find((button) => actionId(button) === id)

/** What the button that mutes mutes for. */
export const MUTE_SECONDS = 3_600
