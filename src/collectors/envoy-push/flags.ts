import { bytesTag, varintTag, type WireReader } from '../otlp/wire.ts'

/** Short names by field number in `envoy.data.accesslog.v3.ResponseFlags`; 13 is no boolean. */
const NAMES: Readonly<Record<number, string>> = {
  1: 'LH',
  2: 'UH',
  3: 'UT',
  4: 'LR',
  5: 'UR',
  6: 'UF',
  7: 'UC',
  8: 'UO',
  9: 'NR',
  10: 'DI',
  11: 'FI',
  12: 'RL',
  13: 'UAEX',
  14: 'RLSE',
  15: 'DC',
  16: 'URX',
  17: 'SI',
  18: 'IH',
  19: 'DPE',
  20: 'UMSDR',
  21: 'RFCF',
  22: 'NFCF',
  23: 'DT',
  24: 'UPE',
  25: 'NC',
  26: 'OM',
  27: 'DF',
  28: 'DR',
}
const LAST = 28
const UNAUTHORIZED = 13
const EXTERNAL_SERVICE = 1

/** Reads the flags of the field into a set of bits, onto those that are known already. */
export function readFlags(reader: WireReader, known: number): number {
  const outer = reader.enter()
  let set = known
  while (reader.next()) {
    const field = reader.tag >>> 3
    if (reader.tag === bytesTag(UNAUTHORIZED)) set = readUnauthorized(reader, set)
    else if (field <= LAST && field !== UNAUTHORIZED && reader.tag === varintTag(field))
      set = withBit(set, field, reader.bool())
    else reader.skip()
  }
  reader.leave(outer)
  return set
}

/** `UF,URX`, as the log's `%RESPONSE_FLAGS%` writes them; undefined when there are none. */
export function createFlagNames(): (set: number) => string | undefined {
  const known = new Map<number, string>()
  return (set) => {
    if (set === 0) return undefined
    const found = known.get(set)
    if (found !== undefined) return found
    const names: string[] = []
    for (let field = 1; field <= LAST; field++) if ((set & (1 << field)) !== 0) names.push(NAMES[field] ?? '')
    const text = names.join(',')
    // Few combinations occur; one that a damaged message makes up need not be remembered for ever.
    if (known.size < 1_000) known.set(set, text)
    return text
  }
}

function readUnauthorized(reader: WireReader, known: number): number {
  const outer = reader.enter()
  let set = known
  while (reader.next()) {
    if (reader.tag === varintTag(1)) set = withBit(set, UNAUTHORIZED, reader.int32() === EXTERNAL_SERVICE)
    else reader.skip()
  }
  reader.leave(outer)
  return set
}

function withBit(set: number, field: number, is: boolean): number {
  return is ? set | (1 << field) : set & ~(1 << field)
}
