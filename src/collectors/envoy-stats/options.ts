import { RE2JS } from 're2js'
import { failed, type Labels, ok, type Result } from '../../base/index.ts'
import type { OptionProblem } from '../option-reader.ts'
import { type KubernetesOptions, readKubernetes } from './discovery-kubernetes-options.ts'
import type { Level } from './names.ts'

/** Where an admin interface is. */
export interface TargetOption {
  /** A name resolves to any number of addresses, each a target; an address is one. */
  readonly host: string
  readonly port: number
  /** Added to the series of this target: a region, a cluster. */
  readonly labels: Labels
}

export interface EnvoyStatsOptions {
  readonly targets: readonly TargetOption[]
  /** Pods that are targets, too. */
  readonly kubernetes: KubernetesOptions | undefined
  readonly level: Level
  /** Between scrapes of one target. */
  readonly intervalMs: number
  readonly connectTimeoutMs: number
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly format: 'text' | 'json'
  /** Whether durations are read. */
  readonly histograms: boolean
  /** Envoy's bootstrap has `stats_flush_on_admin: true`: then a hot restart loses and doubles nothing. */
  readonly statsFlushOnAdmin: boolean
  readonly maxSeries: number
  /** Whether the cluster, or the listener's stat prefix, is read. */
  readonly isIncluded: (scope: string) => boolean
  /** Whether all its requests are known to be gRPC. */
  readonly isGrpcOnly: (scope: string) => boolean
  /** Which service a cluster or stat prefix is. */
  readonly serviceOf: (scope: string) => string
  /** One text for what is chosen; two options with the same text read the same statistics. */
  readonly selection: string
}

const KNOWN: ReadonlySet<string> = new Set([
  'targets',
  'kubernetes',
  'level',
  'interval',
  'connectTimeout',
  'timeout',
  'maxBytes',
  'format',
  'histograms',
  'statsFlushOnAdmin',
  'maxSeries',
  'include',
  'exclude',
  'grpcOnly',
  'services',
])

/** Those that say what is counted, whatever way statistics come. */
const OF_ALL: ReadonlySet<string> = new Set([
  'level',
  'histograms',
  'maxSeries',
  'include',
  'exclude',
  'grpcOnly',
  'services',
])

/**
 * Checks the `connectionDetails` of a DataSource of type `EnvoyStats`: everything that is wrong, at once. `pushed`: the
 * statistics come by themselves, so there are no targets and nothing that says how they are asked.
 */
export function envoyStatsOptions(
  details: Readonly<Record<string, unknown>>,
  { pushed = false }: { readonly pushed?: boolean } = {},
): Result<EnvoyStatsOptions, readonly OptionProblem[]> {
  const faults: OptionProblem[] = []
  const read = createReader(details, faults)
  const known = pushed ? OF_ALL : KNOWN
  for (const name of Object.keys(details)) {
    if (!known.has(name))
      faults.push({
        path: name,
        message: `there is no option ${name}`,
        remedy: `write one of ${[...known].join(', ')}`,
      })
  }
  const include = read.patterns('include', ['.*'])
  const exclude = read.patterns('exclude', [])
  const grpcOnly = read.patterns('grpcOnly', [])
  const services = readServices(details['services'], faults)
  const level = read.oneOf('level', ['upstream', 'downstream'])
  // A listener that only people of the operations team call.
  const skipped = level === 'downstream' ? ['admin'] : []
  const options: EnvoyStatsOptions = {
    targets: pushed ? [] : readTargets(details, faults),
    kubernetes: readKubernetes(details['kubernetes'], faults),
    level,
    intervalMs: read.duration('interval', { fallback: 5_000, least: 100, most: 60_000 }),
    connectTimeoutMs: read.duration('connectTimeout', { fallback: 3_000, least: 10, most: 60_000 }),
    timeoutMs: read.duration('timeout', { fallback: 10_000, least: 10, most: 60_000 }),
    maxBytes: read.whole('maxBytes', { fallback: 64 * 1024 * 1024, least: 1024, most: 512 * 1024 * 1024 }),
    format: read.oneOf('format', ['text', 'json']),
    histograms: read.flag('histograms', true),
    statsFlushOnAdmin: read.flag('statsFlushOnAdmin', false),
    maxSeries: read.whole('maxSeries', { fallback: 2_000, least: 1, most: 1_000_000 }),
    isIncluded: (scope) => !skipped.includes(scope) && include.matches(scope) && !exclude.matches(scope),
    isGrpcOnly: grpcOnly.matches,
    serviceOf: (scope) => {
      for (const { pattern, service } of services) {
        const matcher = pattern.matcher(scope)
        if (matcher.matches())
          return service.replace(/\$(\d)/g, (_, n: string) => groupOf(matcher, Number(n)))
      }
      return scope
    },
    selection: JSON.stringify([level, include.texts, exclude.texts]),
  }
  return faults.length > 0 ? failed(faults) : ok(options)
}

