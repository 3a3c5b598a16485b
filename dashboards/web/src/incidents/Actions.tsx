import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactElement, useState } from 'react'
import type { IncidentDetail } from '../../../../src/contract/index.ts'
import { write } from '../api/client.ts'
import { useKeys } from '../shell/keys.ts'
import { choose, usePreferences } from '../shell/preferences.ts'
import { useVoice } from '../shell/voice.ts'

interface Action {
  readonly kind: 'acknowledge' | 'unacknowledge' | 'note'
  readonly text?: string
}

/** The same actions as under the Slack message, in the same order. */
export function Actions({ incident }: { incident: IncidentDetail }): ReactElement {
  const { words, instant } = useVoice()
  const { name } = usePreferences()
  const [note, setNote] = useState('')
  const client = useQueryClient()
  const act = useMutation({
    mutationFn: (action: Action) =>
      write<IncidentDetail>(`incidents/${encodeURIComponent(incident.id)}/actions`, {
        ...action,
        by: name.trim(),
      }),
    onSuccess: (answer) => {
      client.setQueryData(['incident', incident.id], answer)
      void client.invalidateQueries({ queryKey: ['incidents'] })
    },
  })
  const nameless = name.trim() === ''
  const acknowledge = (): void => {
    if (!nameless && incident.acknowledged === null) act.mutate({ kind: 'acknowledge' })
  }
  useKeys({ a: acknowledge })
  return (
    <section className="actions">
      <h2>{words.actions}</h2>
      <p className="muted">
        {incident.acknowledged
          ? words.acknowledged(incident.acknowledged.by, instant(incident.acknowledged.at, 'day-minute'))
          : words.notAcknowledged}
      </p>
      <label>
        {words.yourName}
        <input
          className="field"
          value={name}
          autoComplete="name"
          onChange={(e) => choose({ name: e.target.value })}
          aria-describedby="name-hint"
        />
        <small id="name-hint">{nameless ? words.nameFirst : words.nameHint}</small>
      </label>
      {incident.acknowledged === null ? (
        <button
          type="button"
          className="button primary"
          disabled={nameless || act.isPending}
          onClick={acknowledge}
          aria-keyshortcuts="a"
        >
          {words.acknowledge}
        </button>
      ) : (
        <button
          type="button"
          className="button"
          disabled={nameless || act.isPending}
          onClick={() => act.mutate({ kind: 'unacknowledge' })}
        >
          {words.unacknowledge}
        </button>
      )}
      <form
        onSubmit={(e) => {
          e.preventDefault()
          if (nameless || note.trim() === '') return
          act.mutate({ kind: 'note', text: note.trim() }, { onSuccess: () => setNote('') })
        }}
      >
        <label>
          {words.note}
          <textarea
            className="field"
            rows={3}
            value={note}
            onChange={(e) => setNote(e.target.value)}
            aria-describedby="note-hint"
          />
          <small id="note-hint">{words.noteHint}</small>
        </label>
        <button type="submit" className="button" disabled={nameless || note.trim() === '' || act.isPending}>
          {words.addNote}
        </button>
      </form>
      {act.isError && (
        <p className="problem" role="alert">
          {words.failedAction} {act.error.message}
        </p>
      )}
    </section>
  )
}
