import { failed, ok, type Result, type UnixSeconds, unixSeconds } from '../base/index.ts'
import { type Fields, instant, isFields, listOf, text, whole } from './fields.ts'
import type { FoldEntry } from './fold.ts'
import type { Silence, SilenceMatcher } from './silence.ts'

/** What goes to the journal, under the kind `silence`. */
export interface SilenceEntry {
  readonly at: UnixSeconds
  readonly kind: 'silence'
  readonly data: SilenceEvent
}

export type SilenceEvent =
  | {
      readonly kind: 'created'
      readonly number: number
      readonly silence: Silence
      readonly text: string
      readonly request?: string
    }
  | { readonly kind: 'ended'; readonly id: string; readonly by: string; readonly text: string }

/** All silences that are remembered: a fold over the journal. */
export interface SilenceState {
  readonly counter: number
  /** In the order of their creation. What is over is left to the journal beyond a bound, oldest first. */
  readonly silences: readonly Silence[]
  readonly requests: readonly string[]
}

export const NO_SILENCES: SilenceState = { counter: 0, silences: [], requests: [] }

const KEPT = 1_000
const MATCHERS_MAX = 20
const TEXT_LENGTH_MAX = 1_000

/** What somebody asks for. Absent `from`: from now on. */
export interface SilenceRequest extends Pick<Silence, 'matchers' | 'by' | 'reason' | 'until'> {
  readonly from?: UnixSeconds
  readonly request?: string
}

export interface SilenceResult {
  readonly state: SilenceState
  /** Empty when it was so already. */
  readonly events: readonly SilenceEntry[]
}

/** A new silence; a sentence when it cannot be. Everything has an owner, a reason and an end. */
export function createSilence(
  state: SilenceState,
  asked: SilenceRequest,
  now: UnixSeconds,
): Result<SilenceResult, string> {
  if (asked.request !== undefined && state.requests.includes(asked.request)) return ok({ state, events: [] })
  const from = asked.from ?? now
  const refusal = refuse(asked, { from, now })
  if (refusal !== undefined) return failed(refusal)
  const number = state.counter + 1
  const silence: Silence = {
    id: `SIL-${String(number).padStart(4, '0')}`,
    matchers: asked.matchers,
    by: asked.by.trim(),
    reason: asked.reason.trim(),
    from,
    until: asked.until,
    createdAt: now,
  }
  const request = asked.request === undefined ? {} : { request: asked.request }
  const data: SilenceEvent = {
    kind: 'created',
    number,
    silence,
    text: `${silence.by}: ${silence.reason}`,
    ...request,
  }
  return ok(done(state, { at: now, kind: 'silence', data }))
}

/** Ends a silence before its time. One that is over, or was never there, cannot be. */
export function endSilence(
  state: SilenceState,
  { id, by }: { readonly id: string; readonly by: string },
  now: UnixSeconds,
): Result<SilenceResult, string> {
  const silence = state.silences.find((each) => each.id === id)
  if (silence === undefined) return failed(`There is no silence ${id.slice(0, 40)}`)
  if (by.trim() === '') return failed('Say who ends it')
  if (silence.until <= now) return ok({ state, events: [] })
  const data: SilenceEvent = { kind: 'ended', id, by: by.trim(), text: `${by.trim()} ended it.` }
  return ok(done(state, { at: now, kind: 'silence', data }))
}

const done = (state: SilenceState, entry: SilenceEntry): SilenceResult => ({
  state: foldSilences(state, [entry]),
  events: [entry],
})

function refuse(
  { matchers, by, reason, until }: SilenceRequest,
  { from, now }: { readonly from: UnixSeconds; readonly now: UnixSeconds },
): string | undefined {
  if (by.trim() === '') return 'Say who asks for it'
  if (reason.trim() === '') return 'Say why'
  if (by.length > TEXT_LENGTH_MAX || reason.length > TEXT_LENGTH_MAX)
    return `A silence says who and why in at most ${TEXT_LENGTH_MAX} characters each`
  if (until <= now || until <= from) return 'A silence must end after it begins, and in the future'
  if (matchers.length === 0 || matchers.length > MATCHERS_MAX)
    return `A silence has 1 to ${MATCHERS_MAX} matchers`
  // `!=` and `!~` alone, or an empty value, also match what the label is absent from: that may be everything.
  if (!matchers.some(({ op, value }) => op === '=' && value !== ''))
    return 'One matcher must say what is silenced: name="value"'
  return undefined
}

/** The silences after what the entries say, in their order. What cannot be read changes nothing. */
export function foldSilences(state: SilenceState, entries: readonly FoldEntry[]): SilenceState {
  let { counter, requests } = state
  const silences = new Map(state.silences.map((silence) => [silence.id, silence]))
  for (const entry of entries) {
    if (entry.kind !== 'silence' || !isFields(entry.data)) continue
    const { data } = entry
    if (data['kind'] === 'created') {
      const silence = readSilence(data['silence'])
      if (silence === undefined) continue
      silences.set(silence.id, silence)
      counter = Math.max(counter, whole(data['number']) ?? 0)
      const request = text(data['request'])
      if (request !== undefined) requests = [...requests, request].slice(-KEPT)
    } else if (data['kind'] === 'ended') {
      const silence = silences.get(text(data['id']) ?? '')
      if (silence !== undefined)
        silences.set(silence.id, { ...silence, until: unixSeconds(Math.min(silence.until, entry.at)) })
    }
  }
  const last = entries.at(-1)?.at ?? 0
  for (const [id, { until }] of silences) {
    if (silences.size <= KEPT) break
    if (until <= last) silences.delete(id)
  }
  return { counter, silences: [...silences.values()], requests }
}

function readSilence(value: unknown): Silence | undefined {
  if (!isFields(value)) return undefined
  const id = text(value['id'])
  const matchers = listOf(value['matchers'], readMatcher)
  const by = text(value['by'])
  const reason = text(value['reason'])
  const from = instant(value['from'])
  const until = instant(value['until'])
  const createdAt = instant(value['createdAt'])
  if (id === undefined || matchers === undefined || by === undefined || reason === undefined) return undefined
  if (from === undefined || until === undefined || createdAt === undefined) return undefined
  return { id, matchers, by, reason, from, until, createdAt }
}

function readMatcher(value: unknown): SilenceMatcher | undefined {
  const fields: Fields = isFields(value) ? value : {}
  const name = text(fields['name'])
  const op = (['=', '!=', '=~', '!~'] as const).find((known) => known === fields['op'])
  const wanted = text(fields['value'])
  return name === undefined || op === undefined || wanted === undefined
    ? undefined
    : { name, op, value: wanted }
}
