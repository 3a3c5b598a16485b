import { expect } from 'vitest'

/** More than a receiver needs for requests of a few kilobytes, however many there were. */
const MOST_MEMORY = 1.5e9
const asked = process.env['NINES_FUZZ_RUNS']
const isNightly = process.env['NINES_NIGHTLY'] === '1'

/**
 * How many damaged bodies are tried: `usual`, by night `nightly`, which is a million over all suites, or as many as
 * NINES_FUZZ_RUNS says.
 */
export function fuzzRuns(usual: number, nightly: number): number {
  return Number(asked ?? (isNightly ? nightly : usual))
}

/** Holds that memory stayed within bounds, and says what was tried when more was tried than usual. */
export function endFuzz(what: string, said: Readonly<Record<string, number>>): void {
  const memory = process.memoryUsage.rss()
  expect(memory).toBeLessThan(MOST_MEMORY)
  if (asked === undefined && !isNightly) return
  const numbers = Object.entries(said).map(([name, value]) => `${Math.round(value * 10) / 10} ${name}`)
  console.log(`${what}: ${numbers.join(', ')}, ${Math.round(memory / 1e6)} MB`)
}
