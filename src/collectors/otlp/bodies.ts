/** Up to so many bytes a body is put together in a buffer that is used again; longer ones are rare. */
const LONGEST = 1024 * 1024
const STEP = 64 * 1024
/** Buffers that wait for their next use have at most so many bytes. */
const MOST_KEPT = 16 * 1024 * 1024

/** The body of one request, as it arrives. */
export interface Body {
  readonly add: (chunk: Buffer) => void
  /** What arrived. Not to be looked at after `release`. */
  readonly whole: () => Buffer
  readonly release: () => void
}

/**
 * Where bodies are put together. A buffer of its own for each would be most of what the process allocates, and what the
 * garbage collector is woken for.
 */
export function createBodies(): (declared: number) => Body {
  const free: Buffer[] = []
  let kept = 0
  const take = (length: number): Buffer => {
    const found = free.findIndex((buffer) => buffer.length >= length)
    const [buffer] = found < 0 ? [] : free.splice(found, 1)
    if (buffer === undefined) return Buffer.allocUnsafeSlow(Math.ceil(length / STEP) * STEP)
    kept -= buffer.length
    return buffer
  }
  const give = (buffer: Buffer): void => {
    if (kept + buffer.length > MOST_KEPT) return
    kept += buffer.length
    free.push(buffer)
  }
  return (declared) => {
    if (!(declared > STEP && declared <= LONGEST)) return gathered()
    let buffer: Buffer | undefined
    let size = 0
    return {
      add: (chunk) => {
        // Only now: a head that declares a length and sends nothing takes nothing.
        buffer ??= take(declared)
        size += chunk.copy(buffer, size)
      },
      whole: () => buffer?.subarray(0, size) ?? Buffer.alloc(0),
      release: () => {
        if (buffer !== undefined) give(buffer)
        buffer = undefined
      },
    }
  }
}

/** A body of any length, in the pieces in which it came. */
function gathered(): Body {
  const chunks: Buffer[] = []
  return {
    add: (chunk) => {
      chunks.push(chunk)
    },
    whole: () => (chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks)),
    release: () => {
      chunks.length = 0
    },
  }
}
