import type { Seconds } from '../../base/index.ts'
import {
  type JudgeOptions,
  type Outcome,
  parseSelector,
  REASONS,
  type Selector,
} from '../../traffic/index.ts'
import { OptionReader } from '../option-reader.ts'
import { durationOf } from './duration-option.ts'
import { PRESETS, type PresetRule } from './presets.ts'
import { compileRegex, selectorIn } from './questions.ts'
import type { Naming, RequestRule } from './rules.ts'

/** The keys that say which series are requests. */
export const RULE_KEYS: readonly string[] = [
  'preset',
  'presets',
  'service',
  'counters',
  'histograms',
  'outcomes',
  'healthChecks',
  'maxSeries',
  'maxCounters',
  'lookback',
  'labelNames',
]

export interface RuleOptions {
  readonly rules: readonly RequestRule[]
  readonly judge: JudgeOptions
  /** Series of requests that are told apart. */
  readonly maxSeries: number
  /** Series of the sender that are followed. */
  readonly maxCounters: number
  /** A series that was silent for longer begins anew. */
  readonly lookback: Seconds
  /** From names of labels there to ours, in the answers to questions. */
  readonly labelNames: ReadonlyMap<string, string>
}

const NAMING_KEYS = ['status', 'grpcStatus', 'flags', 'service', 'serviceName', 'operation', 'labels']
const UNITS: ReadonlyMap<string, number> = new Map([
  ['s', 1_000_000],
  ['ms', 1_000],
  ['us', 1],
])
/** Metrics do not say who asked, so what only machines ask for is told by its path. */
const PROBED = ['/healthz', '/livez', '/readyz', '/metrics', '/actuator/*']
const EXAMPLE = `write selector: '{__name__="http_requests_total"}'`

/** Reads and checks them; what is wrong is gathered by the reader. */
export function ruleOptionsOf(reader: OptionReader, details: Readonly<Record<string, unknown>>): RuleOptions {
  const service = reader.text('service')
  const own = (['counter', 'histogram'] as const).flatMap((kind) =>
    ruleList(reader, details, kind).map((rule) => withService(rule, service)),
  )
  return {
    // What a user writes comes before what is ready.
    rules: [...own, ...presetsOf(reader).map((rule) => withService(rule, service))],
    judge: { outcomes: outcomesOf(reader), paths: [...PROBED, ...probedOf(reader)] },
    maxSeries: reader.whole('maxSeries', { fallback: 2_000, least: 1, most: 100_000 }),
    maxCounters: reader.whole('maxCounters', { fallback: 50_000, least: 1, most: 90_000 }),
    labelNames: new Map(reader.entries('labelNames')),
    lookback: durationOf(reader, 'lookback', 3_600),
  }
}

function withService(rule: RequestRule, fixed: string | undefined): RequestRule {
  const { naming } = rule
  if (fixed === undefined || naming.service.fixed !== undefined) return rule
  return { ...rule, naming: { ...naming, service: { ...naming.service, fixed } } }
}

function presetsOf(reader: OptionReader): readonly RequestRule[] {
  const names = [
    ...reader.texts('presets', { optional: true, remedy: 'write presets: [go-http]' }),
    ...(reader.textIfText('preset') === undefined ? [] : [reader.textIfText('preset') ?? '']),
  ]
  return names.flatMap((name) => {
    const rules = PRESETS.get(name)
    if (rules === undefined)
      reader.problem('presets', `'${name}' is no preset`, {
        remedy: `write one of ${[...PRESETS.keys()].join(', ')}`,
      })
    return (rules ?? []).map(ruleOfPreset)
  })
}

function ruleOfPreset(preset: PresetRule): RequestRule {
  const { naming, durations, only } = preset
  return {
    kind: preset.kind,
    selector: ofNames(preset.names, only),
    unit: preset.unit ?? 1,
    durations:
      durations === undefined
        ? undefined
        : { selector: ofNames(durations.names, only), unit: durations.unit },
    naming: {
      status: naming.status ?? [],
      grpcStatus: naming.grpcStatus ?? [],
      flags: naming.flags ?? [],
      service: { fixed: undefined, labels: naming.service ?? ['job'] },
      operation: naming.operation ?? [],
      labels: Object.entries(naming.labels ?? {}),
    },
  }
}

