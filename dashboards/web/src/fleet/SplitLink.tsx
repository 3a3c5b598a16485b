import { useRouter } from '@tanstack/react-router'
import type { ReactElement, ReactNode } from 'react'

/**
 * To one cloud of a promise. There are several in each row, so they are plain links that ask the router only when they
 * are wanted: on the way to them for the code, at the click for the page.
 */
export function SplitLink({
  slo,
  cloud,
  label,
  title,
  children,
}: {
  slo: string
  cloud: string
  label: string
  title: string
  children: ReactNode
}): ReactElement {
  const router = useRouter()
  const to = {
    to: '/slo/$',
    params: { _splat: slo },
    search: { scope: `cloud_provider=${cloud}` },
  } as const
  const path = slo.split('/').map(encodeURIComponent).join('/')
  const scope = encodeURIComponent(to.search.scope)
  return (
    <a
      href={`slo/${path}?scope=${scope}`}
      className="cloudcell"
      aria-label={label}
      title={title}
      onPointerEnter={() => void router.preloadRoute(to)}
      onClick={(e) => {
        // With a key held the browser opens the address in a tab of its own.
        if (e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return
        e.preventDefault()
        void router.navigate(to)
      }}
    >
      {children}
    </a>
  )
}
