import type { Shape } from './shape.ts'
import { choice, needed, object, optional, record, text } from './shape-words.ts'

export const OUTCOMES = ['good', 'bad', 'ignored'] as const

/** The query of our own metric source type, `Requests`. */
export const requestSpec: Shape = object('which requests count', {
  match: needed(text('a selector', '{service_name="checkout"}')),
  outcome: optional(choice('which outcomes count', ['good', 'bad', 'all'])),
  within: optional(text('only requests that took less than this', '300ms', '1.5s')),
  judge: optional(record('reasons judged otherwise than by the source', choice('an outcome', OUTCOMES))),
  abort: optional(text('from how long on a client that left counts as bad, or never', '5s', 'never')),
  value: optional(text('the percentile of a threshold metric', 'p95')),
})
