const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|[A-Za-z_][\w]*|<=|>=|<>|!=|[=<>(),]|\d+|\s+|./gy
const WORDS: ReadonlySet<string> = new Set([
  'IN',
  'BETWEEN',
  'AND',
  'OR',
  'NOT',
  '=',
  '<',
  '>',
  '<=',
  '>=',
  '<>',
  '!=',
  '(',
  ')',
  ',',
])

/**
 * The conditions of a query that speak of a table's partition columns and literals only, which is what an engine prunes
 * by: stretches of the text made of nothing else. One that an OR joins to something else says nothing by itself.
 */
export function partitionConditions(sql: string, partitions: readonly string[]): readonly string[] {
  const names = new Set(partitions.map((name) => name.toLowerCase()))
  const isColumn = (token: string): boolean => names.has(token.replaceAll('"', '').toLowerCase())
  const found: string[] = []
  let run: string[] = []
  const close = (): void => {
    const { list, isAlternative } = trimmed(run)
    if (list.some(isColumn) && !isAlternative) found.push(list.join(' '))
    run = []
  }
  for (const [token] of sql.matchAll(TOKEN)) {
    if (token.trim() === '') continue
    const word = token.toUpperCase()
    if (isColumn(token) || token.startsWith("'") || WORDS.has(word)) run.push(token)
    else close()
  }
  close()
  return found
}

/** Without what does not stand in it whole: parentheses that open or close outside, and words that join. */
function trimmed(tokens: readonly string[]): {
  readonly list: readonly string[]
  readonly isAlternative: boolean
} {
  let list = [...tokens]
  let isAlternative = false
  for (let changed = true; changed; ) {
    changed = false
    const depth = depths(list)
    const first = list[0]?.toUpperCase() ?? ''
    const last = list.at(-1)?.toUpperCase() ?? ''
    if (first !== '' && (['AND', 'OR', ',', ')'].includes(first) || (first === '(' && depth.end > 0))) {
      isAlternative ||= first === 'OR'
      list = list.slice(1)
      changed = true
    } else if (last !== '' && (['AND', 'OR', ',', '('].includes(last) || (last === ')' && depth.least < 0))) {
      isAlternative ||= last === 'OR'
      list = list.slice(0, -1)
      changed = true
    }
  }
  return { list, isAlternative }
}

function depths(tokens: readonly string[]): { readonly end: number; readonly least: number } {
  let depth = 0
  let least = 0
  for (const token of tokens) {
    if (token === '(') depth++
    if (token === ')') depth--
    least = Math.min(least, depth)
  }
  return { end: depth, least }
}
