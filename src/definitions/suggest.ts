/** The known word that was probably meant: nearest by edits, at most a third of its length away. */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  const wanted = word.slice(0, 64).toLowerCase()
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of known) {
    const limit = Math.max(1, Math.floor(Math.max(candidate.length, wanted.length) / 3))
    const gap = distance(wanted, candidate.toLowerCase())
    if (gap <= limit && gap < bestDistance) {
      best = candidate
      bestDistance = gap
    }
  }
  return best
}

/** Edits between two words: insert, delete, replace, swap of neighbours (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let least = Math.min(change, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before[j - 2] ?? 0) + 1)
      row.push(least)
    }
    before = previous
    previous = row
  }
  return previous[b.length] ?? 0
}

/** `a, b and 3 more`: enough of a list for a remedy. */
export function someOf(names: Iterable<string>, limit = 8): string {
  const all = [...names]
  const shown = all.slice(0, limit).join(', ')
  return all.length > limit ? `${shown} and ${all.length - limit} more` : shown
}
