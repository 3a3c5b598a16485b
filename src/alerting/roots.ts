/**
 * Where each leads in the end, when each leads to at most one other. Those that lead round in a circle all lead to the
 * one that `first` puts first. Every key is walked over once, and the order of the keys does not matter.
 */
export function rootsOf(
  keys: Iterable<string>,
  next: (key: string) => string | undefined,
  first: (a: string, b: string) => number,
): ReadonlyMap<string, string> {
  const roots = new Map<string, string>()
  for (const key of keys) {
    const path: string[] = []
    const steps = new Map<string, number>()
    let at: string = key
    let root = roots.get(at)
    while (root === undefined) {
      const circle = steps.get(at)
      if (circle !== undefined) {
        root = path.slice(circle).toSorted(first)[0] ?? at
        break
      }
      steps.set(at, path.length)
      path.push(at)
      const to = next(at)
      if (to === undefined) root = at
      else {
        at = to
        root = roots.get(at)
      }
    }
    for (const one of path) roots.set(one, root)
  }
  return roots
}
