import { InvalidArgumentError } from 'commander'

/** How the command line reads what options are given. */

export function toWhole(text: string): number {
  const n = Number(text)
  if (!Number.isSafeInteger(n) || n < 0)
    throw new InvalidArgumentError('must be a whole number, zero or more.')
  return n
}

export function toDays(text: string): number {
  const n = toWhole(text)
  if (n < 1 || n > 20_000) throw new InvalidArgumentError('must be 1 to 20000 days.')
  return n
}

export function toPort(text: string): number {
  const n = toWhole(text)
  if (n > 65_535) throw new InvalidArgumentError('must be a port, 0 to 65535.')
  return n
}

export function addLabel(text: string, labels: Record<string, string>): Record<string, string> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('must be name=value, for example cloud_provider=aws.')
  return { ...labels, [text.slice(0, at)]: text.slice(at + 1) }
}
