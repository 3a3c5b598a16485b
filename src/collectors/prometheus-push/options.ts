import { failed, ok, type Result, type Seconds } from '../../base/index.ts'
import { type OptionProblem, OptionReader } from '../option-reader.ts'
import { type Address, addressOf, isLoopback } from '../otlp/address.ts'
import { durationOf } from './duration-option.ts'
import { RULE_KEYS, type RuleOptions, ruleOptionsOf } from './rule-options.ts'

/** A receiver of remote write, checked. */
export interface RemoteWriteOptions extends RuleOptions {
  readonly listen: Address
  readonly path: string
  /** Senders must show what stands in this file. */
  readonly tokenFile: string | undefined
  /** Bytes of one request after decompression. */
  readonly maxBody: number
  /** Bytes of requests that wait for the ledger; beyond them senders are asked to come later. */
  readonly maxWaiting: number
  readonly maxConnections: number
  /** How long a request is known again that is sent twice; over a restart too. */
  readonly retries: Seconds
  /** After so long without a request the source's minutes are missing. */
  readonly silence: Seconds
  /** How long after a minute ended its samples may still be on their way. */
  readonly lag: Seconds
}

const KEYS = [
  'listen',
  'tokenFile',
  'open',
  'maxBody',
  'maxWaiting',
  'maxConnections',
  'retries',
  'silence',
  'lag',
  ...RULE_KEYS,
]
const MIB = 1024 * 1024
const LISTEN = '127.0.0.1:9091/api/v1/write'

/** Checks a DataSource's `connectionDetails`. All problems come back at once, each with what to write. */
export function remoteWriteOptions(
  details: Readonly<Record<string, unknown>>,
): Result<RemoteWriteOptions, readonly OptionProblem[]> {
  const reader = new OptionReader(details, KEYS)
  const { address, path } = listenOf(reader)
  const options: RemoteWriteOptions = {
    ...ruleOptionsOf(reader, details),
    listen: address,
    path,
    tokenFile: reader.text('tokenFile'),
    maxBody: reader.whole('maxBody', { fallback: 32 * MIB, least: 1024, most: 256 * MIB }),
    maxWaiting: reader.whole('maxWaiting', { fallback: 128 * MIB, least: MIB, most: 4096 * MIB }),
    maxConnections: reader.whole('maxConnections', { fallback: 1_000, least: 1, most: 100_000 }),
    retries: durationOf(reader, 'retries', 900),
    silence: durationOf(reader, 'silence', 180),
    lag: durationOf(reader, 'lag', 30),
  }
  checkListening(reader, options, details['open'])
  return reader.problems.length > 0 ? failed(reader.problems) : ok(options)
}

function listenOf(reader: OptionReader): { readonly address: Address; readonly path: string } {
  const text = reader.text('listen') ?? LISTEN
  const slash = text.indexOf('/')
  const address = addressOf(slash < 0 ? text : text.slice(0, slash))
  const path = slash < 0 ? '/api/v1/write' : text.slice(slash)
  if (address !== undefined && /^\/[\w./~-]*$/.test(path)) return { address, path }
  reader.problem('listen', `'${text}' is no address with a port and a path`, {
    remedy: `write listen: ${LISTEN}`,
  })
  return { address: { host: '127.0.0.1', port: 0 }, path: '/' }
}

/** Anybody who reaches the port could write numbers, so an open one is said in words. */
function checkListening(reader: OptionReader, options: RemoteWriteOptions, open: unknown): void {
  if (open !== undefined && typeof open !== 'boolean')
    reader.problem('open', 'open is neither true nor false', { remedy: 'write open: true' })
  if (open === true || options.tokenFile !== undefined || isLoopback(options.listen.host)) return
  reader.problem('listen', `whoever reaches ${options.listen.host} could write`, {
    remedy: 'write tokenFile: and the path of a file with a token, or open: true when the network is yours',
  })
}
