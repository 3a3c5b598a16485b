import { z } from 'zod'
import type { World } from '../../../base/index.ts'
import { type Channel, findChannel, type Workspace } from './workspace.ts'

export type Args = Readonly<Record<string, unknown>>
export type Answer = Readonly<Record<string, unknown>> & { readonly ok: boolean }

export interface Context {
  readonly world: World
  readonly workspace: Workspace
  /** Where people see the emulator: `http://127.0.0.1:8080/dev/slack`. */
  readonly pageUrl: string
}

export type Method = (context: Context, args: Args) => Answer

export const no = (error: string, more: Readonly<Record<string, unknown>> = {}): Answer => ({
  ok: false,
  error,
  ...more,
})

export const words = z.coerce.string()
export const flag = z.union([z.boolean(), z.stringbool()]).catch(false)
/** Form fields carry JSON as text; JSON bodies carry it as it is. */
export const json = z.unknown().transform((value, ctx) => {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value) as unknown
  } catch {
    ctx.addIssue('not JSON')
    return z.NEVER
  }
})
/** The channel, when the bot may write to it; else Slack's error. */
export function writable(workspace: Workspace, args: Args): Channel | string {
  const channel = findChannel(workspace, words.catch('').parse(args['channel']))
  if (channel === undefined) return 'channel_not_found'
  if (channel.archived) return 'is_archived'
  return channel.member ? channel : 'not_in_channel'
}

/** Writes and reads take ids; only posting takes names too. */
export function byId(workspace: Workspace, args: Args): Channel | string {
  const named = words.catch('').parse(args['channel'])
  const channel = workspace.channels.get(named)
  if (channel === undefined) return 'channel_not_found'
  return channel.member ? channel : 'not_in_channel'
}
