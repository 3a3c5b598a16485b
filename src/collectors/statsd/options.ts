import { failed, ok, type Result, type Seconds, seconds } from '../../base/index.ts'
import { type OptionProblem, OptionReader } from '../option-reader.ts'
import { type Address, addressOf, isLoopback } from '../otlp/address.ts'
import { metricRulesOf } from '../otlp/metrics-options.ts'
import type { MetricRule } from '../otlp/metrics-rules.ts'
import { REQUEST_KEYS, type RequestOptions, requestOptionsOf } from '../request/options.ts'
import { patternProblem } from './names.ts'

/** A receiver of statsd, checked. The service is a tag, or a place of the metric's name. */
export interface StatsdOptions extends RequestOptions {
  readonly listen: Address
  /** Metrics that count requests; their names are patterns. The first that fits counts. */
  readonly metrics: readonly MetricRule[]
  /** After so long without a datagram the source's minutes are missing. */
  readonly silence: Seconds
  /** What the kernel is asked to keep for us, in bytes. */
  readonly receiveBuffer: number
}

const KEYS = ['listen', 'open', 'metrics', 'silence', 'receiveBuffer', ...REQUEST_KEYS]
const MIB = 1024 * 1024

/** Checks a DataSource's `connectionDetails`. All problems come back at once, each with what to write. */
export function statsdOptions(
  details: Readonly<Record<string, unknown>>,
): Result<StatsdOptions, readonly OptionProblem[]> {
  const service = details['service'] ?? { from: 'field', field: 'service' }
  const reader = new OptionReader({ ...details, service }, KEYS)
  const options: StatsdOptions = {
    ...requestOptionsOf(reader, ['field']),
    listen: listenOf(reader, details['open']),
    metrics: metricRulesOf(details['metrics'], { problems: reader.problems, attribute: 'tag' }),
    silence: silenceOf(reader),
    receiveBuffer: reader.whole('receiveBuffer', { fallback: 8 * MIB, least: 4_096, most: 1_024 * MIB }),
  }
  options.metrics.forEach(({ name }, i) => {
    const problem = patternProblem(name)
    if (problem !== undefined)
      reader.problem(`metrics[${i}].name`, problem, { remedy: 'write name: shop.{service}.requests' })
  })
  if (details['metrics'] === undefined || options.metrics.length === 0)
    reader.problem('metrics', 'no metric is said to count requests', {
      remedy: 'write metrics: [{ name: shop.requests, status: code }]',
    })
  return reader.problems.length > 0 ? failed(reader.problems) : ok(options)
}

/** A datagram says nothing of who sent it, so an open port is said in words. */
function listenOf(reader: OptionReader, open: unknown): Address {
  const text = reader.text('listen') ?? '127.0.0.1:8125'
  const address = addressOf(text)
  if (address === undefined)
    reader.problem('listen', `'${text}' is no address with a port`, {
      remedy: 'write listen: 127.0.0.1:8125',
    })
  if (open !== undefined && typeof open !== 'boolean')
    reader.problem('open', 'open is neither true nor false', { remedy: 'write open: true' })
  if (address !== undefined && open !== true && !isLoopback(address.host))
    reader.problem('listen', `whoever reaches ${address.host} could write`, {
      remedy: 'write open: true when the network is yours',
    })
  return address ?? { host: '127.0.0.1', port: 8125 }
}

const SECONDS_IN: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3_600],
])

function silenceOf(reader: OptionReader): Seconds {
  const text = reader.text('silence')
  if (text === undefined) return seconds(180)
  const found = /^(\d{1,6})\s*([smh])$/.exec(text)
  const silence = Number(found?.[1]) * (SECONDS_IN.get(found?.[2] ?? '') ?? Number.NaN)
  if (silence >= 1 && silence <= 86_400) return seconds(silence)
  reader.problem('silence', `'${text}' is no duration from 1s to 24h`, { remedy: 'write silence: 180s' })
  return seconds(180)
}
