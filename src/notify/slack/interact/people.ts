import { z } from 'zod'
import type { World } from '../../../base/index.ts'
import { clean } from '../../text.ts'
import type { SlackCall } from '../client.ts'
import { classify } from '../failure.ts'

/** Somebody in the workspace, as Slack's directory has them. */
export interface Person {
  readonly id: string
  /** For timelines: what colleagues call them. */
  readonly name: string
  /** BCP 47; undefined when Slack does not say. */
  readonly locale: string | undefined
  /** IANA; undefined when Slack does not say. */
  readonly zone: string | undefined
  /** May change incidents. `no`: because of `why`. */
  readonly may: { readonly kind: 'yes' } | { readonly kind: 'no'; readonly why: 'guest' | 'notAllowed' }
}

export interface PeopleOptions {
  /** Users (`U…`) and user groups (`S…`) that may change incidents; empty: every member but guests and apps. */
  readonly responders?: readonly string[]
}

export interface People {
  /** `called` is what the request called them, for when the directory cannot be read. */
  readonly look: (id: string, called: string | undefined) => Promise<Person>
}

const KEPT_MS = 600_000
const KEPT_MAX = 1_000

const flag = z.boolean().optional()
const answer = z.looseObject({
  user: z.looseObject({
    name: z.string().optional(),
    real_name: z.string().optional(),
    profile: z
      .looseObject({ display_name: z.string().optional(), real_name: z.string().optional() })
      .optional(),
    locale: z.string().optional(),
    tz: z.string().optional(),
    deleted: flag,
    is_bot: flag,
    is_restricted: flag,
    is_ultra_restricted: flag,
    is_stranger: flag,
  }),
})
const members = z.looseObject({ users: z.array(z.string()) })

/**
 * Who somebody is, from Slack's directory and not from what a request says of itself. A directory that cannot be read
 * does not keep members from acknowledging at night: the signature says that the workspace sent them. Where responders
 * are named, only what is known counts.
 */
export function createPeople(world: World, call: SlackCall, options: PeopleOptions = {}): People {
  const { responders = [] } = options
  const kept = new Map<string, { readonly atMs: number; readonly person: Person }>()
  const isResponder = async (id: string): Promise<boolean> => {
    if (responders.includes(id)) return true
    for (const group of responders.filter((each) => each.startsWith('S'))) {
      const read = members.safeParse(
        await call('usergroups.users.list', { usergroup: group }).catch(() => undefined),
      )
      if (read.data?.users.includes(id) === true) return true
    }
    return false
  }
  const look = async (id: string, called: string | undefined): Promise<Person> => {
    const known = kept.get(id)
    const nowMs = world.clock.monotonicMs()
    if (known !== undefined && nowMs - known.atMs < KEPT_MS) return known.person
    const allowed = responders.length === 0 || (await isResponder(id))
    const may: Person['may'] = allowed ? { kind: 'yes' } : { kind: 'no', why: 'notAllowed' }
    let read: z.infer<typeof answer>['user'] | undefined
    try {
      read = answer.parse(await call('users.info', { user: id, include_locale: true })).user
    } catch (error) {
      world.log.warn('cannot look somebody up in Slack', { user: id, reason: classify(error).reason })
      return { id, name: nameOf([called, id]), locale: undefined, zone: undefined, may }
    }
    const outsider = [
      read.deleted,
      read.is_bot,
      read.is_restricted,
      read.is_ultra_restricted,
      read.is_stranger,
    ].includes(true)
    const { profile } = read
    const person: Person = {
      id,
      name: nameOf([profile?.display_name, profile?.real_name, read.real_name, read.name, called, id]),
      locale: read.locale,
      zone: read.tz,
      may: outsider && !responders.includes(id) ? { kind: 'no', why: 'guest' } : may,
    }
    if (kept.size >= KEPT_MAX) kept.delete(kept.keys().next().value ?? '')
    kept.set(id, { atMs: nowMs, person })
    return person
  }
  return { look }
}

const nameOf = (names: readonly (string | undefined)[]): string =>
  names.map((name) => clean(name ?? '', 80)).find((name) => name !== '') ?? 'somebody'
