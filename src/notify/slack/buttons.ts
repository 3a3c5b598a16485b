import type { IncidentBrief } from '../brief.ts'
import { webAddress } from '../text.ts'
import type { Words } from '../words.ts'
import { type ActionsBlock, type LinkButton, type PressButton, plainText } from './blocks.ts'
import { actionId, type Button } from './interact/intent.ts'
import { buttonValue } from './interact/payload.ts'

/** What can be done about it, then where to read on: at most two rows. */
export function actionsOf(
  brief: IncidentBrief,
  words: Words,
  options: { readonly buttons?: boolean },
): readonly ActionsBlock[] {
  const presses = options.buttons === true ? pressesOf(brief, words) : []
  const links = linksOf(brief, words)
  const rows: ActionsBlock[] = []
  if (presses.length > 0) rows.push({ type: 'actions', block_id: 'nines-act', elements: presses })
  if (links.length > 0) rows.push({ type: 'actions', elements: links })
  return rows
}

/** Nothing that ends or hides something stands first. */
function pressesOf({ incident, now }: IncidentBrief, { desk }: Words): readonly PressButton[] {
  const open = incident.state === 'open'
  const muted = incident.mutedUntil !== undefined && incident.mutedUntil > now
  const { buttons } = desk
  const shown: readonly (readonly [Button, string])[] = open
    ? [
        incident.acknowledged === undefined
          ? ['acknowledge', buttons.acknowledge]
          : ['unacknowledge', buttons.unacknowledge],
        ...(incident.roles.commander === undefined ? [['take-command', buttons.takeCommand] as const] : []),
        muted ? ['unmute', buttons.unmute] : ['mute', buttons.mute],
        ['note', buttons.note],
        ['resolve', buttons.resolve],
      ]
    : [
        ['note', buttons.note],
        ['reopen', buttons.reopen],
      ]
  const value = buttonValue(incident.id)
  if (value === undefined) return []
  return shown.map(([button, label]) => ({
    type: 'button',
    action_id: actionId(button),
    text: plainText(label),
    value,
    ...(button === 'acknowledge' ? { style: 'primary' } : {}),
  }))
}

function linksOf(brief: IncidentBrief, words: Words): readonly LinkButton[] {
  const links: [string, string, string | undefined][] = [
    ['open', words.open, webAddress(brief.pageUrl)],
    ['runbook', words.labels.runbook, webAddress(brief.runbook)],
    [
      'postmortem',
      words.desk.buttons.postmortem,
      webAddress(brief.incident.links.postmortem ?? brief.postmortemUrl ?? ''),
    ],
  ]
  return links.flatMap(([action, label, url]): LinkButton[] =>
    url === undefined ? [] : [{ type: 'button', action_id: `nines-${action}`, text: plainText(label), url }],
  )
}
