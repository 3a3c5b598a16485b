/**
 * Seeded chance. A stream is started anew from (seed, series, minute), so what a minute draws depends on nothing but
 * itself: the same minute has the same traffic whatever range is generated, and whatever was generated before.
 */
export interface Draws {
  /** Starts the stream of this number: two calls with the same number are followed by the same draws. */
  readonly start: (state: number) => void
  /** Uniform in [0, 1). */
  readonly uniform: () => number
  /** Standard normal. */
  readonly normal: () => number
  /** How many of rare independent events happen when `mean` are expected. */
  readonly poisson: (mean: number) => number
  /** How many of `n` fall on the side that has the share `p`. */
  readonly binomial: (n: number, p: number) => number
}

/** Below this mean a Poisson number is drawn exactly; above it the normal curve is nearer than anybody could see. */
const EXACT_BELOW = 12

export function createDraws(): Draws {
  let state = 0
  const uniform = (): number => {
    // mulberry32 (public domain, T. Ettinger): 32 bits of state are plenty for the few draws of a minute.
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  const poisson = (mean: number): number => {
    if (mean <= 0) return 0
    if (mean >= EXACT_BELOW) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()))
    let left = uniform()
    let term = Math.exp(-mean)
    let n = 0
    while (left > term && n < 200) {
      left -= term
      n++
      term *= mean / n
    }
    return n
  }
  const binomial = (n: number, p: number): number => {
    if (n <= 0 || p <= 0) return 0
    if (p >= 1) return n
    if (p > 0.5) return n - binomial(n, 1 - p)
    if (n * p < EXACT_BELOW) {
      if (p < 0.1) return Math.min(n, poisson(n * p))
      let hits = 0
      for (let i = 0; i < n; i++) if (uniform() < p) hits++
      return hits
    }
    return Math.min(n, Math.max(0, Math.round(n * p + Math.sqrt(n * p * (1 - p)) * normal())))
  }
  return {
    start: (next) => {
      state = next | 0
    },
    uniform,
    normal,
    poisson,
    binomial,
  }
}

/** One 32-bit number out of two, well mixed (the finaliser of MurmurHash3, public domain, A. Appleby). */
export function mix(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) | 0
}

/** A 32-bit number for a text (FNV-1a), so that a series keeps its chance when others are added beside it. */
export function hashText(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return mix(h | 0, text.length)
}

/** A share in [0, 1) that belongs to two numbers. */
export function shareOf(a: number, b: number): number {
  return (mix(a, b) >>> 0) / 4_294_967_296
}

/** `length` hexadecimal digits that belong to two numbers: trace and request identities. */
export function hexOf(a: number, b: number, length: number): string {
  let text = ''
  for (let i = 0; text.length < length; i++) {
    text += (mix(mix(a, i), b) >>> 0).toString(16).padStart(8, '0')
  }
  return text.slice(0, length)
}

/** A UUID in form that belongs to two numbers. */
export function uuidOf(a: number, b: number): string {
  return hexOf(a, b, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
