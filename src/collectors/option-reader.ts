/** What is wrong with an option, where, and what to write instead. */
export interface OptionProblem {
  /** The place below `connectionDetails`: `service.from`. */
  readonly path: string
  readonly message: string
  readonly remedy: string
}

type Plain = Readonly<Record<string, unknown>>

/** Reads a plain object key by key and gathers every problem, so that a user sees all of them at once. */
export class OptionReader {
  readonly problems: OptionProblem[]
  readonly #plain: Plain
  readonly #place: string

  constructor(
    plain: unknown,
    keys: readonly string[],
    inside: { readonly place: string; readonly problems: OptionProblem[] } = { place: '', problems: [] },
  ) {
    this.problems = inside.problems
    this.#place = inside.place
    this.#plain = isPlain(plain) ? plain : {}
    if (!isPlain(plain))
      this.problem('', 'the options are no mapping', { remedy: `write ${keys.join(', ')}` })
    for (const key of Object.keys(this.#plain))
      if (!keys.includes(key))
        this.problem(key, `there is no option '${key}'`, { remedy: `write one of ${keys.join(', ')}` })
  }

  problem(key: string, message: string, { remedy }: { readonly remedy: string }): void {
    this.problems.push({ path: [this.#place, key].filter((each) => each !== '').join('.'), message, remedy })
  }

  /** A text; a number counts as one. Undefined when it is absent or wrong. */
  text(key: string): string | undefined {
    const value = this.#plain[key]
    if (value === undefined) return undefined
    if (typeof value === 'number') return String(value)
    if (typeof value === 'string' && value !== '') return value
    this.problem(key, `${key} is no text`, { remedy: `write ${key}: and a text` })
    return undefined
  }

  textIfText(key: string): string | undefined {
    const value = this.#plain[key]
    return typeof value === 'string' && value !== '' ? value : undefined
  }

  /** A list of texts; a single text is a list of one. */
  texts(key: string, { optional = false, remedy = `write ${key}: [...]` } = {}): readonly string[] {
    const value = this.#plain[key]
    if (value === undefined && optional) return []
    const list: readonly unknown[] = Array.isArray(value) ? value : value === undefined ? [] : [value]
    const texts = list.filter((each) => typeof each === 'string' && each !== '').map(String)
    if (texts.length < list.length || (texts.length === 0 && !optional))
      this.problem(key, list.length === 0 ? `${key} is missing` : `${key} is no list of texts`, { remedy })
    return texts
  }

  oneOf<const T extends string>(key: string, allowed: readonly T[]): T | undefined {
    const value = this.#plain[key]
    const found = allowed.find((each) => each === value)
    if (found === undefined)
      this.problem(key, value === undefined ? `${key} is missing` : `'${show(value)}' is no ${key}`, {
        remedy: `write ${key}: and one of ${allowed.join(', ')}`,
      })
    return found
  }

  whole(
    key: string,
    range: { readonly fallback: number; readonly least: number; readonly most: number },
  ): number {
    const value = this.#plain[key]
    if (value === undefined) return range.fallback
    const isWhole = typeof value === 'number' && Number.isSafeInteger(value)
    if (isWhole && value >= range.least && value <= range.most) return value
    this.problem(key, `'${show(value)}' is no whole number from ${range.least} to ${range.most}`, {
      remedy: `write ${key}: ${range.fallback}`,
    })
    return range.fallback
  }

  /** A mapping of texts to texts; empty when absent. */
  entries(key: string): readonly (readonly [string, string])[] {
    const value = this.#plain[key]
    if (value === undefined) return []
    if (!isPlain(value)) {
      this.problem(key, `${key} is no mapping`, { remedy: `write ${key}: { name: value }` })
      return []
    }
    const entries = Object.entries(value)
    for (const [name, each] of entries)
      if (typeof each !== 'string')
        this.problem(`${key}.${name}`, `'${show(each)}' is no text`, { remedy: 'write it in quotes' })
    return entries.flatMap(([name, each]) => (typeof each === 'string' ? [[name, each] as const] : []))
  }

  /** A mapping with keys of its own; undefined when absent. */
  section(key: string, keys: readonly string[]): OptionReader | undefined {
    const value = this.#plain[key]
    if (value === undefined) return undefined
    const place = this.#place === '' ? key : `${this.#place}.${key}`
    return new OptionReader(value, keys, { place, problems: this.problems })
  }
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')
}
