import type { ReactElement } from 'react'

/** Line icons on a 20 × 20 grid, drawn for these pages. Decorative: a word always stands beside them. */
const PATHS = {
  fleet: 'M3 5h14M3 10h14M3 15h9',
  incidents: 'M10 3l7.5 13.5h-15zM10 8.2v3.6M10 14v.6',
  services:
    'M3 3.5h5.5V9H3zM11.5 11H17v5.5h-5.5zM8.5 6.2h2c1.6 0 2.6 1 2.6 2.6V11M3 11h5.5v5.5H3zM8.5 13.8h3',
  sources:
    'M3.5 6c0-1.7 2.9-3 6.5-3s6.5 1.3 6.5 3-2.9 3-6.5 3-6.5-1.3-6.5-3zM3.5 6v8c0 1.7 2.9 3 6.5 3s6.5-1.3 6.5-3V6M3.5 10c0 1.7 2.9 3 6.5 3s6.5-1.3 6.5-3',
  journeys:
    'M4 15.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM16 8.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM6 13.5h6a2.5 2.5 0 0 0 0-5H8a2 2 0 0 1 0-4h6',
  graph: 'M2.5 10h4M6.5 7h-4v6h4zM13.5 3h4v5h-4zM13.5 12h4v5h-4zM6.5 10h3l4-4.5M9.5 10l4 4.5',
  review: 'M4 3h12v14H4zM7 7h6M7 10h6M7 13h3.5',
  plans: 'M3 4.5h14v12H3zM3 8.5h14M6.5 2.5v3M13.5 2.5v3M6.5 12h3',
  try: 'M3 6h8M15 6h2M3 14h2M9 14h8M13 3.5v5M7 11.5v5',
  compare: 'M3 15l4-6 3.5 3L17 4M3 9l4 3 3.5-5L17 13',
  wall: 'M2.5 4h15v10h-15zM7 17h6',
  search: 'M8.8 14.6a5.8 5.8 0 1 0 0-11.6 5.8 5.8 0 0 0 0 11.6zM13 13l4 4',
  theme: 'M10 3a7 7 0 1 0 0 14z',
  help: 'M7.4 7.6a2.6 2.6 0 1 1 3.7 2.4c-.8.4-1.1.9-1.1 1.7M10 14.4v.4M10 17.2a7.2 7.2 0 1 0 0-14.4 7.2 7.2 0 0 0 0 14.4z',
  left: 'M12 4.5L6.5 10l5.5 5.5',
  right: 'M8 4.5l5.5 5.5L8 15.5',
  plus: 'M10 4.5v11M4.5 10h11',
  minus: 'M4.5 10h11',
  table: 'M3 4.5h14v11H3zM3 8.5h14M8 8.5v7',
  chart: 'M3 16.5h14M4 13l4-4 3 2.5L16.5 5',
  link: 'M8.5 11.5l3-3M9 6l1.6-1.6a3.3 3.3 0 0 1 4.7 4.7L13.6 10.7M11 14l-1.6 1.6a3.3 3.3 0 0 1-4.7-4.7L6.4 9.3',
  up: 'M10 15.5v-11M5.5 9L10 4.5 14.5 9',
  down: 'M10 4.5v11M5.5 11l4.5 4.5 4.5-4.5',
  external: 'M8 4.5H4.5v11h11V12M11.5 4.5h4v4M15 5l-6 6',
  copy: 'M7 7V3.5h9.5V13H13M3.5 7H13v9.5H3.5z',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name, size = 18 }: { name: IconName; size?: number }): ReactElement {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 20 20" aria-hidden="true">
      <path
        d={PATHS[name]}
        fill={name === 'theme' ? 'currentColor' : 'none'}
        fillOpacity={name === 'theme' ? 0.9 : undefined}
        fillRule="evenodd"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  )
}

/** A ring that is nearly whole: the nines. */
export function Mark(): ReactElement {
  return (
    <svg className="mark" width="22" height="22" viewBox="0 0 22 22" aria-hidden="true">
      <circle cx="11" cy="11" r="8" fill="none" stroke="var(--line-strong)" strokeWidth="3.5" />
      <path d="M11 3a8 8 0 1 1-6.4 3.2" fill="none" stroke="var(--ok)" strokeWidth="3.5" />
    </svg>
  )
}
