import {
  civilDate,
  labelsKey,
  later,
  MINUTE,
  type Range,
  ratio,
  startOfDate,
  type UnixSeconds,
  unixSeconds,
} from '../../base/index.ts'
import type * as wire from '../../contract/index.ts'
import type { ProviderSla } from '../../definitions/index.ts'
import { floorPercent } from '../../slo/index.ts'
import type { Ledger } from '../../store/index.ts'
import { inScope, requestsIn } from '../drill.ts'
import type { Shown } from '../loop.ts'
import { daysOf } from './past.ts'
import { providerNames } from './study.ts'

type Defined = Shown['definitions']['slos'][number]

/** An SLO whose failures are a provider's, in one cloud or everywhere. */
interface Witness {
  readonly defined: Defined
  readonly cloud: string | undefined
}

export interface LedgerAsked {
  readonly shown: Shown | undefined
  /** `2026-11`; undefined: the running month. */
  readonly month: string | undefined
  readonly inputsOf: (source: string) => readonly string[]
}

const EVIDENCE = 20
const TRACES = 5

/** What was measured of each provider in a month, UTC, against what it promises. */
export async function providerLedger(
  ledger: Pick<Ledger, 'read' | 'exemplars'>,
  { shown, month }: LedgerAsked,
): Promise<wire.ProviderLedger> {
  const named = month ?? monthOf(shown?.now ?? unixSeconds(0))
  const range = rangeOf(named)
  if (!shown) return { month: named, range, providers: [] }
  const providers: wire.ProviderAccount[] = []
  for (const sla of shown.definitions.providerSlas) {
    const witnesses = witnessesOf(shown, sla)
    if (witnesses.length > 0) providers.push(await accountOf(ledger, { shown, sla, witnesses, range }))
  }
  return { month: named, range, providers }
}

