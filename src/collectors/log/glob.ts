import { type Dirent, promises as fs } from 'node:fs'
import { join } from 'node:path'

/**
 * The files that a pattern names, in order of name: `*` and `?` within one name, `**` for any depth, `{a,b}` for
 * either. A pattern without any of these is a path. Directories that cannot be read have no files; links are followed,
 * but not by `**`.
 */
export async function filesMatching(pattern: string): Promise<readonly string[]> {
  const found = new Set<string>()
  for (const each of alternatives(pattern)) for (const file of await expand(each)) found.add(file)
  return [...found].sort()
}

/** `a{b,c}d` is `abd` and `acd`; braces nest. At most 1,000, which nobody writes by hand. */
export function alternatives(pattern: string): readonly string[] {
  const open = pattern.indexOf('{')
  const close = open < 0 ? -1 : closing(pattern, open)
  if (close < 0) return [pattern]
  const options = splitTop(pattern.slice(open + 1, close))
  const [before, after] = [pattern.slice(0, open), pattern.slice(close + 1)]
  if (options.length < 2) return alternatives(after).map((rest) => `${pattern.slice(0, close + 1)}${rest}`)
  return options.flatMap((option) => alternatives(`${before}${option}${after}`)).slice(0, 1_000)
}

/** Whether a name fits a pattern of `*` and `?`. Linear: it remembers only the last star. */
export function nameMatches(pattern: string, name: string): boolean {
  // A star does not reach for hidden files, as in a shell.
  if (name.startsWith('.') && !pattern.startsWith('.')) return false
  let [p, n, star, retry] = [0, 0, -1, 0]
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p++
      retry = n
    } else if (pattern[p] === '?' || (p < pattern.length && pattern[p] === name[n])) {
      p++
      n++
    } else if (star >= 0) {
      p = star + 1
      n = ++retry
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}

async function expand(pattern: string): Promise<readonly string[]> {
  const steps = pattern.split('/')
  let places = [pattern.startsWith('/') ? '/' : '.']
  for (const [i, step] of steps.entries()) {
    if (step === '') continue
    const isLast = i === steps.length - 1
    const next: string[] = []
    for (const place of places) next.push(...(await descend(place, { step, isLast })))
    places = next
  }
  return places
}

async function descend(
  place: string,
  { step, isLast }: { readonly step: string; readonly isLast: boolean },
): Promise<readonly string[]> {
  if (step === '**') return isLast ? await filesBelow(place) : [place, ...(await directoriesBelow(place))]
  if (!/[*?]/.test(step)) {
    const path = join(place, step)
    return (await isThere(path, isLast)) ? [path] : []
  }
  const names = (await entries(place)).map((entry) => entry.name).filter((name) => nameMatches(step, name))
  const paths = names.map((name) => join(place, name))
  const there = await Promise.all(paths.map((path) => isThere(path, isLast)))
  return paths.filter((_, i) => there[i] === true)
}

async function directoriesBelow(place: string): Promise<readonly string[]> {
  const inside = (await entries(place))
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => join(place, entry.name))
  const below: string[] = []
  for (const directory of inside) below.push(directory, ...(await directoriesBelow(directory)))
  return below
}

async function filesBelow(place: string): Promise<readonly string[]> {
  const files: string[] = []
  for (const directory of [place, ...(await directoriesBelow(place))])
    for (const entry of await entries(directory))
      if (entry.isFile() && !entry.name.startsWith('.')) files.push(join(directory, entry.name))
  return files
}

async function entries(place: string): Promise<readonly Dirent[]> {
  try {
    return await fs.readdir(place, { withFileTypes: true })
  } catch {
    // A directory that is not there, or not for us, has no files; that none were found is reported.
    return []
  }
}

async function isThere(path: string, asFile: boolean): Promise<boolean> {
  try {
    const found = await fs.stat(path)
    return asFile ? found.isFile() : found.isDirectory()
  } catch {
    return false
  }
}

function closing(pattern: string, open: number): number {
  for (let at = open, depth = 0; at < pattern.length; at++) {
    if (pattern[at] === '{') depth++
    if (pattern[at] === '}' && --depth === 0) return at
  }
  return -1
}

function splitTop(text: string): readonly string[] {
  const parts: string[] = []
  let [from, depth] = [0, 0]
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '{') depth++
    if (text[at] === '}') depth--
    if (text[at] === ',' && depth === 0) {
      parts.push(text.slice(from, at))
      from = at + 1
    }
  }
  return [...parts, text.slice(from)]
}
