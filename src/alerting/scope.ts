import { type Labels, labelsKey } from '../base/index.ts'

/** Whether `inner` is `outer` or a part of it: it has every label of `outer`. */
export function isInside(inner: Labels, outer: Labels): boolean {
  return Object.entries(outer).every(([name, value]) => value === '' || inner[name] === value)
}

/** Whether one holds the other: then they are one problem seen from two heights. */
export const areNested = (a: Labels, b: Labels): boolean => isInside(a, b) || isInside(b, a)

/** Those that hold no other of the list: where the problem is, as exactly as the splits tell. */
export function narrowest(scopes: readonly Labels[]): readonly Labels[] {
  return scopes.filter(
    (scope) => !scopes.some((other) => labelsKey(other) !== labelsKey(scope) && isInside(other, scope)),
  )
}

/** The labels that all have, in the order of their names; empty when they share none, or there are none. */
export function commonLabels(scopes: readonly Labels[]): Labels {
  const [first, ...rest] = scopes
  const common: Record<string, string> = {}
  for (const name of Object.keys(first ?? {}).sort()) {
    const value = first?.[name]
    if (value !== undefined && value !== '' && rest.every((scope) => scope[name] === value))
      common[name] = value
  }
  return common
}