interface Patterns {
  readonly texts: readonly string[]
  readonly matches: (text: string) => boolean
}

interface Bounds {
  readonly fallback: number
  readonly least: number
  readonly most: number
}

interface Reader {
  readonly whole: (path: string, bounds: Bounds) => number
  readonly duration: (path: string, bounds: Bounds) => number
  readonly flag: (path: string, fallback: boolean) => boolean
  /** The first is the default. */
  readonly oneOf: <const T extends string>(path: string, words: readonly [T, ...T[]]) => T
  readonly patterns: (path: string, fallback: readonly string[]) => Patterns
}

function createReader(details: Readonly<Record<string, unknown>>, faults: OptionProblem[]): Reader {
  const within = (path: string, value: number | undefined, bounds: Bounds & { unit: string }): number => {
    if (value !== undefined && value >= bounds.least && value <= bounds.most) return value
    faults.push({
      path,
      message: `${path} must be between ${bounds.least} and ${bounds.most}${bounds.unit}`,
      remedy: `write ${path}: ${bounds.unit === '' ? bounds.fallback : `${bounds.fallback / 1000}s`}`,
    })
    return bounds.fallback
  }
  return {
    whole: (path, bounds) => {
      const value = details[path]
      if (value === undefined) return bounds.fallback
      return within(path, typeof value === 'number' && Number.isInteger(value) ? value : undefined, {
        ...bounds,
        unit: '',
      })
    },
    duration: (path, bounds) => {
      const value = details[path]
      if (value === undefined) return bounds.fallback
      return within(path, millisecondsOf(value), { ...bounds, unit: ' ms' })
    },
    flag: (path, fallback) => {
      const value = details[path]
      if (value === undefined || typeof value === 'boolean') return value ?? fallback
      faults.push({ path, message: `${path} is true or false`, remedy: `write ${path}: ${!fallback}` })
      return fallback
    },
    oneOf: (path, words) => {
      const value = details[path]
      const found = words.find((word) => word === value)
      if (found === undefined && value !== undefined) {
        const all = words.join(' or ')
        faults.push({ path, message: `${path} is ${all}`, remedy: `write ${path}: ${words[0]}` })
      }
      return found ?? words[0]
    },
    patterns: (path, fallback) => {
      const texts = details[path] ?? fallback
      if (!Array.isArray(texts)) {
        faults.push({
          path,
          message: `${path} is a list of regular expressions`,
          remedy: `write ${path}: ["checkout.*"]`,
        })
        return { texts: [], matches: () => false }
      }
      const compiled = texts.map((text, i) => compile(`${path}[${i}]`, text, faults))
      return {
        texts: texts.map(String),
        matches: (text) => compiled.some((pattern) => pattern?.matcher(text).matches() === true),
      }
    },
  }
}

