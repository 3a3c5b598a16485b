import type { IncidentBrief } from './brief.ts'
import type { LineRequest } from './slack/line.ts'

/** Where people are told. It says what became of a call as a value; nothing it meets in the world is thrown. */
export interface Destination {
  /** Unique, and the same over restarts: what was sent is remembered under it. */
  readonly name: string
  readonly render: Renderer
  /** Tries once. */
  readonly post: (post: Post) => Promise<Delivery>
  /** Replaces a message, which keeps its identity. Doing it twice is the same as once. */
  readonly update: (ref: MessageRef, body: Body, identity: Identity) => Promise<Delivery>
  /** Which messages carry this identity, oldest first. */
  readonly find: (identity: Identity, place: FindPlace) => Promise<Found>
  /** Makes a duplicate into a pointer to the message that stays. */
  readonly retire: (duplicate: MessageRef, original: MessageRef) => Promise<Delivery>
  /** What belongs beside a headline that stands, such as pictures. It never rejects, and nobody waits for it. */
  readonly accompany?: (ref: MessageRef, brief: IncidentBrief) => Promise<void>
  /** An address of the message for people; undefined when there is none. */
  readonly permalink: (ref: MessageRef) => Promise<string | undefined>
}

export interface Renderer {
  readonly headline: (
    brief: IncidentBrief,
    options: { readonly shrink: number; readonly first: boolean; readonly continues?: string },
  ) => Body
  /** Undefined when there is nothing to say. */
  readonly lines: (brief: IncidentBrief, requests: readonly LineRequest[]) => Body | undefined
  /** One message for incidents that opened and ended while nobody could be told. */
  readonly digest: (briefs: readonly IncidentBrief[]) => Body
  /** `shrink` counts how often the destination refused the content; from this on there is nothing left to leave out. */
  readonly smallest: number
}

export interface Body {
  /** Never empty. */
  readonly text: string
  readonly blocks?: readonly unknown[]
}

/** What makes a message this one and no other; it travels with the message and can be read back. */
export interface Identity {
  readonly incident: string
  readonly part: Part
  /** Of a headline: how many times it had to be posted anew. Of lines: the newest thing they say. */
  readonly seq: number
}

export type Part = 'headline' | 'line' | 'digest'

export interface Post {
  readonly identity: Identity
  readonly body: Body
  /** The headline, for what goes into its thread. */
  readonly thread?: MessageRef
  /** Shown in the channel too. */
  readonly broadcast?: boolean
}

export interface MessageRef {
  readonly channel: string
  /** Unique in the channel, and in the order of time. */
  readonly ts: string
}

export interface FindPlace {
  /** Not before this, in milliseconds since 1970. */
  readonly sinceMs: number
  readonly thread?: MessageRef
  /** The channel as the destination named it in an earlier answer. */
  readonly channel?: string
}

export type Found =
  | { readonly kind: 'found'; readonly refs: readonly MessageRef[] }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable'; readonly reason: string; readonly afterMs?: number }

export type Delivery =
  | { readonly kind: 'sent'; readonly ref: MessageRef }
  /** Definitely not sent, and worth another try; not before `afterMs` where the destination said so. */
  | { readonly kind: 'refused'; readonly reason: string; readonly afterMs?: number }
  /** Nobody knows whether it was sent. */
  | { readonly kind: 'ambiguous'; readonly reason: string }
  /** It will not be sent until somebody changes something; `remedy` says what. */
  | { readonly kind: 'barred'; readonly reason: string; readonly remedy: string }
  /** The content was refused: less of it may pass. */
  | { readonly kind: 'unfit'; readonly reason: string }
  /** The message to change, or its thread, cannot be changed any more. `deleted`: it is not there at all. */
  | { readonly kind: 'gone'; readonly reason: string; readonly deleted: boolean }
