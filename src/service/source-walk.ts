import { lengthWords } from '../alerting/index.ts'
import { isoMinute, unixSeconds } from '../base/index.ts'
import type * as wire from '../contract/index.ts'
import type { SourceInventory } from '../store/index.ts'
import type { SourceStatus } from './sources.ts'
import { toSource } from './sources.ts'

/** A source that is so far behind is wrong, whatever it says of itself. Logs that a cloud writes late are faster. */
const BEHIND = 3_600
/** Without a request for so long the ledger is said to stand still. */
const STILL = 2 * 3_600
/** Clocks of others may be ahead by so much. */
const AHEAD = 120
/** Of what was read, so much may be rejected before it is a fault. */
const REJECTED_SHARE = 0.05
const NAMES_SHOWN = 3

/** What is known of one source on the way to the budgets. */
export interface SourceFacts {
  readonly status: SourceStatus
  readonly held: SourceInventory | undefined
  /** The promises that are measured by it, as they were evaluated last. */
  readonly slos: readonly wire.SloSummary[]
  readonly now: number
}

/** The walk from the source to the budget, and where it ends. A step behind one that gives nothing waits for it. */
export function diagnoseSource(facts: SourceFacts): wire.SourceDiagnosis {
  const { status, held, now } = facts
  const source = toSource(status, held?.series ?? 0, now)
  const steps = [
    { step: 'source', ...sourceStep(facts, source) },
    { step: 'collector', ...collectorStep(source, now) },
    { step: 'ledger', ...ledgerStep(facts, source) },
    { step: 'sli', ...sliStep(facts) },
    { step: 'budget', ...budgetStep(facts) },
  ] as const
  let blocked: string | undefined
  const walk = steps.map((each): wire.DiagnosisStep => {
    if (blocked !== undefined && each.state !== 'well' && each.state !== 'unused')
      return {
        step: each.step,
        state: 'waiting',
        since: each.since,
        text: `Waits for the step before: ${blocked}.`,
        remedy: '',
      }
    if (STOPS.includes(each.state)) blocked = STEP_WORDS[each.step]
    return each
  })
  return {
    name: source.name,
    type: source.type,
    finding: findingOf(walk),
    lastSuccess: source.lastSuccess,
    lag: source.completeThrough === null ? null : Math.max(0, now - source.completeThrough),
    events: source.events,
    rejected: source.rejected,
    overflowed: held?.overflowed ?? 0,
    series: held?.series ?? 0,
    first: held?.first ?? null,
    last: held?.last ?? null,
    problem: source.problem,
    walk,
  }
}

type Told = Omit<wire.DiagnosisStep, 'step'>

const STOPS: readonly Told['state'][] = ['wrong', 'empty', 'unknown']
const STEP_WORDS = {
  source: 'the source',
  collector: 'the collector',
  ledger: 'the ledger',
  sli: 'the SLIs',
  budget: 'the budgets',
} as const

function findingOf(walk: readonly wire.DiagnosisStep[]): wire.Finding {
  if (walk.some(({ state }) => state === 'wrong' || state === 'empty')) return 'wrong'
  return walk.some(({ state }) => state === 'unknown') ? 'unknown' : 'well'
}

const well = (text: string): Told => ({ state: 'well', since: null, text, remedy: '' })

const ago = (length: number): string =>
  length < 60 ? 'within the last minute' : `${lengthWords(length)} ago`

const at = (instant: number): string => isoMinute(unixSeconds(instant))

function sourceStep({ status, now }: SourceFacts, source: wire.Source): Told {
  const [fault] = status.faults
  if (fault) return { state: 'wrong', since: null, text: fault.text, remedy: fault.remedy }
  const { targets } = source
  const down = targets.filter(({ ok }) => !ok)
  const [first] = down
  if (first) {
    return {
      state: 'wrong',
      since: source.lastSuccess,
      text: `${down.length} of ${counted(targets.length, 'target')}: ${first.name}: ${first.detail}.`,
      remedy: source.problem?.remedy ?? `See that ${first.name} is there and may be read from here.`,
    }
  }
  if (targets.length > 0)
    return well(
      `${counted(targets.length, 'target')}, ${targets.length === 1 ? 'and it can' : 'all can'} be read.`,
    )
  if (source.state === 'starting')
    return { state: 'unknown', since: null, text: 'Nobody has looked yet.', remedy: '' }
  if (source.lastSuccess !== null && now - source.lastSuccess < BEHIND) return well('It answers.')
  return {
    state: 'empty',
    since: source.lastSuccess,
    text: 'Nothing is there to be read: no file, no address, no sender.',
    remedy:
      'Compare connectionDetails of this DataSource with what exists: paths, addresses, or where senders are pointed to.',
  }
}

