import { createHash } from 'node:crypto'
import { type Labels, labelsKey } from '../base/index.ts'
import type { Selector } from '../traffic/index.ts'
import type { Engine } from './engine.ts'
import { RowWriter } from './row-binary.ts'
import { SERIES } from './schema.ts'

export type Family = 'requests' | 'counts' | 'coverage'

/** What an id of `cells` stands for. */
export interface Series {
  readonly id: bigint
  readonly family: Family
  readonly source: string
  /** The key of the external query whose values these are; empty in the other families. */
  readonly question: string
  readonly labels: Labels
  /** The last day, counted from 1970, of which the series table knows that it had rows. */
  lastDay: number
}

const FAMILIES: readonly Family[] = ['requests', 'counts', 'coverage']
/** Selectors whose matches are remembered; beyond it all are forgotten and matched again. */
const MAX_MATCHES = 20_000

interface Matches {
  readonly found: Series[]
  /** How many of the source's series were looked at. */
  seen: number
}

/** All series of the ledger, in memory. Ids are hashes of what they stand for, so processes agree without asking. */
export class SeriesRegistry {
  readonly #engine: Engine
  readonly #byId = new Map<bigint, Series>()
  readonly #byKey = new Map<string, Series>()
  readonly #bySource = new Map<string, Series[]>()
  // Most rows come with the same labels object as the minute before, which spares building the key.
  readonly #byLabels = new WeakMap<Labels, Map<string, Series>>()
  readonly #matches = new Map<string, Matches>()
  #loadedAt = 0

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Takes in what was written since the last load, by other processes too. */
  async load(): Promise<void> {
    // Processes and servers may disagree about the time by seconds; a row read twice does no harm.
    const since = Math.max(0, this.#loadedAt - 60)
    const rows = await this.#engine.query(
      `SELECT id, toInt8(family), source, question, mapKeys(labels), mapValues(labels), toUInt32(last_day), toUInt32(inserted_at)
       FROM ${this.#engine.tables.database}.series WHERE inserted_at >= toDateTime(${since}, 'UTC')`,
    )
    while (!rows.done) {
      const id = rows.big()
      const family = FAMILIES[rows.u8() - 1] ?? 'requests'
      const source = rows.text()
      const question = rows.text()
      const names = rows.texts()
      const values = rows.texts()
      const lastDay = rows.u32()
      this.#loadedAt = Math.max(this.#loadedAt, rows.u32())
      const known = this.#byId.get(id)
      if (known) known.lastDay = Math.max(known.lastDay, lastDay)
      else {
        const labels = Object.fromEntries(names.map((name, i) => [name, values[i] ?? '']))
        this.#add({ id, family, source, question, labels, lastDay })
      }
    }
  }

  requests(source: string, labels: Labels): Series {
    let bySource = this.#byLabels.get(labels)
    if (bySource === undefined) {
      bySource = new Map()
      this.#byLabels.set(labels, bySource)
    }
    let series = bySource.get(source)
    if (series === undefined) {
      series = this.#intern({ family: 'requests', source, question: '', labels })
      bySource.set(source, series)
    }
    return series
  }

  counts(source: string, question: string, labels: Labels): Series {
    return this.#intern({ family: 'counts', source, question, labels })
  }

  coverage(source: string): Series {
    return this.#intern({ family: 'coverage', source, question: '', labels: {} })
  }

  byId(id: bigint): Series | undefined {
    return this.#byId.get(id)
  }

  all(): Iterable<Series> {
    return this.#byId.values()
  }

  /** The traffic series of a source whose labels the selector matches. */
  matching(source: string, selector: Selector): readonly Series[] {
    return this.#match(
      `requests\n${source}\n${selector.text}`,
      source,
      (series) => series.family === 'requests' && selector.matches(series.labels),
    )
  }

  /** The series with the values of one external question. */
  answering(source: string, question: string): readonly Series[] {
    return this.#match(
      `counts\n${source}\n${question}`,
      source,
      (series) => series.family === 'counts' && series.question === question,
    )
  }

  /** Writes what the table does not know yet of the series that are about to get rows on these days. */
  async save(days: ReadonlyMap<Series, number>): Promise<void> {
    const rows = new RowWriter(days.size * 200)
    for (const [series, day] of days) encode(rows, series, day)
    if (rows.size === 0) return
    await this.#engine.insert(SERIES, rows.bytes)
    for (const [series, day] of days) series.lastDay = Math.max(series.lastDay, day)
  }

  #match(key: string, source: string, fits: (series: Series) => boolean): readonly Series[] {
    let matches = this.#matches.get(key)
    if (matches === undefined) {
      if (this.#matches.size >= MAX_MATCHES) this.#matches.clear()
      matches = { found: [], seen: 0 }
      this.#matches.set(key, matches)
    }
    const all = this.#bySource.get(source) ?? []
    for (; matches.seen < all.length; matches.seen++) {
      const series = all[matches.seen]
      if (series && fits(series)) matches.found.push(series)
    }
    return matches.found
  }

  #intern(description: Omit<Series, 'id' | 'lastDay'>): Series {
    const { family, source, question, labels } = description
    const key = JSON.stringify([family, source, question, labelsKey(labels)])
    const known = this.#byKey.get(key)
    if (known) return known
    const series = { ...description, labels: { ...labels }, id: hashOf(key), lastDay: -1 }
    this.#add(series)
    return series
  }

  #add(series: Series): void {
    const { family, source, question, labels } = series
    this.#byId.set(series.id, series)
    this.#byKey.set(JSON.stringify([family, source, question, labelsKey(labels)]), series)
    const ofSource = this.#bySource.get(source)
    if (ofSource) ofSource.push(series)
    else this.#bySource.set(source, [series])
  }
}

/** 64 bits of SHA-256: among a million series the chance that any two meet is one in thirty million. */
export function hashOf(text: string): bigint {
  return createHash('sha256').update(text).digest().readBigUInt64LE(0)
}

function encode(rows: RowWriter, series: Series, day: number): void {
  rows.big(series.id)
  rows.u8(FAMILIES.indexOf(series.family) + 1)
  rows.text(series.source)
  rows.text(series.question)
  writeLabels(rows, series.labels)
  rows.u16(day)
}

/** A Map(String, String), without the empty values, which mean the same as absent ones. */
export function writeLabels(rows: RowWriter, labels: Labels): void {
  const entries = Object.entries(labels).filter(([, value]) => value !== '')
  rows.length(entries.length)
  for (const [name, value] of entries) {
    rows.text(name)
    rows.text(value)
  }
}
