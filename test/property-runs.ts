import fc from 'fast-check'

/** How often each property of the engine is tried: 200 times, or NINES_PROPERTY_RUNS times. */
export const propertyRuns = Number(process.env['NINES_PROPERTY_RUNS'] ?? 200)

/** Elsewhere fewer may be asked for, not more. */
const elsewhere = Math.min(200, propertyRuns)

/** For a property that is cheap to try: so many times as often as the others. */
export const runs = (times: number): { readonly numRuns: number } => ({
  numRuns: Math.ceil(elsewhere * times),
})

// What does not say how often it is tried follows the same setting.
fc.configureGlobal({ numRuns: elsewhere })