/** A set look-up: most series of a sender are none of ours. */
function ofNames(names: readonly string[], only: PresetRule['only']): Selector {
  const known = new Set(names)
  const [label, value] = only ?? ['', '']
  return {
    text: `{__name__=~"${names.join('|')}"${only === undefined ? '' : `, ${label}="${value}"`}}`,
    matches: (labels) =>
      known.has(labels['__name__'] ?? '') && (only === undefined || labels[label] === value),
  }
}

function ruleList(
  reader: OptionReader,
  details: Readonly<Record<string, unknown>>,
  kind: RequestRule['kind'],
): readonly RequestRule[] {
  const key = `${kind}s`
  const list = details[key]
  if (list === undefined) return []
  if (!Array.isArray(list)) {
    reader.problem(key, `${key} is no list`, { remedy: `write ${key}: [{ selector: … }]` })
    return []
  }
  return list.flatMap((each: unknown, i) => {
    const inside = { place: `${key}[${i}]`, problems: reader.problems }
    const keys = ['selector', ...NAMING_KEYS, kind === 'counter' ? 'durations' : 'unit']
    return ruleIn(new OptionReader(each, keys, inside), kind) ?? []
  })
}

function ruleIn(reader: OptionReader, kind: RequestRule['kind']): RequestRule | undefined {
  const selector = selectorOf(reader)
  const naming = namingOf(reader)
  const inner = kind === 'counter' ? reader.section('durations', ['selector', 'unit']) : undefined
  const histogram = inner === undefined ? undefined : selectorOf(inner)
  const unit = unitOf(kind === 'histogram' ? reader : inner)
  if (selector === undefined) return undefined
  return {
    kind,
    selector,
    naming,
    unit,
    durations: histogram === undefined ? undefined : { selector: histogram, unit },
  }
}

function selectorOf(reader: OptionReader): Selector | undefined {
  const text = reader.text('selector')
  if (text === undefined) {
    reader.problem('selector', 'selector is missing', { remedy: EXAMPLE })
    return undefined
  }
  const selector = selectorIn(text)
  if (selector !== undefined) return selector
  const parsed = parseSelector(text.slice(Math.max(0, text.indexOf('{'))), compileRegex)
  reader.problem('selector', parsed.kind === 'failed' ? parsed.error.message : `'${text}' is no selector`, {
    remedy: EXAMPLE,
  })
  return undefined
}

function unitOf(reader: OptionReader | undefined): number {
  const text = reader?.text('unit') ?? 's'
  const unit = UNITS.get(text)
  if (unit === undefined)
    reader?.problem('unit', `'${text}' is no unit of durations`, { remedy: 'write unit: s, ms or us' })
  return unit ?? 1
}

function namingOf(reader: OptionReader): Naming {
  const names = (key: string): readonly string[] =>
    reader.texts(key, { optional: true, remedy: `write ${key}: and the name of a label` })
  const service = names('service')
  return {
    status: names('status'),
    grpcStatus: names('grpcStatus'),
    flags: names('flags'),
    service: { fixed: reader.text('serviceName'), labels: service.length === 0 ? ['job'] : service },
    operation: names('operation'),
    labels: reader.entries('labels').filter(([ours]) => {
      if (/^[a-zA-Z_]\w*$/.test(ours) && !ours.startsWith('__')) return true
      reader.problem(`labels.${ours}`, `'${ours}' is no label name`, {
        remedy: `write ${ours.replace(/\W/g, '_')}`,
      })
      return false
    }),
  }
}

function probedOf(reader: OptionReader): readonly string[] {
  return reader.section('healthChecks', ['paths'])?.texts('paths', { optional: true }) ?? []
}

function outcomesOf(reader: OptionReader): Readonly<Record<string, Outcome>> {
  const outcomes: Record<string, Outcome> = {}
  for (const [reason, outcome] of reader.entries('outcomes')) {
    if (!REASONS.some((known) => known.reason === reason))
      reader.problem(`outcomes.${reason}`, `'${reason}' is no reason`, {
        remedy: 'write one of the reasons in docs/collectors-logs.md, such as http-429',
      })
    else if (outcome === 'good' || outcome === 'bad' || outcome === 'ignored') outcomes[reason] = outcome
    else
      reader.problem(`outcomes.${reason}`, `'${outcome}' is no outcome`, {
        remedy: 'write good, bad or ignored',
      })
  }
  return outcomes
}
