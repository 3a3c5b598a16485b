import type { World } from '../../../base/index.ts'
import type { SlackCall } from '../client.ts'
import { classify } from '../failure.ts'

/** Where somebody is answered so that only they see it. */
export interface ReplyPlace {
  readonly user: string
  readonly channel?: string
  /** Good for five answers within half an hour. */
  readonly responseUrl?: string
}

export type Reply = (place: ReplyPlace, text: string) => Promise<void>

const TIMEOUT_MS = 5_000

/**
 * Answers one person: by the address that came with what they did, else by a message that only they see. `hooks` is
 * where such addresses are; others are not called, whoever signed them.
 */
export function createReply(world: World, call: SlackCall, hooks: string): Reply {
  const viaHook = async (url: string, text: string): Promise<boolean> => {
    if (!url.startsWith(hooks)) return false
    try {
      const response = await world.fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body: JSON.stringify({ response_type: 'ephemeral', replace_original: false, text }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
        redirect: 'error',
      })
      await response.body?.cancel()
      return response.ok
    } catch (error) {
      world.log.debug('an answer address does not answer', { reason: classify(error).reason })
      return false
    }
  }
  return async ({ user, channel, responseUrl }, text) => {
    if (responseUrl !== undefined && (await viaHook(responseUrl, text))) return
    // Without a channel it is a direct message, which only that person sees anyway.
    const [method, args] =
      channel === undefined
        ? ['chat.postMessage', { channel: user, text }]
        : ['chat.postEphemeral', { channel, user, text }]
    try {
      await call(method, args)
    } catch (error) {
      world.log.warn('somebody in Slack could not be answered', { user, reason: classify(error).reason })
    }
  }
}
