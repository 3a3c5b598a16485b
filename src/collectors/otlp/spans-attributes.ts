import type { HealthCheckRules } from '../../traffic/index.ts'
import type { ServiceRule } from '../request/options.ts'
import { KeyTable, PLACES, saysSampled, spanKeys } from './attributes.ts'
import type { TextTable } from './attributes-text.ts'
import type { SpanFacts } from './spans.ts'
import { type Suspicion, suspicionOfAgents, suspicionOfPaths } from './spans-health.ts'

const SLASH = 47
const DASH = 45
const YES = 1

/** Puts the values of attributes where they belong among a span's facts; makes texts only of what will be looked at. */
export class SpanAttributes {
  readonly keys: KeyTable
  /** What the texts are cut out of. */
  bytes: Uint8Array = new Uint8Array(0)
  readonly #facts: SpanFacts
  readonly #texts: TextTable
  readonly #paths: Suspicion
  readonly #agents: Suspicion

  constructor(
    facts: SpanFacts,
    texts: TextTable,
    options: { readonly service: ServiceRule; readonly healthChecks: HealthCheckRules },
  ) {
    this.keys = new KeyTable(spanKeys(options.service))
    this.#facts = facts
    this.#texts = texts
    this.#paths = suspicionOfPaths(options.healthChecks)
    this.#agents = suspicionOfAgents(options.healthChecks)
  }

  /** The text `bytes[start, to)` under the key with the index. */
  putText(index: number, start: number, to: number): void {
    const meaning = this.keys.meanings[index]
    if (meaning === undefined) return
    const { place, rank } = meaning
    const { bytes } = this
    const facts = this.#facts
    let from = start
    switch (place) {
      case PLACES.path:
        if (meaning.key === 'http.url') from = pathStart(bytes, from, to)
        if (!this.#paths.holds(bytes, from, to)) return facts.put(place, rank, undefined)
        break
      case PLACES.userAgent:
        if (!this.#agents.holds(bytes, from, to)) return facts.put(place, rank, undefined)
        break
      case PLACES.error:
        return facts.put(place, rank, to > from ? YES : undefined)
      case PLACES.flags:
        if (to === from + 1 && bytes[from] === DASH) return facts.put(place, rank, undefined)
        break
    }
    if (from === to) return facts.put(place, rank, undefined)
    const value = this.#texts.take(bytes, from, to)
    const isWhole = place === PLACES.sampler && !saysSampled(value.text)
    facts.put(place, rank, isWhole ? undefined : value)
  }

  /** Numbers count where a status is meant, and where any value does. */
  putNumber(index: number, value: number): void {
    const meaning = this.keys.meanings[index]
    if (meaning === undefined) return
    const { place, rank } = meaning
    const counts =
      place === PLACES.httpStatus ||
      place === PLACES.grpcStatus ||
      (place === PLACES.sampler && saysSampled(value))
    this.#facts.put(place, rank, counts ? value : undefined)
  }

  /** A truth, a list, a map or nothing, which say nothing under any of our keys. */
  putOther(index: number): void {
    const meaning = this.keys.meanings[index]
    if (meaning !== undefined) this.#facts.put(meaning.place, meaning.rank, undefined)
  }
}

/** Where the path of a URL begins: at the slash behind the host. */
function pathStart(bytes: Uint8Array, from: number, to: number): number {
  let slashes = bytes[from] === SLASH ? 3 : 0
  let at = from
  for (; at < to && slashes < 3; at++) if (bytes[at] === SLASH) slashes++
  return slashes < 3 ? to : Math.max(from, at - (bytes[from] === SLASH ? 0 : 1))
}
