/** A byte string that was damaged on its way: cut off, with bits turned over, or with parts of others in it. */
export function mutate(bytes: Buffer, other: Buffer, random: () => number): Buffer {
  const at = (length: number): number => Math.floor(random() * (length + 1))
  const times = 1 + Math.floor(random() * 3)
  let damaged = Buffer.from(bytes)
  for (let i = 0; i < times; i++) {
    switch (Math.floor(random() * 6)) {
      case 0:
        damaged = damaged.subarray(0, at(damaged.length))
        break
      case 1:
        for (let n = 0; n < 3 && damaged.length > 0; n++) {
          const place = Math.floor(random() * damaged.length)
          damaged[place] = (damaged[place] ?? 0) ^ (1 << Math.floor(random() * 8))
        }
        break
      case 2: {
        const [from, to] = [at(other.length), at(other.length)]
        const place = at(damaged.length)
        const part = other.subarray(Math.min(from, to), Math.max(from, to))
        damaged = Buffer.concat([damaged.subarray(0, place), part, damaged.subarray(place)])
        break
      }
      case 3: {
        const [from, to] = [at(damaged.length), at(damaged.length)]
        damaged = Buffer.concat([
          damaged.subarray(0, Math.min(from, to)),
          damaged.subarray(Math.max(from, to)),
        ])
        break
      }
      case 4:
        // Whole messages one after the other are one message.
        damaged = Buffer.concat([damaged, other])
        break
      default:
        for (let n = 0; n < 2 && damaged.length > 0; n++)
          damaged[Math.floor(random() * damaged.length)] = LIKELY[Math.floor(random() * LIKELY.length)] ?? 0
    }
  }
  return damaged
}

/** Bytes that mean much: keys, long numbers, ends of groups. */
const LIKELY = [0, 1, 8, 10, 11, 12, 18, 26, 34, 127, 128, 255]
