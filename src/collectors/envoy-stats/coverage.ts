import { unixSeconds } from '../../base/index.ts'
import type { CoverageSpan } from '../../traffic/index.ts'

/** Which minutes of the source are known, from what is known of each target. Instants are milliseconds since 1970. */
export interface CoverageTracker {
  /** From then on the target's traffic belongs to the source. `from` in the past: it did before we read it. */
  readonly join: (target: string, from: number) => void
  /** The same, for a target that an earlier run read without a gap during the stretch. */
  readonly rejoin: (target: string, stretch: Stretch) => void
  /** From then on it does not. */
  readonly leave: (target: string, at: number) => void
  /** All that the target counted between the two is in the ledger; `loss` says why not quite all. */
  readonly bracket: (target: string, stretch: Stretch) => void
  readonly fail: (target: string, at: number, reason: string) => void
  /** Why there are no targets at all; empty when there are. */
  readonly blind: (reason: string) => void
  /** The minutes that are decided and were not given before. A minute waits for late scrapes until `graceMs` after it. */
  readonly settle: (now: number, graceMs: number) => readonly CoverageSpan[]
}

/** Instants in milliseconds since 1970. */
export interface Stretch {
  readonly from: number
  readonly to: number
  readonly loss?: string | undefined
}

interface Target {
  readonly from: number
  until: number | undefined
  stretches: Stretch[]
  failures: { readonly at: number; readonly reason: string }[]
}

interface Verdict {
  readonly state: CoverageSpan['state']
  readonly reason: string
}

const MINUTE_MS = 60_000
/** So far apart two scrapes may be; what lies between them is counted in the minute of the later one. */
export const LONGEST_STRETCH_MS = 60_000
const MOST_REASONS = 3
/** A gap longer than that, before this run began, is not told minute by minute. */
const FURTHEST_BACK_MS = 24 * 3_600_000
/** What an earlier run read just before it ended it may not have told any more, so it is told again. */
const TOLD_AGAIN_MS = 180_000

/** `start` is when reading began. */
export function createCoverage(source: string, start: number): CoverageTracker {
  const targets = new Map<string, Target>()
  let cursor = Math.floor(start / MINUTE_MS) * MINUTE_MS
  let blindness = ''

  const verdictOf = (minute: number): { readonly verdict: Verdict; readonly waiting: boolean } => {
    const end = minute + MINUTE_MS
    const each: { readonly name: string; readonly verdict: Verdict; readonly waiting: boolean }[] = []
    for (const [name, target] of targets) {
      if (target.from >= end || (target.until ?? Infinity) <= minute) continue
      each.push({ name, ...verdictOfTarget(target, minute) })
    }
    return { verdict: together(each, blindness), waiting: each.some(({ waiting }) => waiting) }
  }

  const join = (target: string, from: number): void => {
    const was = targets.get(target)
    if (was !== undefined && was.until === undefined) return
    targets.set(target, { from, until: undefined, stretches: was?.stretches ?? [], failures: [] })
    const earliest = Math.max(from, start - FURTHEST_BACK_MS)
    if (earliest < cursor && earliest < start) cursor = Math.floor(earliest / MINUTE_MS) * MINUTE_MS
  }

  return {
    join,
    rejoin: (target, { from, to }) => {
      const again = Math.ceil((to - TOLD_AGAIN_MS) / MINUTE_MS) * MINUTE_MS
      join(target, Math.max(Math.floor(from / MINUTE_MS) * MINUTE_MS, again))
      targets.get(target)?.stretches.push({ from, to })
    },
    leave: (target, at) => {
      const known = targets.get(target)
      if (known !== undefined) known.until ??= at
    },
    bracket: (target, stretch) => {
      targets.get(target)?.stretches.push(
        stretch.to - stretch.from <= LONGEST_STRETCH_MS
          ? stretch
          : {
              from: stretch.to,
              to: stretch.to,
              loss: `holds what was counted since ${clock(stretch.from)}`,
            },
      )
    },
    fail: (target, at, reason) => {
      targets.get(target)?.failures.push({ at, reason })
    },
    blind: (reason) => {
      blindness = reason
    },
    settle: (now, graceMs) => {
      const spans: CoverageSpan[] = []
      for (; cursor + MINUTE_MS <= now; cursor += MINUTE_MS) {
        const { verdict, waiting } = verdictOf(cursor)
        if (waiting && now < cursor + MINUTE_MS + graceMs) break
        append(spans, source, cursor, verdict)
      }
      forget(targets, cursor)
      return spans
    },
  }
}

function verdictOfTarget(
  target: Target,
  minute: number,
): { readonly verdict: Verdict; readonly waiting: boolean } {
  const from = Math.max(minute, target.from)
  const to = Math.min(minute + MINUTE_MS, target.until ?? Infinity)
  let reached = from
  let touched = false
  let loss: string | undefined
  for (const stretch of target.stretches) {
    if (stretch.to < from || stretch.from > to) continue
    touched ||= Math.min(stretch.to, to) > Math.max(stretch.from, from) || stretch.from === stretch.to
    if (stretch.to > from && stretch.from < to) loss ??= stretch.loss
    if (stretch.from <= reached) reached = Math.max(reached, stretch.to)
  }
  if (reached >= to) {
    return {
      verdict: { state: loss === undefined ? 'known' : 'partial', reason: loss ?? '' },
      waiting: false,
    }
  }
  const failure = target.failures.findLast(({ at }) => at < to + MINUTE_MS)?.reason
  const began = target.stretches[0]?.from
  const reason =
    failure ?? loss ?? (began !== undefined && began > from ? `reading began at ${clock(began)}` : 'not read')
  return { verdict: { state: touched ? 'partial' : 'missing', reason }, waiting: true }
}

function together(
  each: readonly { readonly name: string; readonly verdict: Verdict }[],
  blindness: string,
): Verdict {
  if (each.length === 0)
    return { state: 'missing', reason: blindness === '' ? 'there is no target' : blindness }
  const faulty = each.filter(({ verdict }) => verdict.state !== 'known')
  if (faulty.length === 0) return { state: 'known', reason: '' }
  const told = faulty.slice(0, MOST_REASONS).map(({ name, verdict }) => `${name}: ${verdict.reason}`)
  const more = faulty.length > MOST_REASONS ? [`and ${faulty.length - MOST_REASONS} more`] : []
  const allMissing = each.every(({ verdict }) => verdict.state === 'missing')
  return { state: allMissing ? 'missing' : 'partial', reason: [...told, ...more].join('; ') }
}

function append(spans: CoverageSpan[], source: string, minute: number, verdict: Verdict): void {
  const [from, to] = [unixSeconds(minute / 1000), unixSeconds((minute + MINUTE_MS) / 1000)]
  const last = spans.at(-1)
  if (last !== undefined && last.state === verdict.state && last.reason === verdict.reason)
    spans[spans.length - 1] = { ...last, to }
  else spans.push({ source, from, to, ...verdict })
}

/** What lies wholly before the minutes still to be decided is not needed again. */
function forget(targets: Map<string, Target>, cursor: number): void {
  for (const [name, target] of targets) {
    if (target.until !== undefined && target.until <= cursor) targets.delete(name)
    target.stretches = target.stretches.filter(({ to }) => to >= cursor)
    target.failures = target.failures.filter(({ at }) => at >= cursor - MINUTE_MS)
  }
}

/** `12:34:56` in UTC. */
function clock(ms: number): string {
  const second = Math.floor(ms / 1000) % 86_400
  const parts = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60]
  return parts.map((part) => String(part).padStart(2, '0')).join(':')
}
