import type { IncidentBrief } from '../../brief.ts'
import { clean, escaped } from '../../text.ts'
import type { Words } from '../../words.ts'
import { type InputBlock, type ModalView, plainText, section } from '../blocks.ts'
import { isBurning, moodOf, sentenceOf } from '../facts.ts'
import { type FormPlace, formPlace, type Submitted } from './payload.ts'

export type FormKind = 'note' | 'resolve'

/** Names of forms and their one field, as Slack gives them back. */
export const FORMS: Readonly<Record<FormKind, string>> = {
  note: 'nines-note-form',
  resolve: 'nines-resolve-form',
}
const FIELD = 'text'
/** Slack's limit for one input. */
export const TEXT_MAX = 3_000

/** A form of one text about one incident, in the language of who opens it. */
export function formOf(kind: FormKind, brief: IncidentBrief, place: FormPlace, words: Words): ModalView {
  const { forms } = words.desk
  const isNote = kind === 'note'
  const burning = isBurning(moodOf(brief))
  const warned = !isNote && burning
  return {
    type: 'modal',
    callback_id: FORMS[kind],
    private_metadata: formPlace(place),
    title: plainText(isNote ? forms.note : forms.resolve),
    submit: plainText(forms.save),
    close: plainText(forms.cancel),
    blocks: [
      section(`*${escaped(brief.incident.id, 40)}* · ${escaped(brief.name, 200) || brief.incident.id}`),
      ...(warned ? [section(forms.stillBurning(escaped(sentenceOf(brief, words), 600)))] : []),
      inputOf(kind, words),
    ],
  }
}

function inputOf(kind: FormKind, { desk: { forms } }: Words): InputBlock {
  const isNote = kind === 'note'
  return {
    type: 'input',
    block_id: FIELD,
    label: plainText(isNote ? forms.noteLabel : forms.resolveLabel),
    ...(isNote ? {} : { hint: plainText(forms.resolveHint), optional: true }),
    element: { type: 'plain_text_input', action_id: FIELD, multiline: true, max_length: TEXT_MAX },
  }
}

/** Which of our forms it is; undefined when it is another's. */
export function formKindOf({ view }: Submitted): FormKind | undefined {
  if (view.callback_id === FORMS.note) return 'note'
  return view.callback_id === FORMS.resolve ? 'resolve' : undefined
}

/** What was written, at most as long as was allowed; empty when nothing was. */
export function writtenIn({ view }: Submitted): string {
  const text = view.state.values[FIELD]?.[FIELD]?.value ?? ''
  return text.trim().length > TEXT_MAX ? clean(text, TEXT_MAX) : text.trim()
}

/** Shown under the field, which stays open. */
export const fieldError = (message: string): Readonly<Record<string, unknown>> => ({
  response_action: 'errors',
  errors: { [FIELD]: message },
})
