import { type OptionProblem, OptionReader } from '../option-reader.ts'
import { type MetricRule, unitOf } from './metrics-rules.ts'

/** What people write of a metric that counts requests. */
export const RULE_KEYS: readonly string[] = [
  'name',
  'status',
  'grpcStatus',
  'error',
  'values',
  'operation',
  'unit',
  'where',
]

const MILLISECOND = 1_000

/**
 * Reads `metrics: [...]`, a list of metrics that count requests. `attribute` is what people call what a metric's points
 * differ by. Empty when there is no list.
 */
export function metricRulesOf(
  list: unknown,
  reading: { readonly problems: OptionProblem[]; readonly attribute: string },
): readonly MetricRule[] {
  if (list === undefined) return []
  if (!Array.isArray(list)) {
    reading.problems.push({
      path: 'metrics',
      message: 'metrics is no list',
      remedy: `write metrics: [{ name: shop.requests, status: code }]`,
    })
    return []
  }
  const plain: readonly unknown[] = list
  const rules = plain.map((each, i) => ruleOf(each, { ...reading, place: `metrics[${i}]` }))
  rules.forEach(({ name }, i) => {
    if (name !== '' && rules.findIndex((rule) => rule.name === name) < i)
      reading.problems.push({
        path: `metrics[${i}].name`,
        message: `'${name}' stands there twice`,
        remedy: 'write it once',
      })
  })
  return rules
}

function ruleOf(
  plain: unknown,
  { problems, place, attribute }: { problems: OptionProblem[]; place: string; attribute: string },
): MetricRule {
  const reader = new OptionReader(plain, RULE_KEYS, { place, problems })
  const name = reader.text('name') ?? ''
  if (name === '' && !problems.some(({ path }) => path.startsWith(place)))
    reader.problem('name', 'the metric is not named', { remedy: 'write name: shop.requests' })
  const texts = (key: string): readonly string[] =>
    reader.texts(key, { optional: true, remedy: `write ${key}: and the name of the ${attribute}` })
  const rule: MetricRule = {
    name,
    family: name,
    rank: 1,
    unit: unitIn(reader),
    status: texts('status'),
    callStatus: texts('grpcStatus'),
    error: texts('error'),
    values: valuesIn(reader),
    operation: texts('operation'),
    isCall: false,
    where: Object.fromEntries(reader.entries('where')),
  }
  const says = [...rule.status, ...rule.callStatus, ...rule.error]
  if (name !== '' && says.length === 0)
    reader.problem('status', 'nothing says how the requests ended', {
      remedy: `write status:, grpcStatus: or error: and the name of the ${attribute} that says it`,
    })
  return rule
}

function unitIn(reader: OptionReader): number {
  const text = reader.text('unit')
  if (text === undefined) return MILLISECOND
  const unit = unitOf(text)
  if (unit === undefined)
    reader.problem('unit', `'${text}' is no unit of time`, { remedy: 'write unit: s, ms, us or ns' })
  return unit ?? MILLISECOND
}

function valuesIn(reader: OptionReader): Readonly<Record<string, number>> {
  const values: Record<string, number> = {}
  for (const [value, status] of reader.entries('values')) {
    if (/^[1-5]\d\d$/.test(status)) values[value] = Number(status)
    else
      reader.problem(`values.${value}`, `'${status}' is no HTTP status`, {
        remedy: "write '200' for what went well, '500' for what failed, '499' for a client that left",
      })
  }
  return values
}
