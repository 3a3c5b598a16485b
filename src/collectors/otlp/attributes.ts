import type { ServiceRule } from '../request/options.ts'

/** What a key of an attribute says about a request; the first of several generations of names is the newest. */
export interface KeyMeaning {
  readonly key: string
  readonly place: number
  /** Of several keys for one place the one with the highest rank counts, wherever it stands. */
  readonly rank: number
}

/** Where the values of a span's attributes are put: one place for each thing that may have several names. */
export const PLACES = {
  httpStatus: 0,
  grpcStatus: 1,
  route: 2,
  rpcMethod: 3,
  rpcService: 4,
  rpcSystem: 5,
  path: 6,
  userAgent: 7,
  synthetic: 8,
  error: 9,
  flags: 10,
  authority: 11,
  upstreamCluster: 12,
  /** The attribute that the DataSource names the service by. */
  service: 13,
  /** Says that spans were sampled, but not how they are to be weighed. */
  sampler: 14,
} as const

/** How many places there are. */
export const PLACE_COUNT = 15

/** Attributes by which samplers of other makes say that they left spans out. */
export const SAMPLER_KEYS: readonly string[] = ['sampler.type', 'sampling.probability', 'SampleRate']

/** Whether the value of one of them says so: a sampler that keeps all says `const`, a rate or a share of 1. */
export function saysSampled(value: string | number | boolean | undefined): boolean {
  if (value === undefined || typeof value === 'boolean' || value === '') return false
  return value !== 'const' && Number(value) !== 1
}

// OpenTelemetry's conventions, newest name first, then the tags that Envoy's own tracers write.
const SPAN_KEYS: Readonly<Record<Exclude<keyof typeof PLACES, 'service'>, readonly string[]>> = {
  httpStatus: ['http.response.status_code', 'http.status_code'],
  grpcStatus: ['rpc.status_code', 'rpc.response.status_code', 'rpc.grpc.status_code', 'grpc.status_code'],
  route: ['http.route'],
  rpcMethod: ['rpc.method'],
  rpcService: ['rpc.service'],
  rpcSystem: ['rpc.system.name', 'rpc.system'],
  path: ['url.path', 'http.target', 'http.url'],
  userAgent: ['user_agent.original', 'http.user_agent', 'user_agent'],
  synthetic: ['user_agent.synthetic.type'],
  error: ['error.type'],
  flags: ['response_flags'],
  authority: ['server.address', 'net.host.name', 'http.host'],
  upstreamCluster: ['upstream_cluster', 'upstream_cluster.name'],
  sampler: SAMPLER_KEYS,
}

/** Places that only name services, so that they are looked for only when services are named by them. */
const NAMING: ReadonlyMap<number, string> = new Map<number, string>([
  [PLACES.authority, 'authority'],
  [PLACES.upstreamCluster, 'upstream_cluster'],
])

/** The keys of spans that are looked for, by the rule that names services. */
export function spanKeys(service: ServiceRule): readonly KeyMeaning[] {
  const from = service.kind === 'from' ? service.from : undefined
  const keys = Object.entries(SPAN_KEYS)
    .flatMap(([name, names]) =>
      names.map((key, i) => ({ key, place: placeNamed(name), rank: names.length - i })),
    )
    .filter(({ place }) => (NAMING.get(place) ?? from) === from)
  if (service.kind === 'fixed' || service.from !== 'field' || service.field === 'service.name') return keys
  const own = { key: service.field, place: PLACES.service, rank: 1 }
  return [...keys.filter(({ key }) => key !== service.field), own]
}

function placeNamed(name: string): number {
  for (const [known, place] of Object.entries(PLACES)) if (known === name) return place
  throw new Error(`${name} is no place`)
}

/** What is being read, as bytes and as words. */
export interface ReadBytes {
  readonly bytes: Uint8Array
  readonly view: DataView
}

/**
 * Finds keys by their bytes, without making a text of them: by length and end, then four bytes at a time. -1: none of
 * ours, which most keys of a span are.
 */
export class KeyTable {
  readonly meanings: readonly KeyMeaning[]
  readonly #bytes: readonly Uint8Array[]
  readonly #words: readonly Int32Array[]
  readonly #lengths: Int32Array
  /** The last four bytes of each, by which nearly all are told apart. */
  readonly #ends: Int32Array
  /** The first meaning with a hash, plus one, and the next one with the same. */
  readonly #heads = new Uint8Array(HASHES)
  readonly #next: Uint8Array
  readonly #byText: ReadonlyMap<string, number>

  constructor(meanings: readonly KeyMeaning[]) {
    if (meanings.length > 254) throw new Error('the table holds 254 keys')
    this.meanings = meanings
    this.#bytes = meanings.map(({ key }) => new TextEncoder().encode(key))
    this.#words = this.#bytes.map((key) => wordsOf(key))
    this.#lengths = Int32Array.from(this.#bytes, ({ length }) => length)
    this.#ends = Int32Array.from(this.#bytes, (key) =>
      endOf(new DataView(key.buffer, key.byteOffset, key.length), 0, key.length),
    )
    this.#next = new Uint8Array(meanings.length)
    this.#byText = new Map(meanings.map(({ key }, i) => [key, i]))
    this.#bytes.forEach((key, i) => {
      const hash = hashOf(this.#ends[i] ?? 0, key.length)
      this.#next[i] = this.#heads[hash] ?? 0
      this.#heads[hash] = i + 1
    })
  }

  /** False: the key at `[from, to)` is none of ours, which is all that is asked of most. */
  mayHold(view: DataView, from: number, to: number): boolean {
    return this.#heads[hashOf(endOf(view, from, to), to - from)] !== 0
  }

  /** The index among the meanings of the key at `[from, to)` of what is read. */
  find({ view }: ReadBytes, from: number, to: number): number {
    const length = to - from
    const end = endOf(view, from, to)
    let at = this.#heads[hashOf(end, length)] ?? 0
    while (at > 0) {
      const index = at - 1
      if (this.#ends[index] === end && this.#lengths[index] === length && this.#isAt(index, view, from))
        return index
      at = this.#next[index] ?? 0
    }
    return -1
  }

  /** Whether the key stands there; that it has the same length and the same end is known. */
  #isAt(index: number, view: DataView, from: number): boolean {
    const words = this.#words[index]
    if (words === undefined) return false
    let word = 0
    while (word < words.length && view.getInt32(from + 4 * word, true) === words[word]) word++
    return word === words.length
  }

  findText(key: string): number {
    return this.#byText.get(key) ?? -1
  }
}

const HASHES = 1_024

/** The last four bytes; of what is shorter all of them. */
function endOf(view: DataView, from: number, to: number): number {
  if (to - from >= 4) return view.getInt32(to - 4, true)
  let end = 0
  for (let at = from; at < to; at++) end = (end << 8) | view.getUint8(at)
  return end
}

function hashOf(end: number, length: number): number {
  return Math.imul(end ^ length, 0x9e3779b1) >>> 22
}

/** Four bytes each, the first lowest; what is left over at the end is left out. */
export function wordsOf(bytes: Uint8Array): Int32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Int32Array.from({ length: bytes.length >> 2 }, (_, i) => view.getInt32(4 * i, true))
}

/** Whether the up to three bytes are the same that are no whole word. */
export function isSameEnd(known: Uint8Array, bytes: Uint8Array, from: number): boolean {
  for (let i = known.length & ~3; i < known.length; i++) if (known[i] !== bytes[from + i]) return false
  return true
}
