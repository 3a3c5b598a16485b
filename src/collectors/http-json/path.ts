import { isPlain } from '../pull/index.ts'

/** What is at a path of names and numbers, `aggregations.by_minute.buckets`, `0.value`; a name with a dot is in quotes. */
export function reach(value: unknown, path: string): unknown {
  let at = value
  for (const [, quoted, plain] of path.matchAll(/"([^"]+)"|([^."]+)/g)) {
    const name = quoted ?? plain ?? ''
    if (Array.isArray(at)) at = at.at(Number(name))
    else at = isPlain(at) ? at[name] : undefined
  }
  return at
}
