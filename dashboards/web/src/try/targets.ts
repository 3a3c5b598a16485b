/** The targets of the slider, loosest first: each step allows about half as much as the one before. */
export const targets = [
  '90',
  '95',
  '97',
  '98',
  '99',
  '99.5',
  '99.8',
  '99.9',
  '99.95',
  '99.98',
  '99.99',
  '99.995',
  '99.999',
] as const

/** Milliseconds with two significant digits, as edges of the histogram are; the last step of the slider is any. */
export const thresholds = [
  10, 15, 20, 25, 30, 40, 50, 60, 80, 100, 120, 150, 200, 250, 300, 400, 500, 600, 800, 1000, 1500, 2000,
  3000, 5000, 10000,
] as const

export const windows = [7, 14, 28, 30, 60, 90] as const

/** The nearest step of a slider. */
export function nearest(steps: readonly number[], value: number): number {
  let best = 0
  for (const [i, step] of steps.entries())
    if (Math.abs(step - value) < Math.abs((steps[best] ?? 0) - value)) best = i
  return best
}