/** A whole match, in an engine whose time is linear in the text. */
function compile(path: string, text: unknown, faults: OptionProblem[]): RE2JS | undefined {
  try {
    if (typeof text === 'string') return RE2JS.compile(text)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    faults.push({
      path,
      message: `${JSON.stringify(text)} is no regular expression: ${message}`,
      remedy: 'write it in RE2 syntax',
    })
    return undefined
  }
  faults.push({ path, message: `${path} is no text`, remedy: 'write a regular expression in quotes' })
  return undefined
}

/** `5s`, `500ms`, `1m`. */
function millisecondsOf(value: unknown): number | undefined {
  const match = typeof value === 'string' ? /^(\d{1,9})(ms|s|m)$/.exec(value) : null
  if (match === null) return undefined
  return Number(match[1]) * (match[2] === 'ms' ? 1 : match[2] === 's' ? 1_000 : 60_000)
}

function groupOf(matcher: ReturnType<RE2JS['matcher']>, n: number): string {
  return n <= matcher.groupCount() ? (matcher.group(n) ?? '') : ''
}

function readServices(
  value: unknown,
  faults: OptionProblem[],
): readonly { readonly pattern: RE2JS; readonly service: string }[] {
  if (value === undefined) return []
  const remedy = 'write services: [{ match: "outbound\\\\|.*\\\\|(.*)\\\\.shop\\\\.svc.*", service: "$1" }]'
  if (!Array.isArray(value)) {
    faults.push({ path: 'services', message: 'services is a list of rules', remedy })
    return []
  }
  return value.flatMap((rule: unknown, i) => {
    const path = `services[${i}]`
    const { match, service } = asRecord(rule)
    if (typeof match !== 'string' || typeof service !== 'string') {
      faults.push({ path, message: 'a rule has a match and a service', remedy })
      return []
    }
    const pattern = compile(`${path}.match`, match, faults)
    return pattern === undefined ? [] : [{ pattern, service }]
  })
}

const TARGET_REMEDY = 'write targets: ["10.0.0.7:9901", "envoy.example.com:9901"]'

function readTargets(
  { targets: value, kubernetes }: Readonly<Record<string, unknown>>,
  faults: OptionProblem[],
): readonly TargetOption[] {
  if (value === undefined && kubernetes !== undefined) return []
  if (!Array.isArray(value) || value.length === 0) {
    faults.push({
      path: 'targets',
      message: 'targets names the admin interfaces to read',
      remedy: TARGET_REMEDY,
    })
    return []
  }
  const targets = value.flatMap((each: unknown, i) => readTarget(`targets[${i}]`, each, faults) ?? [])
  targets.forEach(({ host, port }, i) => {
    if (targets.findIndex((other) => other.host === host && other.port === port) === i) return
    faults.push({
      path: `targets[${i}]`,
      message: `${host}:${port} is there twice`,
      remedy: 'remove one of the two',
    })
  })
  return targets
}

function readTarget(path: string, value: unknown, faults: OptionProblem[]): TargetOption | undefined {
  const record = asRecord(value)
  const address = typeof value === 'string' ? value : record['address']
  const url = typeof address === 'string' ? addressOf(address) : undefined
  if (url === undefined) {
    faults.push({
      path,
      message: `${JSON.stringify(address)} is no address of an admin interface`,
      remedy: TARGET_REMEDY,
    })
    return undefined
  }
  const labels: Record<string, string> = {}
  for (const [name, label] of Object.entries(asRecord(record['labels'] ?? {}))) {
    if (typeof label === 'string') labels[name] = label
    else
      faults.push({
        path: `${path}.labels.${name}`,
        message: 'a label is a text',
        remedy: 'put it in quotes',
      })
  }
  return { ...url, labels }
}

function addressOf(address: string): { host: string; port: number } | undefined {
  const text = address.startsWith('http://') ? address : `http://${address}`
  if (!URL.canParse(text)) return undefined
  const { hostname, port, pathname, username, search } = new URL(text)
  if (pathname !== '/' || username !== '' || search !== '' || address.includes('://') !== (text === address))
    return undefined
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 80 : Number(port) }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}
