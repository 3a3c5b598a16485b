import type { UnixSeconds } from '../base/index.ts'
import type { Severity } from '../slo/index.ts'

/** What people made of an incident, and how they were called. */
export interface Response {
  readonly acknowledged?: { readonly by: string; readonly at: UnixSeconds }
  readonly mutedUntil?: UnixSeconds
  /** Who has which role. */
  readonly roles: Roles
  /** The severity that a person set, which then counts instead of the rules'. */
  readonly severitySet?: { readonly severity: Severity; readonly by: string; readonly at: UnixSeconds }
  /** The response level: what its rules say, unless a person set it. Absent: the lowest. */
  readonly level?: {
    readonly name: string
    readonly at: UnixSeconds /** Who set it. */
    readonly by?: string
  }
  /** What is to be done afterwards, in the order it was added. */
  readonly actionItems: readonly ActionItem[]
  readonly links: Links
  /** Rehearsed, for training: marked as such wherever it is told. */
  readonly drill: boolean
  /** A person opened it, or opened it again: only a person ends it. */
  readonly byHand: boolean
  /** How far calling for somebody has gone; absent before anybody was called beyond the first message. */
  readonly called?: Called
  /** The silence that covers it: it is recorded and shown, and nobody is told. */
  readonly silencedBy?: string
}

/**
 * `commander` decides, `assignee` repairs, `deputy` stands in for the commander, `scribe` writes down, `liaison` tells
 * those outside.
 */
export const ROLES = ['commander', 'assignee', 'deputy', 'scribe', 'liaison'] as const
export type Role = (typeof ROLES)[number]
export type Roles = Readonly<Partial<Record<Role, RoleHolder>>>

export interface RoleHolder {
  readonly who: string
  readonly since: UnixSeconds
  /** Who gave it: the same when it was taken. */
  readonly by: string
}

export interface ActionItem {
  /** From 1, in the incident. */
  readonly number: number
  readonly text: string
  readonly owner?: string
  readonly addedBy: string
  readonly addedAt: UnixSeconds
  readonly closed?: { readonly by: string; readonly at: UnixSeconds }
}

/** `channel`: where people talk of it; `permalink`: its message; `postmortem`: the document; `issue`: the ticket. */
export const LINK_KINDS = ['channel', 'permalink', 'postmortem', 'issue'] as const
export type LinkKind = (typeof LINK_KINDS)[number]
export type Links = Readonly<Partial<Record<LinkKind, string>>>

export interface Called {
  /** The level that was called last, from 1. */
  readonly level: number
  readonly at: UnixSeconds
  /** How often somebody was called or reminded since it was opened, acknowledged, or handed back. */
  readonly times: number
}
