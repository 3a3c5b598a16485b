import { failed, type Labels, ok, type Result, type Seconds, seconds } from '../../base/index.ts'
import type { Rational } from '../../slo/index.ts'

/** What is wrong with a word, and what to write instead. */
export interface Fault {
  readonly message: string
  readonly remedy: string
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 }

/** `30d`, `1h30m`, `90s`, `0`. */
export function parseLength(text: string): Result<Seconds, Fault> {
  if (text === '0') return ok(seconds(0))
  const parts = [...text.matchAll(/(\d+)([smhdw])/g)]
  if (parts.length === 0 || parts.map((p) => p[0]).join('') !== text)
    return failed({
      message: `${text} is not a length of time`,
      remedy: 'Write numbers with s, m, h, d or w: 1h30m',
    })
  return ok(seconds(parts.reduce((sum, [, n = '', unit = '']) => sum + Number(n) * (UNITS[unit] ?? 0), 0)))
}

/** A decimal as an exact fraction: `14.4` is 144/10. */
export function parseDecimal(text: string): Result<Rational, Fault> {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text)
  if (!match)
    return failed({
      message: `${text} is not a number`,
      remedy: 'Write digits, with a point if need be: 14.4',
    })
  const [, whole = '', decimals = ''] = match
  return ok({ num: Number(whole + decimals), den: 10 ** decimals.length })
}

/** `99.9%` as the text of the target and what it allows per million. */
export function parseTarget(
  text: string,
): Result<{ readonly target: string; readonly allowed: number }, Fault> {
  const fault = {
    message: `${text} is not a target`,
    remedy: 'Write a percentage from 0% to below 100%: 99.9%',
  }
  const decimal = text.endsWith('%') ? parseDecimal(text.slice(0, -1)) : failed(fault)
  if (decimal.kind === 'failed') return failed(fault)
  const { num, den } = decimal.value
  const allowed = 1e6 - (num * 1e4) / den
  if (!Number.isInteger(allowed) || allowed <= 0 || allowed > 1e6)
    return failed({ ...fault, remedy: 'Write a percentage from 0% to below 100% with at most four decimals' })
  return ok({ target: text.slice(0, -1), allowed })
}

/** `all`, `aws`, `aws/us-east-1` by the SLO's labels, or `{cloud_provider="aws"}`. */
export function parseScope(text: string, splitBy: readonly string[]): Result<Labels, Fault> {
  if (text === 'all') return ok({})
  if (text.startsWith('{')) return parseLabels(text)
  const values = text.split('/')
  if (values.length > splitBy.length)
    return failed({
      message: `${text} has ${values.length} parts, and the SLO is split by ${splitBy.length} labels`,
      remedy: 'Add `split by` to the slo, or write labels as {cloud_provider="aws"}',
    })
  return ok(Object.fromEntries(values.map((value, i) => [splitBy[i] ?? '', value])))
}

function parseLabels(text: string): Result<Labels, Fault> {
  const pairs = [...text.matchAll(/([a-z_][a-z0-9_]*)="([^"]*)"/g)]
  const again = `{${pairs.map(([pair]) => pair).join(',')}}`
  if (again !== text.replaceAll(' ', ''))
    return failed({
      message: `${text} is not a set of labels`,
      remedy: 'Write {cloud_provider="aws",cloud_region="eu"}',
    })
  return ok(Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value])))
}

/** `100x1h` (an hour of minutes of 100 good), `90+10x5` (five of 90 good and 10 bad), `_x10m` (not known), `7`. */
export function parseRun(
  text: string,
): Result<{ readonly minutes: number; readonly counts: { good: number; bad: number } | undefined }, Fault> {
  const fault = {
    message: `${text} is not a run of minutes`,
    remedy:
      'Write good+bad and how many minutes: 90+10x5, 100x1h, _x10m for minutes of which nothing is known',
  }
  const match = /^(?:(_)|(\d+)(?:\+(\d+))?)(?:x(\d+|[\dsmhdw]+))?$/.exec(text)
  if (!match) return failed(fault)
  const [, unknown, good = '0', bad = '0', times = '1'] = match
  const length = /^\d+$/.test(times) ? ok(seconds(Number(times) * 60)) : parseLength(times)
  if (length.kind === 'failed' || length.value % 60 !== 0 || length.value === 0) return failed(fault)
  return ok({
    minutes: length.value / 60,
    counts: unknown ? undefined : { good: Number(good), bad: Number(bad) },
  })
}
