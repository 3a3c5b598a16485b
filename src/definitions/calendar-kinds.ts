import { correctionProblem, type SloId } from '../slo/index.ts'
import { type Context, labelsOf, metadataOf, originOf, placeOf, specOf, unresolved } from './context.ts'
import { parseDecimal, toRational } from './decimal.ts'
import type { DocumentNode } from './documents.ts'
import type { Correction, DefinedSlo, ProviderSla, Stretch, TrafficEvent } from './model.ts'
import { readRule, timesADay } from './recurrence.ts'
import type { Report } from './report.ts'
import { someOf } from './suggest.ts'
import { targetFrom } from './targets.ts'
import { flagOf, get, itemsOf, type Node, textOf } from './tree.ts'
import { readDuration, readWallClock, readZone } from './windows.ts'

/** Kinds of ours that are about stretches of time and promises of others. */

export function buildCorrection(
  document: DocumentNode,
  slos: ReadonlyMap<string, DefinedSlo>,
  context: Context,
): Correction | undefined {
  const { report } = context
  const before = report.errors()
  const spec = specOf(document)
  const when = readStretch(spec, report)
  const named = itemsOf(get(spec, 'slos')).flatMap((item) => {
    const slo = slos.get(textOf(item) ?? '')
    if (!slo) report.error('NINES-1203', item.place, unresolved(context, 'SLO', textOf(item) ?? ''))
    return slo ? [slo.slo.id] : []
  })
  for (const key of ['reason', 'approver'])
    if ((textOf(get(spec, key)) ?? 'x').trim() === '')
      report.error('NINES-1105', placeOf(spec, key), {
        message: `${key} is empty`,
        remedy: `Write "${key}:" with ${key === 'reason' ? 'why' : 'who approved it'}.`,
      })
  if (!when || report.errors() > before) return undefined
  warnOfReach(document, [...slos.values()], named, context)
  return {
    name: document.name,
    displayName: metadataOf(document).displayName,
    effect: textOf(get(spec, 'effect')) === 'forgive' ? 'forgive' : 'exclude',
    reason: textOf(get(spec, 'reason')) ?? '',
    approver: textOf(get(spec, 'approver')) ?? '',
    slos: named,
    scope: labelsOf(get(spec, 'scope')),
    when,
    origin: originOf(context, document),
  }
}

/** A correction of a part is no correction of a whole that cannot be taken apart by its labels. */
function warnOfReach(
  document: DocumentNode,
  slos: readonly DefinedSlo[],
  named: readonly SloId[],
  { report }: Context,
): void {
  const spec = specOf(document)
  const scope = labelsOf(get(spec, 'scope'))
  const about = named.length === 0 ? { scope } : { scope, slos: named }
  const reasons = slos.map(({ slo }) => ({ name: slo.name, reason: correctionProblem(about, slo) }))
  const apart = reasons.filter(({ reason }) => reason === 'not-split').map(({ name }) => name)
  if (apart.length > 0)
    report.warn('NINES-1707', placeOf(spec, 'scope'), {
      message: `${document.name} cannot be taken out of ${someOf(apart, 4)}, which ${apart.length === 1 ? 'is' : 'are'} not split by ${Object.keys(scope).join(', ')}`,
      remedy: 'Split the SLO with nines.dev/split-by, name other SLOs under slos, or correct the whole.',
    })
  const sliced = reasons.filter(({ reason }) => reason === 'slices').map(({ name }) => name)
  if (sliced.length > 0)
    report.warn('NINES-1707', placeOf(spec, 'scope'), {
      message: `${document.name} corrects only the splits of ${someOf(sliced, 4)}: slices are judged as a whole`,
      remedy: 'Delete scope to correct the whole, or name other SLOs under slos.',
    })
}

const EVENT_TYPES = ['sale', 'tv', 'push', 'maintenance', 'deploy', 'load-test'] as const

export function buildEvent(document: DocumentNode, context: Context): TrafficEvent | undefined {
  const { report } = context
  const before = report.errors()
  const spec = specOf(document)
  const when = readStretch(spec, report)
  const notice = readDuration(spec, 'notice', report)
  const multiplier = get(spec, 'expectedMultiplier')
  const value = multiplier && parseDecimal(textOf(multiplier) ?? '')
  if (multiplier && (!value || value.digits <= 0n))
    report.error('NINES-1116', multiplier.place, {
      message: `expectedMultiplier ${textOf(multiplier) ?? ''} is not a number above zero`,
      remedy: 'Write how many times the usual traffic, such as 3.',
    })
  if (!when || report.errors() > before) return undefined
  return {
    name: document.name,
    type: EVENT_TYPES.find((type) => type === textOf(get(spec, 'type'))) ?? 'other',
    title: textOf(get(spec, 'title')) ?? '',
    description: textOf(get(spec, 'description')) ?? '',
    when,
    services: itemsOf(get(spec, 'services')).flatMap((item) => textOf(item) ?? []),
    scope: labelsOf(get(spec, 'scope')),
    expectedMultiplier: value && toRational(value),
    notice: notice?.length,
    owner: textOf(get(spec, 'owner')) ?? '',
    source: textOf(get(spec, 'source')) ?? '',
    origin: originOf(context, document),
  }
}

