import { field, parse } from './json.ts'

/**
 * Which run of Envoy answered. Uptimes come in whole seconds, so a start is known as a stretch of time; each scrape
 * narrows it.
 */
export interface ProcessMark {
  /** 0, and one more with each hot restart. */
  readonly epoch: number
  /** Milliseconds since 1970; it started at or after this. */
  readonly earliest: number
  /** Milliseconds since 1970; it started at or before this. */
  readonly latest: number
}

/** How far two clocks, or one clock and itself a restart later, may disagree. */
const SLACK_MS = 2_000

/** Reads `/server_info`, asked at `askedMs` and answered at `answeredMs`. Undefined when it is something else. */
export function readServerInfo(text: string, askedMs: number, answeredMs: number): ProcessMark | undefined {
  const info = parse(text)
  const uptime = /^(\d+)(?:\.\d+)?s$/.exec(String(field(info, 'uptime_current_epoch')))
  if (uptime === null) return undefined
  const seconds = Number(uptime[1])
  const epoch = field(field(info, 'command_line_options'), 'restart_epoch')
  return {
    epoch: typeof epoch === 'number' ? epoch : 0,
    earliest: askedMs - (seconds + 1) * 1000,
    latest: answeredMs - seconds * 1000,
  }
}

export function isSameProcess(a: ProcessMark, b: ProcessMark): boolean {
  return a.epoch === b.epoch && a.earliest <= b.latest + SLACK_MS && b.earliest <= a.latest + SLACK_MS
}

/** The same run seen twice: its start lies where both say. */
export function narrowed(a: ProcessMark, b: ProcessMark): ProcessMark {
  const earliest = Math.max(a.earliest, b.earliest)
  const latest = Math.min(a.latest, b.latest)
  return earliest <= latest ? { epoch: b.epoch, earliest, latest } : b
}

/** What the counters of a scrape are compared with. */
export type Basis =
  /** With those of the scrape before. */
  | 'continue'
  /** With zero: the process started after the scrape before. */
  | 'restarted'
  /** With zero, too; its parent's counts since the parent's last flush were handed over. */
  | 'hot-restarted'
  /** With themselves: it ran before we first saw it, and what it had counted by then is not ours. */
  | 'first-sight'

/**
 * Decides the basis of a scrape. `before` is the last scrape of the target, by this run or an earlier one;
 * `readingSince` is when this run began. Instants are milliseconds since 1970.
 */
export function basisOf(
  before: { readonly at: number; readonly process: ProcessMark | undefined } | undefined,
  process: ProcessMark | undefined,
  readingSince: number,
): Basis {
  if (before === undefined) {
    // Nobody can have counted a process that started while we were reading already.
    return process !== undefined && process.earliest >= readingSince ? 'restarted' : 'first-sight'
  }
  if (process === undefined || before.process === undefined) return 'continue'
  if (isSameProcess(before.process, process)) return 'continue'
  if (process.epoch > before.process.epoch && process.latest >= before.at - SLACK_MS) return 'hot-restarted'
  return process.latest >= before.at - SLACK_MS ? 'restarted' : 'first-sight'
}
