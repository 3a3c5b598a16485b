import type { World } from '../../../base/index.ts'
import { createRateLimit } from './pace.ts'

/** Calls a minute: https://docs.slack.dev/apis/web-api/rate-limits. Slack allows a little more; this is the least. */
const TIERS = { 1: 1, 2: 20, 3: 50, 4: 100 } as const
type Tier = keyof typeof TIERS

/** As the page of each method says. What is not here is not limited. */
const METHOD_TIERS: Readonly<Record<string, Tier>> = {
  'apps.connections.open': 1,
  'bookmarks.add': 2,
  'chat.delete': 3,
  'chat.getPermalink': 4,
  'chat.postEphemeral': 4,
  'chat.update': 3,
  'conversations.archive': 2,
  'conversations.create': 2,
  'conversations.history': 3,
  'conversations.info': 3,
  'conversations.invite': 3,
  'conversations.list': 2,
  'conversations.replies': 3,
  'conversations.setTopic': 2,
  'files.completeUploadExternal': 4,
  'files.getUploadURLExternal': 4,
  'files.info': 4,
  'pins.add': 2,
  'reactions.add': 3,
  'usergroups.users.list': 2,
  'users.info': 4,
  'views.open': 4,
  'views.update': 4,
}

/** Two connections begin within seconds of each other, which Slack lets pass. */
const BURSTS: Readonly<Record<string, number>> = { 'apps.connections.open': 20 }

/** About one message a second and channel, with a little burst. */
const POST_LIMIT = { perSecond: 1, burst: 4 }

export interface Tiers {
  /** Seconds to wait when there is nothing left; undefined when the call may pass. `channel`: of a post. */
  readonly take: (method: string, channel: string) => number | undefined
}

export function createTiers(world: World): Tiers {
  const posts = createRateLimit(world, POST_LIMIT)
  const limits = new Map(
    Object.entries(METHOD_TIERS).map(([method, tier]) => {
      const minute = TIERS[tier]
      return [
        method,
        createRateLimit(world, { perSecond: minute / 60, burst: BURSTS[method] ?? minute }),
      ] as const
    }),
  )
  return {
    take: (method, channel) =>
      method === 'chat.postMessage' ? posts.take(channel) : limits.get(method)?.take(method),
  }
}