export function buildProvider(document: DocumentNode, context: Context): ProviderSla | undefined {
  const { report } = context
  const before = report.errors()
  const spec = specOf(document)
  const percent = get(spec, 'percent')
  const target = percent && targetFrom(percent, { name: 'percent', places: 4, whole: '100' }, report)
  const window = readDuration(spec, 'window', report)
  const url = textOf(get(spec, 'url')) ?? ''
  if (!/^https?:\/\/[^\s]+$/.test(url))
    report.error('NINES-1706', placeOf(spec, 'url'), {
      message: `${url} is not an address of a web page`,
      remedy: 'Write the address at which the promise is published, beginning with https://.',
    })
  const asOf = textOf(get(spec, 'asOf')) ?? ''
  if (!/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/.test(asOf))
    report.error('NINES-1703', placeOf(spec, 'asOf'), {
      message: `${asOf} is not a day`,
      remedy: 'Write YYYY-MM-DD, the day on which the promise was read.',
    })
  if (!target || !window || report.errors() > before) return undefined
  return {
    name: document.name,
    displayName: metadataOf(document).displayName,
    provider: textOf(get(spec, 'provider')) ?? '',
    service: textOf(get(spec, 'service')) ?? '',
    tier: textOf(get(spec, 'tier')) ?? '',
    percent: target.text,
    allowed: target.allowed,
    window: window.length,
    url,
    asOf,
    unverified: flagOf(get(spec, 'unverified')) ?? false,
    credits: itemsOf(get(spec, 'credits')).map((tier) => ({
      below: textOf(get(tier, 'below')) ?? '',
      percent: textOf(get(tier, 'percent')) ?? '',
    })),
    origin: originOf(context, document),
  }
}

function readStretch(spec: Node, report: Report): Stretch | undefined {
  const before = report.errors()
  const start = readWallClock(get(spec, 'start'), report)
  const end = readWallClock(get(spec, 'end'), report)
  const length = readDuration(spec, 'duration', report)
  const zone = readZone(get(spec, 'timeZone'), report)
  const recurrence = readRecurrence(get(spec, 'recurrence'), report)
  // Wall clocks of one zone and one form compare as text.
  if (start !== undefined && end !== undefined && end <= start)
    report.error('NINES-1703', placeOf(spec, 'end'), {
      message: `it ends at ${end}, not after it begins at ${start}`,
      remedy: 'Write an end that is later than the start.',
    })
  if (start === undefined || zone === undefined || report.errors() > before) return undefined
  return { start, end, length: length?.length, zone, recurrence }
}

const FREQUENCIES = ['YEARLY', 'MONTHLY', 'WEEKLY', 'DAILY', 'HOURLY']
const NUMBERS = '[+-]?\\d{1,3}(,[+-]?\\d{1,3})*'
const DAYS = '([+-]?\\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)'
const PARTS: Readonly<Record<string, RegExp>> = {
  FREQ: new RegExp(`^(${FREQUENCIES.join('|')})$`),
  INTERVAL: /^[1-9]\d{0,3}$/,
  COUNT: /^[1-9]\d{0,3}$/,
  UNTIL: /^\d{8}(T\d{6}Z?)?$/,
  BYDAY: new RegExp(`^${DAYS}(,${DAYS})*$`),
  BYMONTH: new RegExp(`^${NUMBERS}$`),
  BYMONTHDAY: new RegExp(`^${NUMBERS}$`),
  BYHOUR: new RegExp(`^${NUMBERS}$`),
  BYMINUTE: new RegExp(`^${NUMBERS}$`),
  BYSETPOS: new RegExp(`^${NUMBERS}$`),
  WKST: /^(MO|TU|WE|TH|FR|SA|SU)$/,
}

/** Every quarter of an hour; what recurs more often than that is always there. */
const MOST_TIMES_A_DAY = 96

/** The parts of an RRULE that a maintenance calendar needs, checked one by one. */
function readRecurrence(node: Node | undefined, report: Report): string | undefined {
  const written = textOf(node)
  if (!node || written === undefined) return undefined
  const rule = written
    .trim()
    .replace(/^RRULE:/i, '')
    .toUpperCase()
  const parts = new Map(rule.split(';').map((part) => [part.split('=')[0] ?? '', part.split('=')[1] ?? '']))
  const bad = [...parts].find(([key, value]) => !Object.hasOwn(PARTS, key) || !PARTS[key]?.test(value))
  const message = bad
    ? `${bad[0]}=${bad[1]} is not part of a recurrence that is read`
    : !parts.has('FREQ')
      ? 'the recurrence has no FREQ'
      : parts.has('COUNT') && parts.has('UNTIL')
        ? 'a recurrence ends by COUNT or by UNTIL, not by both'
        : timesADay(readRule(rule)) > MOST_TIMES_A_DAY
          ? `it recurs more than ${MOST_TIMES_A_DAY} times a day`
          : undefined
  if (message === undefined) return rule
  report.error('NINES-1704', node.place, {
    message,
    remedy: 'Write an RRULE of RFC 5545, such as FREQ=WEEKLY;BYDAY=SU.',
  })
  return undefined
}
