import type { ReactElement } from 'react'

export function SloPage(): ReactElement {
  return <div className="page" />
}
