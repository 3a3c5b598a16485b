/** What a running total was at an instant. */
export interface Point {
  /** Milliseconds since 1970. */
  readonly atMs: number
  readonly value: number
}

/**
 * How much a running total rose between two points, as a whole number. A total that fell began anew, so all of it came
 * since; so did one that says itself that it began after the earlier point. Only whole events are counted: of a total
 * with fractions, the whole part, so that nothing is lost to rounding in the long run.
 */
export function increaseOf(before: Point, now: Point, startMs = 0): number {
  const anew = now.value < before.value || startMs > before.atMs
  return Math.floor(now.value) - (anew ? 0 : Math.floor(before.value))
}

/** Whether the value can be a running total of events. */
export function isTotal(value: number): boolean {
  return value >= 0 && value <= Number.MAX_SAFE_INTEGER
}
