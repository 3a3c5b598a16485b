import { useEffect } from 'react'

/** The name of the tab, which is what a history, a bookmark and a screen reader call the page. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === '' ? 'Nines' : `${title} · Nines`
  }, [title])
}
