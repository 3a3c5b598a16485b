import type { ReactElement } from 'react'
import { Dialog } from './Dialog.tsx'
import { choose, usePreferences, useWords } from './preferences.ts'

export function HelpDialog({ onClose }: { onClose: () => void }): ReactElement {
  const words = useWords()
  const { singleKeys } = usePreferences()
  const rows: readonly (readonly [string, string])[] = [
    ['/ · Ctrl K · ⌘ K', words.keySearch],
    ['g f · g v · g i · g s', words.keyNavigate],
    ['g r · g e · g t · g c · g w', words.keyNavigateMore],
    ['j · k', words.keyMove],
    ['Enter', words.keyOpen],
    ['[ · ]', words.keyShift],
    ['- · +', words.keyZoom],
    ['0', words.keyWindow],
    ['a', words.keyAck],
    ['t', words.keyTheme],
    ['l', words.keyLanguage],
    ['z', words.keyZone],
    ['.', words.keyPause],
    ['?', words.keyHelp],
  ]
  return (
    <Dialog label={words.help} className="help" onClose={onClose}>
      <h2>{words.help}</h2>
      <dl className="keys">
        {rows.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(' · ').map((k) => (
                <kbd key={k}>{k}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p className="foot">
        <label className="check">
          <input
            type="checkbox"
            checked={singleKeys}
            onChange={(e) => choose({ singleKeys: e.target.checked })}
          />
          {words.helpOff}
        </label>
        <button type="button" className="button" onClick={onClose}>
          {words.close}
        </button>
      </p>
    </Dialog>
  )
}
