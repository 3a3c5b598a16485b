import {
  DAY,
  earlier,
  failed,
  HOUR,
  hourOf,
  type Labels,
  later,
  MINUTE,
  ok,
  perMillion,
  type Range,
  type Result,
  seconds,
  type UnixSeconds,
  unixSeconds,
} from '../base/index.ts'
import type * as wire from '../contract/index.ts'
import { compileRegex, type DefinedSlo, fitPolicy, SHIPPED_POLICIES } from '../definitions/index.ts'
import { type Buckets, history, type Objective, replayRules, type Slo } from '../slo/index.ts'
import type { Ledger } from '../store/index.ts'
import {
  dataSourceOf,
  type IndicatorQuery,
  parseSelector,
  parseThreshold,
  type RequestQuery,
} from '../traffic/index.ts'
import { inScope, keyOfQuery, roundStep } from './drill.ts'
import type { Shown } from './loop.ts'
import type { Past } from './past.ts'
import { sourcesAskedFor } from './service-slos.ts'

/** What previews are made from. */
export interface PreviewParts {
  readonly ledger: Ledger
  readonly past: Past
  readonly shown: () => Shown | undefined
  readonly inputsOf: (source: string) => readonly string[]
  readonly find: (id: string) => PreviewFound | undefined
}

export interface PreviewFound {
  readonly defined: DefinedSlo
  readonly objective: Objective
  readonly query: IndicatorQuery | undefined
  readonly evaluations: Shown['evaluations'] extends ReadonlyMap<string, infer T> ? T : never
}

/** Asked for what cannot be previewed; the HTTP module answers with the status and the sentence. */
class PreviewRefused extends Error {
  override readonly name = 'PreviewRefused'
  readonly statusCode = 422
}

const POINTS = 360
/** The targets that people choose from, tightest first. */
const USUAL = ['99.999', '99.99', '99.95', '99.9', '99.8', '99.5', '99', '98', '95', '90']
/** A target is suggested when so much of its budget was always left. */
const MARGIN = 0.2

/** Answers what another promise would have said and told over its last window: the past is the same, the promise is not. */
export function createPreview(
  parts: PreviewParts,
): (asked: wire.PreviewAsked) => Promise<wire.Preview | undefined> {
  return async (asked) => {
    const shown = parts.shown()
    const drafted = shown && (asked.slo === undefined ? draftOf(shown, asked) : changedFrom(parts, asked))
    if (!drafted) return undefined
    if (drafted.kind === 'failed') throw new PreviewRefused(drafted.error)
    const draft = drafted.value
    const { slo, objective } = draft
    const to = unixSeconds(Math.floor(shown.now / MINUTE) * MINUTE)
    const range: Range = { from: earlier(to, draft.window), to }
    const buckets = await bucketsOf(parts, draft, range)
    const known = await Promise.all(
      slo.sources.map((source) =>
        parts.past.known({
          source,
          inputs: parts.inputsOf(dataSourceOf(source)),
          range: { from: earlier(range.from, draft.window), to },
        }),
      ),
    )
    const step = roundStep(range, POINTS)
    const drawn: Range = { from: unixSeconds(Math.ceil(range.from / step) * step), to }
    const course = history(slo, objective, [...buckets.hours, ...buckets.minutes], {
      range: drawn,
      step,
      now: to,
      known,
    })
    return answerOf({ draft, range, step, course, buckets })
  }
}

interface Draft {
  readonly slo: Slo
  readonly objective: Objective
  readonly query: IndicatorQuery
  readonly window: number
  /** Milliseconds; null: any duration. */
  readonly withinMs: number | null
}

interface Read {
  readonly hours: readonly Buckets[]
  readonly minutes: readonly Buckets[]
}

/** Hours for one window before the range, and minutes from the longest rule before it on. */
async function bucketsOf({ ledger, past }: PreviewParts, draft: Draft, range: Range): Promise<Read> {
  const query = { ...draft.query, splitBy: [] }
  const key = keyOfQuery(query)
  const longest = Math.max(HOUR, ...draft.slo.policy.rules.map(({ long }) => long))
  const dayOf = (t: number): UnixSeconds => unixSeconds(Math.floor(t / DAY) * DAY)
  const fine = dayOf(range.from - longest)
  const today = dayOf(range.to)
  const running = { from: today, to: later(hourOf(range.to), HOUR) }
  const hours = await past.buckets({
    key,
    query,
    range: { from: earlier(range.from, draft.window), to: fine },
    width: HOUR,
  })
  const minutes = await past.buckets({ key, query, range: { from: fine, to: today }, width: MINUTE })
  const now = await ledger.read([query], { range: running, width: MINUTE })
  return { hours, minutes: [...minutes, ...now] }
}

function answerOf({
  draft,
  range,
  step,
  course,
  buckets,
}: {
  readonly draft: Draft
  readonly range: Range
  readonly step: number
  readonly course: ReturnType<typeof history>
  readonly buckets: Read
}): wire.Preview {
  const { slo, objective } = draft
  const left = course.left.map((value) => value ?? null)
  const known = left.filter((value) => value !== null)
  const lowest = known.length === 0 ? null : Math.min(...known)
  const sum = totalOf(buckets.minutes, range)
  return {
    range: { ...range },
    target: objective.target,
    withinMs: draft.withinMs,
    windowDays: draft.window / DAY,
    ...sum,
    sli: sum.good + sum.bad === 0 ? null : sum.good / (sum.good + sum.bad),
    leftRatio: known.at(-1) ?? null,
    lowest,
    step,
    start: [...course.start],
    left,
    rules: replayRules(slo, objective, buckets.minutes, range).map(({ rule, firings }) => ({
      rule: rule.name,
      severity: rule.severity,
      factor: rule.factor.num / rule.factor.den,
      long: rule.long,
      short: rule.short,
      firings: firings.map((firing) => ({ ...firing })),
    })),
    suggested: suggestedFor(lowest, objective),
  }
}

