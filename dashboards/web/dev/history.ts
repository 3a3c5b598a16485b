import type { Place, Profile, Trouble } from './profiles.ts'

/** One place of one promise, minute by minute, as running sums: any range is two subtractions. */
export interface Unit {
  readonly place: Place
  /** `good[i]`: events in the minutes before minute i. */
  readonly good: Float64Array
  readonly bad: Float64Array
  readonly known: Float64Array
}

export interface History {
  /** The first minute, in Unix seconds. */
  readonly start: number
  readonly minutes: number
  readonly units: readonly Unit[]
}

export interface Sum {
  readonly good: number
  readonly bad: number
  readonly known: number
  readonly minutes: number
}

const PAST_DAYS = 62
const AHEAD_MINUTES = 24 * 60

/** mulberry32: small, seeded, the same estate each time. */
export function createRandom(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** The past 62 days and a day ahead, so that time can go on while the server runs. */
export function createHistory(profile: Profile, now: number, seed: number): History {
  const start = Math.floor(now / 60) * 60 - PAST_DAYS * 86_400
  const minutes = PAST_DAYS * 1440 + AHEAD_MINUTES
  const units = profile.places.map((place, index) => {
    const random = createRandom(seed * 97 + index)
    const good = new Float64Array(minutes + 1)
    const bad = new Float64Array(minutes + 1)
    const known = new Float64Array(minutes + 1)
    const troubles = profile.troubles.filter((t) => concerns(t, place))
    const silences = profile.silences.filter((s) => concerns(s, place))
    for (let i = 0; i < minutes; i++) {
      const at = start + i * 60
      const ago = now - at
      const silent = silences.some((s) => ago <= s.since && ago > s.until)
      const total = silent ? 0 : traffic(profile, place, at, random())
      const worst = troubles.reduce((w, t) => (ago <= t.since && ago > t.until ? Math.max(w, t.bad) : w), 0)
      const share = (profile.base * (0.5 + random())) / 1 + worst * (0.75 + 0.5 * random())
      const failed = Math.min(total, Math.floor(total * share + random()))
      good[i + 1] = (good[i] ?? 0) + total - failed
      bad[i + 1] = (bad[i] ?? 0) + failed
      known[i + 1] = (known[i] ?? 0) + (silent ? 0 : 1)
    }
    return { place, good, bad, known }
  })
  return { start, minutes, units }
}

/** What happened in `[from, to)` in the places of the scope. */
export function sum(
  history: History,
  scope: Readonly<Record<string, string>>,
  from: number,
  to: number,
): Sum {
  const a = clamp(Math.ceil((from - history.start) / 60), history.minutes)
  const b = clamp(Math.ceil((to - history.start) / 60), history.minutes)
  let good = 0
  let bad = 0
  let known = 0
  let members = 0
  for (const unit of history.units) {
    if (!inScope(unit.place, scope)) continue
    good += (unit.good[b] ?? 0) - (unit.good[a] ?? 0)
    bad += (unit.bad[b] ?? 0) - (unit.bad[a] ?? 0)
    known += (unit.known[b] ?? 0) - (unit.known[a] ?? 0)
    members += 1
  }
  return { good, bad, known: members === 0 ? 0 : known / members, minutes: Math.max(0, b - a) }
}

export function inScope(place: Place, scope: Readonly<Record<string, string>>): boolean {
  return (
    (scope['cloud_provider'] ?? place.cloud) === place.cloud &&
    (scope['cloud_region'] ?? place.region) === place.region
  )
}

function concerns(trouble: Omit<Trouble, 'bad'>, place: Place): boolean {
  return (trouble.cloud ?? place.cloud) === place.cloud && (trouble.region ?? place.region) === place.region
}

/** A day's breath in Japanese time, quieter on Sundays, with some noise. Slices count once a minute. */
function traffic(profile: Profile, place: Place, at: number, noise: number): number {
  if (profile.method === 'timeslices') return 1
  const hour = (((at / 3600 + 9) % 24) + 24) % 24
  const day = Math.floor(at / 86_400 + 4) % 7
  const wave = 1 - 0.62 * Math.cos(((hour - 3.5) / 24) * 2 * Math.PI)
  return Math.round(place.rate * 60 * wave * (day === 0 ? 0.8 : 1) * (0.92 + 0.16 * noise))
}

function clamp(i: number, most: number): number {
  return Math.max(0, Math.min(most, i))
}
