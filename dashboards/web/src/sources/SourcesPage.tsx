import type { ReactElement } from 'react'

export function SourcesPage(): ReactElement {
  return <div className="page" />
}
