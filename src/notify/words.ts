import type { Consequence, Role } from '../alerting/index.ts'
import type { SloState } from '../slo/index.ts'
import type { Confidence } from './brief.ts'
import type { DeskWords } from './words-desk.ts'
import { english } from './words-en.ts'
import { japanese } from './words-ja.ts'

/** A burn rate and the length of the window it is over. */
export interface Side {
  readonly rate: string
  readonly window: string
}

/** What messages say, in one language. Every language says all of it: the type sees to that. */
export interface Words {
  readonly locale: string
  readonly page: string
  readonly ticket: string
  readonly resolvedWord: string
  readonly blindWord: string
  readonly reopenedTimes: (times: number) => string
  readonly rate: (rate: number) => string
  /** Two units at most, cut. */
  readonly length: (seconds: number) => string
  readonly percent: (share: number, digits: number) => string
  readonly lessThan: (percent: string) => string
  readonly count: (n: number) => string
  /** Names in a row; `more` are not named. */
  readonly list: (names: readonly string[], more: number) => string
  /** `target` in percent over a window: `99.9 % over 30 d`. */
  readonly promise: (target: string, window: string) => string
  readonly burning: (rate: string, where: string) => string
  readonly calming: (where: string, peak: string) => string
  readonly blind: (where: string, peak: string) => string
  readonly resolved: (lasted: string, where: string, peak: string, spent: string) => string
  /** Nothing has been known for so long, and nothing was burning before. */
  readonly unseen: (length: string) => string
  /** What asked for attention does so no more; it was not a burn rate. */
  readonly settling: string
  readonly over: (lasted: string) => string
  /** So much of the budget is spent. */
  readonly spent: (share: string) => string
  readonly goneIn: (length: string) => string
  readonly alreadyGone: (over: string) => string
  readonly lasts: string
  /** At the present rate it is gone at this time. */
  readonly goneAt: (time: string) => string
  readonly labels: {
    readonly budgetLeft: string
    readonly thisIncident: string
    readonly burnRate: string
    readonly measured: string
    readonly started: string
    readonly where: string
    readonly owner: string
    readonly acknowledged: string
    readonly mutedUntil: string
    readonly contributors: string
    readonly exemplars: string
    readonly runbook: string
    readonly lasted: string
    readonly clears: string
    readonly consequences: string
    readonly overlaps: string
    readonly level: string
  }
  /** Rehearsed, for training. */
  readonly drill: string
  /** Who does what: `command: Aya`. */
  readonly roles: Readonly<Record<Role, string>>
  readonly roleHeld: (role: string, who: string) => string
  /** About when it is over, if nothing more fails. */
  readonly clearsAt: (time: string) => string
  readonly consequence: (what: string, rate: string, why: string) => string
  readonly because: Readonly<Record<Consequence['because'], (on: string) => string>>
  readonly calmAgain: string
  readonly more: (count: number) => string
  readonly confidence: Readonly<Record<Confidence, string>>
  readonly declared: (title: string) => string
  readonly silenced: string
  readonly budgetLeft: (left: string, time: string, events: string) => string
  readonly budgetTime: (left: string, whole: string) => string
  readonly budgetEvents: (spent: string, events: string) => string
  readonly cost: (share: string, bad: string) => string
  readonly rule: (long: Side, short: Side, factor: string) => string
  readonly noEvents: string
  readonly sli: (sli: string, target: string) => string
  readonly coverage: (known: string) => string
  readonly contributor: (what: string, share: string, bad: string) => string
  readonly timesUsual: (times: string) => string
  readonly states: Readonly<Record<SloState, string>>
  readonly fresh: (source: string, age: string) => string
  readonly late: (source: string, age: string) => string
  readonly silent: (source: string) => string
  readonly data: string
  readonly open: string
  readonly everywhere: string
  readonly previous: (id: string) => string
  readonly continues: string
  readonly lines: {
    readonly opened: (sentence: string, why: string) => string
    readonly worse: (sentence: string) => string
    readonly reopened: (times: number, sentence: string) => string
    readonly blind: (sentence: string) => string
    readonly sighted: (sentence: string) => string
    readonly resolved: (sentence: string) => string
    readonly acknowledged: (by: string) => string
    readonly unacknowledged: (by: string) => string
    readonly note: (by: string, text: string) => string
    readonly muted: (by: string, until: string) => string
    readonly unmuted: (by: string) => string
    readonly declared: (by: string, title: string) => string
    readonly commands: (by: string) => string
    readonly assigned: (by: string, role: string, to: string) => string
    readonly unassigned: (by: string, what: string) => string
    readonly severity: (by: string, severity: string) => string
    readonly item: (by: string, text: string) => string
    readonly reopenedBy: (by: string) => string
    readonly resolvedBy: (by: string) => string
    /** `who` may be empty: nobody is named. */
    readonly escalated: (level: string, who: string) => string
    readonly reminded: (who: string) => string
    readonly merged: (into: string) => string
    readonly absorbed: (child: string) => string
    readonly level: (level: string) => string
  }
  readonly desk: DeskWords
  readonly digest: (count: number) => string
  readonly duplicate: (link: string) => string
}

/** Japanese for `ja…`, English for the rest. */
export const wordsFor = (locale: string): Words => (/^ja\b/i.test(locale) ? japanese : english)
