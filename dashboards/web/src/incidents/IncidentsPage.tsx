import type { ReactElement } from 'react'

export function IncidentsPage(): ReactElement {
  return <div className="page" />
}
