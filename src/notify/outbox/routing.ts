import type { UnixSeconds } from '../../base/index.ts'
import type { IncidentBrief } from '../brief.ts'
import type { Notice } from '../notice.ts'

/** Who is told of what. Asked when a destination is about to be told for the first time, and never after that. */
export interface Routing {
  readonly incident: (destination: string, brief: IncidentBrief) => Routed
  readonly notice: (destination: string, notice: Notice) => boolean
  /** Who is told in place of a destination that cannot be; undefined: nobody. */
  readonly fallbackOf: (destination: string) => string | undefined
}

export type Routed =
  | { readonly kind: 'here' }
  | { readonly kind: 'elsewhere' }
  /** Outside the hours of its route. */
  | { readonly kind: 'later'; readonly at: UnixSeconds }
