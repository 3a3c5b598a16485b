import type { OptionReader } from '../option-reader.ts'
import { type Address, addressOf, isLoopback } from '../otlp/address.ts'

/** Where Envoys send to, and who may. */
export interface ListenOptions {
  readonly listen: Address
  /** Senders must show what stands in this file. */
  readonly tokenFile: string | undefined
  readonly maxStreams: number
  /** Bytes of one message. */
  readonly maxMessage: number
}

/** The keys that `listenOptionsOf` reads. */
export const LISTEN_KEYS: readonly string[] = ['listen', 'tokenFile', 'open', 'maxStreams', 'maxMessage']

const MIB = 1024 * 1024

/** `fallback` is the address unless one is given; `open` is what stands there, of any type. */
export function listenOptionsOf(
  reader: OptionReader,
  { fallback, open }: { readonly fallback: string; readonly open: unknown },
): ListenOptions {
  const text = reader.text('listen') ?? fallback
  const address = addressOf(text)
  const tokenFile = reader.text('tokenFile')
  if (address === undefined)
    reader.problem('listen', `'${text}' is no address with a port`, { remedy: `write listen: ${fallback}` })
  if (open !== undefined && typeof open !== 'boolean')
    reader.problem('open', 'open is neither true nor false', { remedy: 'write open: true' })
  // Anybody who reaches the port could write numbers, so an open one is said in words.
  if (address !== undefined && !isLoopback(address.host) && open !== true && tokenFile === undefined)
    reader.problem('listen', `whoever reaches ${address.host} could write`, {
      remedy: 'write tokenFile: and the path of a file with a token, or open: true when the network is yours',
    })
  return {
    listen: address ?? { host: '127.0.0.1', port: 0 },
    tokenFile,
    maxStreams: reader.whole('maxStreams', { fallback: 10_000, least: 1, most: 1_000_000 }),
    maxMessage: reader.whole('maxMessage', { fallback: 16 * MIB, least: 1024, most: 256 * MIB }),
  }
}
