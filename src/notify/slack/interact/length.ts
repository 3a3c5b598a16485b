const UNITS: Readonly<Record<string, number>> = { m: 60, h: 3_600, d: 86_400 }
const LENGTH_MAX = 7 * 86_400

/** `30m`, `2h`, `1h30m`, `1d` in seconds; undefined when it is none, is nothing, or is more than a week. */
export function readLength(text: string): number | undefined {
  if (!/^(\d{1,5}[mhd])+$/i.test(text)) return undefined
  let seconds = 0
  for (const [, n = '', unit = ''] of text.matchAll(/(\d+)([mhd])/gi))
    seconds += Number(n) * (UNITS[unit.toLowerCase()] ?? 0)
  return seconds > 0 && seconds <= LENGTH_MAX ? seconds : undefined
}
