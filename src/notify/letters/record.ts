import { z } from 'zod'

const item = z.object({ destination: z.string(), incident: z.string(), seq: z.number().int() })

/** What a courier writes to the journal, under the kind `notification`. */
export const letterRecord = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('joined'), destination: z.string() }),
  /** Everything that happened up to `seq` was told. */
  item.extend({ kind: z.literal('delivered') }),
  /** What happened up to `seq` will not be told: the destination takes it in no form. */
  item.extend({ kind: z.literal('undeliverable'), reason: z.string() }),
  /** Routes lead elsewhere, as of `seq`. */
  item.extend({ kind: z.literal('passed') }),
])

export type LetterRecord = z.infer<typeof letterRecord>
