import type { ReactElement } from 'react'

export function IncidentPage(): ReactElement {
  return <div className="page" />
}
