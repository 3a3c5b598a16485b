import type { Answer } from '../../src/collectors/pull/index.ts'

/** Counts by minute since an instant, and by labels where there are some. */
export function byMinute({ rows }: Answer, since: number): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const { labels, minute, value } of rows) {
    const key = [
      (minute - since) / 60,
      ...Object.entries(labels).map(([name, text]) => `${name}=${text}`),
    ].join(' ')
    sums[key] = (sums[key] ?? 0) + value
  }
  return sums
}

export const gapsOf = ({ gaps }: Answer, since: number): string[] =>
  gaps.map(({ from, to, state }) => `${(from - since) / 60}-${(to - since) / 60} ${state}`)