function collectorStep(source: wire.Source, now: number): Told {
  const { problem, state, lastSuccess, completeThrough } = source
  if (problem && state === 'failing')
    return { state: 'wrong', since: lastSuccess ?? problem.at, text: problem.text, remedy: problem.remedy }
  if (state === 'stopped')
    return {
      state: 'wrong',
      since: lastSuccess,
      text: 'The collector has stopped.',
      remedy: 'The service log has the reason. Restart the service.',
    }
  if (lastSuccess === null)
    return {
      state: state === 'starting' ? 'unknown' : 'empty',
      since: null,
      text: 'It has not read anything yet.',
      remedy: state === 'starting' ? '' : 'Wait for the first reading; then see the step before.',
    }
  const lag = completeThrough === null ? undefined : now - completeThrough
  if (lag !== undefined && lag > BEHIND)
    return {
      state: 'wrong',
      since: completeThrough,
      text: `It is ${lengthWords(lag)} behind: complete to ${at(now - lag)}.`,
      remedy:
        'See whether the source writes that late, or whether there is more to read than this machine can.',
    }
  if (source.events > 0 && source.rejected > source.events * REJECTED_SHARE)
    return {
      state: 'wrong',
      since: null,
      text: `${whole(source.rejected)} were rejected, beside ${whole(source.events)} that were read.`,
      remedy: 'The service log says why; the format of the DataSource is probably another one.',
    }
  const complete =
    lag === undefined ? '' : `, complete ${lag < 60 ? 'to the minute' : `to ${lengthWords(lag)} ago`}`
  return well(`${whole(source.events)} events since the start${complete}.`)
}

function ledgerStep({ held, now }: SourceFacts, source: wire.Source): Told {
  if (held === undefined)
    return {
      state: 'empty',
      since: null,
      text: 'It holds no request of this source.',
      remedy:
        source.rejected > 0
          ? 'Requests are read and rejected: see the service log.'
          : 'Send a request through it; it shows within a minute.',
    }
  if (held.last > now + AHEAD)
    return {
      state: 'wrong',
      since: held.last,
      text: `It holds requests of ${at(held.last)}, which is ${lengthWords(held.last - now)} from now.`,
      remedy: 'Set the clocks right: of this machine, and of what writes the source.',
    }
  if (held.overflowed > 0)
    return {
      state: 'wrong',
      since: null,
      text: `${whole(held.overflowed)} requests are beyond the bound on series and can no longer be told apart.`,
      remedy: 'Fold paths into operations with patterns in the DataSource, or raise its maxSeries.',
    }
  if (now - held.last > STILL)
    return {
      state: 'empty',
      since: held.last,
      text: `No request since ${at(held.last)}, for ${lengthWords(now - held.last)}.`,
      remedy: 'When the service has traffic, its requests no longer reach this source: see where they go.',
    }
  return well(`${counted(held.series, 'series', 'series')}, the last request ${ago(now - held.last)}.`)
}

function sliStep({ slos, held, now }: SourceFacts): Told {
  if (slos.length === 0)
    return {
      state: 'unused',
      since: null,
      text: 'No promise is measured by it.',
      remedy: 'Name it as metricSourceRef of an SLI, or remove it.',
    }
  const nothing = slos.filter(
    ({ whole: { windows } }) => (windows[0]?.good ?? 0) + (windows[0]?.bad ?? 0) === 0,
  )
  if (nothing.length === 0)
    return well(`${counted(slos.length, 'promise')} ${slos.length === 1 ? 'counts' : 'count'} its requests.`)
  const recent = held !== undefined && now - held.last <= STILL
  return {
    state: 'empty',
    since: null,
    text: `${nothing.length} of ${counted(slos.length, 'promise')} ${nothing.length === 1 ? 'counts' : 'count'} nothing: ${named(nothing)}.`,
    remedy: recent
      ? 'The source has requests, so the selector matches none of them: compare its labels with those on the page of services.'
      : 'There is nothing for the selector to match.',
  }
}

function budgetStep({ slos }: SourceFacts): Told {
  if (slos.length === 0) return { state: 'unused', since: null, text: 'No budget rests on it.', remedy: '' }
  const without = slos.filter(({ whole: { windows } }) => (windows[0]?.budget.leftRatio ?? null) === null)
  if (without.length === 0)
    return well(`${counted(slos.length, 'budget')} ${slos.length === 1 ? 'rests' : 'rest'} on it.`)
  return {
    state: 'empty',
    since: null,
    text: `${without.length} of ${counted(slos.length, 'budget')} cannot be told: ${named(without)}.`,
    remedy: 'Open the promise: its page says what of its window was measured.',
  }
}

function named(slos: readonly wire.SloSummary[]): string {
  const names = slos
    .slice(0, NAMES_SHOWN)
    .map(({ name }) => name)
    .join(', ')
  return slos.length > NAMES_SHOWN ? `${names} and ${slos.length - NAMES_SHOWN} more` : names
}

const counted = (n: number, noun: string, plural = `${noun}s`): string =>
  `${whole(n)} ${n === 1 ? noun : plural}`
const whole = (n: number): string => n.toLocaleString('en-US')