function totalOf(minutes: readonly Buckets[], { from, to }: Range): { good: number; bad: number } {
  let good = 0
  let bad = 0
  for (const bucket of minutes)
    for (let i = 0; i < bucket.good.length; i++) {
      const at = bucket.start + i * MINUTE
      if (at < from || at >= to) continue
      good += bucket.good[i] ?? 0
      bad += bucket.bad[i] ?? 0
    }
  return { good, bad }
}

/** The worst share of bad events of any window so far is what was spent at the lowest, of what the target allows. */
function suggestedFor(lowest: number | null, { allowed }: Objective): string | null {
  if (lowest === null) return null
  const worst = (1 - lowest) * allowed
  return USUAL.find((target) => worst <= (1 - MARGIN) * allowedBy(target)) ?? null
}

/** Bad events per million that a target leaves, exactly: the text has at most four decimals. */
function allowedBy(target: string): number {
  const [whole = '0', decimals = ''] = target.split('.')
  return 1_000_000 - Number(whole) * 10_000 - Number(decimals.padEnd(4, '0'))
}

function changedFrom(parts: PreviewParts, asked: wire.PreviewAsked): Result<Draft, string> | undefined {
  const found = parts.find(asked.slo ?? '')
  if (!found?.query) return undefined
  const { defined, objective } = found
  const { slo } = defined
  if (slo.method !== 'occurrences')
    return failed('Only promises that count events can be previewed; this one counts slices of time.')
  const first = slo.windows[0]
  const length = first?.kind === 'rolling' ? first.length : 30 * DAY
  const window = asked.windowDays === undefined ? length : asked.windowDays * DAY
  const query = withThreshold(inScope(found.query, asked.scope), asked.withinMs)
  if (query.kind === 'failed') return query
  const policy = fitPolicy({ ...slo.policy, policy: slo.policy, period: seconds(length) }, seconds(window))
  return ok({
    slo: {
      ...slo,
      policy,
      windows: [{ kind: 'rolling', name: `${window / DAY}d`, length: seconds(window) }],
    },
    objective: withTarget(objective, asked.target),
    query: query.value,
    window,
    withinMs: thresholdOf(query.value),
  })
}

/** A promise that nobody has written yet, about what a source has seen of a service. */
function draftOf(shown: Shown, asked: wire.PreviewAsked): Result<Draft, string> | undefined {
  const service = asked.service ?? ''
  const source = asked.source ?? sourcesAskedFor(shown).find((each) => each.service === service)?.source
  if (source === undefined) return undefined
  const selector = parseSelector(textOf({ service_name: service, ...asked.scope }), compileRegex)
  if (selector.kind === 'failed') return failed('The labels make no selector.')
  const requests = (outcome: 'good' | 'all'): RequestQuery => ({
    kind: 'requests',
    source,
    match: selector.value,
    outcome,
  })
  const query = withThreshold(
    {
      id: 'preview',
      numerator: { counts: 'good', query: requests('good') },
      total: requests('all'),
      splitBy: [],
    },
    asked.withinMs,
  )
  if (query.kind === 'failed') return query
  const window = (asked.windowDays ?? 30) * DAY
  const template = SHIPPED_POLICIES.find(({ policy }) => policy.name === 'google-30d')
  if (!template) throw new Error('google-30d is not among the policies that are shipped')
  return ok({
    slo: {
      id: service,
      name: service,
      displayName: service,
      service,
      description: '',
      method: 'occurrences',
      objectives: [],
      windows: [{ kind: 'rolling', name: `${window / DAY}d`, length: seconds(window) }],
      policy: fitPolicy(template, seconds(window)),
      splitBy: [],
      noData: 'freeze',
      minBadEvents: 0,
      sources: [source],
    },
    objective: withTarget(UNWRITTEN, asked.target ?? '99.9'),
    query: query.value,
    window,
    withinMs: thresholdOf(query.value),
  })
}

const UNWRITTEN: Objective = {
  name: '0',
  displayName: '',
  target: '99.9',
  allowed: perMillion(1_000),
  indicator: 'preview',
  weight: { num: 1, den: 1 },
}

function textOf(labels: Labels): string {
  const matchers = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return `{${matchers.join(', ')}}`
}

function withTarget(objective: Objective, target: string | undefined): Objective {
  return target === undefined ? objective : { ...objective, target, allowed: perMillion(allowedBy(target)) }
}

/** Undefined: as it is. Null: any duration. */
function withThreshold(query: IndicatorQuery, ms: number | null | undefined): Result<IndicatorQuery, string> {
  const { numerator } = query
  if (ms === undefined) return ok(query)
  if (numerator.query.kind !== 'requests')
    return failed(
      'The source of this promise answers with counts: it cannot be asked with another threshold.',
    )
  const { within: _, ...plain } = numerator.query
  if (ms === null) return ok({ ...query, numerator: { ...numerator, query: plain } })
  const threshold = parseThreshold(ms >= 1 ? `${ms}ms` : `${Math.round(ms * 1_000)}us`)
  if (threshold.kind === 'failed') return threshold
  return ok({ ...query, numerator: { ...numerator, query: { ...plain, within: threshold.value } } })
}

function thresholdOf({ numerator }: IndicatorQuery): number | null {
  const { query } = numerator
  return query.kind === 'requests' && query.within !== undefined ? query.within / 1_000 : null
}
