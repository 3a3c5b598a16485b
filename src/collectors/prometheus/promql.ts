/**
 * What a PromQL expression is to us. Series behind a plain selector, alone or in a sum, are read sample by sample and
 * counted here, exactly. All else is evaluated by the server.
 */
export type Query =
  | {
      readonly kind: 'series'
      readonly text: string
      /** The instant selector, as it was written. */
      readonly selector: string
      /** Labels that tell rows apart. Undefined: the query does not say, as it is a bare selector. */
      readonly grouping: Grouping | undefined
      /** It asks by how much the series rise: `rate`, `irate`, `increase`, whatever the range. */
      readonly rises: boolean
    }
  | {
      readonly kind: 'expression'
      readonly text: string
      /** It takes a rate or an increase somewhere, so that it is no running total itself. */
      readonly rises: boolean
    }

export interface Grouping {
  readonly kind: 'by' | 'without'
  readonly labels: readonly string[]
}

const RISING: ReadonlySet<string> = new Set(['rate', 'irate', 'increase'])
const DIFFERING = /\b(rate|irate|increase|delta|idelta|deriv)\s*\(/

/** Reads a query as far as it has to be understood; a syntax error is left for the server to tell. */
export function parseQuery(text: string): Query {
  const expression: Query = { kind: 'expression', text, rises: DIFFERING.test(text) }
  const tokens = tokensOf(text)
  if (tokens === undefined) return expression
  const reader = new Reader(text, tokens)
  const found = reader.sum() ?? expression
  return reader.isAtEnd ? found : expression
}

interface Token {
  readonly text: string
  readonly kind: 'name' | 'string' | 'duration' | 'mark'
  readonly from: number
  readonly to: number
}

const TOKEN =
  /(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)|(?<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)|(?<duration>\d+(?:ms|[smhdwy])(?:\d+(?:ms|[smhdwy]))*)|(?<mark>=~|!~|!=|[=(){}[\],])/y

/** Undefined for a text with anything that a plain selector or its sum does not have. */
function tokensOf(text: string): readonly Token[] | undefined {
  const tokens: Token[] = []
  for (let at = 0; at < text.length; ) {
    const rest = /\s*(?:#[^\n]*\n?\s*)*/y
    rest.lastIndex = at
    at += rest.exec(text)?.[0].length ?? 0
    if (at >= text.length) break
    TOKEN.lastIndex = at
    const found = TOKEN.exec(text)
    if (found === null) return undefined
    const kind = (['name', 'string', 'duration', 'mark'] as const).find(
      (each) => found.groups?.[each] !== undefined,
    )
    if (kind === undefined) return undefined
    tokens.push({ text: found[0], kind, from: at, to: at + found[0].length })
    at += found[0].length
  }
  return tokens
}

class Reader {
  readonly #text: string
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(text: string, tokens: readonly Token[]) {
    this.#text = text
    this.#tokens = tokens
  }

  get isAtEnd(): boolean {
    return this.#at === this.#tokens.length
  }

  /** `sum by (…) (…)`, `sum(…) by (…)`, or what may stand inside. */
  sum(): Query | undefined {
    if (!this.#is('sum') || !['(', 'by', 'without'].includes(this.#peek(1))) return this.#inner()
    this.#at++
    const before = this.#grouping()
    if (!this.#take('(')) return undefined
    const inner = this.#inner()
    if (inner?.kind !== 'series' || !this.#take(')')) return undefined
    const grouping = before ?? this.#grouping() ?? { kind: 'by', labels: [] }
    return { ...inner, grouping }
  }

  #inner(): Query | undefined {
    if (this.#take('(')) {
      const inner = this.#inner()
      return this.#take(')') ? inner : undefined
    }
    const name = this.#tokens[this.#at]?.text ?? ''
    if (!RISING.has(name) || this.#peek(1) !== '(') return this.#selector()
    this.#at += 2
    const inner = this.#selector()
    const isRange = this.#take('[') && this.#kind() === 'duration' && this.#at++ >= 0 && this.#take(']')
    return isRange && this.#take(')') && inner?.kind === 'series' ? { ...inner, rises: true } : undefined
  }

  #selector(): Query | undefined {
    const first = this.#tokens[this.#at]
    if (first === undefined) return undefined
    if (first.kind === 'name') this.#at++
    if (this.#take('{')) {
      while (!this.#take('}')) {
        if (this.#kind() !== 'name') return undefined
        this.#at++
        if (!['=', '!=', '=~', '!~'].includes(this.#peek(0))) return undefined
        this.#at++
        if (this.#kind() !== 'string') return undefined
        this.#at++
        if (!this.#take(',') && !this.#is('}')) return undefined
      }
    }
    const last = this.#tokens[this.#at - 1]
    if (last === undefined || last.from < first.from) return undefined
    return {
      kind: 'series',
      text: this.#text,
      selector: this.#text.slice(first.from, last.to),
      grouping: undefined,
      rises: false,
    }
  }

  #grouping(): Grouping | undefined {
    const kind = (['by', 'without'] as const).find((each) => this.#is(each))
    if (kind === undefined || this.#peek(1) !== '(') return undefined
    this.#at += 2
    const labels: string[] = []
    while (!this.#take(')')) {
      if (this.#kind() !== 'name') return undefined
      labels.push(this.#peek(0))
      this.#at++
      if (!this.#take(',') && !this.#is(')')) return undefined
    }
    return { kind, labels }
  }

  #kind(): Token['kind'] | undefined {
    return this.#tokens[this.#at]?.kind
  }

  #peek(ahead: number): string {
    return this.#tokens[this.#at + ahead]?.text ?? ''
  }

  #is(text: string): boolean {
    return this.#peek(0) === text
  }

  #take(text: string): boolean {
    if (!this.#is(text)) return false
    this.#at++
    return true
  }
}

/** A selector with one more matcher. */
export function withMatcher(selector: string, matcher: string): string {
  if (!selector.endsWith('}')) return `${selector}{${matcher}}`
  const inside = selector.slice(0, -1).trimEnd()
  return `${inside}${inside.endsWith('{') || inside.endsWith(',') ? '' : ','}${matcher}}`
}

/** The metric's name, when the selector begins with one. */
export function metricOf(selector: string): string {
  return /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(selector)?.[0] ?? ''
}

/** A text as PromQL writes it. */
export function quoted(text: string): string {
  return JSON.stringify(text)
}
