import type { ReactElement } from 'react'

/** A sentence in which what is between backticks is to be typed or looked for as it stands. */
export function Prose({ text }: { text: string }): ReactElement {
  return (
    <>
      {text.split('`').map((piece, i) =>
        // Pieces never change places: the sentence is one value.
        i % 2 === 1 ? <code key={i}>{piece}</code> : piece,
      )}
    </>
  )
}
