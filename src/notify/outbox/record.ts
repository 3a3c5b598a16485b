import { z } from 'zod'

const part = z.enum(['headline', 'line', 'digest'])
const item = z.object({ destination: z.string(), incident: z.string(), part, seq: z.number().int() })

/** What the outbox writes to the journal, under the kind `notification`. */
export const outboxRecord = z.discriminatedUnion('kind', [
  /** A destination is told from here on; what ended before is not its business. */
  z.object({ kind: z.literal('joined'), destination: z.string() }),
  /** Written before every post: without a result after it, nobody knows whether it arrived. */
  item.extend({
    kind: z.literal('sending'),
    attempt: z.number().int(),
    /** Of a digest: what it tells of. */
    incidents: z.array(z.string()).optional(),
  }),
  item.extend({
    kind: z.literal('sent'),
    channel: z.string(),
    ts: z.string(),
    /** Found by looking it up, after an answer that said nothing. */
    adopted: z.boolean().optional(),
  }),
  /** `again`: definitely not sent; it will be tried again. `unknown`: see `sending`. `dropped`: given up. */
  item.extend({
    kind: z.literal('not-sent'),
    outcome: z.enum(['again', 'unknown', 'dropped']),
    reason: z.string(),
  }),
  /** The headline was changed and shows everything up to `seq`. */
  item.extend({ kind: z.literal('updated') }),
  /** Routes lead elsewhere, as of what had happened up to `seq`; what happens after that is looked at again. */
  z.object({
    kind: z.literal('passed'),
    destination: z.string(),
    incident: z.string(),
    seq: z.number().int(),
  }),
  /** The headline can no longer be changed: it needs another. */
  item.extend({ kind: z.literal('gone'), reason: z.string(), deleted: z.boolean() }),
])

export type OutboxRecord = z.infer<typeof outboxRecord>
