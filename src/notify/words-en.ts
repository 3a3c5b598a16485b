import { lengthWords, rateWords } from '../alerting/index.ts'
import type { Words } from './words.ts'
import { englishDesk } from './words-desk-en.ts'

const where = (place: string): string => (place === '' ? '' : ` in ${place}`)

export const english: Words = {
  locale: 'en',
  page: 'PAGE',
  ticket: 'TICKET',
  resolvedWord: 'RESOLVED',
  blindWord: 'NO DATA',
  reopenedTimes: (times) => `back again ×${times}`,
  rate: rateWords,
  length: lengthWords,
  percent: (share, digits) => `${floorTo(share * 100, digits)} %`,
  lessThan: (percent) => `less than ${percent}`,
  count: (n) => Math.round(n).toLocaleString('en-US'),
  list: (names, more) => {
    if (more > 0) return `${names.join(', ')} and ${more} more`
    return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`
  },
  promise: (target, window) => `${target} % over ${window}`,
  burning: (rate, place) => `Burning ${rate}${where(place)}`,
  calming: (place, peak) => `No rule fires${where(place)} any more; it burned up to ${peak}`,
  blind: (place, peak) => `No data${where(place)}; it was burning up to ${peak}, and nothing says it is fine`,
  resolved: (lasted, place, peak, spent) =>
    `Resolved after ${lasted}${where(place)}: burned up to ${peak}, cost ${spent} of the budget`,
  unseen: (length) => `Nothing has been known for ${length}: an outage would not be seen`,
  settling: 'What it was about is fine again',
  over: (lasted) => `Resolved after ${lasted}`,
  spent: (share) => `${share} of the budget is spent`,
  goneIn: (length) => `budget gone in ${length}`,
  alreadyGone: (over) => `budget is gone, overspent by ${over}`,
  lasts: 'the whole budget still lasts',
  goneAt: (time) => `At this rate the rest of the budget is gone ${time}.`,
  labels: {
    budgetLeft: 'Budget left',
    thisIncident: 'This incident cost',
    burnRate: 'Burn rate',
    measured: 'Measured',
    started: 'Started',
    where: 'Where',
    owner: 'Owner',
    acknowledged: 'Acknowledged',
    mutedUntil: 'Muted until',
    contributors: 'Who spends it (bad events)',
    exemplars: 'Show me one',
    runbook: 'Runbook',
    lasted: 'Lasted',
  },
  budgetLeft: (left, time, events) => [`*${left}*`, time, events].filter((part) => part !== '').join(' · '),
  budgetTime: (left, whole) => `${left} of ${whole}`,
  budgetEvents: (spent, events) => `${spent} bad of ${events} allowed`,
  cost: (share, bad) => `${share} of the budget · ${bad} bad events`,
  rule: (long, short, factor) =>
    `${long.rate} over ${long.window} · ${short.rate} over ${short.window} (fires at ${factor})`,
  noEvents: 'no events',
  sli: (sli, target) => `${sli} (target ${target} %)`,
  coverage: (known) => `${known} of the time measured`,
  contributor: (what, share, bad) => `${what} ${share} · ${bad}`,
  timesUsual: (times) => `${times} times the usual`,
  states: {
    ok: 'fine',
    watch: 'spending fast',
    burning: 'burning',
    exhausted: 'exhausted',
    unknown: 'no data',
  },
  fresh: (source, age) => `${source} fresh (${age})`,
  late: (source, age) => `${source} ${age} late`,
  silent: (source) => `${source} silent`,
  data: 'Data',
  open: 'Open in Nines',
  everywhere: 'everywhere',
  previous: (id) => `before: ${id}`,
  continues: 'the message before',
  lines: {
    opened: (sentence, why) => `Opened. ${sentence}.${why === '' ? '' : ` Why: ${why}.`}`,
    worse: (sentence) => `Worse. ${sentence}.`,
    reopened: (times, sentence) => `Back again (×${times}). ${sentence}.`,
    blind: (sentence) => `Lost sight. ${sentence}.`,
    sighted: (sentence) => `Data is back. ${sentence}.`,
    resolved: (sentence) => `${sentence}.`,
    acknowledged: (by) => `Acknowledged by ${by}.`,
    unacknowledged: (by) => `${by} took the acknowledgement back.`,
    note: (by, text) => `${by}: ${text}`,
    muted: (by, until) => `Muted by ${by}${until === '' ? '' : ` until ${until}`}.`,
    unmuted: (by) => `No longer muted, by ${by}.`,
  },
  desk: englishDesk,
  digest: (count) => `While Slack could not be reached, ${count} incidents opened and ended:`,
  duplicate: (link) => `↑ The same as ${link}, sent twice by accident.`,
}

/** Cut, not rounded, so that 99.95 never reads as 100. */
export function floorTo(value: number, digits: number): string {
  const scale = 10 ** digits
  return (Math.floor(value * scale + 1e-9) / scale).toFixed(digits)
}
