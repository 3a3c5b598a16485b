/** Rarer than one in a million: nobody samples so, and one such span would outweigh all others. */
const HEAVIEST = 1_000_000
const ALL = 2 ** 56

/** How many spans one stands for. */
export type Sampling =
  /** As many as the weight says; a fraction when the probability is no part of a whole number. */
  | { readonly kind: 'weight'; readonly weight: number }
  /** Its trace state says that spans were left out, but not how many. */
  | { readonly kind: 'unknown' }
  /** It stands for more than a million, which is a mistake of its sender. */
  | { readonly kind: 'too-heavy' }

const WHOLE: Sampling = { kind: 'weight', weight: 1 }
const UNKNOWN: Sampling = { kind: 'unknown' }
const TOO_HEAVY: Sampling = { kind: 'too-heavy' }

/**
 * Reads the sampling of a W3C trace state: `vendor=x,ot=th:c;rv:0123456789abcd`. The threshold T is hexadecimal with
 * its trailing zeros left out, of 14 digits; a span was kept when its 56 random bits were at least T, so it stands for
 * 2^56 / (2^56 − T). Undefined: it says nothing of sampling. Source: OpenTelemetry, "TraceState: Probability Sampling".
 */
export function samplingOf(traceState: string): Sampling | undefined {
  for (const member of traceState.split(',')) {
    const trimmed = member.trim()
    if (!trimmed.startsWith('ot=')) continue
    const parts = trimmed.slice(3).split(';')
    const threshold = parts.find((part) => part.startsWith('th:'))
    if (threshold !== undefined) return weightOf(threshold.slice(3))
    // What came before thresholds: `p` is the negative exponent of the probability, whose weighing was never settled.
    return parts.some((part) => part.startsWith('p:')) ? UNKNOWN : undefined
  }
  return undefined
}

function weightOf(digits: string): Sampling {
  if (!/^[0-9a-f]{1,14}$/i.test(digits)) return UNKNOWN
  const threshold = Number.parseInt(digits.padEnd(14, '0'), 16)
  // 56 bits do not fit in a double, but the part of a weight that gets lost is below 10^-9 even for the heaviest.
  const weight = ALL / (ALL - threshold)
  if (weight === 1) return WHOLE
  return weight <= HEAVIEST ? { kind: 'weight', weight } : TOO_HEAVY
}
