import type { Seconds } from '../base/index.ts'

/** Who is called about an incident that waits for somebody, and how long it waits: data, with a name. */
export interface EscalationPolicy {
  readonly name: string
  /** The first message has gone to everybody the routes name; these follow while nobody acknowledges. */
  readonly page: readonly EscalationLevel[]
  readonly ticket: readonly EscalationLevel[]
  /** After the last level it is called again, so often and so many times, then no more. */
  readonly again: { readonly every: Seconds; readonly times: number }
  /** It was acknowledged so long ago and still burns: whoever did is asked, once each. Shortest first. */
  readonly remindAfter: readonly Seconds[]
  /** When levels with `hours: business` may be called. */
  readonly hours: BusinessHours
}

export interface EscalationLevel {
  readonly name: string
  /** How long nobody has acknowledged: since it was opened for the first, since the level before for the others. */
  readonly after: Seconds
  /** Names of people, rotas or groups: who they are today is not decided here. */
  readonly targets: readonly string[]
  /** `business`: only in business hours, whenever the time is up. */
  readonly hours: 'always' | 'business'
}

/** Wall clock of a zone. */
export interface BusinessHours {
  /** IANA name. */
  readonly zone: string
  /** 1 is Monday, 7 is Sunday. */
  readonly days: readonly number[]
  /** Minutes since midnight, half-open: 540 to 1080 is nine to six. `from` is before `to`. */
  readonly from: number
  readonly to: number
}
