import { failed, ok, type Result } from '../../base/index.ts'

/** Why a block could not be unpacked. `too-large`: its header says that it holds more than was allowed. */
export type SnappyFault =
  | { readonly kind: 'malformed' }
  | { readonly kind: 'too-large'; readonly bytes: number }

/** The shortest element that copies most is three bytes long and gives 64; so no block grows more than this. */
const LARGEST_GROWTH = 22

/**
 * Unpacks a Snappy block (not the framed format). The size that the header promises is checked against the cap, and
 * against what so many bytes can hold, before anything is allocated. Source: format_description.txt of google/snappy.
 */
export function unpackSnappy(block: Uint8Array, maxBytes: number): Result<Uint8Array, SnappyFault> {
  const header = headerOf(block)
  if (header === undefined) return MALFORMED
  if (header.size > maxBytes) return failed({ kind: 'too-large', bytes: header.size })
  if (header.size > block.length * LARGEST_GROWTH) return MALFORMED
  const out = new Uint8Array(header.size)
  return fill(out, block, header.length) ? ok(out) : MALFORMED
}

const MALFORMED: Result<never, SnappyFault> = failed({ kind: 'malformed' })

/** How many bytes the block holds when it is unpacked, and how long that number itself is. */
function headerOf(block: Uint8Array): { readonly size: number; readonly length: number } | undefined {
  let size = 0
  for (let i = 0; i < 5; i++) {
    const byte = block[i]
    if (byte === undefined) return undefined
    size += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return size <= 0xffffffff ? { size, length: i + 1 } : undefined
  }
  return undefined
}

/** Whether the elements from `at` on give exactly as many bytes as there is room for. */
function fill(out: Uint8Array, block: Uint8Array, start: number): boolean {
  let at = start
  let to = 0
  while (at < block.length) {
    const tag = block[at++] ?? 0
    const kind = tag & 3
    if (kind === 0) {
      const extra = Math.max(0, (tag >>> 2) - 59)
      if (at + extra > block.length) return false
      const length = extra === 0 ? (tag >>> 2) + 1 : littleEndian(block, at, extra) + 1
      at += extra
      if (length > block.length - at || length > out.length - to) return false
      out.set(block.subarray(at, at + length), to)
      at += length
      to += length
      continue
    }
    const extra = kind === 3 ? 4 : kind
    if (at + extra > block.length) return false
    const length = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1
    const offset = littleEndian(block, at, extra) + (kind === 1 ? (tag >>> 5) * 256 : 0)
    at += extra
    if (offset === 0 || offset > to || length > out.length - to) return false
    copyWithin(out, { to, offset, length })
    to += length
  }
  return to === out.length
}

/** A copy may reach into what it writes itself: then it repeats the last `offset` bytes. */
function copyWithin(
  out: Uint8Array,
  { to, offset, length }: { readonly to: number; readonly offset: number; readonly length: number },
): void {
  if (offset >= length) out.copyWithin(to, to - offset, to - offset + length)
  else for (let i = to; i < to + length; i++) out[i] = out[i - offset] ?? 0
}

function littleEndian(block: Uint8Array, at: number, length: number): number {
  let value = 0
  for (let i = length - 1; i >= 0; i--) value = value * 256 + (block[at + i] ?? 0)
  return value
}
