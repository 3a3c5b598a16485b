export { type CivilDate, civilDate, isoInstant, isoMinute, startOfDate } from './civil.ts'
export { type Labels, labelsKey, pickLabels } from './labels.ts'
export { failed, ok, type Result } from './result.ts'
export {
  between,
  DAY,
  earlier,
  HOUR,
  hourOf,
  later,
  MINUTE,
  type Microseconds,
  type Milliseconds,
  microseconds,
  milliseconds,
  minuteAfter,
  minuteOf,
  type PerMillion,
  perMillion,
  type Range,
  type Ratio,
  ratio,
  type Seconds,
  seconds,
  type UnixSeconds,
  unixSeconds,
} from './units.ts'
export type { Clock, Fields, Log, Tracer, World } from './world.ts'
