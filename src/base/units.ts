/**
 * Quantities with their units in the type. A brand is erased by the compiler: it costs nothing at run time.
 * Only this file may turn a bare number into a quantity.
 */

declare const unit: unique symbol

/** An instant: whole seconds since 1970-01-01T00:00:00Z, leap seconds ignored. */
export type UnixSeconds = number & { readonly [unit]: 'unix-seconds' }
/** A length of time in whole seconds: windows, widths, offsets. */
export type Seconds = number & { readonly [unit]: 'seconds' }
/** A length of time in milliseconds: latencies as people read them, and timeouts. */
export type Milliseconds = number & { readonly [unit]: 'milliseconds' }
/** A length of time in whole microseconds: latencies as they are binned. */
export type Microseconds = number & { readonly [unit]: 'microseconds' }
/** Parts of a million, a whole number in 0..1,000,000. What is compared. */
export type PerMillion = number & { readonly [unit]: 'per-million' }
/** A share, usually in 0..1; only ever shown, never compared with a threshold. */
export type Ratio = number & { readonly [unit]: 'ratio' }

export const unixSeconds = (n: number): UnixSeconds => n as UnixSeconds
export const seconds = (n: number): Seconds => n as Seconds
export const milliseconds = (n: number): Milliseconds => n as Milliseconds
export const microseconds = (n: number): Microseconds => n as Microseconds
export const perMillion = (n: number): PerMillion => n as PerMillion
export const ratio = (n: number): Ratio => n as Ratio

export const MINUTE: Seconds = seconds(60)
export const HOUR: Seconds = seconds(3_600)
export const DAY: Seconds = seconds(86_400)

/** The start of the minute that holds `t`. */
export const minuteOf = (t: number): UnixSeconds => unixSeconds(Math.floor(t / 60) * 60)
/** The start of the first whole minute at or after `t`. */
export const minuteAfter = (t: number): UnixSeconds => unixSeconds(Math.ceil(t / 60) * 60)
/** The start of the UTC hour that holds `t`. */
export const hourOf = (t: number): UnixSeconds => unixSeconds(Math.floor(t / 3600) * 3600)
export const later = (t: UnixSeconds, by: number): UnixSeconds => unixSeconds(t + by)
export const earlier = (t: UnixSeconds, by: number): UnixSeconds => unixSeconds(t - by)
/** `b - a`: how long from a to b; negative when b is before a. */
export const between = (a: UnixSeconds, b: UnixSeconds): Seconds => seconds(b - a)

/** Half-open: `from` is inside, `to` is not. Empty when `to <= from`. */
export interface Range {
  readonly from: UnixSeconds
  readonly to: UnixSeconds
}