function monthOf(now: UnixSeconds): string {
  const { year, month } = civilDate(now)
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}`
}

function rangeOf(named: string): Range {
  const [year = 1970, month = 1] = named.split('-').map(Number)
  const next = month === 12 ? { year: year + 1, month: 1 } : { year, month: month + 1 }
  return { from: startOfDate({ year, month, day: 1 }), to: startOfDate({ ...next, day: 1 }) }
}

function witnessesOf({ definitions }: Shown, { name }: ProviderSla): readonly Witness[] {
  return definitions.slos.flatMap((defined) =>
    providerNames({ defined }).flatMap((written): Witness[] => {
      const [first, second] = written.split('=')
      if ((second ?? first) !== name) return []
      return [{ defined, cloud: second === undefined ? undefined : first }]
    }),
  )
}

interface Accounting {
  readonly shown: Shown
  readonly sla: ProviderSla
  readonly witnesses: readonly Witness[]
  readonly range: Range
}

interface WorstMinute {
  readonly minute: number
  readonly witness: Witness
  readonly good: number
  readonly bad: number
}

async function accountOf(
  ledger: Pick<Ledger, 'read' | 'exemplars'>,
  { shown, sla, witnesses, range }: Accounting,
): Promise<wire.ProviderAccount> {
  const until = unixSeconds(Math.min(range.to, Math.floor(shown.now / 60) * 60))
  const tally = { measured: 0, bad: 0, goodEvents: 0, badEvents: 0 }
  let worst: readonly WorstMinute[] = []
  for (const day of daysOf({ from: range.from, to: until })) {
    const found = await minutesOf(ledger, { shown, witnesses, day })
    for (let i = 0; i < (day.to - day.from) / 60; i++) {
      const seen = found.filter(({ known }) => known[i] === 1)
      if (seen.length === 0) continue
      const good = seen.reduce((sum, one) => sum + (one.good[i] ?? 0), 0)
      const bad = seen.reduce((sum, one) => sum + (one.bad[i] ?? 0), 0)
      tally.measured++
      tally.goodEvents += good
      tally.badEvents += bad
      // A minute in which nobody came is one in which nobody was let down.
      if (bad > 0) tally.bad += bad / (good + bad)
    }
    worst = worstOf([...worst, ...found.flatMap((one) => badMinutes(one, day))])
  }
  const evidence = await Promise.all(worst.map((minute) => evidenceOf(ledger, minute)))
  return toAccount({ sla, witnesses, range, until, tally, evidence })
}

interface WitnessMinutes {
  readonly witness: Witness
  readonly good: ArrayLike<number>
  readonly bad: ArrayLike<number>
  readonly known: Uint8Array
}

async function minutesOf(
  ledger: Pick<Ledger, 'read'>,
  {
    shown,
    witnesses,
    day,
  }: { readonly shown: Shown; readonly witnesses: readonly Witness[]; readonly day: Range },
): Promise<readonly WitnessMinutes[]> {
  const length = (day.to - day.from) / 60
  const waiting = { now: shown.now, wait: MINUTE, silence: MINUTE }
  const found: WitnessMinutes[] = []
  for (const witness of witnesses) {
    const { slo, queries } = witness.defined
    const query = queries.find(({ id }) => id === slo.objectives[0]?.indicator)
    if (!query) continue
    const key = labelsKey(witness.cloud === undefined ? {} : { cloud_provider: witness.cloud })
    const parts = await ledger.read([query], { range: day, width: MINUTE })
    const own = parts.find(({ scope }) => labelsKey(scope) === key)
    const none = new Float64Array(length)
    const known = shown.timelines.known(slo.id, day, waiting)
    found.push({ witness, good: own?.good ?? none, bad: own?.bad ?? none, known })
  }
  return found
}

function badMinutes({ witness, good, bad, known }: WitnessMinutes, day: Range): readonly WorstMinute[] {
  return [...known].flatMap((state, i) => {
    const failed = bad[i] ?? 0
    if (state !== 1 || failed === 0) return []
    return [{ minute: later(day.from, i * 60), witness, good: good[i] ?? 0, bad: failed }]
  })
}

function worstOf(minutes: readonly WorstMinute[]): readonly WorstMinute[] {
  return minutes.toSorted((a, b) => b.bad - a.bad || a.minute - b.minute).slice(0, EVIDENCE)
}

async function evidenceOf(
  ledger: Pick<Ledger, 'exemplars'>,
  { minute, witness, good, bad }: WorstMinute,
): Promise<wire.ProviderAccount['evidence'][number]> {
  const { slo, queries } = witness.defined
  const query = queries.find(({ id }) => id === slo.objectives[0]?.indicator)
  const scope = witness.cloud === undefined ? {} : { cloud_provider: witness.cloud }
  const requests = query && requestsIn(inScope(query, scope))
  const from = unixSeconds(minute)
  const found = requests
    ? await ledger.exemplars(requests, { range: { from, to: later(from, 60) }, limit: TRACES * 4 })
    : []
  const traceIds = found.flatMap(({ outcome, traceId }) => (outcome === 'bad' && traceId ? [traceId] : []))
  return { minute, slo: slo.id, good, bad, traceIds: [...new Set(traceIds)].slice(0, TRACES) }
}

interface Account {
  readonly sla: ProviderSla
  readonly witnesses: readonly Witness[]
  readonly range: Range
  readonly until: number
  readonly tally: {
    readonly measured: number
    readonly bad: number
    readonly goodEvents: number
    readonly badEvents: number
  }
  readonly evidence: wire.ProviderAccount['evidence']
}

/** A promise is broken once more minutes are bad than it leaves of the whole month. */
function toAccount({ sla, witnesses, range, until, tally, evidence }: Account): wire.ProviderAccount {
  const month = (range.to - range.from) / 60
  const elapsed = Math.max(0, (until - range.from) / 60)
  const allowed = (month * sla.allowed) / 1_000_000
  const kept = 1 - tally.bad / month
  const tiers = sla.credits.toSorted((a, b) => Number(a.below) - Number(b.below))
  const credit = tiers.find(({ below }) => kept * 100 < Number(below))
  return {
    name: sla.name,
    displayName: sla.displayName === '' ? sla.name : sla.displayName,
    provider: sla.provider,
    service: sla.service,
    tier: sla.tier,
    percent: sla.percent,
    url: sla.url,
    asOf: sla.asOf,
    unverified: sla.unverified,
    slos: witnesses.map(({ defined }) => defined.slo.id),
    measuredMinutes: tally.measured,
    coverage: elapsed === 0 ? null : tally.measured / elapsed,
    badMinutes: tally.bad,
    allowedMinutes: allowed,
    measured: tally.measured === 0 ? null : floorPercent(ratio(1 - tally.bad / tally.measured), 4),
    breached: tally.bad > allowed,
    credit: credit ? { below: credit.below, percent: credit.percent } : null,
    good: tally.goodEvents,
    bad: tally.badEvents,
    evidence,
  }
}
