import { failed, type Labels, ok, type Result } from '../../base/index.ts'
import { type OptionProblem, OptionReader } from '../option-reader.ts'
import { RULE_KEYS, type RuleOptions, ruleOptionsOf } from '../prometheus-push/rule-options.ts'

/** Where an exporter is. */
export interface TargetOption {
  /** A whole URL is one target. */
  readonly url: string | undefined
  /** A name resolves to any number of addresses, each a target; an address is one. */
  readonly host: string
  readonly port: number
  readonly path: string
  /** Added to the series of this target. */
  readonly labels: Labels
}

/** A source of plain exporters, checked. */
export interface OpenMetricsOptions extends RuleOptions {
  readonly targets: readonly TargetOption[]
  /** The `job` of the series. */
  readonly job: string | undefined
  readonly tokenFile: string | undefined
  /** Between scrapes of one target. */
  readonly intervalMs: number
  readonly timeoutMs: number
  /** Of one answer, decompressed. */
  readonly maxBytes: number
}

const KEYS = ['targets', 'job', 'tokenFile', 'interval', 'timeout', 'maxBytes', ...RULE_KEYS]
const REMEDY = 'write targets: ["shop:9090", "https://cart.example.com/metrics"]'
const MIB = 1024 * 1024

/** Checks a DataSource's `connectionDetails`. All problems come back at once, each with what to write. */
export function openMetricsOptions(
  details: Readonly<Record<string, unknown>>,
): Result<OpenMetricsOptions, readonly OptionProblem[]> {
  const reader = new OptionReader(details, KEYS)
  const options: OpenMetricsOptions = {
    ...ruleOptionsOf(reader, details),
    targets: targetsOf(reader, details['targets']),
    job: reader.text('job'),
    tokenFile: reader.text('tokenFile'),
    intervalMs: millisecondsOf(reader, 'interval', { fallback: 15_000, least: 100, most: 60_000 }),
    timeoutMs: millisecondsOf(reader, 'timeout', { fallback: 10_000, least: 10, most: 60_000 }),
    maxBytes: reader.whole('maxBytes', { fallback: 32 * MIB, least: 1024, most: 512 * MIB }),
  }
  if (options.rules.length === 0 && reader.problems.length === 0)
    reader.problem('preset', 'nothing says which series are requests', {
      remedy: 'write preset: go-http, or counters: [{ selector: …, status: code }]',
    })
  return reader.problems.length > 0 ? failed(reader.problems) : ok(options)
}

function targetsOf(reader: OptionReader, value: unknown): readonly TargetOption[] {
  if (!Array.isArray(value) || value.length === 0) {
    reader.problem('targets', 'targets names the exporters to read', { remedy: REMEDY })
    return []
  }
  const targets = value.flatMap((each: unknown, i) => {
    const plain = typeof each === 'string' ? { address: each } : each
    const inner = new OptionReader(plain, ['address', 'labels'], {
      place: `targets[${i}]`,
      problems: reader.problems,
    })
    const address = inner.text('address') ?? ''
    const target = targetOf(address, Object.fromEntries(inner.entries('labels')))
    if (target === undefined)
      inner.problem('', `'${address}' is no address of an exporter`, { remedy: REMEDY })
    return target ?? []
  })
  targets.forEach(({ url, host, port, path }, i) => {
    const first = targets.findIndex(
      (other) => other.url === url && other.host === host && other.port === port && other.path === path,
    )
    if (first !== i)
      reader.problem(`targets[${i}]`, `${url ?? `${host}:${port}`} is there twice`, {
        remedy: 'remove one of the two',
      })
  })
  return targets
}

function targetOf(address: string, labels: Labels): TargetOption | undefined {
  const isWhole = /^https?:\/\//.test(address)
  const text = isWhole ? address : `http://${address}`
  if (address === '' || !URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.username !== '' || url.hash !== '') return undefined
  const path = `${url.pathname === '/' ? '/metrics' : url.pathname}${url.search}`
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return { url: isWhole ? `${url.origin}${path}` : undefined, host, port, path, labels }
}

function millisecondsOf(
  reader: OptionReader,
  key: string,
  bounds: { readonly fallback: number; readonly least: number; readonly most: number },
): number {
  const text = reader.text(key)
  if (text === undefined) return bounds.fallback
  const found = /^(\d{1,6})(ms|s|m)$/.exec(text)
  const value = Number(found?.[1]) * (found?.[2] === 'ms' ? 1 : found?.[2] === 's' ? 1_000 : 60_000)
  if (value >= bounds.least && value <= bounds.most) return value
  reader.problem(key, `'${text}' is no duration from ${bounds.least}ms to ${bounds.most / 1000}s`, {
    remedy: `write ${key}: ${bounds.fallback / 1000}s`,
  })
  return bounds.fallback
}
