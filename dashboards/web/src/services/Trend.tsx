import type { ReactElement } from 'react'

const WIDTH = 96
const HEIGHT = 22

/**
 * The share of bad requests, a bar a stretch of time. Height is the square root of the share, on a scale that all
 * trends of the table have in common. A stretch without requests is left open; one that nobody measured is a dot.
 */
export function Trend({
  values,
  most,
  label,
}: {
  values: readonly (number | null)[]
  most: number
  label: string
}): ReactElement {
  const pitch = WIDTH / Math.max(1, values.length)
  const bar = Math.max(1, pitch - 1)
  return (
    <svg
      className="trend"
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={label}
    >
      {values.map((value, i) => {
        const x = Math.round(i * pitch * 10) / 10
        const key = `${i} ${values.length}`
        if (value === null)
          return <rect key={key} x={x} y={HEIGHT - 1} width={bar / 2} height={1} fill="var(--unknown)" />
        const tall = value === 0 ? 1 : Math.max(2, Math.sqrt(Math.min(1, value / most)) * HEIGHT)
        return (
          <rect
            key={key}
            x={x}
            y={HEIGHT - tall}
            width={bar}
            height={tall}
            fill={value === 0 ? 'var(--muted)' : 'var(--burning)'}
            fillOpacity={value === 0 ? 0.4 : 0.85}
          />
        )
      })}
    </svg>
  )
}
